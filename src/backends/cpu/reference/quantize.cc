// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#include "kernels/reference/quantize.h"

#include <algorithm>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/quantization.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::DequantizeArgs;
using kernels::reference::QuantizeArgs;

/// What each scale is for: all elements, or those at one position along an axis.
Lanes scale_lanes(const LayerSpec& layer, const TensorSpec& quantized) {
  const Shape& shape = input(layer, 0).shape;
  const std::int64_t count = elements(input(layer, 1).shape);
  Lanes lanes = {1, 1, std::max<std::int64_t>(1, elements(shape))};
  if (count != 1) lanes = lanes_of(shape, normalized_axis(layer, layer.node.attributes.integer("axis", 1), shape.size()));
  check_scale(layer, quantized, {1, 2}, lanes.dim);
  require(!input(layer, 2).present() || elements(input(layer, 2).shape) == count, layer, "scale and zero point differ in length");
  return lanes;
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_quantize(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  require_same_count(layer, x, y);
  require_bytes(layer, y);
  if (x.type != DataType::float32) throw_unsupported(layer, "there is no kernel for these types");
  const Lanes lanes = scale_lanes(layer, y);
  const QuantizeArgs args = {.channels = lanes.dim, .inner = lanes.inner, .is_signed = is_signed(y)};
  return make_layer({.kernel = "reference.quantize"}, [args, count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
    QuantizeArgs own = args;
    own.x = in<float>(buffers, 0);
    own.scale = in<float>(buffers, 1);
    own.zero_point = in<std::uint8_t>(buffers, 2);
    own.y = out<std::uint8_t>(buffers, 0);
    run_parallel(pool, count, kernels::reference::quantize, own);
  });
}

std::unique_ptr<PreparedLayer> reference::prepare_dequantize(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  require_same_count(layer, x, y);
  require_type(layer, y, DataType::float32, "the output");
  const Lanes lanes = scale_lanes(layer, x);
  const DequantizeArgs args = {.channels = lanes.dim, .inner = lanes.inner};
  const auto kernel = x.type == DataType::uint8   ? kernels::reference::dequantize_uint8
                      : x.type == DataType::int8  ? kernels::reference::dequantize_int8
                      : x.type == DataType::int32 ? kernels::reference::dequantize_int32
                                                  : nullptr;
  require_kernel(layer, kernel);
  return make_layer({.kernel = "reference.dequantize"}, [args, kernel, count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
    DequantizeArgs own = args;
    own.x = in<void>(buffers, 0);
    own.scale = in<float>(buffers, 1);
    own.zero_point = in<void>(buffers, 2);
    own.y = out<float>(buffers, 0);
    run_parallel(pool, count, kernel, own);
  });
}

std::unique_ptr<PreparedLayer> reference::prepare_dynamic_quantize(const LayerSpec& layer) {
  require_operands(layer, 1, 3);
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  require_same_count(layer, x, y);
  if (x.type != DataType::float32) throw_unsupported(layer, "there is no kernel for these types");
  require_type(layer, y, DataType::uint8, "the output");
  require_type(layer, output(layer, 1), DataType::float32, "the scale");
  require_type(layer, output(layer, 2), DataType::uint8, "the zero point");
  for (const std::size_t i : {1u, 2u}) require_shape(layer, output(layer, i), {}, "scale and zero point");
  return make_layer({.kernel = "reference.dynamic_quantize"}, [count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
    const float* const from = in<float>(buffers, 0);
    float least = 0.0f, most = 0.0f;
    for (std::int64_t i = 0; i < count; ++i) {
      least = std::min(least, from[i]);
      most = std::max(most, from[i]);
    }
    const kernels::reference::DynamicScale found = kernels::reference::dynamic_scale(least, most);
    *out<float>(buffers, 1) = found.scale;
    *out<std::uint8_t>(buffers, 2) = found.zero_point;
    const float scale = found.scale > 0.0f ? found.scale : 1.0f;  // zeros stay zeros
    const QuantizeArgs args = {from, &scale, &found.zero_point, out<std::uint8_t>(buffers, 0), 1, count};
    run_parallel(pool, count, kernels::reference::quantize, args);
  });
}

}  // namespace dnntune::backends::cpu
