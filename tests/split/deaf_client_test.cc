// SPDX-License-Identifier: Apache-2.0
// Clients that ask for large answers and never read them: others are served meanwhile, and what is held for them comes back.
#include <vector>

#include "digits.h"
#include "fake_server.h"
#include "large_answers.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

struct LargeServed {
  explicit LargeServed(double read_timeout_s) : server("127.0.0.1", 0, two_threads(read_timeout_s), handler) {}
  /// A client that asks for a large answer, and takes none of it.
  FakeConnection deaf_client() const {
    FakeConnection client = raw_client(server.port());
    client.send(kAskForLarge);
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
  wait_for_that([&] { return served.handler.made() == 1; });
  for (int i = 0; i < 5; ++i) served.check_served();
  CHECK(served.handler.held() == 1);
}

TEST_CASE("clients that do not read their answers are given up, more of them than there are threads, and what was held for them is free") {
  const LargeServed served(0.5);
  std::vector<FakeConnection> deaf;
  for (int i = 0; i < 5; ++i) deaf.push_back(served.deaf_client());
  served.check_served();  // once a thread is free; hangs if none ever is
  for (const FakeConnection& client : deaf) check_given_up(client.fd());
  wait_for_that([&] { return served.handler.held() == 0; });
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
