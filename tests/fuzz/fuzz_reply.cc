// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as what a server sends back, heads and bodies, one after the other.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dnntune/error.h"
#include "received.h"
#include "split/http_message.h"

using namespace dnntune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxBody = 4096;
  test::Received transport(std::string_view(reinterpret_cast<const char*>(data), size));
  split::HttpReader reader(transport);
  split::Patience patience(split::deadline_in(60.0));
  try {
    while (const auto head = reader.read_head(patience.after(0))) {
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
