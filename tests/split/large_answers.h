// SPDX-License-Identifier: Apache-2.0
// A server of answers too large for any buffer, and what becomes of clients that do not read them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <poll.h>

#include "fake_server.h"
#include "split/http_server.h"

namespace dnntune::test {

/// Beyond what the buffers of both systems take together.
inline constexpr std::int64_t kLargeBytes = std::int64_t{64} << 20;

/// "/large": so many zeros. Else: nothing.
class LargeAnswers final : public split::HttpHandler {
 public:
  std::optional<split::HttpReply> refuse(const split::HttpRequest&) const override { return std::nullopt; }
  split::HttpReply answer(const split::HttpRequest& request) override {
    split::HttpReply reply;
    if (request.path.front() != "large") return reply;
    const auto zeros = std::make_shared<const Tensor>(DataType::uint8, Shape{kLargeBytes});
    reply.tail.push_back(Tensor::borrow(DataType::uint8, zeros->shape(), zeros->data(), zeros));
    const std::lock_guard lock(mutex_);
    made_.push_back(zeros);
    return reply;
  }
  std::size_t made() const {
    const std::lock_guard lock(mutex_);
    return made_.size();
  }
  /// Answers whose memory is still held.
  std::ptrdiff_t held() const {
    const std::lock_guard lock(mutex_);
    return std::count_if(made_.begin(), made_.end(), [](const auto& answer) { return !answer.expired(); });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<const Tensor>> made_;
};

inline constexpr const char* kAskForLarge = "GET /large HTTP/1.1\r\n\r\n";

inline split::HttpServerOptions two_threads(double read_timeout_s) {
  split::HttpServerOptions options;
  options.workers = 2;
  options.max_body_bytes = 1000;
  options.read_timeout_s = read_timeout_s;
  return options;
}

/// The server has given up the client behind `fd`, of which nothing is read; hangs if it never does.
inline void check_given_up(int fd) {
  constexpr int kPatientMs = 60'000;
  pollfd entry{fd, 0, 0};
  CHECK(::poll(&entry, 1, kPatientMs) == 1);
  CHECK((entry.revents & POLLERR) != 0);
}

inline void wait_for_that(const std::function<bool()>& holds) {
  for (int i = 0; i < 20000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  CHECK(holds());
}

}  // namespace dnntune::test
