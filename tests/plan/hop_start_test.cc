// SPDX-License-Identifier: Apache-2.0
// Radios' states, TCP's start and the device's waiting in plans: against the models themselves, and against every placement.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/route.h"
#include "dnntune/tcp.h"
#include "plan/hop_start.h"
#include "plan/small_routes.h"

using namespace dnntune;
using doctest::Approx;
using test::pick;

namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Of the scale of test::byte_link: microseconds and kilowatts.
RadioModel small_radio(test::Random& random) {
  RadioModel radio;
  radio.name = "small";
  radio.beta_w = 1000.0;
  radio.promotion_s = static_cast<double>(pick(random, 0, 3)) * 100e-9;
  radio.promotion_w = 500.0;
  const std::int64_t phases = pick(random, 0, 2);
  if (phases > 0) radio.tail.push_back({.name = "a", .duration_s = static_cast<double>(pick(random, 1, 8)) * 100e-9, .power_w = 800.0});
  if (phases > 1) radio.tail.push_back({.name = "b", .duration_s = static_cast<double>(pick(random, 1, 8)) * 200e-9, .power_w = 300.0});
  radio.idle = {.name = "idle", .duration_s = std::numeric_limits<double>::infinity(), .power_w = static_cast<double>(pick(random, 0, 1)) * 50.0};
  return radio;
}

struct Figures {
  double latency_ns = 0.0, energy_uj = 0.0;
};

/// What a placement costs, from the models' own functions and in the order in which things happen; `encodings` by crossing.
class Plain {
 public:
  explicit Plain(const RouteRequest& request) : r_(request) {
    device_hop_ = r_.home;
    while (device_hop_ < static_cast<int>(r_.hops.size()) && r_.hops[at(device_hop_)].kind == RouteHop::Kind::memory) ++device_hop_;
  }

  Figures cost(const Placement& placement, const std::vector<WireEncoding>& encodings) const {
    double device_ns = 0.0, away_ns = 0.0, device_uj = 0.0;  // away: all that the device waits for but its own hop's transfers
    for (std::size_t i = 0; i < placement.stops.size(); ++i) {
      const std::vector<Profile>& profiles = r_.stops[at(placement.stops[i])].profiles;
      // Where time has no weight, of processors that cost the same any may be chosen.
      const auto profile = std::find_if(profiles.begin(), profiles.end(), [&](const Profile& p) { return p.processor == placement.processors[i]; });
      REQUIRE(profile != profiles.end());
      if (placement.stops[i] <= device_hop_) device_uj += profile->layers[i].energy_uj.value;
      (placement.stops[i] <= device_hop_ ? device_ns : away_ns) += profile->layers[i].latency_ns.value;
    }
    std::vector<double> up(r_.hops.size(), 0.0), down(r_.hops.size(), 0.0);
    for (std::size_t c = 0; c < placement.crossings.size(); ++c) {
      const RouteCrossing& crossing = placement.crossings[c];
      const TensorInfo& info = r_.graph.value(crossing.value);
      const auto bytes = static_cast<double>(wire_bytes(info, encodings[c])), raw = static_cast<double>(wire_bytes(info, WireEncoding::raw));
      const RouteHop& hop = r_.hops[at(crossing.hop)];
      (crossing.outward ? up : down)[at(crossing.hop)] += bytes;
      if (hop.kind == RouteHop::Kind::memory) {
        device_ns += bytes + hop.copy_s * 1e9;
        continue;
      }
      const auto codec = std::find_if(r_.codecs.begin(), r_.codecs.end(), [&](const WireCodec& w) { return w.encoding == encodings[c]; });
      if (codec == r_.codecs.end()) continue;  // an output on its way home, when raw is no codec
      const int sender = crossing.outward ? crossing.hop : crossing.hop + 1, receiver = crossing.outward ? crossing.hop + 1 : crossing.hop;
      (sender <= device_hop_ ? device_ns : away_ns) += codec->encode_ns_per_byte * raw;
      (receiver <= device_hop_ ? device_ns : away_ns) += codec->decode_ns_per_byte * raw;
    }
    const int farthest = *std::max_element(placement.stops.begin(), placement.stops.end());
    double own_transfer_ns = 0.0, own_wake_ns = 0.0;
    for (int k = r_.home; k < farthest; ++k) {
      const RouteHop& hop = r_.hops[at(k)];
      if (hop.kind == RouteHop::Kind::memory) continue;
      away_ns += hop.link.round_trip_s * 1e9;
      if (hop.tcp) {
        const auto path = [&](double bps) { return TcpPath{bps, hop.link.round_trip_s, hop.tcp->initial_window, hop.tcp->segment_bytes, hop.tcp->handshake_round_trips}; };
        away_ns += 1e9 * (tcp_send_s(path(hop.link.bandwidth_up_bps), up[at(k)], hop.tcp->cold) - hop.link.up_s(up[at(k)]));
        away_ns += 1e9 * slow_start_stall_s(path(hop.link.bandwidth_down_bps), down[at(k)]);
      }
      (k == device_hop_ ? own_transfer_ns : away_ns) += up[at(k)] + down[at(k)];
      if (!hop.radio) continue;
      const bool sleeps = r_.interval_s == 0.0 || r_.interval_s > hop.radio->tail_s();
      const double wake_ns = !sleeps ? 0.0 : hop.radio->promotion_s * 1e9 * (hop.radio->tail.empty() ? 2.0 : 1.0);
      (k == device_hop_ ? own_wake_ns : away_ns) += wake_ns;
    }
    Figures sum;
    sum.latency_ns = device_ns + away_ns + own_transfer_ns + own_wake_ns;
    sum.energy_uj = device_uj + r_.idle_power_w * 1e-3 * (away_ns + own_transfer_ns + own_wake_ns);
    if (farthest > device_hop_) sum.energy_uj += radio_uj(up[at(device_hop_)], down[at(device_hop_)], away_ns);
    return sum;
  }

