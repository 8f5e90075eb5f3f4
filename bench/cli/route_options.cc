// SPDX-License-Identifier: Apache-2.0
#include "cli/route_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

#include <fmt/format.h>

namespace dnntune::cli {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array kTimes = {Unit{"ns", 1.0}, Unit{"us", 1e3}, Unit{"ms", 1e6}, Unit{"s", 1e9}};
constexpr std::array kEnergies = {Unit{"uJ", 1.0}, Unit{"mJ", 1e3}, Unit{"J", 1e6}};
constexpr std::array kBytes = {Unit{"B", 1.0}, Unit{"kB", 1e3}, Unit{"MB", 1e6}, Unit{"GB", 1e9}};

std::span<const Unit> units_of(Measure measure) {
  switch (measure) {
    case Measure::latency: return kTimes;
    case Measure::energy: return kEnergies;
    case Measure::bytes_up:
    case Measure::device_weights: return kBytes;
    default: return {};
  }
}

/// "12.5ms" in the unit that a bare number has.
double read_amount(std::string_view text, std::span<const Unit> units, const std::string& option) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = error == std::errc() ? text.substr(static_cast<std::size_t>(end - text.data())) : text;
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
  if (error != std::errc() || !std::isfinite(value) || value < 0.0 || (!unit.empty() && found == units.end())) {
    std::string names;
    for (const Unit& u : units) names += fmt::format(" {}", u.name);
    refuse(fmt::format("{}: '{}' is no amount{}{}", option, text, units.empty() ? "" : " in one of", names));
  }
  return unit.empty() ? value : value * found->factor;
}

Measure read_measure(std::string_view name, const std::string& option) {
  for (const Measure measure : {Measure::latency, Measure::energy, Measure::bytes_up, Measure::device_weights})
    if (name == to_string(measure)) return measure;
  refuse(fmt::format("{}: '{}' is none of latency, energy, bytes_up, device_weights", option, name));
}

/// "a=b" at the last '='; the second is empty when there is none.
std::pair<std::string, std::string> halves(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  return equals == std::string::npos ? std::pair(text, std::string()) : std::pair(text.substr(0, equals), text.substr(equals + 1));
}

RadioModel read_radio(const std::string& text) { return text.ends_with(".json") ? parse_file(text, RadioModel::from_json) : RadioModel::named(text); }

/// A layer's name may have a '=' too.
LayerPin read_pin(const RouteRequest& request, const std::string& text) {
  if (has_layer(request.graph, text)) return {text, 0, 0};
  const auto [layer, stop] = halves(text);
  if (!has_layer(request.graph, layer) || layer == text) return {layer, 0, 0};  // the planner says which layers there are not
  std::string names;
  for (std::size_t s = 0; s < request.stops.size(); ++s) {
    if (request.stops[s].name == stop) return {layer, static_cast<int>(s), static_cast<int>(s)};
    names += fmt::format("{}{}", s == 0 ? "" : ", ", request.stops[s].name);
  }
  refuse(fmt::format("--pin {}: the route has no stop '{}'; there are {}", text, stop, names));
}

}  // namespace

