// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as an ONNX model. What parses is written, and must parse to the same network.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "dnntune/error.h"
#include "dnntune/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dnntune;
  const LoadOptions all{.dims = {}, .input_shapes = {}, .allow_unsupported = true};
  try {
    const Graph graph = parse_onnx(std::as_bytes(std::span(data, size)), all);
    const Graph back = parse_onnx(serialize_onnx(graph), all);
    if (back.hash() != graph.hash()) std::abort();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
