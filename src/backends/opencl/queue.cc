// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/queue.h"

#include <algorithm>
#include <cstring>

#include "backends/opencl/texts.h"
#include "base/aligned.h"

namespace dnntune::backends::opencl {
namespace {

// Drivers of GPUs gather commands until they are flushed; few at a time let the device start while the host goes on.
constexpr int kCommandsAFlush = 16;

std::size_t bytes_of(DataType type, std::int64_t elements) { return static_cast<std::size_t>(elements) * size_of(type); }

}  // namespace

Queue::Queue(const DeviceContext& device, Programs& programs) : device_(device), programs_(programs), cl_(*device.library) {
  cl_int status = CL_SUCCESS;
  const cl_command_queue made = cl_.CreateCommandQueue(device.context.get(), device.info.id, CL_QUEUE_PROFILING_ENABLE, &status);
  check(status, device.name, "clCreateCommandQueue");
  queue_ = Handle<cl_command_queue>(cl_, made);
}

// What is queued uses memory that goes now, and the host's.
Queue::~Queue() {
  if (!idle_) cl_.Finish(queue_.get());
}

void Queue::reserve(std::size_t bytes) {
  if (arena_.buffer && bytes <= arena_.bytes) return;
  finish();
  parts_.clear();
  arena_ = {};
  // Memory that the host can map without a copy, where it is one memory (Arm's guide to OpenCL on Mali, "Memory allocation").
  const cl_mem_flags flags = CL_MEM_READ_WRITE | (device_.info.unified_memory ? CL_MEM_ALLOC_HOST_PTR : 0);
  const std::size_t room = base::round_up(bytes, alignment()) + alignment();  // so that a part of no bytes at the end is one
  arena_ = Memory{device_.buffer(room, "values between layers", flags), 0, bytes, true};
}

void* Queue::part(std::size_t offset, std::size_t bytes) {
  if (offset % alignment() != 0 || offset > arena_.bytes || bytes > arena_.bytes - offset)
    throw Error(ErrorCode::internal, fmt::format("{}: part [{}, {}) of an arena of {} bytes", device_.name, offset, offset + bytes, arena_.bytes));
  const auto [found, is_new] = parts_.try_emplace({offset, bytes});
  if (is_new) {
    const cl_buffer_region region{offset, std::max<std::size_t>(bytes, 4)};
    cl_int status = CL_SUCCESS;
    const cl_mem made = cl_.CreateSubBuffer(arena_.buffer.get(), CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &status);
    if (status != CL_SUCCESS) {
      parts_.erase(found);
      throw device::opencl::status_error(status, device_.name, "clCreateSubBuffer");
    }
    found->second = Memory{Handle<cl_mem>(cl_, made), offset, bytes, true};
  }
  return &found->second;
}

void* Queue::constant(std::span<const std::byte> data) {
  Memory memory{filled(data.size(), "a constant", [&](void* to) { std::memcpy(to, data.data(), data.size()); }), 0, data.size(), false};
  return &constants_.emplace_back(std::move(memory));
}

void Queue::reserve_scratch(std::size_t slot, std::size_t bytes) {
  Memory& memory = scratch_[slot];
  if (memory.buffer && memory.bytes >= bytes) return;
  finish();
  memory = {};
  memory = Memory{device_.buffer(bytes, "scratch memory"), 0, bytes, false};
}

void* Queue::map(cl_mem buffer, std::size_t bytes) {
  cl_int status = CL_SUCCESS;
  void* const place = cl_.EnqueueMapBuffer(queue_.get(), buffer, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, 0, nullptr, nullptr, &status);
  check(status, device_.name, "clEnqueueMapBuffer");
  return place;
}

void Queue::unmap(cl_mem buffer, void* place) {
  after_command(cl_.EnqueueUnmapMemObject(queue_.get(), buffer, place, 0, nullptr, event_slot()), "clEnqueueUnmapMemObject");
}

cl_event* Queue::event_slot() {
  event_ = nullptr;
  return device_ns_.empty() ? nullptr : &event_;
}

void Queue::after_command(cl_int status, const char* call) {
  check(status, device_.name, call);
  if (event_ != nullptr) pending_.push_back({Handle<cl_event>(cl_, std::exchange(event_, nullptr)), step_});
  // The first command after a rest goes to the device at once.
  if (idle_ || ++unflushed_ >= kCommandsAFlush) {
    check(cl_.Flush(queue_.get()), device_.name, "clFlush");
    unflushed_ = 0;
  }
  idle_ = false;
}

void Queue::launch(const Kernel& kernel, const WorkSize& global, const WorkSize& local) {
  const cl_int status = cl_.EnqueueNDRangeKernel(queue_.get(), kernel.handle.get(), 3, nullptr, global.data(), local.data(), 0, nullptr,
                                                 event_slot());
  if (status != CL_SUCCESS)
    throw device::opencl::status_error(status, device_.name, fmt::format("clEnqueueNDRangeKernel '{}'", kernel.name));
  after_command(status, "clEnqueueNDRangeKernel");
}

void Queue::copy(const Memory& from, const Memory& to, std::size_t bytes) {
  if (bytes == 0 || from.same_place(to)) return;
  after_command(cl_.EnqueueCopyBuffer(queue_.get(), from.buffer.get(), to.buffer.get(), 0, 0, bytes, 0, nullptr, event_slot()),
                "clEnqueueCopyBuffer");
}

const Kernel& Queue::converter(DataType to_type) {
  Kernel& kernel = to_type == DataType::float16 ? to_half_ : to_float_;
  if (!kernel.handle) {
    kernel.name = to_type == DataType::float16 ? "to_half" : "to_float";
    const std::string_view texts[] = {texts::convert()};
    kernel.handle = programs_.kernel("", texts, kernel.name.c_str());
  }
  return kernel;
}

void Queue::convert(cl_mem from, cl_mem to, DataType to_type, std::int64_t elements) {
  const Kernel& kernel = converter(to_type);
  kernel.set(device_, 0, from);
  kernel.set(device_, 1, to);
  kernel.set(device_, 2, static_cast<cl_int>(elements));
  constexpr std::size_t kGroup = 64;
  const std::size_t local = std::min(kGroup, device_.info.max_work_group);
  launch(kernel, {divide_up(static_cast<std::size_t>(elements), local) * local, 1, 1}, {local, 1, 1});
}

namespace {

void check_types(const DeviceContext& device, DataType from, DataType to, std::int64_t elements) {
  const bool floats = (from == DataType::float32 && to == DataType::float16) || (from == DataType::float16 && to == DataType::float32);
  if (from != to && !floats)
    throw Error(ErrorCode::unsupported, fmt::format("{}: no conversion from {} to {}", device.name, to_string(from), to_string(to)));
  if (elements > INT32_MAX)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: {} elements in a transfer; at most {}", device.name, elements, INT32_MAX));
}

}  // namespace

void Queue::upload(const void* from, DataType from_type, void* to_handle, DataType to_type, std::int64_t elements) {
  check_types(device_, from_type, to_type, elements);
  const std::size_t bytes = bytes_of(from_type, elements);
  if (bytes == 0) return;
  const Memory* to = static_cast<Memory*>(to_handle);
  if (from_type != to_type) {
    if (staging_.bytes < bytes) staging_ = Memory{device_.buffer(bytes, "a transfer"), 0, bytes, false};
    to = &staging_;
  }
  if (device_.info.unified_memory && idle_) {  // mapping waits for nothing, and saves the driver's copy
    void* const place = map(to->buffer.get(), bytes);
    std::memcpy(place, from, bytes);
    unmap(to->buffer.get(), place);
  } else {
    after_command(cl_.EnqueueWriteBuffer(queue_.get(), to->buffer.get(), CL_FALSE, 0, bytes, from, 0, nullptr, event_slot()), "clEnqueueWriteBuffer");
  }
  if (from_type != to_type) convert(to->buffer.get(), static_cast<Memory*>(to_handle)->buffer.get(), to_type, elements);
}

void Queue::download(const void* from_handle, DataType from_type, void* to, DataType to_type, std::int64_t elements) {
  check_types(device_, from_type, to_type, elements);
  const std::size_t bytes = bytes_of(to_type, elements);
  if (bytes == 0) return;
  cl_mem from = static_cast<const Memory*>(from_handle)->buffer.get();
  if (from_type != to_type) {
    if (staging_.bytes < bytes) staging_ = Memory{device_.buffer(bytes, "a transfer"), 0, bytes, false};
    convert(from, staging_.buffer.get(), to_type, elements);
    from = staging_.buffer.get();
  }
  after_command(cl_.EnqueueReadBuffer(queue_.get(), from, CL_FALSE, 0, bytes, to, 0, nullptr, event_slot()), "clEnqueueReadBuffer");
}

void Queue::finish() {
  if (idle_ && pending_.empty()) return;
  const cl_int status = cl_.Finish(queue_.get());
  idle_ = true;
  unflushed_ = 0;
  if (status != CL_SUCCESS) {
    pending_.clear();
    check(status, device_.name, "clFinish");
  }
  collect_times();
}

void Queue::collect_times() {
  for (const Pending& pending : pending_) {
    cl_ulong start = 0, end = 0;
    // A driver without times leaves the sums as they are.
    if (cl_.GetEventProfilingInfo(pending.event.get(), CL_PROFILING_COMMAND_START, sizeof start, &start, nullptr) != CL_SUCCESS ||
        cl_.GetEventProfilingInfo(pending.event.get(), CL_PROFILING_COMMAND_END, sizeof end, &end, nullptr) != CL_SUCCESS)
      continue;
    if (pending.step < device_ns_.size() && end > start) device_ns_[pending.step] += static_cast<std::int64_t>(end - start);
  }
  pending_.clear();
}

void Queue::record(std::span<std::int64_t> device_ns) {
  if (!pending_.empty()) finish();
  device_ns_ = device_ns;
  step_ = 0;
}

std::int64_t Queue::time(const Kernel& kernel, const WorkSize& global, const WorkSize& local) {
  finish();
  std::int64_t ns = 0;
  const std::span<std::int64_t> before = std::exchange(device_ns_, {&ns, 1});
  const std::size_t step = std::exchange(step_, 0);
  const auto restore = [&] {
    pending_.clear();
    device_ns_ = before;
    step_ = step;
  };
  try {
    launch(kernel, global, local);
    finish();
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return ns;
}

}  // namespace dnntune::backends::opencl
