// SPDX-License-Identifier: Apache-2.0
// The command queue of a session: its arena, constants, transfers, launches, and the times they take.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "backends/opencl/kernel.h"
#include "backends/opencl/programs.h"

namespace dnntune::backends::opencl {

class Queue final : public DeviceQueue {
 public:
  /// Slots of scratch memory. Commands run in order, so all layers share them.
  static constexpr std::size_t kScratchSlots = 6;

  Queue(const DeviceContext& device, Programs& programs);
  ~Queue() override;

  std::size_t alignment() const noexcept override { return device_.info.alignment; }
  void reserve(std::size_t bytes) override;
  void* part(std::size_t offset, std::size_t bytes) override;
  void* constant(std::span<const std::byte> data) override;
  void upload(const void* from, DataType from_type, void* to_handle, DataType to_type, std::int64_t elements) override;
  void download(const void* from_handle, DataType from_type, void* to, DataType to_type, std::int64_t elements) override;
  void finish() override;
  void record(std::span<std::int64_t> device_ns) override;
  void mark(std::size_t step) noexcept override { step_ = step; }

  /// For layers.
  void launch(const Kernel& kernel, const WorkSize& global, const WorkSize& local);
  void copy(const Memory& from, const Memory& to, std::size_t bytes);
  void reserve_scratch(std::size_t slot, std::size_t bytes);
  cl_mem scratch(std::size_t slot) const noexcept { return scratch_[slot].buffer.get(); }
  /// A buffer that `write` fills through a pointer to its `bytes` bytes.
  template <typename Write>
  Handle<cl_mem> filled(std::size_t bytes, const std::string& what, Write write) {
    Handle<cl_mem> buffer = device_.buffer(bytes, what, CL_MEM_READ_ONLY);
    if (bytes == 0) return buffer;
    void* const place = map(buffer.get(), bytes);
    write(place);
    unmap(buffer.get(), place);
    return buffer;
  }
  /// The time that a launch takes on the device, in nanoseconds.
  std::int64_t time(const Kernel& kernel, const WorkSize& global, const WorkSize& local);

 private:
  void* map(cl_mem buffer, std::size_t bytes);
  void unmap(cl_mem buffer, void* place);
  /// Where a command puts its event, or null.
  cl_event* event_slot();
  void after_command(cl_int status, const char* call);
  void collect_times();
  const Kernel& converter(DataType to_type);
  void convert(cl_mem from, cl_mem to, DataType to_type, std::int64_t elements);

  const DeviceContext& device_;
  Programs& programs_;
  const Library& cl_;
  Handle<cl_command_queue> queue_;
  Memory arena_, staging_;
  std::map<std::pair<std::size_t, std::size_t>, Memory> parts_;
  std::deque<Memory> constants_;
  Memory scratch_[kScratchSlots];
  Kernel to_half_, to_float_;
  bool idle_ = true;       ///< Nothing is queued.
  int unflushed_ = 0;
  std::span<std::int64_t> device_ns_;
  std::size_t step_ = 0;
  cl_event event_ = nullptr;
  struct Pending {
    Handle<cl_event> event;
    std::size_t step;
  };
  std::vector<Pending> pending_;
};

}  // namespace dnntune::backends::opencl
