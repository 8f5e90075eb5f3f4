// SPDX-License-Identifier: Apache-2.0
// What the functions that bind a LayerSpec to a kernel share: errors, shapes, types, a PreparedLayer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "dnntune/error.h"
#include "kernels/activation.h"

namespace dnntune::backends {

/// Throw "Conv 'conv1' (float32, float32 -> float32): reason" with the code the name says.
[[noreturn]] void throw_unsupported(const LayerSpec& layer, std::string_view reason);
[[noreturn]] void throw_invalid(const LayerSpec& layer, std::string_view reason);
/// throw_invalid (invalid_model) unless `holds`.
inline void require(bool holds, const LayerSpec& layer, std::string_view reason) {
  if (!holds) throw_invalid(layer, reason);
}

/// Each throws invalid_model naming the operand: it must have this shape; it must, when present, have
/// this type.
void require_shape(const LayerSpec& layer, const TensorSpec& operand, const Shape& wanted, std::string_view what);
void require_type(const LayerSpec& layer, const TensorSpec& operand, DataType wanted, std::string_view what);

/// The operand, or one that is not `present()` when the list is shorter.
const TensorSpec& input(const LayerSpec& layer, std::size_t index) noexcept;
const TensorSpec& output(const LayerSpec& layer, std::size_t index) noexcept;

/// Null for an operand that is left out or beyond the list.
template <typename T>
const T* in(const Buffers& buffers, std::size_t index) noexcept {
  return index < buffers.inputs.size() ? static_cast<const T*>(buffers.inputs[index]) : nullptr;
}
template <typename T>
T* out(const Buffers& buffers, std::size_t index) noexcept {
  return index < buffers.outputs.size() ? static_cast<T*>(buffers.outputs[index]) : nullptr;
}

/// Elements from one row of input `index` (of output 0) to the next. `dense`: its innermost dimension.
inline std::int64_t input_pitch(const Buffers& buffers, std::size_t index, std::int64_t dense) noexcept {
  const bool given = index < buffers.input_pitches.size() && buffers.input_pitches[index] != 0;
  return given ? buffers.input_pitches[index] : dense;
}
inline std::int64_t output_pitch(const Buffers& buffers, std::int64_t dense) noexcept {
  return buffers.output_pitch != 0 ? buffers.output_pitch : dense;
}

/// Input 0 and output 0 of one call, and the floats from one row (of an image: pixel) of each to the next.
struct PitchedPair {
  const float* input = nullptr;
  float* output = nullptr;
  std::int64_t input_pitch = 0, output_pitch = 0;
};
inline PitchedPair pitched_pair(const Buffers& buffers, std::int64_t dense_input, std::int64_t dense_output) noexcept {
  return {in<float>(buffers, 0), out<float>(buffers, 0), input_pitch(buffers, 0, dense_input), output_pitch(buffers, dense_output)};
}
inline PitchedPair pitched_pair(const RowBuffers& at, std::int64_t dense_input, std::int64_t dense_output) noexcept {
  return {at.input, at.output, at.input_pitch != 0 ? at.input_pitch : dense_input, at.output_pitch != 0 ? at.output_pitch : dense_output};
}

/// Items a thread should take at least, so that a piece does some 2^15 multiply-adds (or moves) and the
/// cost of handing it out does not show.
std::int64_t grain(std::int64_t cost_per_item) noexcept;

/// Product of dimensions [begin, end), all of them by default; throws limit_exceeded on overflow.
std::int64_t elements(const Shape& shape);
std::int64_t elements(const Shape& shape, std::size_t begin, std::size_t end);
/// Element strides of a dense row-major array.
std::vector<std::int64_t> dense_strides(const Shape& shape);
/// Element strides to walk a dense array of shape `from` along the dimensions of `to` (ONNX, numpy
/// broadcasting): 0 where `from` is repeated. Throws invalid_model when `from` does not fit.
std::vector<std::int64_t> broadcast_strides(const LayerSpec& layer, const Shape& from, const Shape& to);

/// `axis` in [-rank, rank) as an index; throws invalid_model.
std::size_t normalized_axis(const LayerSpec& layer, std::int64_t axis, std::size_t rank);
/// A constant operand of type int64 or int32 as a list; throws unsupported when it is not constant.
std::vector<std::int64_t> constant_integers(const LayerSpec& layer, std::size_t input_index);

/// The activation fused into the layer, in the kernels' own type.
kernels::Activation fused_activation(const LayerSpec& layer);

/// A PreparedLayer that calls `run(const Buffers&, base::ThreadPool&)`. `kernel` is a string literal.
struct LayerTraits {
  std::string_view kernel;
  std::size_t scratch_bytes = 0;
  std::size_t weight_bytes = 0;
  bool shares_weights = false;  ///< All of weight_bytes came from shared_form.
  std::uint32_t held = 0;  ///< Bit i: see PreparedLayer::holds.
  bool in_place = false;
  std::size_t pitched_inputs = 0;
  bool pitched_output = false;

