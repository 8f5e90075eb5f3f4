// SPDX-License-Identifier: Apache-2.0
#include "live/results.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "live/live_page.h"
#include "live/samples.h"

using namespace dnntune;
using namespace dnntune::live;

TEST_CASE("a pair is judged by its duel, and by its race where there was none") {
  const std::vector<PairResult> pairs = test::sample_pairs();
  CHECK(pairs[0].ratio() == 1.0);
  CHECK(pairs[1].chosen_ms() == 66.0);
  CHECK(pairs[1].best_ms() == 60.0);
  CHECK(!pairs[1].right());
  CHECK(pairs[2].ratio() < 1.0);
  CHECK(pairs[2].right());
}

TEST_CASE("three percent are within, and what is more is not") {
  PairResult pair = test::sample_pairs()[1];
  pair.duel_best_ms = {100.0};
  pair.duel_chosen_ms = {103.0};
  CHECK(pair.right());
  pair.duel_chosen_ms = {103.1};
  CHECK(!pair.right());
}

TEST_CASE("the sum of all pairs") {
  const Summary sum = summed_up(test::sample_pairs());
  CHECK(sum.pairs == 3);
  CHECK(sum.right == 2);
  CHECK(sum.share() == doctest::Approx(2.0 / 3.0));
  CHECK(sum.worst_ratio == doctest::Approx(1.1));
  CHECK(sum.cuts == 9);
  CHECK(sum.median_error == doctest::Approx(0.1));  // 10 %, 20 % and 0 % of each pair
  CHECK(sum.p90_error == doctest::Approx(0.2));
  CHECK(sum.split == 1);
  CHECK(sum.device_only == 1);
  CHECK(sum.cloud_only == 1);
  CHECK(summed_up({}).share() == 0.0);
}

TEST_CASE("the text ends with the share, and the JSON has every run") {
  const std::string lines = text(test::sample_setting(), test::sample_pairs());
  CHECK(lines.ends_with("chosen within 3 % of the measured best: 2 of 3 pairs, 66.7 %; the worst takes 1.100 times as long as the best\n"));
  CHECK(lines.find("note: vgg16 left out") != std::string::npos);
  const auto json = nlohmann::json::parse(to_json(test::sample_setting(), test::sample_pairs()));
  CHECK(json["schema"] == "dnntune.live/1");
  CHECK(json["summary"]["within"] == 2);
  REQUIRE(json["pairs"].size() == 3);
  CHECK(json["pairs"][1]["within"] == false);
  CHECK(json["pairs"][1]["duel_chosen_ms"] == std::vector<double>{66.0, 65.0, 67.0});
  CHECK(json["pairs"][0]["cuts"][0]["survey_ms"] == std::vector<double>{100.0, 90.0, 130.0});
}

TEST_CASE("the page has a chart of each pair to choose from, and names as text") {
  const std::string html = live_page(test::sample_setting(), test::sample_pairs()).html();
  for (const char* option : {"three over wifi</option>", "three over 3g</option>", "three over lte</option>"}) CHECK(html.find(option) != std::string::npos);
  CHECK(html.find("2 of 3 pairs, 66.7 %") != std::string::npos);
  CHECK(html.find("<a>") == std::string::npos);
  CHECK(live_page(test::sample_setting(), {}).html().find("0 of 0 pairs") != std::string::npos);
}
