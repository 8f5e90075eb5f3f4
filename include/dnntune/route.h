// SPDX-License-Identifier: Apache-2.0
// Planner: where each layer runs along a route of several stops, on which processor there, and how each value that crosses
// is written; for any objective, under limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/link.h"
#include "dnntune/plan.h"
#include "dnntune/profile.h"
#include "dnntune/radio.h"

namespace dnntune {

/// What a plan is judged by. Each is a sum over layers and crossings.
enum class Measure : int {
  latency = 0,         ///< Nanoseconds, at RouteRequest::percentile.
  energy = 1,          ///< Microjoules of the device: its layers, its radio, and itself while it waits (RouteRequest::idle_power_w).
  bytes_up = 2,        ///< Over network hops, away from home; a value counts at each hop.
  device_weights = 3,  ///< Bytes of the weights of layers on the device.
  money = 4,           ///< In the currency of Stop::money_per_s and RouteHop::money_per_byte.
  error = 5,           ///< Sum of CodecError::error over what crosses.
};
DNNTUNE_API const char* to_string(Measure measure) noexcept;

/// One memory with the processors that share it: a phone's cores, its GPU, an edge server, a cloud.
struct Stop {
  std::string name;              ///< Not blank, and no other stop's of the route.
  std::vector<Profile> profiles;  ///< Of the request's graph. Each layer runs on any of them; changing is free here.
  double money_per_s = 0.0;       ///< Price of computing.
  double max_busy_ns = 0.0;       ///< Most time a run may occupy it (a server's load); 0: no limit.
};

/// How a network hop's TCP connection stands when a request begins. Slow start stalls sending as slow_start_stall_s (tcp.h)
/// says, each way by the bytes of the whole request that go there. A connection in steady use has neither: leave it out.
struct TcpStart {
  bool cold = false;                   ///< A new connection: handshakes first. False: one that was idle, and starts slowly again.
  int initial_window = 10;             ///< Segments.
  double segment_bytes = 1460.0;
  double handshake_round_trips = 2.0;  ///< Of a cold connection: TCP's and TLS's.
};

/// How two neighbouring stops are joined. The link's "up" leads from the first to the second.
struct RouteHop {
  enum class Kind : int { network = 0, memory = 1 };
  /// Whether a layer beyond the hop may feed a layer before it. `once`: no path goes out, comes back and goes out again,
  /// as in device -> cloud -> device. `freely` is for memory hops alone. Graph outputs always come home.
  enum class Return : int { never = 0, once = 1, freely = 2 };

  Kind kind = Kind::network;
  Return layers_return = Return::never;
  Link link;                    ///< Of a memory hop only the bandwidths count.
  double copy_s = 0.0;          ///< Of a memory hop: what each copy takes besides its bytes.
  double money_per_byte = 0.0;
  /// Of a network hop: the radio's states. Without, sending and receiving cost what Link::radio says, and no more. With them,
  /// a request that uses the hop also pays, after RadioModel: to wake the radio, in time and energy, and the radio's tail,
  /// once; and on the device's hop, the energy of the radio that waits for the other stops, down its tail. When requests come every
  /// `interval_s`, no longer apart than the tail is long, the radio never sleeps: it is not woken, and the tail is paid for the
  /// time between the requests alone. Exact (RadioModel::once, ::periodic without idle_j), but for: a request that ends less than a tail before the next
  /// one begins, although the interval is longer than the tail, counts as one that lets the radio sleep; an interval
  /// that ends beyond the tail's first phase takes that tail at its mean power; turns (DRX) count at their mean power while it waits; a radio
  /// that falls asleep while it waits is woken again at no cost, unless it has no tail at all.
  std::optional<RadioModel> radio = {};
  std::optional<TcpStart> tcp = {};  ///< Of a network hop.

