// SPDX-License-Identifier: Apache-2.0
#include "backends/xnnpack/context.h"

#include <atomic>
#include <sched.h>
#include <thread>

#include <fmt/format.h>

#include "backends/xnnpack/api.h"
#include "base/float_mode.h"
#include "dnntune/error.h"

namespace dnntune::backends::xnnpack {
namespace {

xnn_status initialized() noexcept {
  static const xnn_status status = xnn_initialize(nullptr);
  return status;
}

bool pin_current_thread(int core) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (core < 0 || core >= CPU_SETSIZE) return false;
  CPU_SET(static_cast<unsigned>(core), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

/// A job that no thread leaves before all have come: each thread of the pool has then run it once.
struct Muster {
  const Processor& processor;
  std::thread::id caller;
  std::atomic<std::size_t> come{0}, workers{0};
  std::atomic<bool> pin_failed{false};
};

void run_muster(void* context, std::size_t) {
  Muster& muster = *static_cast<Muster*>(context);
  if (std::this_thread::get_id() != muster.caller) {
    const std::size_t worker = ++muster.workers;
    const auto& cores = muster.processor.cores;
    if (!cores.empty() && !pin_current_thread(cores[worker % cores.size()])) muster.pin_failed = true;
    base::FlushDenormals::for_this_thread();
  }
  ++muster.come;
  while (muster.come < static_cast<std::size_t>(muster.processor.threads)) std::this_thread::yield();
}

}  // namespace

bool is_usable() noexcept { return initialized() == xnn_status_success; }

XnnContext::XnnContext(const Processor& processor) {
  if (!is_usable())
    throw Error(ErrorCode::unsupported,
                fmt::format("processor '{}': XNNPACK cannot be initialised: {}", processor.name, status_text(initialized())));
  if (processor.threads <= 1) return;
  cpu_set_t allowed;
  crowded_ = sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) < processor.threads;
  pool_.reset(pthreadpool_create(static_cast<std::size_t>(processor.threads)));
  if (pool_ == nullptr)
    throw Error(ErrorCode::out_of_memory, fmt::format("processor '{}': cannot start {} threads", processor.name, processor.threads));
  Muster muster{processor, std::this_thread::get_id()};
  pthreadpool_parallelize_1d(pool_.get(), &run_muster, &muster, static_cast<std::size_t>(processor.threads), PTHREADPOOL_FLAG_YIELD_WORKERS);
  pin_failed_ = muster.pin_failed.load();
}

void XnnContext::rest() noexcept {
  // A job for all; what counts is the flag, which sends the workers to sleep after it.
  if (pool_ != nullptr)
    pthreadpool_parallelize_1d(pool_.get(), [](void*, std::size_t) {}, nullptr, pthreadpool_get_threads_count(pool_.get()), PTHREADPOOL_FLAG_YIELD_WORKERS);
}

}  // namespace dnntune::backends::xnnpack
