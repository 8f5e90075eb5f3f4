// SPDX-License-Identifier: Apache-2.0
// A block of memory aligned to a cache line, uninitialised; large ones in large pages where the system has them.
#pragma once

#include <cstddef>
#include <utility>

namespace dnntune::base {

inline constexpr std::size_t kAlignment = 64;
/// Bytes behind an AlignedBuffer that may be read, whatever they hold: some libraries load whole vectors.
inline constexpr std::size_t kReadableBehind = 64;

inline constexpr std::size_t round_up(std::size_t bytes, std::size_t step = kAlignment) noexcept {
  return (bytes + step - 1) / step * step;
}

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// Throws out_of_memory.
  explicit AlignedBuffer(std::size_t bytes);
  ~AlignedBuffer();
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  /// Exchanges it for one of `bytes`, and loses what it held, when it is smaller or there is none. Throws out_of_memory; it is then as before.
  void at_least(std::size_t bytes) {
    if (data_ == nullptr || bytes > size_) *this = AlignedBuffer(bytes);
  }

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  template <typename T> T* as() noexcept { return reinterpret_cast<T*>(data_); }
  template <typename T> const T* as() const noexcept { return reinterpret_cast<const T*>(data_); }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace dnntune::base
