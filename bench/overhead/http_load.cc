// SPDX-License-Identifier: Apache-2.0
#include "overhead/http_load.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sys/socket.h>

#include "overhead/echo.h"

namespace dnntune::overhead_bench {
namespace {

/// One kept connection. The buffer holds one answer.
class Connection {
 public:
  explicit Connection(const Target& target) : target_(target), socket_(connect_here(target.port)), buffer_(std::size_t{1} << 20, '\0') {}

  void exchange() {
    if (!send_all(socket_.get(), target_.request.data(), target_.request.size())) fail("took no request");
    std::size_t received = 0, wanted = 0;
    while (wanted == 0 || received < wanted) {
      const ssize_t n = ::recv(socket_.get(), buffer_.data() + received, buffer_.size() - received, 0);
      if (n <= 0) fail("ended the connection within an answer");
      received += static_cast<std::size_t>(n);
      if (wanted == 0) wanted = answer_bytes({buffer_.data(), received});
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(fmt::format("{}: {}", target_.name, what)); }

  /// Of head and body together, by the head; 0 while that is not complete.
  std::size_t answer_bytes(std::string_view text) const {
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    if (!text.starts_with("HTTP/1.1 200")) fail(std::string(text.substr(0, std::min<std::size_t>(text.size(), 400))));
    static constexpr std::string_view kLength = "content-length: ";
    std::string lower(text.substr(0, head));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t at = lower.find(kLength);
    if (at == std::string::npos) fail("an answer without a length");
    std::size_t length = 0;
    std::from_chars(lower.data() + at + kLength.size(), lower.data() + lower.size(), length);
    if (head + 4 + length > buffer_.size()) fail("an answer beyond what is read here");
    return head + 4 + length;
  }

  const Target& target_;
  Socket socket_;
  std::string buffer_;
};

}  // namespace

std::string post(const std::string& path, const std::string& body, const std::string& headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n{}Content-Length: {}\r\n\r\n{}", path, headers, body.size(), body);
}

double requests_per_second(const Target& target, int clients, double seconds) {
  std::atomic<std::int64_t> answered = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<Connection> connections;
  for (int i = 0; i < clients; ++i) connections.emplace_back(target).exchange();
  std::vector<std::thread> threads;
  const auto start = std::chrono::steady_clock::now();
  for (Connection& connection : connections)
    threads.emplace_back([&] {
      try {
        for (; !stop; ++answered) connection.exchange();
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  if (failure) std::rethrow_exception(failure);
  return static_cast<double>(answered) / passed.count();
}

}  // namespace dnntune::overhead_bench
