// SPDX-License-Identifier: Apache-2.0
#include "device/opencl/library.h"

#include <cstdlib>
#include <dlfcn.h>

#include <fmt/format.h>

namespace dnntune::device::opencl {
namespace {

// Android has no common name. Those of Mali, PowerVR and Adreno drivers: the list of TensorFlow Lite's and MNN's loaders.
constexpr const char* kFiles[] = {
    "libOpenCL.so.1",
    "libOpenCL.so",
    "libOpenCL-pixel.so",
    "/vendor/lib64/libOpenCL.so",
    "/system/vendor/lib64/libOpenCL.so",
    "/vendor/lib64/egl/libGLES_mali.so",
    "/system/vendor/lib64/egl/libGLES_mali.so",
    "/vendor/lib64/libPVROCL.so",
    "/system/vendor/lib64/libPVROCL.so",
    "/vendor/lib/libOpenCL.so",
    "/vendor/lib/egl/libGLES_mali.so",
    "/vendor/lib/libPVROCL.so",
};

struct Name {
  cl_int status;
  const char* text;
};
#define DNNTUNE_STATUS(name) Name{name, #name}
constexpr Name kNames[] = {
    DNNTUNE_STATUS(CL_DEVICE_NOT_FOUND),        DNNTUNE_STATUS(CL_DEVICE_NOT_AVAILABLE),
    DNNTUNE_STATUS(CL_COMPILER_NOT_AVAILABLE),  DNNTUNE_STATUS(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    DNNTUNE_STATUS(CL_OUT_OF_RESOURCES),        DNNTUNE_STATUS(CL_OUT_OF_HOST_MEMORY),
    DNNTUNE_STATUS(CL_PROFILING_INFO_NOT_AVAILABLE), DNNTUNE_STATUS(CL_MEM_COPY_OVERLAP),
    DNNTUNE_STATUS(CL_BUILD_PROGRAM_FAILURE),   DNNTUNE_STATUS(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    DNNTUNE_STATUS(CL_INVALID_VALUE),           DNNTUNE_STATUS(CL_INVALID_PLATFORM),
    DNNTUNE_STATUS(CL_INVALID_DEVICE),          DNNTUNE_STATUS(CL_INVALID_CONTEXT),
    DNNTUNE_STATUS(CL_INVALID_COMMAND_QUEUE),   DNNTUNE_STATUS(CL_INVALID_MEM_OBJECT),
    DNNTUNE_STATUS(CL_INVALID_BINARY),          DNNTUNE_STATUS(CL_INVALID_PROGRAM),
    DNNTUNE_STATUS(CL_INVALID_PROGRAM_EXECUTABLE), DNNTUNE_STATUS(CL_INVALID_KERNEL_NAME),
    DNNTUNE_STATUS(CL_INVALID_KERNEL),          DNNTUNE_STATUS(CL_INVALID_ARG_VALUE),
    DNNTUNE_STATUS(CL_INVALID_ARG_SIZE),        DNNTUNE_STATUS(CL_INVALID_KERNEL_ARGS),
    DNNTUNE_STATUS(CL_INVALID_WORK_GROUP_SIZE), DNNTUNE_STATUS(CL_INVALID_WORK_ITEM_SIZE),
    DNNTUNE_STATUS(CL_INVALID_OPERATION),       DNNTUNE_STATUS(CL_INVALID_BUFFER_SIZE),
    DNNTUNE_STATUS(CL_INVALID_IMAGE_SIZE),      DNNTUNE_STATUS(CL_IMAGE_FORMAT_NOT_SUPPORTED),
};
#undef DNNTUNE_STATUS

bool is_out_of_memory(cl_int status) noexcept {
  return status == CL_MEM_OBJECT_ALLOCATION_FAILURE || status == CL_OUT_OF_HOST_MEMORY || status == CL_INVALID_BUFFER_SIZE;
}

}  // namespace

std::shared_ptr<const Library> Library::load() {
  const std::shared_ptr<Library> library(new Library);
  std::string tried;
  const auto open = [&](const char* file) {
    library->file_ = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    library->path_ = file;
    if (library->file_ == nullptr) tried += fmt::format("{}{}", tried.empty() ? "" : ", ", file);
    return library->file_ != nullptr;
  };
  if (const char* chosen = std::getenv("DNNTUNE_OPENCL_LIBRARY"); chosen != nullptr && *chosen != 0) {
    open(chosen);
  } else {
    for (const char* file : kFiles)
      if (open(file)) break;
  }
  if (library->file_ == nullptr) throw Error(ErrorCode::not_found, fmt::format("no OpenCL library; tried {}", tried));
  const auto find = [&](const char* name) {
    void* const function = dlsym(library->file_, name);
    if (function == nullptr)
      throw Error(ErrorCode::unsupported, fmt::format("the OpenCL library {} lacks {}", library->path_, name));
    return function;
  };
#define DNNTUNE_CL(name) library->name = reinterpret_cast<decltype(&::cl##name)>(find("cl" #name));
#include "device/opencl/functions.inc"
#undef DNNTUNE_CL
  return library;
}

// The file stays loaded: drivers leave threads and exit handlers behind, which would run into unmapped code.
Library::~Library() = default;

std::string status_text(cl_int status) {
  for (const Name& name : kNames)
    if (name.status == status) return fmt::format("{} ({})", name.text, status);
  return fmt::format("error {}", status);
}

Error status_error(cl_int status, std::string_view where, std::string_view call) {
  return {is_out_of_memory(status) ? ErrorCode::out_of_memory : ErrorCode::io,
          fmt::format("{}: {}: {}", where, call, status_text(status))};
}

}  // namespace dnntune::device::opencl
