// SPDX-License-Identifier: Apache-2.0
#include "plan/route_problem.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/at.h"
#include "plan/enumerator.h"
#include "plan/link_json.h"
#include "plan/wire_size.h"

namespace dnntune::plan {
namespace {

[[noreturn]] void refuse_route(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

void check_figure(double value, const std::string& what) {
  if (!std::isfinite(value) || value < 0.0) refuse_route(fmt::format("{} is {}, it must be finite and not negative", what, value));
}

/// The z with which a normal variable stays below mean + z x sigma in `share` of all cases; by bisection.
double normal_quantile(double share) {
  double low = 0.0, high = 10.0;
  for (int i = 0; i < 100 && low < high; ++i) {
    const double z = 0.5 * (low + high);
    (0.5 * std::erfc(-z / std::sqrt(2.0)) < share ? low : high) = z;
  }
  return share == 0.5 ? 0.0 : 0.5 * (low + high);
}

/// One standard deviation: Cost::spread is that or, of a measured figure, the median absolute deviation.
double deviation(const Cost& cost) noexcept {
  constexpr double kNormalMad = 1.4826;
  return cost.provenance == Provenance::measured ? kNormalMad * cost.spread : cost.spread;
}

/// How many whole units a limit allows.
std::int64_t limit_units(const Quantum& quantum, double at_most) {
  constexpr double kAll = 0x1p50;
  return static_cast<std::int64_t>(std::floor(std::min(kAll, at_most / quantum.value(1))));
}

}  // namespace

RouteProblem::RouteProblem(RouteRequest request) : request_(std::move(request)) {
  check();
  z_ = normal_quantile(request_.percentile);
  load_.assign(request_.stops.size(), 1.0);
  read();
  shape();
  build();
}

bool RouteProblem::wants(Measure measure) const {
  const auto is = [&](const auto& entry) { return entry.measure == measure; };
  return std::any_of(request_.minimize.begin(), request_.minimize.end(), [&](const MeasureWeight& w) { return is(w) && w.weight > 0.0; }) ||
         std::any_of(request_.limits.begin(), request_.limits.end(), is);
}

void RouteProblem::check() const {
  constexpr std::size_t kMostStops = 8, kMostChoices = 32;
  const RouteRequest& r = request_;
  if (r.graph.layers().empty()) refuse_route(fmt::format("graph '{}' has no layers to place", r.graph.name()));
  if (r.stops.empty() || r.stops.size() > kMostStops) refuse_route(fmt::format("the route has {} stops, it must have 1 to {}", r.stops.size(), kMostStops));
  if (r.hops.size() + 1 != r.stops.size()) refuse_route(fmt::format("the route has {} hops between {} stops", r.hops.size(), r.stops.size()));
  if (r.home < 0 || at(r.home) >= r.stops.size()) refuse_route(fmt::format("home is stop {}, the route has {}", r.home, r.stops.size()));
  if (!(r.percentile >= 0.5 && r.percentile <= 0.9999)) refuse_route(fmt::format("percentile is {}, it must be 0.5 to 0.9999", r.percentile));
  if (r.codecs.empty() || r.codecs.size() > kMostChoices) refuse_route(fmt::format("the request has {} codecs, it must have 1 to {}", r.codecs.size(), kMostChoices));
  check_power(r.idle_power_w, "idle_power_w");
  check_figure(r.interval_s, "interval_s");
  if (r.most_cuts < 1) refuse_route(fmt::format("most_cuts is {}, it must be positive", r.most_cuts));
  for (std::size_t s = 0; s < r.stops.size(); ++s) {
    const Stop& stop = r.stops[s];
    if (stop.name.find_first_not_of(" \t\r\n") == std::string::npos) refuse_route(fmt::format("stop {} has no name", s));
    for (std::size_t before = 0; before < s; ++before)
      if (r.stops[before].name == stop.name) refuse_route(fmt::format("stops {} and {} are both named '{}'", before, s, stop.name));
    if (stop.profiles.size() > kMostChoices) refuse_route(fmt::format("stop '{}' has {} profiles, the most is {}", stop.name, stop.profiles.size(), kMostChoices));
    check_figure(stop.money_per_s, fmt::format("money_per_s of stop '{}'", stop.name));
    check_figure(stop.max_busy_ns, fmt::format("max_busy_ns of stop '{}'", stop.name));
  }
  for (std::size_t k = 0; k < r.hops.size(); ++k) {
    const RouteHop& hop = r.hops[k];
    check_figure(hop.money_per_byte, fmt::format("money_per_byte of hop {}", k));
    check_figure(hop.copy_s, fmt::format("copy_s of hop {}", k));
    if (hop.radio) check_radio(*hop.radio, fmt::format("radio '{}' of hop {}", hop.radio->name, k));
    check_enumerator(hop.kind, RouteHop::Kind::memory, fmt::format("the kind of hop {}", k));
    check_enumerator(hop.layers_return, RouteHop::Return::freely, fmt::format("layers_return of hop {}", k));
    if (hop.kind != RouteHop::Kind::network && (hop.radio || hop.tcp)) refuse_route(fmt::format("hop {} is no network: it has neither a radio nor TCP", k));
    check_link(hop.link);
    if (hop.kind == RouteHop::Kind::network && static_cast<int>(k) < r.home)
      refuse_route(fmt::format("hop {} before home is a network; stops before home must be of the device", k));
    if (hop.kind == RouteHop::Kind::network && hop.layers_return == RouteHop::Return::freely)
      refuse_route(fmt::format("hop {} is a network that layers may cross back freely: its round trips could not be counted; use once", k));
  }
  double weight = 0.0;
  for (const MeasureWeight& w : r.minimize) {
    check_enumerator(w.measure, Measure::error, "a measure to minimise");
    check_figure(w.weight, fmt::format("the weight of {}", to_string(w.measure)));
    weight += w.weight;
  }
  if (!r.throughput && weight == 0.0) refuse_route("nothing to minimise: all weights are 0");
  for (const MeasureLimit& limit : r.limits) {
    check_enumerator(limit.measure, Measure::error, "a measure to limit");
    check_figure(limit.at_most, fmt::format("the limit on {}", to_string(limit.measure)));
  }
  if (r.max_device_memory_bytes < 0) refuse_route(fmt::format("max_device_memory_bytes is {}, it must not be negative", r.max_device_memory_bytes));
  for (const CodecError& error : r.errors) check_enumerator(error.encoding, WireEncoding::int4, fmt::format("the encoding of the error of '{}'", error.value));
  for (const WireCodec& codec : r.codecs) {
    check_enumerator(codec.encoding, WireEncoding::int4, "the encoding of a codec");
    check_figure(codec.encode_ns_per_byte, fmt::format("encode_ns_per_byte of {}", to_string(codec.encoding)));
    check_figure(codec.decode_ns_per_byte, fmt::format("decode_ns_per_byte of {}", to_string(codec.encoding)));
  }
}

void RouteProblem::check_radio_known(const RouteHop& hop, const Link& link) const {
  if (wants(Measure::energy) && !hop.radio && link.radio.name.empty())
    refuse_route(fmt::format("link '{}' has no radio: the energy of sending is unknown", link.name));
}

void RouteProblem::read() {
  const Graph& graph = request_.graph;
  last_device_ = request_.home;
  while (at(last_device_) < request_.hops.size() && !is_network(last_device_)) ++last_device_;
  if (at(last_device_) < request_.hops.size()) check_radio_known(request_.hops[at(last_device_)], request_.hops[at(last_device_)].link);
  for (const LayerInfo& layer : graph.layers()) layers_.push_back(layer.name);
  for (std::size_t s = 0; s < request_.stops.size(); ++s) {
    const bool on_device = static_cast<int>(s) <= last_device_;
    processors_.emplace_back();
    for (const Profile& profile : request_.stops[s].profiles)
      processors_.back().push_back(read_profile(graph, profile, on_device, on_device && wants(Measure::energy),
                                                fmt::format("profile '{}' of stop '{}'", profile.processor, request_.stops[s].name)));
  }
  pins_.assign(layers_.size(), {0, static_cast<int>(request_.stops.size()) - 1});
  for (const LayerPin& pin : request_.pins) {
    if (pin.first < 0 || pin.first > pin.last || at(pin.last) >= request_.stops.size())
      refuse_route(fmt::format("layer '{}' is pinned to stops {} to {}, the route has {}", pin.layer, pin.first, pin.last, request_.stops.size()));
    auto& [first, last] = pins_[at(graph.layer_index(pin.layer))];
    first = std::max(first, pin.first);
    last = std::min(last, pin.last);
  }
  read_values();
  if (request_.private_within >= 0) mark_private();
}

void RouteProblem::read_values() {
  const Graph& graph = request_.graph;
  const std::unordered_set<std::string_view> sized = sized_values(graph);
  std::unordered_map<std::string_view, std::int64_t> profiled;
  for (const Stop& stop : request_.stops) add_profiled_bytes(stop.profiles, profiled);
  std::unordered_map<std::string, std::size_t> index;
  for (ValueCosts& costs : plan::read_values(graph)) {
    if (!request_.errors.empty()) index.emplace(costs.name, values_.size());
    RouteValue value;
    const TensorInfo& info = graph.value(costs.name);
    const auto found = profiled.find(costs.name);
    const bool has_shape = sized.contains(costs.name);
    value.raw_bytes = has_shape ? wire_bytes(info, WireEncoding::raw) : found == profiled.end() ? 0 : found->second;
    value.is_float = info.type == DataType::float32;
    value.costs = std::move(costs);
    value.costs.sized = has_shape || value.raw_bytes > 0;
    for (const WireCodec& codec : request_.codecs) {
      value.bytes.push_back(coded_bytes(value.raw_bytes, has_shape ? channels_of(info.shape) : 1, codec.encoding));
      value.errors.push_back(codec.encoding == WireEncoding::raw ? 0.0 : -1.0);
    }
    values_.push_back(std::move(value));
  }
  for (const CodecError& error : request_.errors) {
    check_figure(error.error, fmt::format("the error of '{}' in {}", error.value, to_string(error.encoding)));
    const auto found = index.find(error.value);
    if (found == index.end()) throw Error(ErrorCode::not_found, fmt::format("no value between layers is called '{}'", error.value));
    for (std::size_t c = 0; c < request_.codecs.size(); ++c)
      if (request_.codecs[c].encoding == error.encoding) values_[found->second].errors[c] = error.error;
  }
}

void RouteProblem::mark_private() {
  constexpr int kFar = 1 << 30;
  std::vector<int> distance(layers_.size(), kFar);  // layers between an input and what this layer makes
  for (RouteValue& value : values_) {
    const int d = value.costs.producer < 0 ? 0 : distance[at(value.costs.producer)];
    value.is_private = d <= request_.private_within;
    for (const int reader : value.costs.consumers) distance[at(reader)] = std::min(distance[at(reader)], d + 1);
  }
}

void RouteProblem::set_link(int hop, const Link& link) {
  if (hop < 0 || at(hop) >= request_.hops.size() || !is_network(hop)) refuse_route(fmt::format("hop {} is no network hop of this route", hop));
  check_link(link);
  if (hop == last_device_) check_radio_known(request_.hops[at(hop)], link);
  const Link before = std::exchange(request_.hops[at(hop)].link, link);
  try {
    build();
  } catch (...) {
    request_.hops[at(hop)].link = before;
    build();
    throw;
  }
}

void RouteProblem::set_load(int stop, double factor) {
  load_.at(at(stop)) = factor;
  build();
}

void RouteProblem::add(const Priced& priced, std::size_t slot) {
  Choices& choices = labels_.slots[slot];
  if (choices.count == 0) choices.first = static_cast<std::uint32_t>(priced_.size());
  ++choices.count;
  priced_.push_back(priced);
}

/// What links and loads do not change.
void RouteProblem::shape() {
  labels_.stops = static_cast<int>(request_.stops.size());
  labels_.home = request_.home;
  labels_.layer_count = static_cast<int>(layers_.size());
  labels_.values.reserve(values_.size());
  for (const RouteValue& value : values_) labels_.values.push_back({value.costs.producer, value.costs.consumers, value.costs.is_output});
  for (const RouteHop& hop : request_.hops)
    labels_.returns.push_back(hop.layers_return == RouteHop::Return::never  ? ReturnRule::never
                              : hop.layers_return == RouteHop::Return::once ? ReturnRule::once
                                                                            : ReturnRule::freely);
  labels_.bottleneck = request_.throughput;
  LineShape line{labels_.stops, labels_.layer_count, labels_.values, {}};
  for (const ReturnRule rule : labels_.returns) line.may_return.push_back(rule != ReturnRule::never);
  if (std::optional<Elimination> elimination = Elimination::of(line)) labels_.elimination = std::make_shared<const Elimination>(std::move(*elimination));
}

void RouteProblem::build() {
  priced_.clear();
  labels_.slots.assign(labels_.slot_count(), Choices{});
  build_starts();
  build_layers();
  build_crossings();
  round_figures();
  set_limits();
}

void RouteProblem::build_layers() {
  for (int i = 0; i < labels_.layer_count; ++i) {
    for (int s = pins_[at(i)].first; s <= pins_[at(i)].second; ++s) {
      const Stop& stop = request_.stops[at(s)];
      for (std::size_t p = 0; p < processors_[at(s)].size(); ++p) {
        const ProcessorCosts& processor = processors_[at(s)][p];
        if (!processor.infeasible[at(i)].empty()) continue;
        Priced priced;
        priced.id = static_cast<int>(p);
        priced.ns = processor.layer_ns[at(i)];
        priced.ns.value *= load_[at(s)];
        priced.ns.spread *= load_[at(s)];
        priced.uj = processor.layer_uj[at(i)];
        priced.busy_ns[0] = priced.ns.value;
        if (s > last_device_) priced.idle_ns = priced.wait_ns = priced.ns.value;
        const double weights = s <= last_device_ ? static_cast<double>(stop.profiles[p].layers[at(i)].weight_bytes) : 0.0;
        priced.measures = {priced.ns.value + z_ * deviation(priced.ns), priced.uj.value, 0.0, weights, priced.ns.value * 1e-9 * stop.money_per_s, 0.0};
        add(priced, labels_.place(i, s));
      }
    }
  }
}

std::vector<RouteProblem::Priced> RouteProblem::crossing_choices(const RouteValue& value, int hop_index, bool outward) const {
  const RouteHop& hop = request_.hops[at(hop_index)];
  const bool network = is_network(hop_index);
  const bool comes_home = value.costs.is_output && !outward;
  if (!value.costs.sized) {  // may only come home as an output: that counts nothing and makes the sum unknown
    if (!comes_home) return {};
    Priced unknown;
    unknown.ns = unknown.uj = Cost{};
    return {unknown};
  }
  if (outward && network && value.is_private) return {};
  const Link& link = hop.link;
  std::vector<Priced> choices;
  const auto offer = [&](int id, std::int64_t bytes, const WireCodec& codec, double error) {
    Priced priced;
    priced.id = id;
    priced.bytes = bytes;
    const double seconds = (outward ? link.up_s(static_cast<double>(bytes)) : link.down_s(static_cast<double>(bytes))) + (network ? 0.0 : hop.copy_s);
    priced.busy_ns = {codec.encode_ns_per_byte * static_cast<double>(value.raw_bytes), seconds * 1e9,
                      codec.decode_ns_per_byte * static_cast<double>(value.raw_bytes)};
    priced.ns = {0.0, 0.0, Provenance::published};
    if (network && hop_index == last_device_) {
      const RadioShare& radio = radios_[at(hop_index)];
      priced.uj = hop.radio ? Cost{(outward ? radio.up_w : radio.down_w) * seconds * 1e6, 0.0, Provenance::published}
                            : radio_uj(link, outward ? link.radio.up_power_w(link.bandwidth_up_bps) : link.radio.down_power_w(link.bandwidth_down_bps), seconds);
    }
    const std::array<bool, 2> coded_away = {hop_index + (outward ? 0 : 1) > last_device_, hop_index + (outward ? 1 : 0) > last_device_};
    const double coding_ns = (coded_away[0] ? priced.busy_ns[0] : 0.0) + (coded_away[1] ? priced.busy_ns[2] : 0.0);
    priced.idle_ns = coding_ns + (hop_index >= last_device_ ? priced.busy_ns[1] : 0.0);
    priced.wait_ns = coding_ns + (hop_index > last_device_ ? priced.busy_ns[1] : 0.0);
    priced.error_known = error >= 0.0;
    priced.measures = {0.0, priced.uj.value, network && outward ? static_cast<double>(bytes) : 0.0, 0.0,
                       hop.money_per_byte * static_cast<double>(bytes), std::max(error, 0.0)};
    choices.push_back(priced);
  };
  if (network && value.is_float && !comes_home) {
    for (std::size_t c = 0; c < request_.codecs.size(); ++c)
      if (value.errors[c] >= 0.0 || !wants(Measure::error)) offer(static_cast<int>(c), value.bytes[c], request_.codecs[c], value.errors[c]);
  } else {
    offer(-1, value.raw_bytes, WireCodec{}, 0.0);
  }
  return choices;
}

void RouteProblem::build_crossings() {
  layer_choices_ = priced_.size();
  for (std::size_t v = 0; v < values_.size(); ++v) {
    for (int k = 0; k < labels_.hops(); ++k) {
      const bool may_return = request_.hops[at(k)].layers_return != RouteHop::Return::never || k < request_.home;
      for (const Priced& priced : crossing_choices(values_[v], k, true)) add(priced, labels_.outward(v, k));
      if (may_return || values_[v].costs.is_output)
        for (const Priced& priced : crossing_choices(values_[v], k, false)) add(priced, labels_.homeward(v, k));
    }
  }
}

/// Times are rounded part by part, so that a crossing's latency is the sum of its rounded parts.
void RouteProblem::round_figures() {
  constexpr int kBits = 40;
  constexpr auto kLatency = static_cast<std::size_t>(Measure::latency);
  Measures totals{};
  constexpr auto kEnergy = static_cast<std::size_t>(Measure::energy);
  drop_waits();
  // The dearest scenario, so that units are the same in all.
  const double idle_uj_per_ns = request_.idle_power_w * 1e-3, wait_uj_per_ns = waits_.front().uj_per_ns;
  for (const Priced& p : priced_) {
    for (std::size_t m = 0; m < kMeasures; ++m) totals[m] += p.measures[m];
    totals[kLatency] += p.busy_ns[0] + p.busy_ns[1] + p.busy_ns[2];
    totals[kEnergy] += idle_uj_per_ns * p.idle_ns + wait_uj_per_ns * p.wait_ns;
  }
  for (const Start& start : starts_) {
    const double ns = start.round_trip_ns + start.wake_ns + start.handshake_ns + start.stalls[0].ns.back() + start.stalls[1].ns.back();
    totals[kLatency] += ns;
    totals[kEnergy] += start.fixed_uj + (idle_uj_per_ns + wait_uj_per_ns) * ns;
  }
  totals[kEnergy] += waits_.back().fixed_uj;
  // Peaks are counted in the units of weights.
  if (request_.max_device_memory_bytes > 0)
    for (std::size_t i = 0; i < layers_.size(); ++i) totals[static_cast<std::size_t>(Measure::device_weights)] += static_cast<double>(device_memory(i));
  for (std::size_t m = 0; m < kMeasures; ++m) {
    if (!std::isfinite(totals[m])) throw Error(ErrorCode::limit_exceeded, "the costs of this request add up to more than a double holds");
    quanta_[m] = Quantum(totals[m], kBits);
  }
  weights_ = {};
  for (const MeasureWeight& w : request_.minimize) weights_[static_cast<std::size_t>(w.measure)] += w.weight;
  double weighted = 0.0;
  for (std::size_t m = 0; m < kMeasures; ++m) weighted += weights_[m] * totals[m];
  if (!std::isfinite(weighted)) throw Error(ErrorCode::limit_exceeded, "the weighted costs of this request add up to more than a double holds");
  combined_ = Quantum(weighted, kBits);
  const Quantum& ns = quanta_[kLatency];
  only_weight_.reset();
  if (std::count_if(weights_.begin(), weights_.end(), [](double w) { return w > 0.0; }) == 1)
    only_weight_ = std::max_element(weights_.begin(), weights_.end()) - weights_.begin();
  objective_unit_ = request_.throughput ? ns.value(1) : only_weight_ ? weights_[*only_weight_] * quanta_[*only_weight_].value(1) : combined_.value(1);
  labels_.choices.clear();
  labels_.choices.reserve(priced_.size());
  labels_.once.clear();
  for (Priced& p : priced_) {
    Choice choice;
    choice.id = p.id;
    for (std::size_t m = 0; m < kMeasures; ++m) choice.figures[m + 1] = quanta_[m].count(p.measures[m]);
    for (std::size_t r = 0; r < 3; ++r) choice.busy[r] = ns.count(p.busy_ns[r]);
    if (labels_.choices.size() >= layer_choices_) choice.figures[kLatency + 1] = choice.busy[0] + choice.busy[1] + choice.busy[2];
    p.ns.value = ns.value(choice.busy[0] + choice.busy[1] + choice.busy[2]);
    p.uj.value = quanta_[kEnergy].value(choice.figures[kEnergy + 1]);
    choice.figures[kEnergy + 1] = energy_of(p, 0).sum();
    set_objective(choice.figures);
    labels_.choices.push_back(choice);
  }
  for (std::size_t k = 0; k < request_.hops.size(); ++k) labels_.once.push_back(start_figures(static_cast<int>(k), first_scenario()));
}

/// Activations of a layer at most, on any processor of the device.
std::int64_t RouteProblem::device_memory(std::size_t layer) const {
  std::int64_t most = 0;
  for (int s = 0; s <= last_device_; ++s)
    for (const Profile& profile : request_.stops[at(s)].profiles) most = std::max(most, profile.layers[layer].memory_bytes);
  return most;
}

void RouteProblem::set_limits() {
  labels_.limits.clear();
  labels_.busy_limits.clear();
  for (const MeasureLimit& l : request_.limits)
    labels_.limits.push_back({figure_of(l.measure), limit_units(quanta_[static_cast<std::size_t>(l.measure)], l.at_most)});
  for (std::size_t s = 0; s < request_.stops.size(); ++s)
    if (request_.stops[s].max_busy_ns > 0.0)
      labels_.busy_limits.push_back({static_cast<int>(s), limit_units(quanta_[static_cast<std::size_t>(Measure::latency)], request_.stops[s].max_busy_ns)});
  if (request_.max_device_memory_bytes == 0) return;
  LabelProblem::PeakLimit peak;
  const Quantum& bytes = quanta_[static_cast<std::size_t>(Measure::device_weights)];
  peak.figure = figure_of(Measure::device_weights);
  peak.last_stop = last_device_;
  peak.at_most = limit_units(bytes, static_cast<double>(request_.max_device_memory_bytes));
  for (std::size_t i = 0; i < layers_.size(); ++i) peak.peak.push_back(bytes.count(static_cast<double>(device_memory(i))));
  labels_.peak = std::move(peak);
}

}  // namespace dnntune::plan
