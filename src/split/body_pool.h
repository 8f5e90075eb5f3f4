// SPDX-License-Identifier: Apache-2.0
// Memory for the bodies of requests, used again: fresh pages cost the system more than the bytes that come to lie on them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "base/aligned.h"

namespace dnntune::split {

/// Thread-safe. Blocks may outlive it.
class BodyPool : public std::enable_shared_from_this<BodyPool> {
 public:
  /// Smaller blocks come from the heap, which uses them again by itself.
  static constexpr std::size_t kLeastKept = std::size_t{64} << 10;
  /// What may lie here unused.
  static constexpr std::size_t kMostKept = std::size_t{64} << 20;

  static std::shared_ptr<BodyPool> make() { return std::shared_ptr<BodyPool>(new BodyPool); }

  /// A block of `bytes` at least, uninitialised, which comes back when its last owner lets go. Throws out_of_memory.
  std::shared_ptr<base::AlignedBuffer> take(std::size_t bytes) {
    if (bytes < kLeastKept) return std::make_shared<base::AlignedBuffer>(bytes);
    std::unique_ptr<base::AlignedBuffer> block = kept(bytes);
    if (!block) block = std::make_unique<base::AlignedBuffer>(bytes);
    return {block.release(), [pool = weak_from_this()](base::AlignedBuffer* used) {
              std::unique_ptr<base::AlignedBuffer> back(used);
              if (const auto still = pool.lock()) still->put(std::move(back));
            }};
  }

 private:
  BodyPool() = default;

  /// One that fits and is not more than twice as large, or null.
  std::unique_ptr<base::AlignedBuffer> kept(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto fits = std::find_if(blocks_.begin(), blocks_.end(), [&](const auto& block) { return block->size() >= bytes && block->size() / 2 <= bytes; });
    if (fits == blocks_.end()) return nullptr;
    std::unique_ptr<base::AlignedBuffer> block = std::move(*fits);
    blocks_.erase(fits);
    bytes_ -= block->size();
    return block;
  }

  /// The latest first, as the processor's caches have it; the oldest make room.
  void put(std::unique_ptr<base::AlignedBuffer> block) noexcept {
    const std::lock_guard lock(mutex_);
    if (block->size() > kMostKept) return;
    for (; bytes_ + block->size() > kMostKept; blocks_.pop_back()) bytes_ -= blocks_.back()->size();
    const std::size_t size = block->size();
    try {
      blocks_.push_front(std::move(block));
      bytes_ += size;
    } catch (const std::bad_alloc&) {
      // Not kept, then.
    }
  }

  std::mutex mutex_;
  std::list<std::unique_ptr<base::AlignedBuffer>> blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace dnntune::split
