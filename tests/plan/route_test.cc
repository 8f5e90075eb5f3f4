// SPDX-License-Identifier: Apache-2.0
// Planner against every placement, processor and encoding of thousands of random networks along several kinds of route: exact
// equality of cost, with a cost model written down once more in whole numbers.
#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/route.h"
#include "plan/small_routes.h"

using namespace dnntune;
using test::pick;
using test::random_request;

namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

std::int64_t raw_bytes(const Graph& graph, const std::string& value) { return wire_bytes(graph.value(value), WireEncoding::raw); }

/// What one placement with given encodings costs, added up layer by layer and value by value.
struct PlainCost {
  double latency = 0.0, energy = 0.0, bytes_up = 0.0, weights = 0.0, error = 0.0;
};

class PlainRoute {
 public:
  explicit PlainRoute(const RouteRequest& request) : r_(request) {
    last_device_ = r_.home;
    while (last_device_ < hops() && r_.hops[at(last_device_)].kind == RouteHop::Kind::memory) ++last_device_;
    for (std::size_t i = 0; i < r_.graph.layers().size(); ++i)
      for (const std::string& output : r_.graph.layers()[i].outputs) maker_[output] = static_cast<int>(i);
    for (const TensorInfo& input : r_.graph.inputs()) maker_[input.name] = -1;
    for (const TensorInfo& output : r_.graph.outputs()) outputs_.insert(output.name);
    for (std::size_t i = 0; i < r_.graph.layers().size(); ++i)
      for (const std::string& input : r_.graph.layers()[i].inputs) readers_[input].insert(static_cast<int>(i));
  }

  bool allowed(const std::vector<int>& stops) const {
    for (const LayerPin& pin : r_.pins) {
      const int stop = stops[at(r_.graph.layer_index(pin.layer))];
      if (stop < pin.first || stop > pin.last) return false;
    }
    for (int k = 0; k < hops(); ++k) {
      const RouteHop::Return rule = r_.hops[at(k)].layers_return;
      if (rule == RouteHop::Return::freely) continue;
      for (const auto& [value, maker] : maker_)
        for (const int reader : readers(value)) {
          const int made = maker < 0 ? r_.home : stops[at(maker)];
          if (made > k && stops[at(reader)] <= k && rule == RouteHop::Return::never) return false;
          if (maker >= 0 && made > k && stops[at(reader)] <= k && goes_out(reader, stops, k)) return false;
        }
    }
    for (const auto& [value, maker] : maker_)
      for (int k = 0; k < hops(); ++k)
        if (r_.hops[at(k)].kind == RouteHop::Kind::network && crosses(value, stops, k, true) && distance(value) <= r_.private_within) return false;
    return true;
  }

