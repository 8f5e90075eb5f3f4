// SPDX-License-Identifier: Apache-2.0
#include "split/resolver.h"

#include <chrono>
#include <system_error>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {

Resolver::~Resolver() {
  if (thread_.joinable()) thread_.join();
}

std::vector<Address> Resolver::addresses(DeadlineNs deadline) {
  if (auto numeric = resolve(host_, port_, true); !numeric.empty()) return numeric;
  std::unique_lock lock(mutex_);
  if (!working_ && !ready_) {
    if (thread_.joinable()) thread_.join();
    working_ = true;
    try {
      thread_ = std::thread([this] {
        std::vector<Address> found;
        try {
          found = resolve(host_, port_, false);
        } catch (const std::exception&) {
          // No memory: as good as not known.
        }
        const std::lock_guard hold(mutex_);
        found_ = std::move(found);
        working_ = false;
        ready_ = true;
        done_.notify_all();
      });
    } catch (const std::system_error&) {
      working_ = false;
      throw Error(ErrorCode::network, fmt::format("no thread to look up host '{}'", host_));
    }
  }
  const auto left = std::chrono::nanoseconds(deadline - base::now_ns());
  if (!done_.wait_for(lock, left, [this] { return ready_; })) throw Error(ErrorCode::timeout, fmt::format("host '{}' was not found in time", host_));
  // Asked again the next time: a phone moves between networks, and a server between addresses.
  ready_ = false;
  if (found_.empty()) throw Error(ErrorCode::network, fmt::format("host '{}' is not known", host_));
  return std::move(found_);
}

}  // namespace dnntune::split
