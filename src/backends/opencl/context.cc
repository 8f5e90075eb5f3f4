// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/context.h"

namespace dnntune::backends::opencl {

OpenClContext::OpenClContext(const Processor& processor, const ContextOptions& options)
    : device(processor), is_gpu(options.as_gpu || !device.info.is_cpu), programs(device, options.cache_folder), commands(device, programs),
      work_groups(device, commands, options.cache_folder, programs.device_key(), is_gpu && options.measure) {}

std::vector<std::string> OpenClContext::notes() const {
  const CompileTimes& times = programs.times();
  std::vector<std::string> notes{fmt::format("{}: {} programs compiled in {:.1f} ms, {} loaded in {:.1f} ms", device.name, times.built,
                                             static_cast<double>(times.built_ns) * 1e-6, times.loaded,
                                             static_cast<double>(times.loaded_ns) * 1e-6)};
  if (work_groups.measured() > 0)
    notes.push_back(fmt::format("{}: work-group sizes of {} launches measured in {:.1f} ms", device.name, work_groups.measured(),
                                static_cast<double>(work_groups.measured_ns()) * 1e-6));
  notes.insert(notes.end(), programs.notes().begin(), programs.notes().end());
  return notes;
}

}  // namespace dnntune::backends::opencl
