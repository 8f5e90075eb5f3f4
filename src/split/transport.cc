// SPDX-License-Identifier: Apache-2.0
#include "split/transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/uio.h>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {
namespace {

/// Pieces up to this size, together, are joined where each write is a packet or a record of its own.
constexpr std::size_t kJoinBytes = std::size_t{64} << 10;
/// The most that goes out at a time otherwise, so that a sender's patience can follow what was taken.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Descriptor socket) : socket_(std::move(socket)) {}

  std::size_t read(char* data, std::size_t size, DeadlineNs deadline) override {
    for (;;) {
      const ssize_t n = ::recv(socket_.get(), data, size, 0);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (!try_again()) throw Error(ErrorCode::network, fmt::format("the connection broke while reading: {}", std::strerror(errno)));
      if (!wait_for(socket_.get(), POLLIN, deadline)) throw Error(ErrorCode::timeout, "nothing to read before the deadline");
    }
  }

  void write(std::string_view bytes, const Until& until) override {
    while (!bytes.empty()) {
      bytes.remove_prefix(write_some({&bytes, 1}, until));
      // A peer that takes a byte at a time must not hold us past the deadline either.
      if (!bytes.empty() && base::now_ns() >= until()) throw Error(ErrorCode::timeout, "not all was sent before the deadline");
    }
  }

  std::size_t write_some(std::span<const std::string_view> pieces, const Until& until) override {
    std::array<iovec, 16> parts;
    const std::size_t count = std::min(pieces.size(), parts.size());
    for (std::size_t i = 0; i < count; ++i) parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};  // sendmsg does not write to it
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
    for (;;) {
      const ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
      if (n > 0) {
        written_ += static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
      }
      if (!try_again()) throw Error(ErrorCode::network, fmt::format("the connection broke while sending: {}", std::strerror(errno)));
      if (!wait_for(socket_.get(), POLLOUT, until)) throw Error(ErrorCode::timeout, "not all was sent before the deadline");
    }
  }

  std::uint64_t written() const noexcept override { return written_; }
  std::uint64_t taken() const noexcept override {
    const std::uint64_t untaken = untaken_bytes(socket_.get());
    return untaken < written_ ? written_ - untaken : 0;
  }

  void finish() noexcept override { ::shutdown(socket_.get(), SHUT_WR); }
  int fd() const noexcept override { return socket_.get(); }

 private:
  static bool try_again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

  Descriptor socket_;
  std::uint64_t written_ = 0;
};

}  // namespace

std::size_t Transport::write_some(std::span<const std::string_view> pieces, const Until& until) {
  if (pieces.front().size() >= kJoinBytes) {
    const std::string_view piece = pieces.front().substr(0, kPieceBytes);
    write(piece, until);
    return piece.size();
  }
  std::string joined;
  for (const std::string_view piece : pieces) joined += piece.substr(0, kJoinBytes - joined.size());
  write(joined, until);
  return joined.size();
}

std::unique_ptr<Transport> plain_transport(Descriptor socket) { return std::make_unique<PlainTransport>(std::move(socket)); }

}  // namespace dnntune::split
