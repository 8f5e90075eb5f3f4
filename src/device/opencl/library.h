// SPDX-License-Identifier: Apache-2.0
// The system's OpenCL library, loaded at run time: a table of its functions. Nothing is linked against it, so a
// machine without a driver runs everything else.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <CL/cl.h>

#include "dnntune/error.h"

namespace dnntune::device::opencl {

struct Functions {
#define DNNTUNE_CL(name) decltype(&::cl##name) name = nullptr;
#include "device/opencl/functions.inc"
#undef DNNTUNE_CL
};

/// Thread-safe: OpenCL's functions are, but for setting the arguments of one kernel.
class Library : public Functions {
 public:
  /// The file that the environment variable DNNTUNE_OPENCL_LIBRARY names or, when that is not set, the first of the
  /// usual ones. Throws not_found naming those that were tried, unsupported when one lacks a function.
  static std::shared_ptr<const Library> load();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// Objects made through handles of this library that are not released: for tests.
  std::ptrdiff_t live_objects() const noexcept { return live_.load(); }

 private:
  template <typename T>
  friend class Handle;
  Library() = default;
  void* file_ = nullptr;
  std::string path_;
  mutable std::atomic<std::ptrdiff_t> live_{0};
};

/// "CL_OUT_OF_RESOURCES (-5)"
std::string status_text(cl_int status);

/// The error of a call that returned `status`: out_of_memory where that says so, io for a device that is gone and for
/// everything else. "OpenCL device 'x': clFinish: CL_OUT_OF_RESOURCES (-5)", `where` being the part before the colon.
Error status_error(cl_int status, std::string_view where, std::string_view call);
inline void check(cl_int status, std::string_view where, std::string_view call) {
  if (status != CL_SUCCESS) throw status_error(status, where, call);
}

}  // namespace dnntune::device::opencl
