// SPDX-License-Identifier: Apache-2.0
// dnntune plan: where to cut, for a link and an objective; or where each layer runs along a route of stops.
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/energy.h"
#include "cli/modelled.h"
#include "cli/output.h"
#include "cli/plan_page.h"
#include "cli/route_options.h"

namespace dnntune::cli {
namespace {

struct PlanArguments {
  ModelOptions model;
  ProcessorOptions processor, cloud_processor;
  std::vector<std::string> device, cloud;
  bool idle_cloud = false;
  double rate = 0.0;
  std::vector<std::string> link = {"wifi"};
  std::string token;
  std::string objective = "latency";
  std::string encoding = "raw";
  std::vector<std::string> pin;
  std::string trace;
  TraceOptions over;
  bool own_link = false;  ///< Given, not the default.
  RouteOptions route;
  bool json = false;
  std::string out;
  std::string html;
};

Link read_link(const std::string& text) {
  if (text.ends_with(".json")) return parse_file(text, Link::from_json);
  return Link::named(text);
}

/// "FILE.csv", "FILE.json", or "KIND:SEED" of a synthetic one.
LinkTrace read_trace(const std::string& text) {
  if (text.ends_with(".json")) return parse_file(text, LinkTrace::from_json);
  if (text.ends_with(".csv")) return parse_file(text, [&](const std::string& csv) { return LinkTrace::from_csv(csv, text); });
  const std::size_t colon = text.rfind(':');
  std::uint64_t seed = 1;
  if (colon != std::string::npos) {
    const auto [end, problem] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), seed);
    if (problem != std::errc() || end != text.data() + text.size())
      throw Error(ErrorCode::invalid_argument, fmt::format("--trace '{}': '{}' is no seed; a trace is FILE.csv, FILE.json or KIND:SEED", text, text.substr(colon + 1)));
  }
  if (text.find_first_of("/.") != std::string::npos)
    throw Error(ErrorCode::invalid_argument, fmt::format("--trace '{}': a file of a trace is called FILE.csv or FILE.json", text));
  return LinkTrace::synthetic(text.substr(0, colon), seed);
}

Profile measure(const PlanArguments& options, const Graph& graph) {
  Progress progress("profiling this device");
  ProfileOptions profile;
  profile.progress = [&](double share) { progress.update(share, graph.name()); };
  settle_energy(profile.energy, options.processor);
  return Session(graph, options.processor.pick()).profile(profile);
}

bool is_url(const std::string& source) { return source.find("://") != std::string::npos; }

/// Of a stop beyond the device, with how long requests wait there.
struct Source {
  Profile profile;
  WaitingTime wait;
};

/// Of a server that is named by its URL and tells it; those of another make do not.
std::optional<ServerLoad> load_of(const PlanArguments& options, const std::string& source) {
  if (options.idle_cloud || !is_url(source)) return std::nullopt;
  try {
    return remote_load(source, {.bearer_token = options.token});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;
  }
}

Source read_source(const PlanArguments& options, const Graph& graph, const std::string& source, const char* option) {
  if (!is_url(source)) return {read_profile(source, graph, options.cloud_processor), {}};
  if (!source.starts_with("http://") && !source.starts_with("https://"))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}': a server's URL starts with http:// or https://", option, source));
  // Asked first: while the server measures a profile for us, others wait.
  const std::optional<ServerLoad> load = load_of(options, source);
  Source read{remote_profile(source, graph, {.bearer_token = options.token}), {}};
  if (load) read.wait = QueueModel(*load).waiting(read.profile.run_ns.value * 1e-9, options.rate);
  return read;
}

std::vector<Profile> device_profiles(const PlanArguments& options, const Graph& graph) {
  std::vector<Profile> profiles;
  for (const std::string& file : options.device) profiles.push_back(read_profile(file, graph, options.processor));
  if (profiles.empty()) profiles.push_back(measure(options, graph));
  return profiles;
}

/// Several profiles of the cloud are several ways to use one; of several servers the slowest queue counts.
WaitingTime read_cloud(const PlanArguments& options, const Graph& graph, std::vector<Profile>& profiles) {
  WaitingTime longest;
  for (const std::string& source : options.cloud) {
    Source read = read_source(options, graph, source, "--cloud");
    profiles.push_back(std::move(read.profile));
    if (longest.why.empty() || read.wait.mean_ns.value > longest.mean_ns.value) longest = std::move(read.wait);
  }
  return longest;
}

