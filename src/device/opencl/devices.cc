// SPDX-License-Identifier: Apache-2.0
#include "device/opencl/devices.h"

#include <algorithm>
#include <bit>
#include <optional>

#include <fmt/format.h>

namespace dnntune::device::opencl {
namespace {

/// A number that a device says of itself, or `fallback`.
template <typename T>
T number(const Library& cl, cl_device_id id, cl_device_info what, T fallback) {
  T value = fallback;
  return cl.GetDeviceInfo(id, what, sizeof value, &value, nullptr) == CL_SUCCESS ? value : fallback;
}

/// A text by one of the two functions that give texts; empty when it fails.
template <typename Function, typename Object>
std::string text(Function function, Object object, cl_uint what) {
  std::size_t bytes = 0;
  if (function(object, what, 0, nullptr, &bytes) != CL_SUCCESS || bytes == 0 || bytes > (1u << 20)) return {};
  std::string value(bytes, '\0');
  if (function(object, what, bytes, value.data(), nullptr) != CL_SUCCESS) return {};
  value.resize(std::min(value.find('\0'), value.size()));
  value.erase(0, value.find_first_not_of(' '));
  while (value.ends_with(' ')) value.pop_back();
  return value;
}

/// " cl_khr_fp16 " among names with blanks around.
bool has_word(const std::string& words, const char* word) {
  return fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

/// Nullopt for a device without a compiler, or one that is switched off.
std::optional<DeviceInfo> describe(const Library& cl, cl_platform_id platform, const std::string& platform_name, cl_device_id id) {
  if (number<cl_bool>(cl, id, CL_DEVICE_AVAILABLE, CL_TRUE) == CL_FALSE) return std::nullopt;
  if (number<cl_bool>(cl, id, CL_DEVICE_COMPILER_AVAILABLE, CL_TRUE) == CL_FALSE) return std::nullopt;
  DeviceInfo info;
  info.platform = platform;
  info.id = id;
  info.platform_name = platform_name;
  info.name = text(cl.GetDeviceInfo, id, CL_DEVICE_NAME);
  info.vendor = text(cl.GetDeviceInfo, id, CL_DEVICE_VENDOR);
  info.driver = text(cl.GetDeviceInfo, id, CL_DRIVER_VERSION);
  info.is_cpu = (number<cl_device_type>(cl, id, CL_DEVICE_TYPE, CL_DEVICE_TYPE_GPU) & CL_DEVICE_TYPE_CPU) != 0;
  info.unified_memory = number<cl_bool>(cl, id, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_FALSE) != CL_FALSE;
  info.fp16 = has_word(text(cl.GetDeviceInfo, id, CL_DEVICE_EXTENSIONS), "cl_khr_fp16");
  info.images = number<cl_bool>(cl, id, CL_DEVICE_IMAGE_SUPPORT, CL_FALSE) != CL_FALSE;
  info.memory_bytes = static_cast<std::int64_t>(number<cl_ulong>(cl, id, CL_DEVICE_GLOBAL_MEM_SIZE, 0));
  info.max_allocation_bytes = static_cast<std::int64_t>(number<cl_ulong>(cl, id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, 0));
  info.local_memory_bytes = static_cast<std::int64_t>(number<cl_ulong>(cl, id, CL_DEVICE_LOCAL_MEM_SIZE, 0));
  info.max_work_group = std::max<std::size_t>(1, number<std::size_t>(cl, id, CL_DEVICE_MAX_WORK_GROUP_SIZE, 1));
  if (cl.GetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof info.max_work_items, info.max_work_items, nullptr) != CL_SUCCESS)
    std::fill_n(info.max_work_items, 3, info.max_work_group);
  info.compute_units = std::max<cl_uint>(1, number<cl_uint>(cl, id, CL_DEVICE_MAX_COMPUTE_UNITS, 1));
  const std::size_t align_bits = number<cl_uint>(cl, id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, 1024);
  info.alignment = std::bit_ceil(std::max<std::size_t>(64, align_bits / 8));
  if (info.images) {
    info.image_width = number<std::size_t>(cl, id, CL_DEVICE_IMAGE2D_MAX_WIDTH, 0);
    info.image_height = number<std::size_t>(cl, id, CL_DEVICE_IMAGE2D_MAX_HEIGHT, 0);
  }
  return info;
}

}  // namespace

std::string DeviceInfo::text() const { return fmt::format("OpenCL device '{}'", name); }

std::string DeviceInfo::description() const {
  return fmt::format("{}, {}, driver {}, {:.1f} GiB{}, work-groups up to {}{}{}", name, vendor, driver,
                     static_cast<double>(memory_bytes) / (1 << 30), unified_memory ? " shared with the host" : "", max_work_group,
                     fp16 ? ", fp16" : "", images ? ", images" : "");
}

std::vector<DeviceInfo> list_devices(const Library& cl, std::vector<std::string>& notes) {
  std::vector<DeviceInfo> devices;
  cl_uint platform_count = 0;
  const cl_int status = cl.GetPlatformIDs(0, nullptr, &platform_count);
  std::vector<cl_platform_id> platforms(status == CL_SUCCESS ? platform_count : 0);
  if (platforms.empty() || cl.GetPlatformIDs(platform_count, platforms.data(), nullptr) != CL_SUCCESS) {
    // -1001 is CL_PLATFORM_NOT_FOUND_KHR, of a loader without drivers.
    notes.push_back(fmt::format("{} knows no OpenCL platform{}", cl.path(),
                                status == CL_SUCCESS || status == -1001 ? "" : ": clGetPlatformIDs: " + status_text(status)));
    return devices;
  }
  for (const cl_platform_id platform : platforms) {
    const std::string name = opencl::text(cl.GetPlatformInfo, platform, CL_PLATFORM_NAME);
    cl_uint count = 0;
    cl_int found = cl.GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
    std::vector<cl_device_id> ids(found == CL_SUCCESS ? count : 0);
    if (!ids.empty()) found = cl.GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids.data(), nullptr);
    if (found != CL_SUCCESS || ids.empty()) {
      notes.push_back(fmt::format("OpenCL platform '{}' has no device: {}", name, status_text(found == CL_SUCCESS ? CL_DEVICE_NOT_FOUND : found)));
      continue;
    }
    for (const cl_device_id id : ids) {
      if (std::optional<DeviceInfo> info = describe(cl, platform, name, id))
        devices.push_back(std::move(*info));
      else
        notes.push_back(fmt::format("an OpenCL device of platform '{}' is not available or has no compiler", name));
    }
  }
  std::stable_partition(devices.begin(), devices.end(), [](const DeviceInfo& info) { return !info.is_cpu; });
  return devices;
}

}  // namespace dnntune::device::opencl