 private:
  double radio_uj(double up, double down, double away_ns) const {
    const RouteHop& hop = r_.hops[at(device_hop_)];
    if (!hop.radio) return up + down;  // byte_link's
    Link link = hop.link;
    link.round_trip_s = 0.0;
    const Exchange exchange{up, down, away_ns * 1e-9};
    if (r_.interval_s > 0.0 && r_.interval_s <= hop.radio->tail_s()) {
      // A tail of one phase (see below): it is awake for ever. RadioModel's own figure, unless requests come too fast for it.
      const double busy_s = (up + down + away_ns) * 1e-9, w = hop.radio->tail.front().power_w;
      const RadioUse use = hop.radio->periodic(link, exchange, r_.interval_s);
      const double j = hop.radio->up_power_w(0) * (up + down) * 1e-9 + w * (r_.interval_s - (up + down) * 1e-9);
      if (busy_s <= r_.interval_s) CHECK(j == Approx(use.energy_j()).epsilon(1e-9));
      return j * 1e6;
    }
    const RadioUse use = hop.radio->once(link, exchange);
    // It asks to be woken again after a wait longer than the tail; plans leave that out.
    const double once_more = !hop.radio->tail.empty() && use.promotions > 1.5 ? hop.radio->promotion_s * hop.radio->promotion_w : 0.0;
    const double missing = hop.radio->tail.empty() && use.promotions < 1.5 ? hop.radio->promotion_s * hop.radio->promotion_w : 0.0;
    return (use.energy_j() - once_more + missing) * 1e6;
  }

  const RouteRequest& r_;
  int device_hop_ = 0;
};

void for_all_stops(const RouteRequest& request, const std::function<void(const std::vector<int>&)>& visit) {
  std::vector<int> stops(request.graph.layers().size(), 0);
  for (bool more = true; more;) {
    visit(stops);
    std::size_t i = 0;
    while (i < stops.size() && ++stops[i] == static_cast<int>(request.stops.size())) stops[i++] = 0;
    more = i < stops.size();
  }
}

double objective(const RouteRequest& request, const Figures& figures) {
  double sum = 0.0;
  for (const MeasureWeight& w : request.minimize) sum += w.weight * (w.measure == Measure::latency ? figures.latency_ns : figures.energy_uj);
  return sum;
}

}  // namespace

