// SPDX-License-Identifier: Apache-2.0
// The experiment in small: a cloud's process, a relay, every cut carried out. That times are there, not which.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include <dnntune/server.h>

#include "live/probe.h"
#include "live/race.h"
#include "throws.h"
#include "zoo/zoo.h"

using namespace dnntune;
using namespace dnntune::live;

TEST_CASE("probes compute next to nothing and send what they should") {
  CHECK(small_probe().inputs()[0].shape == Shape{1, 16});
  CHECK(up_probe(4096).inputs()[0].shape == Shape{1, 4096});
  CHECK(up_probe(4096).outputs()[0].shape == Shape{1, 1});
  CHECK(down_probe(4096).inputs()[0].shape == Shape{1, 16});
  CHECK(down_probe(4096).outputs()[0].shape == Shape{256, 16});
  const std::vector<Link> links = {Link::named("wifi"), Link::named("wifi"), Link::named("3g")};
  std::vector<std::string> names;
  for (const Graph& graph : all_probes(links, WireEncoding::int8)) names.push_back(graph.name());
  CHECK(names.size() >= 3);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("instruction sets are found, slowest first, and one that is none is refused") {
  const std::vector<std::string> sets = instruction_sets();
  REQUIRE(!sets.empty());
  CHECK(std::set<std::string>(sets.begin(), sets.end()).size() == sets.size());
  CHECK_ERROR(limit_instructions("abacus"), ErrorCode::not_found, sets.front());
}

TEST_CASE("every cut of a network is predicted, carried out, and the chosen one races") {
  const Processor processor = Device::local().processor("cpu:all x1");
  const Graph graph = zoo::build("lenet");
  Link fast = Link::named("loopback"), slow = Link::named("loopback");
  fast.name = "fast";
  slow.name = "slow";
  slow.round_trip_s = 0.002;
  Server server(processor);
  server.add_model(graph);
  for (const Graph& probe : all_probes({fast, slow}, WireEncoding::int8)) server.add_model(probe);
  server.start();
  Cloud cloud(server.url());
  const std::vector<Link> links = {fast, slow};
  std::vector<Link> measured;
  for (const Link& link : links) measured.push_back(measured_link(cloud, link, WireEncoding::int8, 1));
  CHECK(measured[1].round_trip_s >= slow.round_trip_s);
  CHECK(measured[1].bandwidth_up_bps <= slow.bandwidth_up_bps);

  ProfileOptions quick;
  quick.max_total_s = 0.1;
  quick.min_samples = 1;
  const Prepared prepared{graph, Session(graph, processor).profile(quick), remote_profile(server.url(), graph), links, measured};
  std::vector<PairResult> pairs = predict(prepared, WireEncoding::int8);
  REQUIRE(pairs.size() == 2);
  RaceOptions options;
  options.rounds = 2;
  options.once_above_s = 1e6;
  options.race_rounds = 3;
  CHECK(survey_s(pairs, options) > 0.0);
  measure(cloud, prepared, options, pairs);
  for (const PairResult& pair : pairs) {
    CHECK(pair.cuts.size() >= graph.layers().size() + 1);
    for (const CutResult& cut : pair.cuts) {
      CHECK(cut.predicted_ms > 0.0);
      CHECK(cut.survey_ms.size() == 2);
      CHECK((cut.race_ms.empty() || cut.race_ms.size() == 3));
    }
    CHECK(pair.cuts[pair.chosen].race_ms.size() == 3);
    CHECK(pair.cuts[pair.best].race_ms.size() == 3);
    CHECK(pair.duel_chosen_ms.size() == (pair.best == pair.chosen ? 0u : 3u));
    CHECK(pair.duel_best_ms.size() == pair.duel_chosen_ms.size());
  }
}

TEST_CASE("a cloud that is gone is an error, no figure") {
  const Processor processor = Device::local().processor("cpu:all x1");
  const Graph graph = zoo::build("lenet");
  Server server(processor);
  server.add_model(graph);
  server.start();
  Cloud cloud(server.url());
  const Link link = Link::named("loopback");
  ProfileOptions quick;
  quick.max_total_s = 0.1;
  quick.min_samples = 1;
  const Prepared prepared{graph, Session(graph, processor).profile(quick), remote_profile(server.url(), graph), {link}, {link}};
  std::vector<PairResult> pairs = predict(prepared, WireEncoding::raw);
  server.stop();
  CHECK_ERROR(measure(cloud, prepared, RaceOptions{}, pairs), ErrorCode::network, "finished on the device");
}