  /// Every cost of a placement, over all encodings.
  void for_each_cost(const std::vector<int>& stops, const std::function<void(const PlainCost&)>& visit) const {
    PlainCost fixed;
      for (std::size_t i = 0; i < stops.size(); ++i) {
      double best = kNone, uj = 0.0, weights = 0.0;  // every processor of a stop has the energy and weights of the first
      for (const Profile& profile : r_.stops[at(stops[i])].profiles) {
        best = std::min(best, profile.layers[i].latency_ns.value);
        uj = stops[i] <= last_device_ ? profile.layers[i].energy_uj.value : 0.0;
        weights = stops[i] <= last_device_ ? static_cast<double>(profile.layers[i].weight_bytes) : 0.0;
      }
      fixed.latency += best;
      fixed.energy += uj;
      fixed.weights += weights;
    }
    for (int k = r_.home; k < hops(); ++k)
      if (r_.hops[at(k)].kind == RouteHop::Kind::network && *std::max_element(stops.begin(), stops.end()) > k)
        fixed.latency += std::round(r_.hops[at(k)].link.round_trip_s * 1e9);
    std::vector<std::pair<std::string, std::pair<int, bool>>> crossings;
    for (const auto& [value, maker] : maker_)
      for (int k = 0; k < hops(); ++k)
        for (const bool outward : {true, false})
          if (crosses(value, stops, k, outward)) crossings.push_back({value, {k, outward}});
    choose(crossings, 0, fixed, visit);
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  int hops() const { return static_cast<int>(r_.hops.size()); }
  std::set<int> readers(const std::string& value) const { return readers_.contains(value) ? readers_.at(value) : std::set<int>(); }
  bool goes_out(int layer, const std::vector<int>& stops, int k) const {
    for (const std::string& output : r_.graph.layers()[at(layer)].outputs)
      for (const int reader : readers(output))
        if (stops[at(reader)] > k || goes_out(reader, stops, k)) return true;
    return false;
  }
  int distance(const std::string& value) const {
    const int maker = maker_.at(value);
    if (maker < 0) return 0;
    int nearest = 1000;
    for (const std::string& input : r_.graph.layers()[at(maker)].inputs) nearest = std::min(nearest, distance(input) + 1);
    return nearest;
  }
  bool crosses(const std::string& value, const std::vector<int>& stops, int k, bool outward) const {
    const int made = maker_.at(value) < 0 ? r_.home : stops[at(maker_.at(value))];
    if ((made <= k) != outward) return false;
    const auto wanted = [&](int stop) { return outward ? stop > k : stop <= k; };
    if (outputs_.contains(value) && wanted(r_.home)) return true;
    for (const int reader : readers(value))
      if (wanted(stops[at(reader)])) return true;
    return false;
  }
  void choose(const std::vector<std::pair<std::string, std::pair<int, bool>>>& crossings, std::size_t next, const PlainCost& so_far,
              const std::function<void(const PlainCost&)>& visit) const {
    if (next == crossings.size()) {
      visit(so_far);
      return;
    }
    const std::string& value = crossings[next].first;
    const auto [k, outward] = crossings[next].second;
    const RouteHop& hop = r_.hops[at(k)];
    const bool network = hop.kind == RouteHop::Kind::network;
    const auto with = [&](const WireCodec& codec, double error) {
      const auto raw = static_cast<double>(raw_bytes(r_.graph, value));
      const auto bytes = static_cast<double>(wire_bytes(r_.graph.value(value), codec.encoding));
      PlainCost cost = so_far;
      cost.latency += bytes + (codec.encode_ns_per_byte + codec.decode_ns_per_byte) * raw + (network ? 0.0 : std::round(hop.copy_s * 1e9));
      if (network && k == last_device_) cost.energy += bytes;
      if (network && outward) cost.bytes_up += bytes;
      cost.error += error;
      choose(crossings, next + 1, cost, visit);
    };
    if (!network || r_.graph.value(value).type != DataType::float32 || (!outward && outputs_.contains(value))) {
      with(WireCodec{}, 0.0);
      return;
    }
    const bool error_counts = std::any_of(r_.limits.begin(), r_.limits.end(), [](const MeasureLimit& l) { return l.measure == Measure::error; });
    for (const WireCodec& codec : r_.codecs) {
      const auto known = std::find_if(r_.errors.begin(), r_.errors.end(), [&](const CodecError& e) { return e.value == value && e.encoding == codec.encoding; });
      if (codec.encoding == WireEncoding::raw) with(codec, 0.0);
      else if (known != r_.errors.end()) with(codec, known->error);
      else if (!error_counts) with(codec, 0.0);
    }
  }

  const RouteRequest& r_;
  int last_device_ = 0;
  std::map<std::string, int> maker_;
  std::map<std::string, std::set<int>> readers_;
  std::set<std::string> outputs_;
};

double measure(const PlainCost& cost, Measure m) {
  switch (m) {
    case Measure::latency: return cost.latency;
    case Measure::energy: return cost.energy;
    case Measure::bytes_up: return cost.bytes_up;
    case Measure::device_weights: return cost.weights;
    default: return cost.error;
  }
}

}  // namespace