TEST_CASE("with radios, slow start and waiting the plan is the best of all placements, each at the models' own cost") {
  test::Random random(51);
  int used = 0, higher_steps = 0, limited = 0, beyond_first_phase = 0;
  for (int round = 0; round < 600; ++round) {
    CAPTURE(round);
    const int kind = round % 5;
    RouteRequest request = test::random_request(random, kind);
    if (request.graph.layers().size() > 5) continue;
    for (RouteHop& hop : request.hops) {
      if (hop.kind == RouteHop::Kind::memory) continue;
      if (pick(random, 0, 3) > 0) hop.radio = small_radio(random);
      if (pick(random, 0, 3) > 0) hop.tcp = TcpStart{pick(random, 0, 1) == 1, static_cast<int>(pick(random, 1, 3)), 10.0, 2.0};
    }
    request.idle_power_w = static_cast<double>(pick(random, 0, 3)) * 100.0;
    if (pick(random, 0, 2) == 0) {
      request.interval_s = 500e-9;
      for (RouteHop& hop : request.hops)
        if (hop.radio && hop.radio->tail.size() > 1) hop.radio->tail.pop_back();
    }
    request.minimize = {{static_cast<Measure>(pick(random, 0, 1)), 1.0}};
    if (pick(random, 0, 2) == 0) request.minimize = {{Measure::latency, 2.0}, {Measure::energy, 3.0}};
    const bool coded = kind == 0 && pick(random, 0, 1) == 0;
    if (coded) request.codecs = {{WireEncoding::raw, 0.0, 0.0}, {WireEncoding::fp16, 0.25, 0.25}};

    const Plain plain(request);
    const Planner planner(request);
    std::vector<Placement> all;
    for_all_stops(request, [&](const std::vector<int>& stops) {
      if (const std::optional<Placement> placed = planner.evaluate(stops)) all.push_back(*placed);
    });
    REQUIRE(!all.empty());
    double best = std::numeric_limits<double>::infinity();
    for (const Placement& placed : all) {
      best = std::min(best, placed.objective);
      std::vector<WireEncoding> encodings;
      for (const RouteCrossing& crossing : placed.crossings) encodings.push_back(crossing.encoding);
      const Figures figures = plain.cost(placed, encodings);
      CHECK(placed.cost.latency_ns().value == Approx(figures.latency_ns).epsilon(1e-7));
      CHECK(placed.cost.energy_uj().value == Approx(figures.energy_uj).epsilon(1e-7));
      CHECK(placed.objective == Approx(objective(request, figures)).epsilon(1e-7));
      used += placed.cost.start_ns.value > 0.0 ? 1 : 0;
      if (!coded || placed.crossings.size() > 8) continue;
      double least = std::numeric_limits<double>::infinity();  // over all encodings of what goes out
      for (std::size_t mask = 0; mask < (std::size_t{1} << placed.crossings.size()); ++mask) {
        bool possible = true;
        for (std::size_t c = 0; c < placed.crossings.size(); ++c) {
          const bool half = (mask >> c & 1) != 0;
          possible = possible && (!half || (placed.crossings[c].outward && request.graph.value(placed.crossings[c].value).type == DataType::float32));
          encodings[c] = half ? WireEncoding::fp16 : WireEncoding::raw;
        }
        if (possible) least = std::min(least, objective(request, plain.cost(placed, encodings)));
      }
      CHECK(placed.objective == Approx(least).epsilon(1e-7));
    }
    const RoutePlan plan = planner.plan();
    CHECK(plan.proven);
    CHECK(plan.chosen.objective == best);
    if (request.hops[0].tcp)
      higher_steps += plan::stalls_of(*request.hops[0].tcp, 8e9, request.hops[0].link.round_trip_s, 4000.0).ns.size() > 3 ? 1 : 0;
    for (const RouteHop& hop : request.hops) beyond_first_phase += hop.radio && hop.radio->tail.size() > 1 ? 1 : 0;

    // A limit that some placements break.
    const Placement& reference = all[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(all.size()) - 1))];
    RouteRequest within = request;
    within.codecs = {WireCodec{}};
    const bool energy = pick(random, 0, 1) == 0;
    within.limits = {{energy ? Measure::energy : Measure::latency, (energy ? reference.cost.energy_uj().value : reference.cost.latency_ns().value) * 1.0000001}};
    const Planner bounded(within);
    double best_within = std::numeric_limits<double>::infinity();
    for_all_stops(within, [&](const std::vector<int>& stops) {
      if (const std::optional<Placement> placed = bounded.evaluate(stops)) {
        CHECK((energy ? placed->cost.energy_uj().value : placed->cost.latency_ns().value) <= within.limits[0].at_most);
        best_within = std::min(best_within, placed->objective);
      }
    });
    if (best_within == std::numeric_limits<double>::infinity()) continue;
    const RoutePlan chosen = bounded.plan();
    CHECK(chosen.proven);
    CHECK(chosen.chosen.objective == best_within);
    limited += best_within > best ? 1 : 0;
  }
  CHECK(used > 1000);
  CHECK(higher_steps > 50);
  CHECK(beyond_first_phase > 50);
  CHECK(limited > 20);
}