  std::size_t shared_weight_bytes() const noexcept { return shares_weights ? weight_bytes : 0; }
  bool holds(std::size_t input) const noexcept { return input < 32 && (held >> input & 1u) != 0; }
};
/// Inputs 1 and 2, weights and bias.
inline constexpr std::uint32_t kHoldsWeights = 0b110;

template <typename Run>
class FunctionLayer final : public PreparedLayer {
 public:
  FunctionLayer(LayerTraits traits, Run run) : traits_(traits), run_(std::move(run)) {}
  void run(const Buffers& buffers, base::ThreadPool& pool) const override { run_(buffers, pool); }
  std::size_t scratch_bytes() const noexcept override { return traits_.scratch_bytes; }
  std::size_t weight_bytes() const noexcept override { return traits_.weight_bytes; }
  std::size_t shared_weight_bytes() const noexcept override { return traits_.shared_weight_bytes(); }
  bool holds(std::size_t input) const noexcept override { return traits_.holds(input); }
  bool in_place() const noexcept override { return traits_.in_place; }
  std::size_t pitched_inputs() const noexcept override { return traits_.pitched_inputs; }
  bool pitched_output() const noexcept override { return traits_.pitched_output; }
  std::string_view kernel() const noexcept override { return traits_.kernel; }

 private:
  LayerTraits traits_;
  Run run_;
};

template <typename Run>
std::unique_ptr<PreparedLayer> make_layer(LayerTraits traits, Run run) {
  return std::make_unique<FunctionLayer<Run>>(traits, std::move(run));
}

/// A layer that can also compute single rows: `run_rows` is RowwiseLayer's.
template <typename Run, typename RunRows>
class RowFunctionLayer final : public PreparedLayer, public RowwiseLayer {
 public:
  RowFunctionLayer(LayerTraits traits, const RowShape& shape, Run run, RunRows run_rows)
      : traits_(traits), shape_(shape), run_(std::move(run)), run_rows_(std::move(run_rows)) {}
  void run(const Buffers& buffers, base::ThreadPool& pool) const override { run_(buffers, pool); }
  std::size_t scratch_bytes() const noexcept override { return traits_.scratch_bytes; }
  std::size_t weight_bytes() const noexcept override { return traits_.weight_bytes; }
  std::size_t shared_weight_bytes() const noexcept override { return traits_.shared_weight_bytes(); }
  bool holds(std::size_t input) const noexcept override { return traits_.holds(input); }
  bool in_place() const noexcept override { return traits_.in_place; }
  std::size_t pitched_inputs() const noexcept override { return traits_.pitched_inputs; }
  bool pitched_output() const noexcept override { return traits_.pitched_output; }
  std::string_view kernel() const noexcept override { return traits_.kernel; }
  const RowwiseLayer* rowwise() const noexcept override { return this; }
  RowShape row_shape() const noexcept override { return shape_; }
  void run_rows(const RowBuffers& buffers, base::Range rows) const noexcept override { run_rows_(buffers, rows); }

 private:
  LayerTraits traits_;
  RowShape shape_;
  Run run_;
  RunRows run_rows_;
};

template <typename Run, typename RunRows>
std::unique_ptr<PreparedLayer> make_row_layer(LayerTraits traits, const RowShape& shape, Run run, RunRows run_rows) {
  return std::make_unique<RowFunctionLayer<Run, RunRows>>(traits, shape, std::move(run), std::move(run_rows));
}

}  // namespace dnntune::backends
