// SPDX-License-Identifier: Apache-2.0
// Every backend against the reference kernels over the shape grid. Prints what a backend leaves to others. A backend's
// name in DNNTUNE_TEST_BACKEND restricts the run to it.
#include <cstdlib>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "backends/grid.h"
#include "dnntune/device.h"

namespace dnntune::test {
namespace {

struct Count {
  int taken = 0, refused = 0;
  std::map<std::string, int> reasons;
};

std::string table(const std::string& backend, const std::map<std::string, Count>& counts) {
  std::string text = "backend " + backend + "\n";
  for (const auto& [op, count] : counts) {
    text += "  " + op + ": taken " + std::to_string(count.taken) + ", refused " + std::to_string(count.refused);
    const char* separator = ": ";
    for (const auto& [reason, times] : count.reasons) {
      text += separator + (reason.empty() ? std::string("no reason given") : reason) + " (" + std::to_string(times) + ")";
      separator = "; ";
    }
    text += "\n";
  }
  return text;
}

bool opencl_is_there() {
  Device device;
  device.add_accelerators();
  if (device.processors.empty()) MESSAGE("SKIPPED, no OpenCL device: " << (device.notes.empty() ? "" : device.notes.front()));
  return !device.processors.empty();
}

/// Rounding of bytes: our kernels keep to the reference's formulas, others may be one step off.
int steps_of(const std::string& backend) { return backend == "cpu" ? 0 : 1; }

TEST_CASE("every backend agrees with the reference kernels over the shape grid") {
  const char* const only = std::getenv("DNNTUNE_TEST_BACKEND");
  std::vector<SimdCase> cases = operator_grid();
  for (SimdCase& layer : quantized_grid()) cases.push_back(std::move(layer));
  for (const std::string_view name : backends::backend_names()) {
    if (name == "reference" || (only != nullptr && name != only)) continue;
    if (name == "opencl" && only == nullptr) continue;  // compiles for minutes: a test of its own asks for it
    if (name == "opencl" && !opencl_is_there()) continue;
    CAPTURE(std::string(name));
    const backends::Backend& backend = *backends::find_backend(name);
    std::map<std::string, Count> counts;
    int taken = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      CAPTURE(i);
      CAPTURE(cases[i].node.op_type);
      CAPTURE(to_string(cases[i].inputs[0].value.shape()));
      CAPTURE(to_string(cases[i].outputs[0]));
      const Outcome outcome = check_on(backend, cases[i], steps_of(std::string(name)));
      Count& count = counts[cases[i].node.op_type];
      ++(outcome.taken ? count.taken : count.refused);
      if (!outcome.taken) ++count.reasons[outcome.refusal];
      taken += outcome.taken;
    }
    CHECK(taken > 0);
    MESSAGE(table(std::string(name), counts));
  }
}

}  // namespace
}  // namespace dnntune::test