TEST_CASE("fronts with slow start and waiting through phases: every placement is covered, and nothing else is in them") {
  test::Random random(52);
  int stalled = 0, phases = 0;
  std::size_t points = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    RouteRequest request = test::random_request(random, round % 4);
    if (request.graph.layers().size() > 5) continue;
    int with_tcp = 0;
    for (RouteHop& hop : request.hops) {
      if (hop.kind == RouteHop::Kind::memory) continue;
      if (pick(random, 0, 2) > 0) hop.radio = small_radio(random);
      if (with_tcp++ == 0 || pick(random, 0, 2) == 0) hop.tcp = TcpStart{pick(random, 0, 1) == 1, static_cast<int>(pick(random, 1, 3)), 10.0, 2.0};
    }
    request.idle_power_w = static_cast<double>(pick(random, 0, 3)) * 100.0;
    request.minimize = {{Measure::latency, 1.0}, {Measure::energy, 1.0}};  // of the processors the one that is best by both
    const bool limited = pick(random, 0, 2) == 0;
    const Planner all(request);
    using Point = std::array<double, 2>;
    std::vector<Point> reachable;
    for_all_stops(request, [&](const std::vector<int>& stops) {
      if (const std::optional<Placement> placed = all.evaluate(stops)) reachable.push_back({placed->cost.latency_ns().value, placed->cost.energy_uj().value});
    });
    REQUIRE(!reachable.empty());
    if (limited) {
      const double at_most = reachable[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(reachable.size()) - 1))][0] * 1.0000001;
      request.limits = {{Measure::latency, at_most}};
      std::erase_if(reachable, [&](const Point& point) { return point[0] > at_most; });
    }
    for (const double epsilon : {0.0, 0.2}) {
      const Front front = Planner(request).front({.measures = {Measure::latency, Measure::energy}, .epsilon = epsilon});
      const double slack = 1.0 + epsilon + 1e-9;
      for (const Point& point : reachable)
        CHECK(std::any_of(front.values.begin(), front.values.end(), [&](const auto& value) { return value[0] <= point[0] * slack + 1e-6 && value[1] <= point[1] * slack + 1e-6; }));
      for (std::size_t i = 0; i < front.values.size(); ++i) {
        const Placement& placed = front.placements[i];
        CHECK(placed.cost.latency_ns().value == Approx(front.values[i][0]).epsilon(1e-9));
        CHECK(placed.cost.energy_uj().value == Approx(front.values[i][1]).epsilon(1e-9));
        if (epsilon > 0.0) continue;  // there a layer may be on another processor than is best for these stops
        const std::optional<Placement> alone = all.evaluate(placed.stops);
        REQUIRE(alone);
        CHECK(alone->cost.latency_ns().value == Approx(front.values[i][0]).epsilon(1e-7));
        CHECK(alone->cost.energy_uj().value == Approx(front.values[i][1]).epsilon(1e-7));
        CHECK(std::none_of(reachable.begin(), reachable.end(), [&](const Point& point) {  // clearly better by one, no worse by the other
          return point[0] <= front.values[i][0] + 1e-6 && point[1] <= front.values[i][1] + 1e-6 &&
                 (point[0] < front.values[i][0] * (1 - 1e-6) - 1e-6 || point[1] < front.values[i][1] * (1 - 1e-6) - 1e-6);
        }));
        stalled += placed.cost.start_ns.value > 0.0;
      }
      if (epsilon == 0.0) points += front.values.size();
    }
    for (const RouteHop& hop : request.hops) phases += hop.radio && !hop.radio->tail.empty();
  }
  CHECK(points > 400);
  CHECK(stalled > 30);
  CHECK(phases > 50);
}

