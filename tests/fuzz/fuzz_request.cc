// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as the body of a request for an inference. What is read is written, and must be read as the same; tensors that refer to
// the body must have what copies have.
#include <memory>

#include "dnntune/error.h"
#include "message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dnntune;
  const fuzz::Body body = fuzz::body_of(data, size);
  try {
    const split::Request request = split::decode_request(body.text, body.json_bytes);
    fuzz::require_bounded(request.inputs, size);
    const auto kept = std::make_shared<const std::string>(body.text);
    fuzz::require_same(split::decode_request(*kept, body.json_bytes, kept).inputs, request.inputs);
    const fuzz::Body again = fuzz::sent(split::encode_request(request.inputs, request.outputs, true, request.id));
    const split::Request back = split::decode_request(again.text, again.json_bytes);
    fuzz::require_same(back.inputs, request.inputs);
    fuzz::require(back.outputs == request.outputs && back.id == request.id);
  } catch (const Error& error) {
    fuzz::require(error.code() != ErrorCode::internal);
  }
  return 0;
}
