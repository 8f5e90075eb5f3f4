// SPDX-License-Identifier: Apache-2.0
// Routes: the request, call by call, and its plan.
#include "handles.h"

using dnntune::Error;
using dnntune::ErrorCode;
using dnntune::Measure;
using dnntune::RouteHop;
using dnntune::WireEncoding;
using dnntune::capi::checked_enum;
using dnntune::capi::guard;
using dnntune::capi::need;

static_assert(DNNTUNE_MEASURE_ERROR == static_cast<int>(Measure::error));
static_assert(DNNTUNE_WIRE_INT4 == static_cast<int>(WireEncoding::int4));
static_assert(DNNTUNE_RETURN_ONCE == static_cast<int>(RouteHop::Return::once));

namespace {

constexpr int kMeasures = DNNTUNE_MEASURE_ERROR + 1, kReturns = DNNTUNE_RETURN_ONCE + 1, kTcpStates = DNNTUNE_TCP_COLD + 1;

dnntune_route_options route_defaults() {
  return {sizeof(dnntune_route_options), 0, 0, -1, 20000, 0.5, 0.0, 0.0, 0};
}
dnntune_stop_options stop_defaults() { return {sizeof(dnntune_stop_options), 0.0, 0.0}; }
dnntune_hop_options hop_defaults() { return {sizeof(dnntune_hop_options), DNNTUNE_RETURN_NEVER, DNNTUNE_TCP_OPEN, 0.0, nullptr}; }

Measure measure_of(dnntune_measure measure) { return checked_enum<Measure>(measure, kMeasures, "measure"); }
WireEncoding encoding_of(dnntune_encoding encoding) { return checked_enum<WireEncoding>(encoding, dnntune::kWireEncodings, "encoding"); }

dnntune::RadioModel radio_of(const char* text) { return text[0] == '{' ? dnntune::RadioModel::from_json(text) : dnntune::RadioModel::named(text); }

void add_hop(dnntune_route& route, RouteHop hop) {
  if (route.request.stops.size() != route.request.hops.size() + 1) throw Error(ErrorCode::invalid_argument, "a hop follows a stop: add the stop before it first");
  route.request.hops.push_back(std::move(hop));
}

}  // namespace

