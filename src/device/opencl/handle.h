// SPDX-License-Identifier: Apache-2.0
// OpenCL objects that release themselves.
#pragma once

#include <memory>
#include <utility>

#include "device/opencl/library.h"

namespace dnntune::device::opencl {

/// How each kind of object is released.
inline cl_int release(const Functions& cl, cl_context object) { return cl.ReleaseContext(object); }
inline cl_int release(const Functions& cl, cl_command_queue object) { return cl.ReleaseCommandQueue(object); }
inline cl_int release(const Functions& cl, cl_mem object) { return cl.ReleaseMemObject(object); }
inline cl_int release(const Functions& cl, cl_program object) { return cl.ReleaseProgram(object); }
inline cl_int release(const Functions& cl, cl_kernel object) { return cl.ReleaseKernel(object); }
inline cl_int release(const Functions& cl, cl_event object) { return cl.ReleaseEvent(object); }

/// Owns one reference of `object`, which may be null. The library outlives it.
template <typename T>
class Handle {
 public:
  Handle() = default;
  Handle(const Library& library, T object) noexcept : library_(&library), object_(object) {
    if (object_ != nullptr) ++library_->live_;
  }
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : library_(other.library_), object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this == &other) return *this;
    reset();
    library_ = other.library_;
    object_ = std::exchange(other.object_, nullptr);
    return *this;
  }

  void reset() noexcept {
    if (object_ == nullptr) return;
    release(*library_, std::exchange(object_, nullptr));
    --library_->live_;
  }
  T get() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  const Library* library_ = nullptr;
  T object_ = nullptr;
};

}  // namespace dnntune::device::opencl
