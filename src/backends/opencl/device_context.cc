// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/device_context.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dnntune::backends::opencl {
namespace {

DeviceInfo find_device(const Library& library, const std::string& name) {
  std::vector<std::string> notes;
  std::vector<DeviceInfo> devices = device::opencl::list_devices(library, notes);
  constexpr std::string_view kPrefix = "opencl:";
  std::size_t index = devices.size();
  if (name.starts_with(kPrefix)) {
    const char* const end = name.data() + name.size();
    if (std::from_chars(name.data() + kPrefix.size(), end, index).ptr != end) index = devices.size();
  }
  if (index < devices.size()) return std::move(devices[index]);
  std::vector<std::string> there;
  for (std::size_t i = 0; i < devices.size(); ++i) there.push_back(fmt::format("'opencl:{}' ({})", i, devices[i].name));
  if (there.empty()) there = notes;
  throw Error(ErrorCode::not_found, fmt::format("no OpenCL processor '{}'; there is: {}", name, fmt::join(there, ", ")));
}

}  // namespace

DeviceContext::DeviceContext(const Processor& processor)
    : library(Library::load()), info(find_device(*library, processor.name)), name(info.text()) {
  const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, reinterpret_cast<cl_context_properties>(info.platform), 0};
  cl_int status = CL_SUCCESS;
  const cl_context made = library->CreateContext(properties, 1, &info.id, nullptr, nullptr, &status);
  check(status, name, "clCreateContext");
  context = Handle<cl_context>(*library, made);
}

Handle<cl_mem> DeviceContext::buffer(std::size_t bytes, const std::string& what, cl_mem_flags flags) const {
  cl_int status = CL_SUCCESS;
  // A buffer of no bytes does not exist in OpenCL.
  Handle<cl_mem> made(*library, library->CreateBuffer(context.get(), flags, std::max<std::size_t>(bytes, 4), nullptr, &status));
  if (status == CL_SUCCESS && made) return made;
  if (status == CL_SUCCESS) status = CL_MEM_OBJECT_ALLOCATION_FAILURE;
  const Error error = device::opencl::status_error(status, name, "clCreateBuffer");
  throw Error(error.code(), fmt::format("{}, for {} bytes of {}; the device allows {} in one piece of {}", error.what(), bytes, what,
                                        info.max_allocation_bytes, info.memory_bytes));
}

}  // namespace dnntune::backends::opencl