extern "C" {

void dnntune_route_options_init(dnntune_route_options* options, size_t size) { dnntune::capi::init_options(options, size, route_defaults()); }
void dnntune_stop_options_init(dnntune_stop_options* options, size_t size) { dnntune::capi::init_options(options, size, stop_defaults()); }
void dnntune_hop_options_init(dnntune_hop_options* options, size_t size) { dnntune::capi::init_options(options, size, hop_defaults()); }

dnntune_status dnntune_route_create(const dnntune_graph* graph, const dnntune_route_options* options, dnntune_route** route) {
  return guard([&] {
    need(route, "route");
    const dnntune_route_options given = dnntune::capi::options_or_default(options, route_defaults());
    dnntune::RouteRequest request{.graph = need(graph, "graph").value};
    request.home = given.home;
    request.throughput = given.throughput != 0;
    request.private_within = given.private_within;
    request.most_cuts = given.most_cuts;
    request.percentile = given.percentile;
    request.interval_s = given.interval_s;
    request.idle_power_w = given.idle_power_w;
    request.max_device_memory_bytes = given.max_device_memory_bytes;
    *route = new dnntune_route{std::move(request)};
  });
}

dnntune_status dnntune_route_add_stop(dnntune_route* route, const char* name, const dnntune_profile* const* profiles, size_t count,
                                      const dnntune_stop_options* options) {
  return guard([&] {
    const dnntune_stop_options given = dnntune::capi::options_or_default(options, stop_defaults());
    dnntune::RouteRequest& request = need(route, "route").request;
    if (request.stops.size() != request.hops.size()) throw Error(ErrorCode::invalid_argument, "a stop follows a hop: add the hop before it first");
    dnntune::Stop stop;
    stop.name = &need(name, "name");
    if (count > 0) need(profiles, "profiles");
    for (size_t i = 0; i < count; ++i) stop.profiles.push_back(need(profiles[i], "profiles").value);
    stop.money_per_s = given.money_per_s;
    stop.max_busy_ns = given.max_busy_ns;
    request.stops.push_back(std::move(stop));
  });
}

dnntune_status dnntune_route_add_hop(dnntune_route* route, const dnntune_link* link, const dnntune_hop_options* options) {
  return guard([&] {
    const dnntune_hop_options given = dnntune::capi::options_or_default(options, hop_defaults());
    RouteHop hop = RouteHop::network(need(link, "link").value, checked_enum<RouteHop::Return>(given.layers_return, kReturns, "return"));
    hop.money_per_byte = given.money_per_byte;
    if (given.radio != nullptr) hop.radio = radio_of(given.radio);
    if (checked_enum<dnntune_tcp>(given.tcp, kTcpStates, "tcp") != DNNTUNE_TCP_OPEN) hop.tcp = dnntune::TcpStart{.cold = given.tcp == DNNTUNE_TCP_COLD};
    add_hop(need(route, "route"), std::move(hop));
  });
}

dnntune_status dnntune_route_add_memory_hop(dnntune_route* route, double bytes_per_s, double copy_s) {
  return guard([&] { add_hop(need(route, "route"), RouteHop::memory(bytes_per_s, copy_s)); });
}

dnntune_status dnntune_route_minimize(dnntune_route* route, dnntune_measure measure, double weight) {
  return guard([&] {
    const Measure wanted = measure_of(measure);
    if (std::exchange(need(route, "route").own_measures, false)) route->request.minimize.clear();
    route->request.minimize.push_back({wanted, weight});
  });
}

dnntune_status dnntune_route_limit(dnntune_route* route, dnntune_measure measure, double at_most) {
  return guard([&] { need(route, "route").request.limits.push_back({measure_of(measure), at_most}); });
}

dnntune_status dnntune_route_add_encoding(dnntune_route* route, dnntune_encoding encoding, double encode_ns_per_byte, double decode_ns_per_byte) {
  return guard([&] {
    const WireEncoding wanted = encoding_of(encoding);
    if (std::exchange(need(route, "route").own_encodings, false)) route->request.codecs.clear();
    route->request.codecs.push_back({wanted, encode_ns_per_byte, decode_ns_per_byte});
  });
}

dnntune_status dnntune_route_set_error(dnntune_route* route, const char* value, dnntune_encoding encoding, double error) {
  return guard([&] { need(route, "route").request.errors.push_back({&need(value, "value"), encoding_of(encoding), error}); });
}

dnntune_status dnntune_route_pin(dnntune_route* route, const char* layer, int first, int last) {
  return guard([&] { need(route, "route").request.pins.push_back({&need(layer, "layer"), first, last}); });
}

dnntune_status dnntune_route_solve(const dnntune_route* route, dnntune_route_plan** plan) {
  return guard([&] {
    need(plan, "plan");
    *plan = new dnntune_route_plan(dnntune::Planner(need(route, "route").request).plan());
  });
}

void dnntune_route_destroy(dnntune_route* route) { delete route; }

dnntune_status dnntune_route_plan_from_json(const char* json, dnntune_route_plan** plan) {
  return guard([&] {
    need(plan, "plan");
    *plan = new dnntune_route_plan(dnntune::RoutePlan::from_json(&need(json, "json")));
  });
}

void dnntune_route_plan_destroy(dnntune_route_plan* plan) { delete plan; }

dnntune_status dnntune_route_plan_cost_of(const dnntune_route_plan* plan, dnntune_route_cost* cost) {
  return guard([&] {
    need(cost, "cost");
    const dnntune::RoutePlan& value = need(plan, "plan").value;
    const dnntune::RouteCost& parts = value.chosen.cost;
    const dnntune::Cost energy = parts.energy_uj();
    *cost = {value.chosen.objective, value.lower_bound, value.proven ? 1 : 0, parts.latency_ns().value, parts.percentile_ns,
             energy.provenance == dnntune::Provenance::unknown ? -1.0 : energy.value, parts.bytes_up, parts.bytes_home};
  });
}

dnntune_status dnntune_route_plan_layer_count(const dnntune_route_plan* plan, size_t* count) {
  return guard([&] { need(count, "count") = need(plan, "plan").value.layers.size(); });
}

dnntune_status dnntune_route_plan_layer(const dnntune_route_plan* plan, size_t index, const char** name, int* stop, const char** processor) {
  return guard([&] {
    const dnntune::RoutePlan& value = need(plan, "plan").value;
    const std::string& layer = dnntune::capi::at(value.layers, index, "layer");
    if (name != nullptr) *name = layer.c_str();
    if (stop != nullptr) *stop = value.chosen.stops[index];
    if (processor != nullptr) *processor = value.chosen.processors[index].c_str();
  });
}

dnntune_status dnntune_route_plan_json(const dnntune_route_plan* plan, const char** json) {
  return guard([&] { need(json, "json") = need(plan, "plan").json.c_str(); });
}

dnntune_status dnntune_route_plan_explain(const dnntune_route_plan* plan, const char** text) {
  return guard([&] { need(text, "text") = need(plan, "plan").text.c_str(); });
}

}  // extern "C"