/// Prints the plan and writes it where asked.
template <typename AnyPlan>
void show(const PlanArguments& options, const AnyPlan& plan) {
  if (!options.out.empty()) emit(plan.to_json(), options.out);
  emit(options.json ? plan.to_json() : plan.explain(), "");
}

void plan_cut(const PlanArguments& options, const Graph& graph) {
  if (options.cloud.empty()) throw CLI::RequiredError("--cloud");
  if (options.link.size() != 1) throw Error(ErrorCode::invalid_argument, fmt::format("--link is given {} times; only a route (--via) has several", options.link.size()));
  std::optional<LinkTrace> trace;
  if (!options.trace.empty()) trace = read_trace(options.trace);
  if (trace && !options.html.empty()) throw Error(ErrorCode::invalid_argument, "--html: a page shows one link, not a trace");
  PlanRequest request{.graph = graph, .link = trace && !options.own_link ? Link{} : read_link(options.link.front())};
  request.cloud_wait = read_cloud(options, graph, request.cloud);
  request.device = device_profiles(options, graph);
  if (options.objective == "energy") request.minimize = Objective::energy();
  request.encoding = encoding_named(options.encoding);
  request.pin_to_device = options.pin;
  if (trace) {
    const TracePlan plan = plan_for_trace(request, *trace, options.over);
    if (!options.out.empty()) emit(plan.plan.to_json(), options.out);
    emit(options.json ? plan.to_json() : plan.explain(), "");
    return;
  }
  const Plan plan = make_plan(request);
  if (!options.html.empty()) emit(plan_page(request, plan).html(), options.html);
  show(options, plan);
}

void plan_route(const PlanArguments& options, const Graph& graph) {
  if (options.cloud.empty() && options.route.via.empty()) throw CLI::RequiredError("--cloud");
  if (!options.html.empty()) throw Error(ErrorCode::invalid_argument, "--html: a page shows one cut, not a route");
  if (!options.trace.empty()) throw Error(ErrorCode::invalid_argument, "--trace: one cut is planned for a trace, not a route");
  RouteRequest request{.graph = graph};
  request.stops.push_back({.name = "device"});
  std::vector<WaitingTime> waits;  // by hop: at the stop that it leads to
  for (const std::string& text : options.route.via) {
    const auto [name, source] = named_source(text, fmt::format("via{}", request.stops.size()));
    Source read = read_source(options, graph, source, "--via");
    request.stops.push_back({.name = name, .profiles = {std::move(read.profile)}});
    waits.push_back(std::move(read.wait));
  }
  if (!options.cloud.empty()) {
    request.stops.push_back({.name = "cloud"});
    waits.push_back(read_cloud(options, graph, request.stops.back().profiles));
  }
  if (options.objective == "energy") request.minimize = {{Measure::energy, 1.0}};
  request.codecs = {{encoding_named(options.encoding), 0.0, 0.0}};
  std::vector<Link> links;
  for (const std::string& link : options.link) links.push_back(read_link(link));
  options.route.apply(request, links, options.pin);
  for (std::size_t k = 0; k < waits.size(); ++k)
    if (!waits[k].why.empty()) request.hops[k] = with_queue(std::move(request.hops[k]), waits[k]);
  request.stops.front().profiles = device_profiles(options, graph);
  show(options, Planner(std::move(request)).plan());
}

/// LAYER=STOP, as only routes have it.
bool names_stop(const Graph& graph, const std::string& pin) {
  return pin.find('=') != std::string::npos && !has_layer(graph, pin);
}

void list_links() {
  Table table({"link", ">up Mbit/s", ">down", ">round trip ms", "radio", "source"});
  for (const Link& link : Link::all())
    table.row({link.name, fmt::format("{:g}", link.bandwidth_up_bps * 1e-6), fmt::format("{:g}", link.bandwidth_down_bps * 1e-6),
               fmt::format("{:g}", link.round_trip_s * 1e3), link.radio.name.empty() ? "-" : link.radio.name, link.source});
  emit(table.text(110), "");
}

