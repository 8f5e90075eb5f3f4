// SPDX-License-Identifier: Apache-2.0
// dnntune predict: the profile of a network that was never run, by a model that dnntune calibrate made.
#include <memory>

#include <fmt/format.h>

#include "cli/modelled.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

struct PredictArguments {
  ModelOptions model;
  ProcessorOptions processor;
  std::string with, out;
  int top = 0;
  bool json = false;
};

}  // namespace

void add_predict(CLI::App& app, int& result) {
  auto options = std::make_shared<PredictArguments>();
  CLI::App* command = app.add_subcommand("predict", "Predict every layer's time, with its uncertainty, without running");
  options->model.add_to(*command);
  options->processor.add_to(*command);
  command->add_option("--with", options->with, "A device file with a model, made by dnntune calibrate, here or elsewhere")->required();
  command->add_option("--top", options->top, "Print only the N slowest layers")->check(CLI::NonNegativeNumber);
  command->add_flag("--json", options->json, "Print the profile as JSON");
  command->add_option("--out", options->out, "Also write the profile (JSON) to this file, for dnntune plan --device");
  command->callback([options, &result] {
    const Graph graph = options->model.load(true);
    const Profile profile = predict(read_modelled(options->with, options->processor), graph);
    if (!options->out.empty()) emit(profile.to_json(), options->out);
    emit(options->json ? profile.to_json() : profile.table(80, options->top), "");
    if (!options->json) {
      emit(fmt::format("run {:.3f} ms, standard deviation {:.1f} %", profile.run_ns.value * 1e-6, 100.0 * profile.run_ns.spread / profile.run_ns.value), "");
      for (const std::string& note : profile.notes)
        if (note.starts_with("warning: ")) emit(wrapped(note, 2), "");
    }
    result = kOk;
  });
}

}  // namespace dnntune::cli
