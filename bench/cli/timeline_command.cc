// SPDX-License-Identifier: Apache-2.0
// dnntune timeline: what a device and its cloud spent their time on, in one trace.
#include <memory>
#include <string>

#include "cli/command.h"

namespace dnntune::cli {
namespace {

struct Options {
  std::string device, cloud, out;
};

}  // namespace

void add_timeline(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("timeline", "Put the timelines of a device and of its cloud into one trace");
  command->add_option("device", options->device, "From dnntune run --timeline")->required();
  command->add_option("cloud", options->cloud, "From dnntune serve --timeline")->required();
  command->add_option("--out", options->out, "File to write instead of standard output");
  command->callback([options, &result] {
    emit(merge_timelines(read_file(options->device), read_file(options->cloud)), options->out);
    result = kOk;
  });
}

}  // namespace dnntune::cli