TEST_CASE("sweeps with slow start: the placements are the best where they rule, and as good where they change") {
  test::Random random(53);
  std::size_t switches = 0;
  int stalled = 0;
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    RouteRequest request = test::random_request(random, round % 3 == 2 ? 3 : round % 3);
    const int hop = static_cast<int>(request.hops.size()) - 1;
    for (RouteHop& each : request.hops)
      if (each.kind == RouteHop::Kind::network) each.tcp = TcpStart{pick(random, 0, 1) == 1, static_cast<int>(pick(random, 1, 3)), 10.0, 1.0};
    for (RouteHop& each : request.hops) each.link.round_trip_s = 60e-9;
    if (pick(random, 0, 1) == 0) request.minimize = {{Measure::energy, 1.0}};
    request.idle_power_w = 100.0;
    Axis axis{static_cast<Axis::Kind>(pick(random, 0, 2)), hop, 0.02, 6.0};
    if (axis.kind == Axis::Kind::round_trip) axis.from = 0.0, axis.to = 4e-7;
    Planner planner(request);
    const Sweep sweep = planner.sweep(axis);
    REQUIRE(sweep.placements.size() == sweep.switches.size() + 1);
    CHECK(std::is_sorted(sweep.switches.begin(), sweep.switches.end()));
    switches += sweep.switches.size();
    for (const Placement& placed : sweep.placements) stalled += placed.cost.start_ns.value > 0.0;
    std::vector<double> points = sweep.switches;
    for (int i = 0; i <= 12; ++i) points.push_back(axis.from + (axis.to - axis.from) * i / 12.0);
    for (const double x : points) {
      RouteRequest moved = request;
      Link& link = moved.hops[at(hop)].link;
      if (axis.kind == Axis::Kind::round_trip) link.round_trip_s = x;
      if (axis.kind == Axis::Kind::slowness) link.bandwidth_up_bps /= x, link.bandwidth_down_bps /= x;
      if (axis.kind == Axis::Kind::load)
        for (Profile& profile : moved.stops[at(hop)].profiles)
          for (LayerProfile& layer : profile.layers) layer.latency_ns.value *= x;
      const Planner there(moved);
      const double best = there.plan().chosen.objective;
      const auto after = static_cast<std::size_t>(std::upper_bound(sweep.switches.begin(), sweep.switches.end(), x) - sweep.switches.begin());
      CHECK(there.evaluate(sweep.placements[after].stops)->objective == Approx(best).epsilon(1e-7));
      if (after > 0 && sweep.switches[after - 1] == x) CHECK(there.evaluate(sweep.placements[after - 1].stops)->objective == Approx(best).epsilon(1e-7));
    }
  }
  CHECK(switches > 100);
  CHECK(stalled > 100);
}

