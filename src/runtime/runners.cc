// SPDX-License-Identifier: Apache-2.0
#include "runtime/runners.h"

#include <fmt/format.h>

namespace dnntune::runtime {

std::string processor_name(const Crew& crew, Runner runner) {
  const Engine& engine = crew.engine(runner.engine);
  if (runner.left_to_cpu) return fmt::format("cpu x{}", engine.threads);
  return runner.engine == 0 ? "" : engine.processor.name;
}

Processor processor_of(const Crew& crew, Runner runner) {
  const Engine& engine = crew.engine(runner.engine);
  // The same cores and threads, whoever's kernels they run.
  if (!runner.left_to_cpu || engine.queue() == nullptr) return engine.processor;
  for (int e = 0; e < crew.size(); ++e) {
    const Engine& other = crew.engine(e);
    if (other.queue() == nullptr && other.threads == engine.threads && other.processor.cores == engine.processor.cores) return other.processor;
  }
  Processor host;
  host.name = processor_name(crew, runner);
  host.backend = "cpu";
  host.cores = engine.processor.cores;
  host.threads = engine.threads;
  return host;
}

}  // namespace dnntune::runtime
