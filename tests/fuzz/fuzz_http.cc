// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as what a client sends to a server, request after request, on one connection. Each request is answered or the connection
// ends; no body is larger than allowed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <sys/socket.h>
#include <unistd.h>

#include "split/http_exchange.h"

namespace {

using namespace dnntune;

constexpr std::size_t kMaxBody = std::size_t{1} << 20;

struct Handler final : split::HttpHandler {
  std::optional<split::HttpReply> refuse(const split::HttpRequest& request) const override {
    if (request.path.empty() || request.method.empty()) std::abort();
    if (request.path.front() == "refuse") return split::error_reply(404, request.path.back());
    return std::nullopt;
  }
  split::HttpReply answer(const split::HttpRequest& request) override {
    if (request.body.size() > kMaxBody) std::abort();
    std::size_t sum = 0;
    for (const char c : request.body) sum += static_cast<unsigned char>(c);  // each byte is there
    split::HttpReply reply;
    reply.body = std::to_string(sum);
    return reply;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostSent = std::size_t{64} << 10;  // fits the socket's buffer: nobody reads meanwhile
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return 0;
  split::Descriptor client(ends[0]);
  if (::send(client.get(), data, std::min(size, kMostSent), MSG_NOSIGNAL) < 0 && size > 0) return 0;
  ::shutdown(client.get(), SHUT_WR);
  split::HttpServerOptions options;
  options.max_body_bytes = kMaxBody;
  const auto bodies = split::BodyPool::make();
  split::HttpExchange exchange(split::Descriptor(ends[1]), options, *bodies);
  Handler handler;
  char answers[64 << 10];
  while (exchange.serve(handler, [] {}, [] { return true; }))
    while (::recv(client.get(), answers, sizeof answers, MSG_DONTWAIT) > 0) {
    }
  return 0;
}