TEST_CASE("Planner finds the best of all placements, processors and encodings, along every kind of route") {
  test::Random random(21);
  std::map<int, int> mixed, limited;
  int none = 0;
  for (int round = 0; round < 1500; ++round) {
    const int kind = round % 5;
    CAPTURE(round);
    CAPTURE(kind);
    RouteRequest request = random_request(random, kind);
    const auto n = static_cast<std::int64_t>(request.graph.layers().size());
    if (kind < 3 && pick(random, 0, 1) == 0) {
      request.codecs = {{WireEncoding::raw, 0.0, 0.0}, {WireEncoding::int8, pick(random, 0, 1) * 0.25, 0.25}};
      for (const LayerInfo& layer : request.graph.layers())
        for (const std::string& output : layer.outputs) request.errors.push_back({output, WireEncoding::int8, static_cast<double>(pick(random, 1, 9))});
      if (pick(random, 0, 1) == 0) request.limits.push_back({Measure::error, static_cast<double>(pick(random, 0, 12))});
    }
    if (pick(random, 0, 4) == 0) {
      const int stop = static_cast<int>(pick(random, 0, static_cast<std::int64_t>(request.stops.size()) - 1));
      request.pins.push_back({request.graph.layers()[static_cast<std::size_t>(pick(random, 0, n - 1))].name, stop, stop});
    }
    if (pick(random, 0, 4) == 0) request.private_within = static_cast<int>(pick(random, 0, 2));
    const auto some_measure = [&] { return static_cast<Measure>(pick(random, 0, 3)); };
    request.minimize = {{some_measure(), 1.0}};
    if (pick(random, 0, 3) == 0) request.minimize = {{Measure::latency, 2.0}, {Measure::energy, 3.0}};

    const PlainRoute plain(request);
    std::vector<PlainCost> all;
    std::vector<int> stops(static_cast<std::size_t>(n), 0);
    for (bool more = true; more;) {
      if (plain.allowed(stops)) plain.for_each_cost(stops, [&](const PlainCost& cost) { all.push_back(cost); });
      std::size_t i = 0;
      while (i < stops.size() && ++stops[i] == static_cast<int>(request.stops.size())) stops[i++] = 0;
      more = i < stops.size();
    }
    // Processors trade latency alone, so the least latency is the only one that matters.
    if (!all.empty() && pick(random, 0, 1) == 0) {
      const Measure m = some_measure();
      request.limits.push_back({m, measure(all[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(all.size()) - 1))], m)});
    }
    double best = kNone, best_free = kNone;
    for (const PlainCost& cost : all) {
      double objective = 0.0;
      for (const MeasureWeight& w : request.minimize) objective += w.weight * measure(cost, w.measure);
      best_free = std::min(best_free, objective);
      if (std::all_of(request.limits.begin(), request.limits.end(), [&](const MeasureLimit& l) { return measure(cost, l.measure) <= l.at_most; }))
        best = std::min(best, objective);
    }
    const Planner planner(request);
    if (best == kNone) {
      ++none;
      CHECK_THROWS_AS(planner.plan(), Error);
      continue;
    }
    const RoutePlan plan = planner.plan();
    CHECK(plan.proven);
    CHECK(plan.chosen.objective == best);
    CHECK(plain.allowed(plan.chosen.stops));
    const auto again = planner.evaluate(plan.chosen.stops);
    REQUIRE(again);
    CHECK(again->objective == best);
    if (request.minimize.size() == 1 && request.minimize[0].measure == Measure::latency) CHECK(plan.chosen.cost.latency_ns().value == best);
    if (request.minimize.size() == 1 && request.minimize[0].measure == Measure::energy) CHECK(plan.chosen.cost.energy_uj().value == best);
    for (const MeasureLimit& l : request.limits) {
      if (l.measure == Measure::bytes_up) CHECK(static_cast<double>(plan.chosen.cost.bytes_up) <= l.at_most);
      if (l.measure == Measure::error) CHECK(plan.chosen.cost.error.value <= l.at_most);
    }
    const std::set<int> used(plan.chosen.stops.begin(), plan.chosen.stops.end());
    mixed[kind] += used.size() > 1 ? 1 : 0;
    limited[kind] += best > best_free ? 1 : 0;
  }
  for (int kind = 0; kind < 5; ++kind) {
    CAPTURE(kind);
    CHECK(mixed[kind] > 40);
    CHECK(limited[kind] > 15);
  }
  CHECK(none > 5);
}

TEST_CASE("a route of device and cloud is make_plan's problem, on real links too") {
  test::Random random(22);
  const std::vector<Link> links = Link::all();
  int at_home = 0, away = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const Graph graph = test::random_dag(random, static_cast<int>(pick(random, 1, 30)));
    const std::size_t n = graph.layers().size();
    const Profile device = test::profile_of(graph, "here", test::random_costs(random, n, 40'000'000));
    const Profile cloud = test::profile_of(graph, "there", test::random_costs(random, n, 900'000));
    const Link link = links[static_cast<std::size_t>(round) % links.size()];
    const Plan plan = make_plan({.graph = graph, .device = {device}, .cloud = {cloud}, .link = link});
    RouteRequest request{.graph = graph, .stops = {{.name = "device", .profiles = {device}}, {.name = "cloud", .profiles = {cloud}}}, .hops = {RouteHop::network(test::byte_link(0))}};
    Planner planner(request);
    planner.set_link(0, link);
    CHECK(planner.plan().chosen.objective == doctest::Approx(plan.chosen.cost.latency_ns().value).epsilon(1e-9));
    request.hops = {RouteHop::network(link)};
    CHECK(planner.plan().chosen.objective == Planner(request).plan().chosen.objective);  // re-planning is planning
    (plan.chosen.name == "mobile-only" ? at_home : away) += 1;
  }
  CHECK(at_home > 20);
  CHECK(away > 20);
}