  static RouteHop network(Link link, Return layers_return = Return::never) { return {Kind::network, layers_return, std::move(link), 0.0, 0.0}; }
  /// Between two memories of one machine, such as a CPU's and a GPU's: values are copied as they are, either way.
  DNNTUNE_API static RouteHop memory(double bytes_per_s, double copy_s);
};

/// A way to write float32 values on a network hop. Costs are per byte of the value as stored.
struct WireCodec {
  WireEncoding encoding = WireEncoding::raw;
  double encode_ns_per_byte = 0.0;
  double decode_ns_per_byte = 0.0;
};
/// What an encoding of one value does to the network's result, from the caller's calibration. Errors of several values add up.
struct CodecError {
  std::string value;
  WireEncoding encoding = WireEncoding::raw;
  double error = 0.0;
};
/// A layer that must run at one of the stops [first, last].
struct LayerPin {
  std::string layer;
  int first = 0;
  int last = 0;
};
struct MeasureWeight {
  Measure measure = Measure::latency;
  double weight = 1.0;
};
struct MeasureLimit {
  Measure measure = Measure::latency;
  double at_most = 0.0;
};

struct RouteRequest {
  Graph graph;
  std::vector<Stop> stops = {};    ///< 1 to 8, in the order of the route.
  std::vector<RouteHop> hops = {};  ///< hops[k] joins stops[k] and stops[k + 1].
  /// The stop where graph inputs start and outputs end. It and the stops that memory hops join to it are "the device"; stops
  /// before it must be of the device.
  int home = 0;
  std::vector<MeasureWeight> minimize = {{Measure::latency, 1.0}};  ///< Weights are not negative.
  /// Instead: the time between two results when runs follow each other without a pause, which is that of the busiest stop
  /// or link direction. Round trips do not count, encoding and decoding do.
  bool throughput = false;
  /// What the device draws, beside its radio, while none of its own stops computes, encodes or decodes: in watt, above what
  /// the profiles' energies count from (0 when they are "above idle" and so shall this be).
  double idle_power_w = 0.0;
  double interval_s = 0.0;  ///< From the start of one request to that of the next; 0: not known, each stands alone.
  /// 0.5 to 0.9999: latency figures are mean + z x standard deviation, deviations adding up as for errors that go together.
  double percentile = 0.5;
  std::vector<MeasureLimit> limits = {};
  /// Weights of the layers on the device plus the largest activation memory of one of them; 0: no limit.
  std::int64_t max_device_memory_bytes = 0;
  /// How float32 values may cross a network hop; values of other types, and outputs on their way home, cross raw.
  std::vector<WireCodec> codecs = {WireCodec{}};
  /// With a limit or a weight on `error`, a codec other than raw serves only values that are listed here.
  std::vector<CodecError> errors = {};
  std::vector<LayerPin> pins = {};
  /// Values that fewer than this many layers separate from a graph input, and this many too, never leave the device: 0 the
  /// inputs alone, -1 none.
  int private_within = -1;
  int most_cuts = 20000;  ///< Effort: minimum cuts that one answer may take.
};

/// A value on a hop.
struct RouteCrossing {
  std::string value;
  int hop = 0;
  bool outward = true;
  WireEncoding encoding = WireEncoding::raw;
  std::int64_t bytes = 0;
};

struct DNNTUNE_API RouteCost {
  std::vector<Cost> compute_ns;  ///< By stop.
  std::vector<Cost> coding_ns;   ///< By stop: encoding and decoding.
  std::vector<Cost> out_ns;      ///< By hop: bytes over the link, or copies.
  std::vector<Cost> home_ns;     ///< By hop, the other way.
  Cost round_trip_ns;            ///< Of the network hops that a layer lies beyond.
  Cost start_ns;                 ///< Of those: waking radios, handshakes, the stalls of slow start.
  Cost device_uj;
  Cost radio_uj;                 ///< Sending and receiving.
  Cost radio_state_uj;           ///< Waking the radio, its waiting, its tail.
  Cost idle_uj;                  ///< The device, while it waits: RouteRequest::idle_power_w.
  std::int64_t bytes_up = 0;
  std::int64_t bytes_home = 0;
  std::int64_t device_weight_bytes = 0;
  std::int64_t device_memory_bytes = 0;  ///< As for RouteRequest::max_device_memory_bytes.
  double money = 0.0;
  Cost error;                    ///< Unknown when a codec that was used has no figure.
  double percentile_ns = 0.0;    ///< Latency at the request's percentile.
  double busiest_ns = 0.0;       ///< Time of the busiest stop or link direction.

  Cost latency_ns() const noexcept;
  Cost energy_uj() const noexcept;
};

/// One way to run the network along the route.
struct Placement {
  std::vector<int> stops;               ///< By layer, in Graph::layers order.
  std::vector<std::string> processors;  ///< By layer: Profile::processor.
  std::vector<RouteCrossing> crossings;
  RouteCost cost;
  double objective = 0.0;  ///< What was minimised: the weighted sum, or busiest_ns.
};

/// A plain value.
struct DNNTUNE_API RoutePlan {
  std::string model;
  std::string model_hash;
  std::vector<std::string> layers;
  std::vector<std::string> stops;
  std::vector<RouteHop::Kind> hops;  ///< hops[k] joins stops[k] and stops[k + 1].
  int home = 0;                      ///< RouteRequest::home
  std::string minimized;         ///< "latency", "0.5 latency + 2 energy", "throughput"; for people.
  Placement chosen;
  /// No placement within the limits has a smaller objective; equal to the chosen one's when `proven`.
  double lower_bound = 0.0;
  bool proven = false;
  int cuts = 0;                  ///< Minimum cuts that it took.

