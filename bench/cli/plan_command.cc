// SPDX-License-Identifier: Apache-2.0
// dnntune plan: where to cut, for a link and an objective; or where each layer runs along a route of stops.
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/energy.h"
#include "cli/output.h"
#include "cli/route_options.h"

namespace dnntune::cli {
namespace {

struct Options {
  ModelOptions model;
  ProcessorOptions processor;
  std::vector<std::string> device, cloud;
  std::vector<std::string> link = {"wifi"};
  std::string token;
  std::string objective = "latency";
  std::string encoding = "raw";
  std::vector<std::string> pin;
  RouteOptions route;
  bool json = false;
  std::string out;
};

Link read_link(const std::string& text) {
  if (text.ends_with(".json")) return parse_file(text, Link::from_json);
  return Link::named(text);
}

Profile measure(const Options& options, const Graph& graph) {
  Progress progress("profiling this device");
  ProfileOptions profile;
  profile.progress = [&](double share) { progress.update(share, graph.name()); };
  settle_energy(profile.energy, options.processor);
  return Session(graph, options.processor.pick()).profile(profile);
}

Profile remote_or_file(const Options& options, const Graph& graph, const std::string& source, const char* option) {
  const std::size_t scheme = source.find("://");
  if (scheme == std::string::npos) return parse_file(source, Profile::from_json);
  if (!source.starts_with("http://") && !source.starts_with("https://"))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}': a server's URL starts with http:// or https://", option, source));
  ConnectOptions connect;
  connect.bearer_token = options.token;
  return remote_profile(source, graph, connect);
}

std::vector<Profile> device_profiles(const Options& options, const Graph& graph) {
  std::vector<Profile> profiles;
  for (const std::string& file : options.device) profiles.push_back(parse_file(file, Profile::from_json));
  if (profiles.empty()) profiles.push_back(measure(options, graph));
  return profiles;
}

std::vector<Profile> cloud_profiles(const Options& options, const Graph& graph) {
  std::vector<Profile> profiles;
  for (const std::string& source : options.cloud) profiles.push_back(remote_or_file(options, graph, source, "--cloud"));
  return profiles;
}

/// Prints the plan and writes it where asked.
template <typename AnyPlan>
void show(const Options& options, const AnyPlan& plan) {
  if (!options.out.empty()) emit(plan.to_json(), options.out);
  emit(options.json ? plan.to_json() : plan.explain(), "");
}

void plan_cut(const Options& options, const Graph& graph) {
  if (options.cloud.empty()) throw CLI::RequiredError("--cloud");
  if (options.link.size() != 1) throw Error(ErrorCode::invalid_argument, fmt::format("--link is given {} times; only a route (--via) has several", options.link.size()));
  PlanRequest request{.graph = graph, .link = read_link(options.link.front())};
  request.cloud = cloud_profiles(options, graph);
  request.device = device_profiles(options, graph);
  if (options.objective == "energy") request.minimize = Objective::energy();
  request.encoding = encoding_named(options.encoding);
  request.pin_to_device = options.pin;
  show(options, make_plan(request));
}

void plan_route(const Options& options, const Graph& graph) {
  if (options.cloud.empty() && options.route.via.empty()) throw CLI::RequiredError("--cloud");
  RouteRequest request{.graph = graph};
  request.stops.push_back({.name = "device"});
  for (const std::string& text : options.route.via) {
    const auto [name, source] = named_source(text, fmt::format("via{}", request.stops.size()));
    request.stops.push_back({.name = name, .profiles = {remote_or_file(options, graph, source, "--via")}});
  }
  if (!options.cloud.empty()) request.stops.push_back({.name = "cloud", .profiles = cloud_profiles(options, graph)});
  if (options.objective == "energy") request.minimize = {{Measure::energy, 1.0}};
  request.codecs = {{encoding_named(options.encoding), 0.0, 0.0}};
  std::vector<Link> links;
  for (const std::string& link : options.link) links.push_back(read_link(link));
  options.route.apply(request, links, options.pin);
  request.stops.front().profiles = device_profiles(options, graph);
  show(options, Planner(std::move(request)).plan());
}

void list_links() {
  Table table({"link", ">up Mbit/s", ">down", ">round trip ms", "radio", "source"});
  for (const Link& link : Link::all())
    table.row({link.name, fmt::format("{:g}", link.bandwidth_up_bps * 1e-6), fmt::format("{:g}", link.bandwidth_down_bps * 1e-6),
               fmt::format("{:g}", link.round_trip_s * 1e3), link.radio.name.empty() ? "-" : link.radio.name, link.source});
  emit(table.text(110), "");
}

}  // namespace

void add_plan(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("plan", "Choose what runs here and what in the cloud (or: plan --list-links)");
  options->model.add_to(*command);
  command->get_option("model")->required(false);
  options->processor.add_to(*command);
  command->add_option("--device", options->device, "Profile of the device (JSON file); default: measure here");
  command->add_option("--cloud", options->cloud, "Profile of the cloud: a JSON file, or the URL of a dnntune server");
  command->add_option("--token", options->token, "Bearer token for the server");
  command->add_option("--link", options->link, "A link by name, or a .json file; of a route: once, or for each hop")->allow_extra_args(false)->capture_default_str();
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
  command->add_flag("--json", options->json, "Print the plan as JSON");
  command->add_option("--out", options->out, "Also write the plan (JSON) to this file");
  command->callback([options, &result] {
    if (options->model.model.empty()) throw CLI::RequiredError("model");
    const Graph graph = options->model.load(true);
    if (options->route.given()) plan_route(*options, graph);
    else plan_cut(*options, graph);
    result = kOk;
  });
}

}  // namespace dnntune::cli
