// SPDX-License-Identifier: Apache-2.0
// A buffer that ends where an unmapped page begins: a kernel that reads past its operand crashes the test.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace dnntune::test {

/// `bytes` uninitialised bytes, the last of them the last of a page. Aligned as their count allows.
class PageEndBuffer {
 public:
  explicit PageEndBuffer(std::size_t bytes) : size_(bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    mapped_ = (bytes + page - 1) / page * page + page;
    memory_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    std::byte* const forbidden = static_cast<std::byte*>(memory_) + mapped_ - page;
    if (mprotect(forbidden, page, PROT_NONE) != 0) throw std::bad_alloc();
    data_ = forbidden - bytes;
  }
  ~PageEndBuffer() {
    if (memory_ != nullptr) munmap(memory_, mapped_);
  }
  PageEndBuffer(PageEndBuffer&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), mapped_(other.mapped_), data_(other.data_), size_(other.size_) {}
  PageEndBuffer& operator=(PageEndBuffer&&) = delete;

  std::byte* data() noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  void* memory_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace dnntune::test
