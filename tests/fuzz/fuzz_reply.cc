// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as what a server sends back, heads and bodies, one after the other.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dnntune/error.h"
#include "split/http_message.h"

namespace {

using namespace dnntune;

/// A connection that has received `bytes`, in pieces of a few, and then the end.
class Received final : public split::Transport {
 public:
  explicit Received(std::string_view bytes) : rest_(bytes) {}
  std::size_t read(char* data, std::size_t size, split::DeadlineNs) override {
    const std::size_t n = std::min({size, rest_.size(), 1 + rest_.size() % 97});
    std::copy_n(rest_.data(), n, data);
    rest_.remove_prefix(n);
    return n;
  }
  void write(std::string_view, split::DeadlineNs) override {}
  void finish() noexcept override {}
  int fd() const noexcept override { return -1; }

 private:
  std::string_view rest_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxBody = 4096;
  Received transport({reinterpret_cast<const char*>(data), size});
  split::HttpReader reader(transport);
  const split::Patience patience{split::deadline_in(60.0)};
  try {
    while (const auto head = reader.read_head(patience.deadline)) {
      const auto length = split::HttpReader::plain_length(*head, kMaxBody);
      std::string body;
      if (length) {
        body.resize(*length);
        reader.read_into(body.data(), body.size(), patience);
      } else {
        body = reader.read_body(*head, kMaxBody, split::Unannounced::until_close, patience);
      }
      if (body.size() > kMaxBody) std::abort();
      if (head->find("Content-Encoding") != nullptr && split::inflate(body, kMaxBody).size() > kMaxBody) std::abort();
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
