// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a tensor file, .npy or TensorProto by the first byte.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "dnntune/error.h"
#include "onnx/npy.h"
#include "onnx/tensor_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dnntune;
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    if (size > 0 && data[0] == 0x93) {
      const Tensor tensor = onnx::parse_npy(bytes, "input");
      if (tensor.size_bytes() > size) std::abort();  // elements out of nowhere
    } else {
      onnx::read_tensor(bytes, {}, "input");
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
