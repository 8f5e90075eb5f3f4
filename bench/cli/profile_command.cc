// SPDX-License-Identifier: Apache-2.0
// dnntune profile: the time of every layer on this machine.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/energy.h"
#include "cli/output.h"
#include "cli/pages.h"

namespace dnntune::cli {
namespace {

struct ProfileArguments {
  ModelOptions model;
  ProcessorOptions processor;
  ProfileOptions profile;
  int top = 0;
  bool json = false;
  SessionOptions session;
  std::string out, html;
  std::string assignment;
};

}  // namespace

void add_profile(CLI::App& app, int& result) {
  auto options = std::make_shared<ProfileArguments>();
  CLI::App* command = app.add_subcommand("profile", "Measure every layer: median, spread, GFLOP/s, memory");
  options->model.add_to(*command);
  options->processor.add_to(*command);
  command->add_option("--samples", options->profile.min_samples, "Timed samples a layer, at least")->check(CLI::Range(1, 100000))->capture_default_str();
  command->add_option("--seconds", options->profile.max_total_s, "Stop adding samples after this long")->check(above_zero())->capture_default_str();
  command->add_option("--top", options->top, "Print only the N slowest layers")->check(CLI::NonNegativeNumber);
  command->add_flag("--reference", options->session.reference_kernels, "Use the plain reference kernels");
  add_weights_option(*command, options->session.weights);
  add_math_option(*command, options->session.math);
  command->add_option("--spin-us", options->session.worker_spin_us, "Idle threads look this long for the next run before they sleep")->check(CLI::Range(0, 1000000))->capture_default_str();
  command->add_option("--assignment", options->assignment, "Run layers as this file says, made by dnntune tune --out");
  command->add_option("--tuning-cache", options->session.tuning_cache, "Run layers as dnntune tune --cache found in this folder, which must exist");
  add_energy_options(*command, options->profile.energy);
  command->add_flag("--json", options->json, "Print the profile as JSON");
  command->add_option("--out", options->out, "Also write the profile (JSON) to this file");
  command->add_option("--html", options->html, "Also write a page with charts to this file");
  command->callback([options, &result] {
    const Graph graph = options->model.load();
    Progress progress("profiling");
    options->profile.progress = [&](double share) { progress.update(share, graph.name()); };
    if (!options->assignment.empty()) options->session.assignment = parse_file(options->assignment, Assignment::from_json);
    settle_energy(options->profile.energy, options->processor);
    Session session(graph, options->processor.pick(), options->session);
    const Profile profile = session.profile(options->profile);
    if (!options->out.empty()) emit(profile.to_json(), options->out);
    if (!options->html.empty()) emit(profile_page(profile).html(), options->html);
    emit(options->json ? profile.to_json() : profile.table(80, options->top), "");
    for (const std::string& note : profile.notes)
      for (const char* told : {"weights ", "products ", "energy ", "assignment: ", "warning: "})
        if (!options->json && note.starts_with(told)) emit(wrapped(note, 2), "");
    result = kOk;
  });
}

}  // namespace dnntune::cli