void list_traces() {
  Table table({"trace", ">mean up Mbit/s", ">down", ">round trip ms", ">outages %", "source"});
  for (const std::string& kind : LinkTrace::synthetic_kinds()) {
    const LinkTrace trace = LinkTrace::synthetic(kind, 1);
    double up = 0.0, down = 0.0, round_trip = 0.0, outages = 0.0;  // points are evenly spaced
    for (const TracePoint& point : trace.points) {
      up += point.bandwidth_up_bps, down += point.bandwidth_down_bps, round_trip += point.round_trip_s;
      outages += point.bandwidth_up_bps > 0.0 ? 0.0 : 1.0;
    }
    const auto n = static_cast<double>(trace.points.size());
    table.row({kind, fmt::format("{:.1f}", up / n * 1e-6), fmt::format("{:.1f}", down / n * 1e-6), fmt::format("{:.0f}", round_trip / n * 1e3), fmt::format("{:.1f}", 100.0 * outages / n),
               trace.source});
  }
  emit(table.text(110), "");
}

}  // namespace

void add_plan(CLI::App& app, int& result) {
  auto options = std::make_shared<PlanArguments>();
  CLI::App* command = app.add_subcommand("plan", "Choose what runs here and what in the cloud (or: plan --list-links)");
  options->model.add_to(*command);
  command->get_option("model")->required(false);
  options->processor.add_to(*command);
  command->add_option("--device", options->device, "Profile of the device, or a device file with a model to predict it by (JSON); default: measure here");
  command->add_option("--cloud", options->cloud, "Profile of the cloud, or a device file with a model (JSON), or the URL of a dnntune server, which is asked for its load too");
  command->add_option("--cloud-processor", options->cloud_processor.name, "The processor in a device file of the cloud")->capture_default_str();
  command->add_flag("--idle-cloud", options->idle_cloud, "Plan as if nobody else used the server");
  command->add_option("--rate", options->rate, "Requests a second that we will send: they load the server too")->check(at_least(0.0))->capture_default_str();
  command->add_option("--token", options->token, "Bearer token for the server");
  CLI::Option* const link = command->add_option("--link", options->link, "A link by name, or a .json file; of a route: once, or for each hop")->allow_extra_args(false)->capture_default_str();
  CLI::Option* const trace = command->add_option("--trace", options->trace, "Plan for a link that changes: FILE.csv (time_s,up_mbps,down_mbps,rtt_ms), FILE.json, or a synthetic "
                                                 "KIND:SEED; where it has no radio, it has that of a --link that is given")->check(not_empty());
  command->add_option("--trace-percentile", options->over.percentile, "Minimise what this share of the requests does not exceed, as 0.9; 0: the mean")->needs(trace);
  command->add_option("--trace-starts", options->over.starts, "Requests, at even distances along the trace")->needs(trace)->capture_default_str();
  CLI::Option* const objective =
      command->add_option("--objective", options->objective, "What to minimise")->check(CLI::IsMember({"latency", "energy"}))->capture_default_str();
  CLI::Option* const encoding = command->add_option("--encoding", options->encoding, "How floats cross; fp16 halves the bytes, int8 quarters them; both lose precision")
                                    ->check(CLI::IsMember({"raw", "fp16", "int8"}))->capture_default_str();
  command->add_option("--pin", options->pin, "Layer that must stay on the device (repeatable); of a route also LAYER=STOP");
  options->route.add_to(*command, objective, encoding);
  command->add_flag_callback("--list-links", [] {
    list_links();
    throw CLI::Success();
  }, "Show the links that can be named");
  command->add_flag_callback("--list-traces", [] {
    list_traces();
    throw CLI::Success();
  }, "Show the kinds of synthetic traces");
  command->add_flag("--json", options->json, "Print the plan as JSON");
  command->add_option("--out", options->out, "Also write the plan (JSON) to this file");
  command->add_option("--html", options->html, "Also write a page with charts to this file");
  command->callback([options, link, &result] {
    if (options->model.model.empty()) throw CLI::RequiredError("model");
    const Graph graph = options->model.load(true);
    options->own_link = link->count() > 0;
    const bool pins_to_stops = std::any_of(options->pin.begin(), options->pin.end(), [&](const std::string& pin) { return names_stop(graph, pin); });
    if (options->route.given() || pins_to_stops) plan_route(*options, graph);
    else plan_cut(*options, graph);
    result = kOk;
  });
}

}  // namespace dnntune::cli