  /// 0 when proven; else by what share of the chosen objective a better plan could still be cheaper.
  double gap() const noexcept;
  /// For people, 80 columns.
  std::string explain() const;
  /// Schema "dnntune.route_plan/1". `from_json` throws invalid_argument naming the field.
  std::string to_json() const;
  static RoutePlan from_json(const std::string& json);
};

/// One layer moved over one hop, all else as chosen.
struct Neighbour {
  std::string layer;
  int from = 0;
  int to = 0;
  double objective = 0.0;
};

/// Placements of which none is better by every measure than another, cheapest by the first measure first.
struct Front {
  std::vector<Measure> measures;
  std::vector<Placement> placements;
  std::vector<std::vector<double>> values;  ///< By placement, then by measure.
  /// Every placement within the limits is at most (1 + epsilon) times better than one of these, by every measure. 0: the front is
  /// complete, one placement for each point.
  double epsilon = 0.0;
};
struct FrontOptions {
  std::vector<Measure> measures = {Measure::latency, Measure::energy, Measure::bytes_up};
  double epsilon = 0.0;
  std::size_t most_labels = 1'000'000;  ///< Partial placements that may be kept at a time.
};

/// Something that may change after planning, and how far.
struct Axis {
  enum class Kind : int {
    slowness = 0,    ///< Time per byte of network hop `index` in both directions, as a factor: 2 is half the bandwidth.
    round_trip = 1,  ///< Seconds, of network hop `index`.
    load = 2,        ///< Factor on the times of stop `index`: a server that others use too.
  };
  Kind kind = Kind::slowness;
  int index = 0;
  double from = 0.0, to = 0.0;
};
/// The best placement for every value of one axis: placements[i] from switches[i - 1] to switches[i].
struct Sweep {
  std::vector<double> switches;
  std::vector<Placement> placements;  ///< One more than switches; costs are those where it starts to win.
};
/// The same for some values of a second axis.
struct DecisionMap {
  Axis across, down;
  std::vector<double> down_values;
  std::vector<Sweep> rows;
  /// Schema "dnntune.decision_map/1".
  DNNTUNE_API std::string to_json() const;
};

/// A request, checked and priced once; answers questions about it. Const members may be called from several threads at once.
class DNNTUNE_API Planner {
 public:
  /// Throws invalid_argument naming what is wrong: a profile of another graph, a missing figure, a bad weight or link;
  /// not_found for a layer or value that does not exist; limit_exceeded when the costs add up to more than a double holds. Costs are
  /// rounded to 2^-40 of the sum of all that the request names: one absurd figure takes the others' digits.
  explicit Planner(RouteRequest request);
  ~Planner();
  Planner(Planner&&) noexcept;
  Planner& operator=(Planner&&) noexcept;

  /// The best placement within the limits, over all ways to place the layers that keep the hops' return rules, all processors
  /// and all encodings. Exact when RoutePlan::proven; that is always so without limits, `once`, throughput and slow start. Among
  /// equals, layers are near the first stop. Throws unsupported when no placement keeps the limits, or none was found.
  RoutePlan plan() const;
  /// The best choice of processors and encodings for given stops, and its cost; empty when there is none within the limits. Throws
  /// invalid_argument when `stops` is not one for each layer.
  std::optional<Placement> evaluate(const std::vector<int>& stops) const;

  /// What moving one layer alone would cost, for each layer that may: cheapest first.
  std::vector<Neighbour> neighbours(const Placement& placement) const;
  /// Goes through the layers in order and keeps, for each way in which values still needed can lie, the partial placements
  /// that no other dominates: exact on any graph; fast on chains and narrow graphs, whose ways are few. Throws
  /// invalid_argument for throughput, max_busy_ns and max_device_memory_bytes; limit_exceeded when there are more than
  /// `most_labels` partial placements: raise epsilon, which drops those that gain less. With slow start (RouteHop::tcp) the bytes of each way count as
  /// figures too, and so does a wait through several phases of a radio's tail: invalid_argument where they are more than seven with the measures.
  Front front(const FrontOptions& options = {}) const;
  /// Where the best placement changes. The objective of one placement is linear along an axis, so the best is a concave
  /// chain of lines and its corners are found exactly (Eisner and Severance, JACM 1976). With slow start so between its corners. Throws invalid_argument
  /// for limits, max_busy_ns, max_device_memory_bytes, throughput and waits beyond the first phase of a radio's tail, where that does not hold.
  Sweep sweep(const Axis& axis) const;
  /// `rows` values of `down`, evenly spaced, ends included; at least 2.
  DecisionMap decision_map(const Axis& across, const Axis& down, int rows) const;

  /// Another link for a network hop, as when the bandwidth changed; keeps all that was read. Throws invalid_argument for a bad link or hop,
  /// limit_exceeded when the costs add up to more than a double holds; the planner is then as it was.
  void set_link(int hop, const Link& link);
  const RouteRequest& request() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dnntune
