// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "split/http_message.h"

namespace dnntune::split {

std::string inflate(std::string_view bytes, std::size_t limit) {
  static constexpr int kAnyHeader = 15 + 32;  // zlib's own notation: largest window, gzip or zlib header
  struct Stream : z_stream {
    Stream() : z_stream{} {
      if (inflateInit2(this, kAnyHeader) != Z_OK) throw Error(ErrorCode::out_of_memory, "no memory to decompress");
    }
    ~Stream() { inflateEnd(this); }
  } stream;
  std::string out;
  char piece[16 << 10];
  // zlib counts in 32 bits; a body may be longer.
  static constexpr std::size_t kFeedBytes = std::size_t{1} << 30;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    if (stream.avail_in == 0) {
      const std::string_view feed = bytes.substr(0, kFeedBytes);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(feed.data()));  // zlib does not write to it
      stream.avail_in = static_cast<uInt>(feed.size());
      bytes.remove_prefix(feed.size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    state = ::inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) throw Error(ErrorCode::invalid_argument, "the compressed body is damaged or ends early");
    const std::size_t made = sizeof piece - stream.avail_out;
    if (made > limit - out.size()) throw Error(ErrorCode::limit_exceeded, fmt::format("the body is larger than {} bytes when decompressed", limit));
    out.append(piece, made);
  }
  if (stream.avail_in != 0 || !bytes.empty()) throw Error(ErrorCode::invalid_argument, "bytes follow the compressed body");
  return out;
}

}  // namespace dnntune::split
