// SPDX-License-Identifier: Apache-2.0
// dnntune_drive_bench: a drive through Wi-Fi, LTE, 3G and 5G, replayed between a limited device and a cloud: an adaptive session beside each of its plans
// alone and beside the best of them at every moment.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <dnntune/dnntune.h>
#include <fmt/format.h>

#include "drive/drive_page.h"
#include "drive/replay.h"
#include "live/sides.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;
using namespace dnntune::drive;

struct Options {
  std::string network = "mobilenet_v2";
  std::string simd = live::instruction_sets().front();
  std::string encoding = "int8";
  std::uint64_t seed = 1;
  double duration_s = 600.0;
  int cuts = 3;
  double device_power_w = 2.0;
  bool plans_only = false;
  std::string json, html;
  ReplayOptions replay;
};

WireEncoding encoding_named(const std::string& name) { return name == "int8" ? WireEncoding::int8 : name == "fp16" ? WireEncoding::fp16 : WireEncoding::raw; }

void write(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) throw Error(ErrorCode::io, fmt::format("cannot write '{}'", path));
}

std::string name_of(const Graph& graph, const Deployment& deployment) {
  if (deployment.name == "mobile-only") return "device only";
  if (deployment.name == "cloud-only") return "cloud only";
  std::string name = "split at ";
  for (const Crossing& crossing : deployment.crossings) name += (name.back() == ' ' ? "" : ", ") + crossing.value;
  const auto here = static_cast<std::size_t>(std::count(deployment.tiers.begin(), deployment.tiers.end(), Tier::device));
  return fmt::format("{} ({} of {} layers here)", name, here, graph.layers().size());
}

void run(Options options) {
  const auto start = std::chrono::steady_clock::now();
  const live::Cores cores = live::two_cores();
  const std::string best = live::instruction_sets().back();
  live::limit_instructions(options.simd);
  live::stay_on(cores.device);
  const Graph graph = zoo::build(options.network);
  const live::Cloud cloud(cores, std::filesystem::read_symlink("/proc/self/exe").string(), {options.network});
  Processor processor = live::own_processor();
  processor.active_power_w = options.device_power_w;
  processor.power_source = "assumed";
  ProfileOptions profiling;
  profiling.max_total_s = 6.0;
  profiling.energy.meter = "model";

  const Drive drive = make_drive(options.seed, options.duration_s);
  PlanRequest request{.graph = graph};
  request.device = {Session(graph, processor).profile(profiling)};
  request.cloud = {remote_profile(cloud.direct_url(), graph)};
  request.link = Link::named("lte");
  request.encoding = encoding_named(options.encoding);
  const std::vector<Plan> plans = plans_for_links(request, options.cuts);
  const TracePlan on_trace = plan_for_trace(request, drive.trace);
  std::fputs(on_trace.explain().c_str(), stdout);

  Setting setting{.network = options.network, .encoding = options.encoding, .plans = {}, .seed = options.seed, .duration_s = drive.trace.duration_s,
                  .period_s = options.replay.period_s, .deadline_s = options.replay.deadline_s, .device_power_w = options.device_power_w};
  setting.device = fmt::format("{}, one thread, instructions: {}, {:.0f} ms", Device::local().name, options.simd, request.device[0].run_ns.value * 1e-6);
  setting.cloud = fmt::format("a server on another core, one thread, instructions: {}, {:.1f} ms", best, request.cloud[0].run_ns.value * 1e-6);
  for (const Plan& plan : plans) {
    setting.plans.push_back(name_of(graph, plan.chosen));
    fmt::print("{}: {:.1f} ms here, {} bytes up, {:.1f} ms there\n", setting.plans.back(), plan.chosen.cost.device_ns.value * 1e-6, plan.chosen.cost.bytes_up,
               plan.chosen.cost.cloud_ns.value * 1e-6);
  }
  if (options.plans_only) return;
  options.replay.device_power_w = options.device_power_w;
  options.replay.progress = [&, last = -60.0](double time_s) mutable {
    if (time_s < last + 60.0) return;
    last = time_s;
    fmt::print(stderr, "{:.0f} s of the drive after {:.0f} s\n", time_s, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  };
  options.replay.cores = cores;
  const Drove drove = replay(drive, graph, plans, cloud.direct_url(), options.replay);
  setting.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::fputs(text(setting, drove).c_str(), stdout);
  if (!options.json.empty()) write(options.json, to_json(setting, drove));
  if (!options.html.empty()) write(options.html, drive_page(setting, drove).html());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A drive through Wi-Fi, LTE, 3G and 5G: an adaptive session beside each of its plans alone, and beside the best of them at every moment");
  Options options;
  AdaptiveOptions& adaptive = options.replay.adaptive;
  adaptive.split.longest_retry_after_s = 2.0;
  adaptive.probe_after_s = 1.0;
  try {
    app.add_option("--network", options.network, "Network of the zoo")->capture_default_str();
    app.add_option("--simd", options.simd, "The device's instruction set")->check(CLI::IsMember(live::instruction_sets()))->capture_default_str();
    app.add_option("--encoding", options.encoding, "How values cross")->check(CLI::IsMember({"raw", "fp16", "int8"}))->capture_default_str();
    app.add_option("--seed", options.seed, "Of the drive")->capture_default_str();
    app.add_option("--duration", options.duration_s, "Of the drive, in seconds: from 60 on")->capture_default_str();
    app.add_option("--period", options.replay.period_s, "Seconds between requests of the adaptive session")->check(CLI::Range(0.01, 60.0))->capture_default_str();
    app.add_option("--every", options.replay.every, "All plans run at every so many of these")->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--deadline", options.replay.deadline_s, "Seconds until a request is finished on the device")->check(CLI::Range(0.01, 600.0))->capture_default_str();
    app.add_option("--cuts", options.cuts, "Cuts prepared beside device only and cloud only")->check(CLI::Range(0, 16))->capture_default_str();
    app.add_option("--power", options.device_power_w, "Of the device while it computes, in watt, for the modelled energy")->check(CLI::Range(0.0, 1e3))->capture_default_str();
    app.add_option("--margin", adaptive.margin, "AdaptiveOptions::margin")->capture_default_str();
    app.add_option("--patience", adaptive.patience, "AdaptiveOptions::patience")->capture_default_str();
    app.add_option("--probe-after", adaptive.probe_after_s, "AdaptiveOptions::probe_after_s")->capture_default_str();
    app.add_option("--hedge", adaptive.hedge_deviations, "AdaptiveOptions::hedge_deviations")->capture_default_str();
    app.add_flag("--plans", options.plans_only, "Only plan for the drive, and say what should come out");
    app.add_option("--json", options.json, "Also write all requests to this file");
    app.add_option("--html", options.html, "Also write a page of tables and charts to this file");
    CLI::App* server = app.add_subcommand("serve", "The cloud's process; the program starts it itself");
    std::string model;
    server->add_option("model", model, "Network of the zoo")->required();
    CLI11_PARSE(app, argc, argv);
    if (server->parsed()) live::serve({zoo::build(model)});
    run(std::move(options));
  } catch (const Error& e) {
    fmt::print(stderr, "dnntune_drive_bench: {}: {}\n", to_string(e.code()), e.what());
    return 1;
  }
  return 0;
}
