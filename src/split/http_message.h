// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 messages as they come off a connection, read with limits: the client and the server share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "split/transport.h"

namespace dnntune::split {

/// Start line and headers together.
inline constexpr std::size_t kMaxHeadBytes = std::size_t{64} << 10;

struct Header {
  std::string name, value;
};

struct Head {
  std::string start_line;
  std::vector<Header> headers;

  /// The value of the first header of that name in any case, or null.
  const std::string* find(std::string_view name) const;
  std::string get(std::string_view name) const;
  /// True when the comma-separated values of `name` have `token`, in any case.
  bool has_token(std::string_view name, std::string_view token) const;
};

/// How long to wait for a body to come, or to be taken.
class Patience {
 public:
  /// To the deadline, whatever passes.
  explicit Patience(DeadlineNs deadline) : deadline_(deadline) {}
  /// For `span_s`, and longer by what a peer that is not slower than `slowest_bytes_per_s` needs; but never longer than `span_s` from the last
  /// time that it was asked: a peer that was fast at first cannot be silent for the longer afterwards.
  Patience(double span_s, double slowest_bytes_per_s)
      : deadline_(deadline_in(span_s)), span_ns_(whole_ns(span_s)), ns_per_byte_(1e9 / slowest_bytes_per_s) {}
  /// Until when to wait for more when `bytes` have passed by now.
  DeadlineNs after(std::uint64_t bytes);

 private:
  DeadlineNs deadline_;
  std::int64_t span_ns_ = 0;
  double ns_per_byte_ = 0.0;  ///< 0: the deadline stays.
  std::uint64_t passed_ = 0;
};

/// Whether a body follows when neither a length nor chunks are announced.
enum class Unannounced { no_body, until_close };

/// Reads message after message from one connection. Throws invalid_argument for what is no HTTP,
/// limit_exceeded beyond the limits, unsupported for a transfer coding it does not know, network when the
/// connection breaks or ends within a message, timeout.
class HttpReader {
 public:
  explicit HttpReader(Transport& transport) : transport_(transport) {}

  /// Start line and headers; nothing when the peer ended before their first byte.
  std::optional<Head> read_head(DeadlineNs deadline);
  /// The announced length of a body that comes as it is; nothing for one in chunks, or without a length. Throws as `read_body` for what it
  /// would not read.
  static std::optional<std::size_t> plain_length(const Head& head, std::size_t limit);
  /// The next `size` bytes of a body. `done` bytes of it came before, which the patience takes into account.
  void read_into(char* out, std::size_t size, Patience& patience, std::size_t done = 0);
  /// Throws before it reads anything when the announced length is beyond `limit`.
  std::string read_body(const Head& head, std::size_t limit, Unannounced unannounced, Patience& patience);

  /// Bytes of the next message are here.
  bool buffered() const noexcept { return begin_ < end_ || transport_.buffered(); }
  /// The peer has sent something since this reader was made, or since `expect_anew`.
  bool anything_received() const noexcept { return anything_received_; }
  void expect_anew() noexcept { anything_received_ = false; }

 private:
  bool fill(DeadlineNs deadline);
  /// The next line, without its end: valid until more is read.
  std::string_view read_line(std::size_t& budget, Patience& patience, std::size_t received);
  void take(std::string& out, std::size_t size, Patience& patience);
  std::string read_chunks(std::size_t limit, Patience& patience);
  std::string read_to_end(std::size_t limit, Patience& patience);

  Transport& transport_;
  std::string_view unread() const noexcept { return std::string_view(buffer_).substr(begin_, end_ - begin_); }
  std::string buffer_;                ///< All of its size may be written to.
  std::size_t begin_ = 0, end_ = 0;   ///< Of the unread bytes in `buffer_`.
  bool anything_received_ = false;
};

/// A start line, headers and the empty line. Names and values must not come from a peer.
std::string head_text(std::string_view start_line, const std::vector<Header>& headers);
/// Head and body, whose pieces are not joined before the transport has them. What the peer's system has taken counts as passed, not what lies in
/// this system's buffers. Done when those have all of it. Throws timeout or network.
void write_message(Transport& transport, std::string_view head, std::span<const std::string_view> body, Patience& patience);

/// Undoes Content-Encoding gzip and deflate. Throws invalid_argument for damage, limit_exceeded.
std::string inflate(std::string_view bytes, std::size_t limit);

bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace dnntune::split
