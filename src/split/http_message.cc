// SPDX-License-Identifier: Apache-2.0
#include "split/http_message.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
/// Less room than this behind the unread bytes is not worth a read.
constexpr std::size_t kLeastRoom = std::size_t{4} << 10;
constexpr std::size_t kMaxChunkLine = 1024;
[[noreturn]] void malformed(const std::string& problem) { throw Error(ErrorCode::invalid_argument, "malformed HTTP: " + problem); }
[[noreturn]] void too_large(std::size_t limit) { throw Error(ErrorCode::limit_exceeded, fmt::format("the body is larger than {} bytes", limit)); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Of which names of headers are made.
bool is_token_character(char c) {
  if ((lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-') return true;
  return std::string_view("!#$%&'*+.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character); }

Header parse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) malformed("a header line has no name");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), [](char c) { return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127; }))
    malformed("a header has control characters");
  return {std::string(line.substr(0, colon)), std::string(value)};
}

std::size_t parse_size(std::string_view text, int base, const char* what) {
  std::size_t size = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (failure != std::errc() || end != text.data() + text.size()) malformed(fmt::format("{} is not a size", what));
  return size;
}

/// The announced length. Two that differ, or one beside chunks, are the way to smuggle a second message in.
std::optional<std::size_t> content_length(const Head& head) {
  std::optional<std::size_t> length;
  for (const Header& header : head.headers) {
    if (!equal_ignoring_case(header.name, "Content-Length")) continue;
    const std::size_t size = parse_size(header.value, 10, "Content-Length");
    if (length && *length != size) malformed("two lengths that differ");
    length = size;
  }
  return length;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* Head::find(std::string_view name) const {
  const auto it = std::find_if(headers.begin(), headers.end(), [&](const Header& header) { return equal_ignoring_case(header.name, name); });
  return it == headers.end() ? nullptr : &it->value;
}

std::string Head::get(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? "" : *value;
}

bool Head::has_token(std::string_view name, std::string_view token) const {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    for (std::string_view rest = header.value;;) {
      const std::size_t comma = rest.find(',');
      if (equal_ignoring_case(trimmed(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

DeadlineNs Patience::after(std::uint64_t bytes) {
  if (ns_per_byte_ > 0.0 && bytes > passed_) {
    const double longer_ns = static_cast<double>(bytes - std::exchange(passed_, bytes)) * ns_per_byte_;
    const DeadlineNs latest = base::now_ns() + span_ns_;
    deadline_ = longer_ns < static_cast<double>(latest - deadline_) ? deadline_ + static_cast<std::int64_t>(longer_ns) : latest;
  }
  return deadline_;
}

bool HttpReader::fill(DeadlineNs deadline) {
  if (base::now_ns() >= deadline) throw Error(ErrorCode::timeout, "the message was not complete before the deadline");
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - end_ < kLeastRoom) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= std::exchange(begin_, 0);
    if (buffer_.size() - end_ < kLeastRoom) buffer_.resize(end_ + kReadBytes);
  }
  const std::size_t n = transport_.read(buffer_.data() + end_, buffer_.size() - end_, deadline);
  end_ += n;
  anything_received_ = anything_received_ || n > 0;
  return n > 0;
}

std::string_view HttpReader::read_line(std::size_t& budget, Patience& patience, std::size_t received) {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view here = unread();
    const std::size_t end = here.find('\n', searched);
    if (end == std::string_view::npos ? here.size() > budget : end >= budget)
      throw Error(ErrorCode::limit_exceeded, "malformed HTTP: a line or the headers are too long");
    if (end != std::string_view::npos) {
      // Where one side takes a line's end that another does not, a second message can hide in the first.
      if (end == 0 || here[end - 1] != '\r') malformed("a line ends without a carriage return");
      budget -= end + 1;
      begin_ += end + 1;
      return here.substr(0, end - 1);
    }
    searched = here.size();
    if (!fill(patience.after(received))) throw Error(ErrorCode::network, "the connection ended within a message");
  }
}

std::optional<Head> HttpReader::read_head(DeadlineNs deadline) {
  if (begin_ == end_ && !fill(deadline)) return std::nullopt;
  std::size_t budget = kMaxHeadBytes;
  Patience patience(deadline);
  Head head;
  head.start_line = read_line(budget, patience, 0);
  for (;;) {
    const std::string_view line = read_line(budget, patience, 0);
    if (line.empty()) return head;
    head.headers.push_back(parse_header(line));
  }
}

/// Appends `size` bytes to `out`. Memory grows with what arrives, not with what was announced.
void HttpReader::take(std::string& out, std::size_t size, Patience& patience) {
  while (size > 0) {
    if (begin_ == end_ && !fill(patience.after(out.size()))) throw Error(ErrorCode::network, "the connection ended within a body");
    const std::size_t n = std::min(size, end_ - begin_);
    out.append(buffer_, begin_, n);
    begin_ += n;
    size -= n;
  }
}

void HttpReader::read_into(char* out, std::size_t size, Patience& patience, std::size_t done) {
  const std::size_t here = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, here, out);
  begin_ += here;
  for (std::size_t got = here; got < size;) {
    const DeadlineNs deadline = patience.after(done + got);
    if (base::now_ns() >= deadline) throw Error(ErrorCode::timeout, "the message was not complete before the deadline");
    const std::size_t n = transport_.read(out + got, size - got, deadline);
    if (n == 0) throw Error(ErrorCode::network, "the connection ended within a body");
    anything_received_ = true;
    got += n;
  }
}

std::string HttpReader::read_chunks(std::size_t limit, Patience& patience) {
  std::string body;
  for (;;) {
    std::size_t budget = kMaxChunkLine;
    const std::string_view line = read_line(budget, patience, body.size());
    const std::size_t size = parse_size(trimmed(line.substr(0, line.find(';'))), 16, "a chunk's length");
    if (size > limit - body.size()) too_large(limit);
    if (size == 0) break;
    take(body, size, patience);
    budget = kMaxChunkLine;
    if (!read_line(budget, patience, body.size()).empty()) malformed("a chunk is longer than it says");
  }
  for (std::size_t budget = kMaxHeadBytes; !read_line(budget, patience, body.size()).empty();) {
    // Trailers say nothing we need.
  }
  return body;
}

std::string HttpReader::read_to_end(std::size_t limit, Patience& patience) {
  std::string body;
  do {
    body.append(unread());
    begin_ = end_;
    if (body.size() > limit) too_large(limit);
  } while (fill(patience.after(body.size())));
  return body;
}

std::optional<std::size_t> HttpReader::plain_length(const Head& head, std::size_t limit) {
  const std::optional<std::size_t> length = content_length(head);
  if (const std::string* coding = head.find("Transfer-Encoding")) {
    if (std::count_if(head.headers.begin(), head.headers.end(), [](const Header& header) { return equal_ignoring_case(header.name, "Transfer-Encoding"); }) > 1)
      malformed("two transfer codings");
    if (!equal_ignoring_case(*coding, "chunked")) throw Error(ErrorCode::unsupported, "transfer codings other than chunked");
    if (length) malformed("both chunks and a length");
  }
  if (length && *length > limit) too_large(limit);
  return length;
}

std::string HttpReader::read_body(const Head& head, std::size_t limit, Unannounced unannounced, Patience& patience) {
  const std::optional<std::size_t> length = plain_length(head, limit);
  if (head.find("Transfer-Encoding") != nullptr) return read_chunks(limit, patience);
  if (!length) return unannounced == Unannounced::until_close ? read_to_end(limit, patience) : std::string();
  std::string body;
  body.reserve(std::min(*length, kReadBytes * 16));
  take(body, *length, patience);
  return body;
}

std::string head_text(std::string_view start_line, const std::vector<Header>& headers) {
  std::string text(start_line);
  text += "\r\n";
  for (const Header& header : headers) text.append(header.name).append(": ").append(header.value).append("\r\n");
  return text += "\r\n";
}

void write_message(Transport& transport, std::string_view head, std::span<const std::string_view> body, Patience& patience) {
  std::vector<std::string_view> pieces = {head};
  std::copy_if(body.begin(), body.end(), std::back_inserter(pieces), [](std::string_view piece) { return !piece.empty(); });
  const auto patient_until = [&, before = transport.written()] {
    const std::uint64_t taken = transport.taken();
    return patience.after(taken > before ? taken - before : 0);
  };
  const Until until([&patient_until] { return patient_until(); });
  bool begun = false;
  for (auto next = pieces.begin(); next != pieces.end();) {
    // A peer that takes a byte at a time must not hold us past the deadline either.
    if (std::exchange(begun, true) && base::now_ns() >= until()) throw Error(ErrorCode::timeout, "not all was sent before the deadline");
    std::size_t written = transport.write_some({next, pieces.end()}, until);
    for (; next != pieces.end() && written >= next->size(); ++next) written -= next->size();
    if (written > 0) next->remove_prefix(written);
  }
}

}  // namespace dnntune::split
