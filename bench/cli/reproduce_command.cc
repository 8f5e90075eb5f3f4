// SPDX-License-Identifier: Apache-2.0
// dnntune reproduce: published tables and figures, re-made.
#include <memory>

#include "cli/command.h"
#include "reproduce/policies.h"
#include "reproduce/taco19.h"

namespace dnntune::cli {
namespace {

struct ReproduceArguments {
  std::string what;
  bool json = false;
  std::string out;
};

}  // namespace

void add_reproduce(CLI::App& app, int& result) {
  auto options = std::make_shared<ReproduceArguments>();
  CLI::App* command = app.add_subcommand("reproduce", "Re-make published tables and figures, cell by cell");
  command->add_option("what", options->what, "taco19: DNNTune's tables and figures; policies: Neurosurgeon, DADS and DNNTune beside this planner")
      ->required()->check(CLI::IsMember({"taco19", "policies"}));
  command->add_flag("--json", options->json, "For programs");
  command->add_option("--out", options->out, "Write to this file");
  command->callback([options, &result] {
    const reproduce::Report report = options->what == "taco19" ? reproduce::taco19() : reproduce::policies();
    emit(options->json ? report.json() : report.text(), options->out);
    result = kOk;
  });
}

}  // namespace dnntune::cli
