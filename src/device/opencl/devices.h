// SPDX-License-Identifier: Apache-2.0
// The OpenCL devices of this machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "device/opencl/library.h"

namespace dnntune::device::opencl {

/// What a device says of itself.
struct DeviceInfo {
  cl_platform_id platform = nullptr;
  cl_device_id id = nullptr;
  std::string name, vendor, driver, platform_name;
  bool is_cpu = false;
  bool unified_memory = false;      ///< Shares the host's memory.
  bool fp16 = false;                ///< cl_khr_fp16
  bool images = false;
  std::int64_t memory_bytes = 0;
  std::int64_t max_allocation_bytes = 0;
  std::int64_t local_memory_bytes = 0;
  std::size_t max_work_group = 1;
  std::size_t max_work_items[3] = {1, 1, 1};
  std::size_t compute_units = 1;
  std::size_t alignment = 128;      ///< Bytes, of a sub-buffer; a power of two.
  std::size_t image_width = 0, image_height = 0;  ///< Limits of a 2-D image, in texels.

  /// "OpenCL device 'Mali-G78'", for messages.
  std::string text() const;
  /// "Mali-G78, ARM, driver 2.1 ..., 7.8 GiB, work-groups up to 1024, fp16, images"
  std::string description() const;
};

/// All devices that are there and have a compiler: GPUs and accelerators before CPUs, else in the platforms' order.
/// Their index is the N of the processor "opencl:N". A platform or device that fails to answer is left out, and said
/// in `notes`.
std::vector<DeviceInfo> list_devices(const Library& library, std::vector<std::string>& notes);

}  // namespace dnntune::device::opencl
