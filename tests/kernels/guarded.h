// SPDX-License-Identifier: Apache-2.0
// A buffer with guard bytes on both sides, filled with a pattern, to catch a kernel that writes past its
// operands; and one that a kernel must leave unread past its end (the guards are NaNs).
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "base/aligned.h"

namespace dnntune::test {

/// `count` elements, all of them 0xff bytes (NaN for floats) until written. `intact` says whether the
/// 256 guard bytes before and after still hold the pattern. Data is 64-byte aligned plus `misalign`.
template <typename T>
class GuardedBuffer {
 public:
  explicit GuardedBuffer(std::size_t count, std::size_t misalign_elements = 0)
      : count_(count), offset_(kGuard + misalign_elements * sizeof(T)), memory_(offset_ + count * sizeof(T) + kGuard) {
    std::memset(memory_.data(), 0xff, memory_.size());
  }
  explicit GuardedBuffer(const std::vector<T>& values, std::size_t misalign_elements = 0)
      : GuardedBuffer(values.size(), misalign_elements) {
    if (!values.empty()) std::memcpy(data(), values.data(), values.size() * sizeof(T));
  }

  T* data() noexcept { return reinterpret_cast<T*>(memory_.data() + offset_); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(memory_.data() + offset_); }
  std::size_t size() const noexcept { return count_; }
  std::span<T> span() noexcept { return {data(), count_}; }
  std::span<const T> span() const noexcept { return {data(), count_}; }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  std::vector<T> values() const { return {data(), data() + count_}; }

  bool intact() const noexcept {
    for (std::size_t i = 0; i < memory_.size(); ++i)
      if ((i < offset_ || i >= offset_ + count_ * sizeof(T)) && memory_.data()[i] != std::byte{0xff}) return false;
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 256;
  std::size_t count_;
  std::size_t offset_;
  base::AlignedBuffer memory_;
};

}  // namespace dnntune::test
