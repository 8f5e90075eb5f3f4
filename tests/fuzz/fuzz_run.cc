// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as an ONNX model that is prepared and run, whatever it computes. Models that say they are
// large are left alone: the target looks for crashes, not for patience.
#include <cstdint>
#include <span>

#include "dnntune/device.h"
#include "dnntune/error.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dnntune;
  constexpr std::int64_t kMostElements = 1 << 16, kMostMacs = 1 << 22;
  try {
    const Graph graph = parse_onnx(std::as_bytes(std::span(data, size)));
    const auto small = [](const TensorInfo& value) {
      std::int64_t elements = 1;
      for (const std::int64_t dim : value.shape)
        if (dim < 0 || __builtin_mul_overflow(elements, dim, &elements) || elements > kMostElements) return false;
      return true;
    };
    for (const TensorInfo& input : graph.inputs())
      if (!small(input)) return 0;
    for (const LayerInfo& layer : graph.layers())
      if (layer.macs > kMostMacs) return 0;
    SessionOptions options;
    options.max_loop_iterations = 100;
    Processor alone;
    alone.backend = "cpu";
    options.max_arena_bytes = std::int64_t{8} << 20;
    Session session(graph, alone, options);
    session.run(random_inputs(graph, 1));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) __builtin_trap();
  }
  return 0;
}
