// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as the body of an answer to an inference. What is read is written, and must be read as the same.
#include "dnntune/error.h"
#include "message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dnntune;
  const fuzz::Body body = fuzz::body_of(data, size);
  try {
    const split::Response response = split::decode_response(body.text, body.json_bytes);
    fuzz::require_bounded(response.outputs, size);
    const fuzz::Body again = fuzz::sent(split::encode_response(response, std::vector<bool>(response.outputs.size(), true)));
    fuzz::require_same(split::decode_response(again.text, again.json_bytes).outputs, response.outputs);
  } catch (const Error& error) {
    fuzz::require(error.code() != ErrorCode::internal);
  }
  return 0;
}
