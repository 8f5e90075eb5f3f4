// SPDX-License-Identifier: Apache-2.0
// Work sizes, and a kernel whose arguments are set in turn.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "backends/opencl/device_context.h"

namespace dnntune::backends::opencl {

using WorkSize = std::array<std::size_t, 3>;

inline constexpr std::size_t divide_up(std::size_t a, std::size_t b) noexcept { return (a + b - 1) / b; }

struct Kernel {
  Handle<cl_kernel> handle;
  std::string name;

  template <typename T>
  void set(const DeviceContext& device, cl_uint index, const T& value) const {
    set_bytes(device, index, sizeof value, &value);
  }
  /// `value` null: `bytes` of local memory.
  void set_bytes(const DeviceContext& device, cl_uint index, std::size_t bytes, const void* value) const {
    const cl_int status = device.library->SetKernelArg(handle.get(), index, bytes, value);
    if (status != CL_SUCCESS) throw device::opencl::status_error(status, device.name, fmt::format("clSetKernelArg {} of '{}'", index, name));
  }
};

}  // namespace dnntune::backends::opencl
