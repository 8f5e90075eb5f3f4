// SPDX-License-Identifier: Apache-2.0
// dnntune env: this machine as the library sees it.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/output.h"

namespace dnntune::cli {

void add_env(CLI::App& app, int& result) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("env", "Show this machine's processors and the library's version");
  command->add_flag("--json", *json, "Print the device file");
  command->callback([json, &result] {
    Device device = Device::local();
    device.add_accelerators();
    result = kOk;
    if (*json) {
      emit(device.to_json(), "");
      return;
    }
    fmt::print("dnntune {}\ndevice  {}\nos      {}\nmemory  {}\nSIMD    {}\n", version(), device.name, device.os,
               bytes_text(static_cast<double>(device.memory_bytes)), device.simd);
    for (const Processor& processor : device.processors)
      fmt::print("{}  {}\n", processor.name,
                 processor.description.empty() ? fmt::format("{} threads, backend {}", processor.threads, processor.backend)
                                               : processor.description);
    for (const std::string& note : device.notes) fmt::print("note: {}\n", note);
  });
}

}  // namespace dnntune::cli
