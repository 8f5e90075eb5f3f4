// SPDX-License-Identifier: Apache-2.0
// Device::add_accelerators: OpenCL devices as processors.
#include <algorithm>

#include <fmt/format.h>

#include "device/opencl/devices.h"
#include "dnntune/device.h"

namespace dnntune {

void Device::add_accelerators() {
  try {
    const auto library = device::opencl::Library::load();
    const std::vector<device::opencl::DeviceInfo> found = device::opencl::list_devices(*library, notes);
    for (std::size_t i = 0; i < found.size(); ++i) {
      Processor processor;
      processor.name = fmt::format("opencl:{}", i);
      processor.backend = "opencl";
      processor.description = found[i].description();
      const auto same = [&](const Processor& other) { return other.name == processor.name; };
      std::erase_if(processors, same);
      processors.push_back(std::move(processor));
    }
  } catch (const Error& error) {
    notes.push_back(error.what());
  }
}

}  // namespace dnntune
