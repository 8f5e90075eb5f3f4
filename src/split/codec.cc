// SPDX-License-Identifier: Apache-2.0
#include "split/codec.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/half.h"
#include "dnntune/error.h"

namespace dnntune::split {
namespace {

std::string scale_name(const Crossing& crossing) { return entry_name(crossing) + ".scale"; }
std::string zero_point_name(const Crossing& crossing) { return entry_name(crossing) + ".zero_point"; }

std::vector<NamedTensor> encode_int8(const Tensor& value, const Crossing& crossing) {
  constexpr float kLeast = -128.0f, kMost = 127.0f;
  const auto floats = value.as<float>();
  float low = 0.0f, high = 0.0f;
  bool finite = true;
  for (const float x : floats) {
    finite = finite && std::isfinite(x);
    low = std::min(low, x);
    high = std::max(high, x);
  }
  if (!finite) throw Error(ErrorCode::unsupported, fmt::format("value '{}' holds a NaN or an infinity, which int8 cannot carry", crossing.value));
  // The range may be more than a float holds; a scale that is no normal number would count as 0 where denormals do.
  const double step = (static_cast<double>(high) - static_cast<double>(low)) / (kMost - kLeast);
  const float scale = step == 0.0 ? 1.0f : std::max(static_cast<float>(step), std::numeric_limits<float>::min());
  const float zero = std::clamp(std::nearbyint(kLeast - low / scale), kLeast, kMost);
  Tensor bytes(DataType::int8, value.shape());
  std::transform(floats.begin(), floats.end(), bytes.as_mutable<std::int8_t>().begin(),
                 [&](float x) { return static_cast<std::int8_t>(std::clamp(std::nearbyint(x / scale) + zero, kLeast, kMost)); });
  return {{entry_name(crossing), std::move(bytes)},
          {scale_name(crossing), Tensor::from<float>({1}, std::vector<float>{scale})},
          {zero_point_name(crossing), Tensor::from<std::int8_t>({1}, std::vector<std::int8_t>{static_cast<std::int8_t>(zero)})}};
}

}  // namespace

bool carries(WireEncoding encoding) noexcept {
  return encoding == WireEncoding::raw || encoding == WireEncoding::fp16 || encoding == WireEncoding::int8;
}

const char* entry_ending(WireEncoding encoding) noexcept {
  return encoding == WireEncoding::fp16 ? ".fp16" : encoding == WireEncoding::int8 ? ".int8" : "";
}

std::string entry_name(const Crossing& crossing) { return crossing.value + entry_ending(crossing.encoding); }

std::vector<NamedTensor> encode(const Tensor& value, const Crossing& crossing) {
  if (crossing.encoding == WireEncoding::int8) return encode_int8(value, crossing);
  if (crossing.encoding == WireEncoding::raw) return {{entry_name(crossing), value}};
  const auto floats = value.as<float>();
  Tensor halves(DataType::float16, value.shape());
  std::transform(floats.begin(), floats.end(), static_cast<std::uint16_t*>(halves.mutable_data()), base::float_to_float16);
  return {{entry_name(crossing), std::move(halves)}};
}

void check_decoders(const std::vector<Crossing>& crossings, std::int64_t opset) {
  constexpr std::int64_t kDequantizeSince = 10;
  for (const Crossing& crossing : crossings)
    if (crossing.encoding == WireEncoding::int8 && opset < kDequantizeSince)
      throw Error(ErrorCode::unsupported, fmt::format("value '{}' cannot cross as int8: the model is of opset {}, DequantizeLinear exists since {}",
                                                      crossing.value, opset, kDequantizeSince));
}

void add_decoder(graph::Ir& ir, graph::Bindings& bindings, const Crossing& crossing) {
  const auto input = std::find_if(ir.inputs.begin(), ir.inputs.end(), [&](graph::ValueId id) { return ir.value(id).name == crossing.value; });
  if (ir.value(*input).type != DataType::float32)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("value '{}' is {} and cannot cross as {}", crossing.value, to_string(ir.value(*input).type), to_string(crossing.encoding)));
  const bool half = crossing.encoding == WireEncoding::fp16;
  const auto place = input - ir.inputs.begin();
  const graph::ValueId decoded_id = *input;
  graph::Value encoded = ir.value(decoded_id);
  encoded.name = entry_name(crossing);
  encoded.type = half ? DataType::float16 : DataType::int8;
  ir.inputs[static_cast<std::size_t>(place)] = ir.add_value(std::move(encoded));
  if (const auto shape = bindings.input_shapes.extract(crossing.value); !shape.empty())
    bindings.input_shapes[entry_name(crossing)] = shape.mapped();

  graph::Node decoder;
  decoder.op = half ? graph::Op::Cast : graph::Op::DequantizeLinear;
  decoder.op_type = half ? "Cast" : "DequantizeLinear";
  decoder.name = "dnntune_decode_" + crossing.value;
  if (half) decoder.attributes = graph::Attributes({{"to", static_cast<std::int64_t>(DataType::float32)}});
  decoder.inputs = {ir.inputs[static_cast<std::size_t>(place)]};
  decoder.outputs = {decoded_id};
  std::vector<graph::Node> nodes;
  if (!half) {
    // DequantizeLinear wants scalars, but Triton carries no tensor without dimensions: one element enters, and a Squeeze takes its dimension.
    const auto add_scalar = [&](const std::string& name, DataType type) {
      graph::Value element, scalar;
      element.name = name;
      scalar.name = name + ".scalar";
      element.type = scalar.type = type;
      element.shape = Shape{1};
      scalar.shape = Shape{};
      graph::Node squeeze;
      squeeze.op = graph::Op::Squeeze;
      squeeze.op_type = "Squeeze";
      squeeze.name = "dnntune_decode_" + name;
      squeeze.inputs = {ir.add_value(std::move(element))};
      squeeze.outputs = {ir.add_value(std::move(scalar))};
      ir.inputs.push_back(squeeze.inputs.front());
      decoder.inputs.push_back(squeeze.outputs.front());
      nodes.push_back(std::move(squeeze));
    };
    add_scalar(scale_name(crossing), DataType::float32);
    add_scalar(zero_point_name(crossing), DataType::int8);
  }
  nodes.push_back(std::move(decoder));
  ir.nodes.insert(ir.nodes.begin(), std::make_move_iterator(nodes.begin()), std::make_move_iterator(nodes.end()));
}

}  // namespace dnntune::split
