// SPDX-License-Identifier: Apache-2.0
// The threads that XNNPACK's layers of one session share.
#pragma once

#include <xnnpack.h>

#include <memory>

#include "backends/backend.h"

namespace dnntune::backends::xnnpack {

/// As many threads as the processor has, the calling one among them; the others are pinned to its cores, thread i to
/// cores[i % size], and flush denormals to zero.
class XnnContext final : public Context {
 public:
  /// Throws unsupported where XNNPACK does not run on this machine, and out_of_memory.
  explicit XnnContext(const Processor& processor);

  /// Null for one thread: the calling one needs no pool.
  pthreadpool_t pool() const noexcept { return pool_.get(); }
  /// Flags for runtimes: workers that are more than there are cores sleep after each layer, as waiting ones would keep
  /// working ones from running.
  std::uint32_t flags() const noexcept { return crowded_ ? XNN_FLAG_YIELD_WORKERS : 0; }
  bool pinned() const noexcept override { return !pin_failed_; }
  void rest() noexcept override;

 private:
  struct Destroy {
    void operator()(pthreadpool* pool) const noexcept { pthreadpool_destroy(pool); }
  };

  std::unique_ptr<pthreadpool, Destroy> pool_;
  bool pin_failed_ = false, crowded_ = false;
};

/// Whether XNNPACK runs on this machine; initialises it when first asked.
bool is_usable() noexcept;

}  // namespace dnntune::backends::xnnpack
