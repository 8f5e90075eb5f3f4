// SPDX-License-Identifier: Apache-2.0
// One OpenCL device with a context of its own, and memory in it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "device/opencl/devices.h"
#include "device/opencl/handle.h"
#include "dnntune/device.h"

namespace dnntune::backends::opencl {

using device::opencl::check;
using device::opencl::DeviceInfo;
using device::opencl::Handle;
using device::opencl::Library;

struct DeviceContext {
  /// "opencl:0". Throws not_found, naming the processors that there are or why there are none.
  explicit DeviceContext(const Processor& processor);

  /// Throws out_of_memory naming `what`, the bytes and the device's limit.
  Handle<cl_mem> buffer(std::size_t bytes, const std::string& what, cl_mem_flags flags = CL_MEM_READ_WRITE) const;

  std::shared_ptr<const Library> library;
  DeviceInfo info;
  std::string name;  ///< For messages: "OpenCL device 'x'".
  Handle<cl_context> context;
};

/// What Buffers have in place of pointers. An address in a queue's arena, or a buffer of its own.
struct Memory {
  Handle<cl_mem> buffer;
  std::size_t offset = 0;  ///< In the arena.
  std::size_t bytes = 0;
  bool in_arena = false;

  bool same_place(const Memory& other) const noexcept {
    return this == &other || (in_arena && other.in_arena && offset == other.offset);
  }
};

}  // namespace dnntune::backends::opencl
