// SPDX-License-Identifier: Apache-2.0
// dnntune plan: where to cut, for a link and an objective.
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/energy.h"
#include "cli/modelled.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

struct Options {
  ModelOptions model;
  ProcessorOptions processor, cloud_processor;
  std::vector<std::string> device, cloud;
  bool idle_cloud = false;
  double rate = 0.0;
  std::string link = "wifi";
  std::string token;
  std::string objective = "latency";
  std::string encoding = "raw";
  std::vector<std::string> pin;
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

bool is_url(const std::string& source) { return source.find("://") != std::string::npos; }

Profile cloud_profile(const Options& options, const Graph& graph, const std::string& source) {
  if (!is_url(source)) return read_profile(source, graph, options.cloud_processor);
  if (!source.starts_with("http://") && !source.starts_with("https://"))
    throw Error(ErrorCode::invalid_argument, fmt::format("--cloud '{}': a server's URL starts with http:// or https://", source));
  return remote_profile(source, graph, {.bearer_token = options.token});
}

/// Of a server that is named by its URL and tells it; those of another make do not.
std::optional<ServerLoad> cloud_load(const Options& options, const std::string& source) {
  if (options.idle_cloud || !is_url(source)) return std::nullopt;
  try {
    return remote_load(source, {.bearer_token = options.token});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;
  }
}

/// Several profiles of the cloud are several ways to use one; of several servers the slowest queue counts.
WaitingTime longest_wait(const Options& options, const std::vector<std::optional<ServerLoad>>& loads, const std::vector<Profile>& profiles) {
  WaitingTime longest;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!loads[i]) continue;
    const WaitingTime wait = QueueModel(*loads[i]).waiting(profiles[i].run_ns.value * 1e-9, options.rate);
    if (longest.why.empty() || wait.mean_ns.value > longest.mean_ns.value) longest = wait;
  }
  return longest;
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
  command->add_option("--device", options->device, "Profile of the device, or a device file with a model to predict it by (JSON); default: measure here");
  command->add_option("--cloud", options->cloud, "Profile of the cloud, or a device file with a model (JSON), or the URL of a dnntune server, which is asked for its load too");
  command->add_option("--cloud-processor", options->cloud_processor.name, "The processor in a device file of the cloud")->capture_default_str();
  command->add_flag("--idle-cloud", options->idle_cloud, "Plan as if nobody else used the server");
  command->add_option("--rate", options->rate, "Requests a second that we will send: they load the server too")->check(at_least(0.0))->capture_default_str();
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
  command->callback([options, &result] {
    if (options->model.model.empty()) throw CLI::RequiredError("model");
    if (options->cloud.empty()) throw CLI::RequiredError("--cloud");
    const Graph graph = options->model.load(true);
    PlanRequest request{.graph = graph, .link = read_link(options->link)};
    // Asked first: while the server measures a profile for us, others wait.
    std::vector<std::optional<ServerLoad>> loads;
    for (const std::string& file : options->device) request.device.push_back(read_profile(file, graph, options->processor));
    for (const std::string& source : options->cloud) {
      loads.push_back(cloud_load(*options, source));
      request.cloud.push_back(cloud_profile(*options, graph, source));
    }
    request.cloud_wait = longest_wait(*options, loads, request.cloud);
    if (request.device.empty()) request.device.push_back(measure(*options, graph));
    if (options->objective == "energy") request.minimize = Objective::energy();
    if (options->encoding == "fp16") request.encoding = WireEncoding::fp16;
    request.pin_to_device = options->pin;
    const Plan plan = make_plan(request);
    if (!options->out.empty()) emit(plan.to_json(), options->out);
    emit(options->json ? plan.to_json() : plan.explain(), "");
    result = kOk;
  });
}

}  // namespace dnntune::cli
