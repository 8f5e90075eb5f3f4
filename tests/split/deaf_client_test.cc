// SPDX-License-Identifier: Apache-2.0
// Clients that ask for large answers and never read them: others are served meanwhile, and what is held for them comes back.
#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <poll.h>

#include "digits.h"
#include "fake_server.h"
#include "split/http_server.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

/// Beyond what the buffers of both systems take together.
constexpr std::int64_t kLargeBytes = std::int64_t{64} << 20;

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

struct LargeServed {
  explicit LargeServed(double read_timeout_s, std::shared_ptr<const split::Tls> tls = nullptr) : server("127.0.0.1", 0, options(read_timeout_s, std::move(tls)), handler) {}
  static split::HttpServerOptions options(double read_timeout_s, std::shared_ptr<const split::Tls> tls) {
    split::HttpServerOptions options;
    options.workers = 2;
    options.max_body_bytes = 1000;
    options.read_timeout_s = read_timeout_s;
    options.tls = std::move(tls);
    return options;
  }
  /// A client that asks for a large answer, and takes none of it.
  FakeConnection deaf_client() const {
    FakeConnection client = raw_client(server.port());
    client.send("GET /large HTTP/1.1\r\n\r\n");
    return client;
  }
  void check_served() const {
    FakeConnection client = raw_client(server.port());
    client.send("GET /small HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK(client.read_to_end().starts_with("HTTP/1.1 200 "));
  }
  LargeAnswers handler;
  split::HttpServer server;
};

/// The server has given the client up, of which nothing is read; hangs if it never does.
void check_given_up(const FakeConnection& client) {
  pollfd entry{client.fd(), 0, 0};
  CHECK(::poll(&entry, 1, static_cast<int>(kPatientSeconds * 1e3)) == 1);
  CHECK((entry.revents & POLLERR) != 0);
}

void wait_for(const std::function<bool()>& holds) {
  for (int i = 0; i < 20000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  CHECK(holds());
}

/// A connection that lies in a buffer until the peer takes it.
class Buffer final : public split::Transport {
 public:
  std::size_t read(char*, std::size_t, split::DeadlineNs) override { return 0; }
  void write(std::string_view bytes, const split::Until&) override { written_ += bytes.size(); }
  std::size_t write_some(std::span<const std::string_view> pieces, const split::Until& until) override {
    until_.push_back(until());
    written_ += pieces.front().size();
    until_.push_back(until());
    taken_ = written_;
    until_.push_back(until());
    return pieces.front().size();
  }
  std::uint64_t written() const noexcept override { return written_; }
  std::uint64_t taken() const noexcept override { return taken_; }
  void finish() noexcept override {}
  int fd() const noexcept override { return -1; }
  const std::vector<split::DeadlineNs>& until() const { return until_; }

 private:
  std::uint64_t written_ = 500, taken_ = 400;  // of an earlier message
  std::vector<split::DeadlineNs> until_;
};

}  // namespace

TEST_CASE("others are served while a client does not read its answer") {
  const LargeServed served(3600.0);
  const FakeConnection deaf = served.deaf_client();
  wait_for([&] { return served.handler.made() == 1; });
  for (int i = 0; i < 5; ++i) served.check_served();
  CHECK(served.handler.held() == 1);
}

TEST_CASE("clients that do not read their answers are given up, more of them than there are threads, and what was held for them is free") {
  const LargeServed served(0.2);
  std::vector<FakeConnection> deaf;
  for (int i = 0; i < 5; ++i) deaf.push_back(served.deaf_client());
  served.check_served();  // once a thread is free; hangs if none ever is
  for (const FakeConnection& client : deaf) check_given_up(client);
  wait_for([&] { return served.handler.held() == 0; });
  CHECK(served.handler.made() == 5);
  served.check_served();
}

TEST_CASE("patience: what came early is no credit for later") {
  const auto now = [] { return base::now_ns(); };
  split::Patience fixed(now() + 5'000'000'000);
  const split::DeadlineNs until = fixed.after(0);
  CHECK(fixed.after(std::uint64_t{1} << 40) == until);
  constexpr double kSpan = 10.0, kSlowest = 1000.0;
  split::Patience patience(kSpan, kSlowest);
  const split::DeadlineNs first = patience.after(0);
  CHECK(first <= now() + split::whole_ns(kSpan));
  CHECK(patience.after(0) == first);
  const std::int64_t before = now();
  const split::DeadlineNs late = patience.after(std::uint64_t{1} << 40);
  CHECK(late >= before + split::whole_ns(kSpan));
  CHECK(late <= now() + split::whole_ns(kSpan));
  CHECK(patience.after(std::uint64_t{1} << 40) == late);
}

TEST_CASE("what the peer takes prolongs the wait, what lies in a buffer on this side does not") {
  Buffer transport;
  split::Patience patience(10.0, 1000.0);
  const std::string body(100000, 'x');
  const std::vector<std::string_view> pieces = {body};
  split::write_message(transport, "head", pieces, patience);
  const std::vector<split::DeadlineNs>& until = transport.until();
  REQUIRE(until.size() == 6);  // head and body, thrice each
  CHECK(until[1] == until[0]);
  CHECK(until[2] > until[1]);
  CHECK(until[4] == until[3]);
  CHECK(until[5] > until[4]);
}
