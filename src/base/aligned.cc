// SPDX-License-Identifier: Apache-2.0
#include "base/aligned.h"

#include <cstdlib>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::base {
namespace {

/// Weights and activations are read from end to end, again and again: with pages of 4 KiB a large layer
/// misses the address cache on every page. Linux gives large ones to those who ask for them.
constexpr std::size_t kLargePage = std::size_t{2} << 20;

void ask_for_large_pages([[maybe_unused]] std::byte* data, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__)
  // Whole large pages only: the rest would take up to 2 MiB more than it needs. A refusal does no harm.
  ::madvise(data, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
#endif
}

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t bytes) : size_(bytes) {
  const std::size_t alignment = bytes >= kLargePage ? kLargePage : kAlignment;
  const std::size_t rounded = round_up(bytes) + kReadableBehind;
  void* block = nullptr;
  if (rounded < bytes || ::posix_memalign(&block, alignment, rounded) != 0)
    throw Error(ErrorCode::out_of_memory, fmt::format("cannot allocate {} bytes", bytes));
  data_ = static_cast<std::byte*>(block);
  if (alignment == kLargePage) ask_for_large_pages(data_, bytes);
}

AlignedBuffer::~AlignedBuffer() { std::free(data_); }

}  // namespace dnntune::base
