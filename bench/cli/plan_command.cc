// SPDX-License-Identifier: Apache-2.0
// dnntune plan: where to cut, for a link and an objective.
#include <map>
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/energy.h"
#include "cli/output.h"
#include "cli/plan_page.h"

namespace dnntune::cli {
namespace {

struct Options {
  ModelOptions model;
  ProcessorOptions processor;
  std::vector<std::string> device, cloud;
  std::string link = "wifi";
  std::string token;
  std::string objective = "latency";
  std::string encoding = "raw";
  std::vector<std::string> pin;
  bool json = false;
  std::string out;
  std::string html;
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

Profile cloud_profile(const Options& options, const Graph& graph, const std::string& source) {
  const std::size_t scheme = source.find("://");
  if (scheme == std::string::npos) return parse_file(source, Profile::from_json);
  if (!source.starts_with("http://") && !source.starts_with("https://"))
    throw Error(ErrorCode::invalid_argument, fmt::format("--cloud '{}': a server's URL starts with http:// or https://", source));
  ConnectOptions connect;
  connect.bearer_token = options.token;
  return remote_profile(source, graph, connect);
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
  command->add_option("--link", options->link, "A link by name, or a .json file")->capture_default_str();
  command->add_option("--objective", options->objective, "What to minimise")->check(CLI::IsMember({"latency", "energy"}))->capture_default_str();
  command->add_option("--encoding", options->encoding, "How floats cross; fp16 halves the bytes and loses precision")
      ->check(CLI::IsMember({"raw", "fp16"}))->capture_default_str();
  command->add_option("--pin", options->pin, "Layer that must stay on the device (repeatable)");
  command->add_flag_callback("--list-links", [] {
    list_links();
    throw CLI::Success();
  }, "Show the links that can be named");
  command->add_flag("--json", options->json, "Print the plan as JSON");
  command->add_option("--out", options->out, "Also write the plan (JSON) to this file");
  command->add_option("--html", options->html, "Also write a page with charts to this file");
  command->callback([options, &result] {
    if (options->model.model.empty()) throw CLI::RequiredError("model");
    if (options->cloud.empty()) throw CLI::RequiredError("--cloud");
    const Graph graph = options->model.load(true);
    PlanRequest request{.graph = graph, .link = read_link(options->link)};
    for (const std::string& file : options->device) request.device.push_back(parse_file(file, Profile::from_json));
    for (const std::string& source : options->cloud) request.cloud.push_back(cloud_profile(*options, graph, source));
    if (request.device.empty()) request.device.push_back(measure(*options, graph));
    if (options->objective == "energy") request.minimize = Objective::energy();
    if (options->encoding == "fp16") request.encoding = WireEncoding::fp16;
    request.pin_to_device = options->pin;
    const Plan plan = make_plan(request);
    if (!options->out.empty()) emit(plan.to_json(), options->out);
    if (!options->html.empty()) emit(plan_page(request, plan).html(), options->html);
    emit(options->json ? plan.to_json() : plan.explain(), "");
    result = kOk;
  });
}

}  // namespace dnntune::cli