TEST_CASE("3G by hand: the tail of nine seconds is paid once a request, or all the time, or not at all") {
  const Graph graph = test::chain(2, 25'000);  // 100 kB in, out and between
  const RadioModel radio = RadioModel::named("huang12-3g");
  Profile device = test::profile_of(graph, "here", {40e6, 40e6}, {1e6, 1e6}), cloud = test::profile_of(graph, "there", {1e6, 1e6});
  RouteRequest request{.graph = graph, .stops = {{.name = "phone", .profiles = {device}}, {.name = "cloud", .profiles = {cloud}}}};
  request.hops = {RouteHop::network(Link::named("3g"))};
  request.hops[0].radio = radio;
  request.minimize = {{Measure::energy, 1.0}};
  const Link& link = request.hops[0].link;
  const Exchange exchange{.bytes_up = 1e5, .bytes_down = 1e5, .cloud_s = 2e-3};
  const auto away = [&] { return Planner(request).evaluate({1, 1})->cost; };

  const RouteCost alone = away();
  const RadioUse once = radio.once(link, exchange);
  CHECK(once.tail_j == Approx(8.0882 * 0.8039 + 0.8242 * 0.6013));
  CHECK(alone.energy_uj().value == Approx(once.energy_j() * 1e6));
  CHECK(alone.radio_uj.value == Approx((once.send_j + once.receive_j) * 1e6));
  CHECK(alone.radio_state_uj.value == Approx((0.5821 * 0.6594 + once.tail_j + once.wait_j) * 1e6));
  CHECK(alone.start_ns.value == Approx(0.5821e9));
  CHECK(alone.latency_ns().value == Approx(once.latency_s * 1e9));
  CHECK(Planner(request).plan().chosen.stops == std::vector<int>{0, 0});  // 2 J here; the tail alone takes 7

  request.interval_s = 60.0;  // it sleeps between requests
  const RadioUse rare = radio.periodic(link, exchange, 60.0);
  CHECK(away().energy_uj().value == Approx((rare.energy_j() - rare.idle_j) * 1e6));
  request.interval_s = 6.0;  // it never sleeps
  const RadioUse often = radio.periodic(link, exchange, 6.0);
  CHECK(often.promotions == 0.0);
  CHECK(away().energy_uj().value == Approx(often.energy_j() * 1e6));
  CHECK(away().start_ns.value == 0.0);
  CHECK(away().latency_ns().value == Approx(often.latency_s * 1e9));

  request.interval_s = 0.0;
  request.hops[0].radio.reset();  // what the link's own radio draws while it sends, and no more: the plan as it was
  CHECK(away().energy_uj().value == Approx((once.send_j + once.receive_j) * 1e6));
  request.idle_power_w = 0.5;
  CHECK(away().idle_uj.value == Approx(0.5 * (link.up_s(1e5) + link.down_s(1e5) + link.round_trip_s + 2e-3) * 1e6));
}

TEST_CASE("slow start by hand: what fits the first window waits for nothing, one byte more for a round trip") {
  const Graph graph = test::chain(1, 3650);  // 14600 bytes: ten segments
  const Graph more = test::chain(1, 3651);
  Link link = test::byte_link(0);
  link.bandwidth_up_bps = link.bandwidth_down_bps = 1e9;
  link.round_trip_s = 0.05;
  const auto latency = [&](const Graph& net, bool cold) {
    RouteRequest request{.graph = net};
    request.stops = {{.name = "phone", .profiles = {test::profile_of(net, "here", {1e12})}}, {.name = "cloud", .profiles = {test::profile_of(net, "there", {0.0})}}};
    request.hops = {RouteHop::network(link)};
    request.hops[0].tcp = TcpStart{.cold = cold};
    return Planner(request).plan().chosen.cost;
  };
  const double segment_s = 1460 * 8 / 1e9;
  CHECK(latency(graph, false).start_ns.value == 0.0);
  CHECK(latency(graph, true).start_ns.value == Approx(0.1e9));
  CHECK(latency(more, false).start_ns.value == Approx(2 * (0.05 + segment_s - 10 * segment_s) * 1e9));  // out and home
}

TEST_CASE("radios that plans do not know are refused by name, and so are questions without a line") {
  const Graph graph = test::chain(2, 4);
  const Profile profile = test::profile_of(graph, "here", {1, 2}, {1, 2});
  RouteRequest request{.graph = graph, .stops = {{.name = "a", .profiles = {profile}}, {.name = "b", .profiles = {profile}}}, .hops = {RouteHop::network(test::byte_link(0))}};
  request.hops[0].radio = RadioModel::named("huang12-lte");
  CHECK_NOTHROW(Planner(request).sweep({Axis::Kind::slowness, 0, 1.0, 2.0}));
  for (const RadioModel& radio : RadioModel::all()) {
    request.hops[0].radio = radio;
    CHECK_NOTHROW(Planner(request).plan());
  }
  RadioModel rising = RadioModel::named("huang12-3g");
  std::swap(rising.tail[0], rising.tail[1]);
  request.hops[0].radio = rising;
  CHECK_THROWS_WITH_AS(Planner{request}, doctest::Contains("DCH"), Error);
  request.hops[0].radio = RadioModel::named("huang12-3g");
  CHECK_NOTHROW(Planner(request).front());  // no wait here is longer than the tail's first phase
  request.hops[0].radio->tail[0].duration_s = 1e-9;
  CHECK_NOTHROW(Planner(request).front());
  CHECK_THROWS_WITH_AS(Planner(request).sweep({Axis::Kind::slowness, 0, 1.0, 2.0}), doctest::Contains("phases"), Error);
  request.hops[0].radio.reset();
  request.hops[0].tcp = TcpStart{};
  request.hops[0].tcp->initial_window = 0;
  CHECK_THROWS_WITH_AS(Planner{request}, doctest::Contains("initial_window"), Error);
  request.hops[0].tcp.reset();
  request.idle_power_w = -1.0;
  CHECK_THROWS_WITH_AS(Planner{request}, doctest::Contains("idle_power_w"), Error);
}

TEST_CASE("powers that no device draws are refused: they would round all other energy to nothing") {
  test::Random random(77);
  RouteRequest request = test::random_request(random, 0);
  request.minimize = {{Measure::energy, 1.0}};
  request.idle_power_w = 1e6;
  CHECK(Planner(request).plan().proven);
  request.idle_power_w = 1e300;
  CHECK_THROWS_WITH_AS(Planner{request}, doctest::Contains("idle_power_w is 1e+300 W"), Error);
  request.idle_power_w = 0.0;
  request.hops[0].radio = RadioModel::named("huang12-3g");
  request.hops[0].radio->beta_w = 1e200;
  CHECK_THROWS_WITH_AS(Planner{request}, doctest::Contains("beta_w is 1e+200 W"), Error);
}

TEST_CASE("weights that overflow the sum of costs are refused") {
  test::Random random(3);
  RouteRequest request = test::random_request(random, 0);
  request.minimize = {{Measure::latency, 1e308}, {Measure::energy, 1e308}};
  CHECK_THROWS_AS(Planner{request}, Error);
}