void RouteOptions::add_to(CLI::App& command, CLI::Option* objective, CLI::Option* encoding) {
  group_ = command.add_option_group("Routes", "Any of these plans along a route of stops, with every value's encoding of its own");
  group_->add_option("--via", via, "A stop between device and cloud, in order: a profile (JSON) or a server's URL")->type_name("[NAME=]SOURCE")->allow_extra_args(false);
  group_->add_option("--encodings", encodings, "How floats may cross, of raw, fp16, int8, int8_channel, int4")->delimiter(',')->allow_extra_args(false)->excludes(encoding);
  group_->add_option("--minimize", minimize, "A measure, throughput, or a sum: latency=1,energy=0.5 (weights per ns, uJ, byte)")->delimiter(',')->allow_extra_args(false)->excludes(objective);
  group_->add_option("--limit", limit, "At most, such as energy=5mJ, latency=80ms, bytes_up=100kB (repeatable)")->delimiter(',')->allow_extra_args(false);
  group_->add_option("--percentile", percentile, "Share of runs that keep the latency, 0.5 to 0.9999");
  group_->add_option("--private-within", private_within, "Values with at most so many layers before them stay on the device")->check(CLI::Range(0, 1'000'000));
  group_->add_option("--device-memory", device_memory, "Most that weights and activations may take on the device, such as 200MB")->check(not_empty());
  group_->add_option("--interval", interval_s, "Seconds from one request to the next, for the radio's tail")->check(at_least(0.0));
  group_->add_option("--radio", radio, "States of the device's radio: a model by name, or a .json file")->check(not_empty());
  group_->add_option("--idle-power", idle_power_w, "Watt that the device draws while it waits")->check(at_least(0.0));
  CLI::Option* const slow = group_->add_flag("--slow-start", slow_start, "Connections were idle: TCP starts slowly");
  group_->add_flag("--cold", cold, "Connections are new: handshakes, then slow start")->excludes(slow);
  group_->add_flag("--returns", returns, "Layers may come back to the device, once");
}

bool RouteOptions::given() const { return group_ != nullptr && group_->count_all() > 0; }

void RouteOptions::apply(RouteRequest& request, const std::vector<Link>& links, const std::vector<std::string>& pins) const {
  const std::size_t hops = request.stops.size() - 1;
  if (links.size() != 1 && links.size() != hops) refuse(fmt::format("--link is given {} times, the route has {} hops: give one for all or one for each", links.size(), hops));
  for (std::size_t k = 0; k < hops; ++k) {
    request.hops.push_back(RouteHop::network(links[links.size() == 1 ? 0 : k], returns ? RouteHop::Return::once : RouteHop::Return::never));
    if (cold || slow_start) request.hops.back().tcp = TcpStart{.cold = cold};
  }
  if (!radio.empty()) request.hops.front().radio = read_radio(radio);
  if (!encodings.empty()) request.codecs.clear();
  for (const std::string& name : encodings) request.codecs.push_back({encoding_named(name), 0.0, 0.0});
  if (!minimize.empty()) request.minimize.clear();
  for (const std::string& text : minimize) {
    const auto [name, weight] = halves(text);
    if (name == "throughput") {
      if (minimize.size() > 1 || !weight.empty()) refuse("--minimize throughput stands alone");
      request.throughput = true;
      request.minimize = {{Measure::latency, 1.0}};
      break;
    }
    request.minimize.push_back({read_measure(name, "--minimize"), weight.empty() ? 1.0 : read_amount(weight, {}, "--minimize")});
  }
  for (const std::string& text : limit) {
    const auto [name, amount] = halves(text);
    const Measure measure = read_measure(name, "--limit");
    request.limits.push_back({measure, read_amount(amount, units_of(measure), "--limit " + name)});
  }
  for (const std::string& pin : pins) request.pins.push_back(read_pin(request, pin));
  request.percentile = percentile;
  request.private_within = private_within;
  request.interval_s = interval_s;
  request.idle_power_w = idle_power_w;
  if (!device_memory.empty()) {
    const double bytes = read_amount(device_memory, kBytes, "--device-memory");
    if (!(bytes >= 1.0 && bytes <= 0x1p60)) refuse(fmt::format("--device-memory: '{}' must be 1 byte to 2^60", device_memory));
    request.max_device_memory_bytes = static_cast<std::int64_t>(bytes);
  }
}

bool has_layer(const Graph& graph, const std::string& name) {
  const auto& layers = graph.layers();
  return std::any_of(layers.begin(), layers.end(), [&](const LayerInfo& layer) { return layer.name == name; });
}

std::pair<std::string, std::string> named_source(const std::string& text, const std::string& otherwise) {
  const std::size_t equals = text.find('='), scheme = text.find("://");
  if (equals == std::string::npos || (scheme != std::string::npos && scheme < equals)) return {otherwise, text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace dnntune::cli
