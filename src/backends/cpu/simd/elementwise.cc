// SPDX-License-Identifier: Apache-2.0
// Element-wise layers of one, two and several operands.
#include "kernels/simd/elementwise.h"

#include <limits>
#include <optional>
#include <vector>

#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using graph::Op;
using kernels::simd::Binary;
using kernels::simd::BinaryArgs;
using kernels::simd::BinaryFn;
using kernels::simd::Unary;
using kernels::simd::UnaryArgs;
using BinaryWalk = kernels::reference::Walk<2>;

/// A function with its parameters' names and ONNX defaults.
struct UnaryRow {
  Op op;
  Unary function;
  const char* alpha_name = nullptr;
  float alpha = 0.0f;
  const char* beta_name = nullptr;
  float beta = 0.0f;
};
constexpr UnaryRow kUnary[] = {
    {Op::Abs, Unary::abs},
    {Op::Acos, Unary::acos},
    {Op::Acosh, Unary::acosh},
    {Op::Asin, Unary::asin},
    {Op::Asinh, Unary::asinh},
    {Op::Atan, Unary::atan},
    {Op::Atanh, Unary::atanh},
    {Op::Ceil, Unary::ceil},
    {Op::Celu, Unary::celu, "alpha", 1.0f},
    {Op::Cos, Unary::cos},
    {Op::Cosh, Unary::cosh},
    {Op::Elu, Unary::elu, "alpha", 1.0f},
    {Op::Erf, Unary::erf},
    {Op::Exp, Unary::exp},
    {Op::Floor, Unary::floor},
    {Op::Gelu, Unary::gelu},
    {Op::HardSigmoid, Unary::hard_sigmoid, "alpha", 0.2f, "beta", 0.5f},
    {Op::HardSwish, Unary::hard_swish},
    {Op::LeakyRelu, Unary::leaky_relu, "alpha", 0.01f},
    {Op::Log, Unary::log},
    {Op::Mish, Unary::mish},
    {Op::Neg, Unary::neg},
    {Op::Reciprocal, Unary::reciprocal},
    {Op::Relu, Unary::relu},
    {Op::Round, Unary::round},
    {Op::Selu, Unary::selu, "alpha", 1.67326319217681884765625f, "gamma", 1.05070102214813232421875f},
    {Op::Shrink, Unary::shrink, "lambd", 0.5f, "bias", 0.0f},
    {Op::Sigmoid, Unary::sigmoid},
    {Op::Sign, Unary::sign},
    {Op::Sin, Unary::sin},
    {Op::Sinh, Unary::sinh},
    {Op::Softplus, Unary::softplus},
    {Op::Softsign, Unary::softsign},
    {Op::Sqrt, Unary::sqrt},
    {Op::Swish, Unary::swish, "alpha", 1.0f},
    {Op::Tan, Unary::tan},
    {Op::Tanh, Unary::tanh},
    {Op::ThresholdedRelu, Unary::thresholded_relu, "alpha", 1.0f},
};

/// Row by row, for an array of at least three dimensions.
std::optional<RowShape> row_shape(const Shape& shape) {
  if (shape.size() < 3 || elements(shape) == 0) return std::nullopt;
  RowShape rows;
  rows.images = shape[0];
  rows.in_rows = rows.out_rows = shape[1];
  rows.in_row_floats = rows.out_row_floats = elements(shape, 2, shape.size());
  rows.in_pixels = rows.out_pixels = elements(shape, 2, shape.size() - 1);
  rows.row_macs = rows.out_row_floats;
  return rows;
}

/// Rows [rows.begin, rows.end) of `columns` at the pitches of `at`.
void unary_rows(kernels::simd::UnaryFn kernel, UnaryArgs args, const PitchedPair& at, std::int64_t columns, base::Range rows) noexcept {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    args.x = at.input + row * at.input_pitch;
    args.y = at.output + row * at.output_pitch;
    kernel(args, {0, columns});
  }
}

std::unique_ptr<PreparedLayer> make_unary(const LayerSpec& layer, Unary function, const UnaryArgs& parameters) {
  const std::int64_t count = elements(output(layer, 0).shape);
  if (elements(input(layer, 0).shape) != count) return nullptr;
  const kernels::simd::UnaryFn kernel = kernels::simd::unary_kernel(function);
  const Shape& shape = output(layer, 0).shape;
  const bool pitched = !shape.empty() && input(layer, 0).shape == shape;
  const LayerTraits traits = {.kernel = "simd.unary", .in_place = true, .pitched_inputs = pitched ? 1u : 0u, .pitched_output = pitched};
  const std::int64_t columns = shape.empty() ? 1 : shape.back();
  const auto run = [parameters, count, columns, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    const PitchedPair at = pitched_pair(buffers, columns, columns);
    UnaryArgs args = parameters;
    args.x = at.input;
    args.y = at.output;
    if (at.input_pitch == columns && at.output_pitch == columns) return run_parallel(pool, count, kernel, args);
    pool.parallel_for(count / columns, grain_of(columns), [&](base::Range rows, int) { unary_rows(kernel, args, at, columns, rows); });
  };
  const std::optional<RowShape> rows = row_shape(output(layer, 0).shape);
  if (!rows) return make_layer(traits, run);
  return make_row_layer(traits, *rows, run, [parameters, kernel, columns, pixels = rows->out_pixels](const RowBuffers& buffers, base::Range range) {
    const PitchedPair at = pitched_pair(buffers, columns, columns);
    UnaryArgs args = parameters;
    args.x = at.input;
    args.y = at.output;
    if (at.input_pitch == columns && at.output_pitch == columns)
      kernel(args, {range.begin * pixels * columns, range.end * pixels * columns});
    else
      unary_rows(kernel, args, at, columns, {range.begin * pixels, range.end * pixels});
  });
}

std::optional<Binary> binary_function(Op op) {
  switch (op) {
    case Op::Add:
    case Op::Mean:
    case Op::Sum: return Binary::add;
    case Op::Sub: return Binary::sub;
    case Op::Mul: return Binary::mul;
    case Op::Div: return Binary::div;
    case Op::Max: return Binary::max;
    case Op::Min: return Binary::min;
    case Op::Pow: return Binary::pow;
    case Op::PRelu: return Binary::prelu;
    default: return std::nullopt;
  }
}

/// The output's walk with operands `first` (-1: the output itself) and `second`.
std::optional<BinaryWalk> walk_of(const LayerSpec& layer, int first, std::size_t second) {
  const Shape& shape = output(layer, 0).shape;
  const auto strides = [&](const Shape& from) { return broadcast_strides(layer, from, shape); };
  const BinaryWalk walk = kernels::reference::make_walk<2>(
      shape, {strides(first < 0 ? shape : input(layer, static_cast<std::size_t>(first)).shape), strides(input(layer, second).shape)},
      layer_name(layer));
  const bool fits = walk.inner_stride(0) <= 1 && walk.inner_stride(1) <= 1;
  return fits ? std::optional(walk) : std::nullopt;
}

/// Floats from row to row of the operands of an element-wise layer of two.
struct BinaryPitches {
  std::int64_t a, b, y;
};

/// Such a layer row by row. An operand that is not of the output's shape is dense, and the walk broadcasts it.
struct BinaryRows {
  BinaryFn kernel;
  BinaryWalk walk;
  std::int64_t columns;
  bool a_is_whole, b_is_whole;

  bool is_dense(const BinaryPitches& pitches) const noexcept {
    return pitches.y == columns && (!a_is_whole || pitches.a == columns) && (!b_is_whole || pitches.b == columns);
  }
  void run(const float* a, const float* b, float* y, const BinaryPitches& pitches, base::Range rows) const noexcept {
    if (is_dense(pitches)) return kernel({a, b, y, &walk}, {rows.begin * columns, rows.end * columns});
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      // Where a dense operand would have to begin for this row of it to lie where it does.
      const BinaryArgs args = {a_is_whole ? a + row * (pitches.a - columns) : a, b_is_whole ? b + row * (pitches.b - columns) : b,
                               y + row * (pitches.y - columns), &walk};
      kernel(args, {row * columns, (row + 1) * columns});
    }
  }
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_unary(const LayerSpec& layer) {
  if (!all_float(layer)) return nullptr;
  for (const UnaryRow& row : kUnary) {
    if (row.op != layer.node.op) continue;
    UnaryArgs parameters;
    if (row.alpha_name != nullptr) parameters.alpha = layer.node.attributes.number(row.alpha_name, row.alpha);
    if (row.beta_name != nullptr) parameters.beta = layer.node.attributes.number(row.beta_name, row.beta);
    const bool by_tanh = row.op == Op::Gelu && layer.node.attributes.text("approximate", "none") == "tanh";
    return make_unary(layer, by_tanh ? Unary::gelu_tanh : row.function, parameters);
  }
  return nullptr;
}

std::unique_ptr<PreparedLayer> prepare_clip(const LayerSpec& layer) {
  if (!all_float(layer)) return nullptr;
  UnaryArgs parameters;
  parameters.alpha = -std::numeric_limits<float>::infinity();
  parameters.beta = std::numeric_limits<float>::infinity();
  for (const std::size_t k : {1, 2}) {
    const TensorSpec& bound = input(layer, k);
    if (!bound.present()) continue;
    if (!bound.constant.defined() || elements(bound.shape) != 1) return nullptr;
    (k == 1 ? parameters.alpha : parameters.beta) = *constant_floats(bound);
  }
  return make_unary(layer, Unary::clip, parameters);
}

std::unique_ptr<PreparedLayer> prepare_binary(const LayerSpec& layer) {
  if (!all_float(layer)) return nullptr;
  if (layer.node.op == Op::Pow) {
    // Powers that take one instruction, as normalisations in parts have them.
    const TensorSpec& power = input(layer, 1);
    const float exponent = power.constant.defined() && elements(power.shape) == 1 ? *constant_floats(power) : 0.0f;
    if (exponent == 2.0f) return make_unary(layer, Unary::square, {});
    if (exponent == -1.0f) return make_unary(layer, Unary::reciprocal, {});
  }
  const std::optional<Binary> function = binary_function(layer.node.op);
  if (!function || layer.inputs.size() < 2) return nullptr;
  // The first two operands give the output's first value; each further one is combined with it.
  std::vector<BinaryWalk> walks;
  for (std::size_t k = 1; k < layer.inputs.size(); ++k) {
    const std::optional<BinaryWalk> walk = walk_of(layer, k == 1 ? 0 : -1, k);
    if (!walk) return nullptr;
    walks.push_back(*walk);
  }
  // With three operands and more, the later ones are read after the output was written; they may be
  // input 0 once more.
  const bool in_place = layer.inputs.size() == 2 && input(layer, 0).shape == output(layer, 0).shape;
  const BinaryFn kernel = kernels::simd::binary_kernel(*function);
  const Shape& shape = output(layer, 0).shape;
  const BinaryRows by_rows{kernel, walks[0], shape.empty() ? 1 : shape.back(), input(layer, 0).shape == shape, input(layer, 1).shape == shape};
  const bool mean = layer.node.op == Op::Mean;
  const float factor = 1.0f / static_cast<float>(layer.inputs.size());
  const bool pitched = layer.inputs.size() == 2 && !mean && !shape.empty();
  const std::size_t pitched_inputs = !pitched || !by_rows.a_is_whole ? 0 : by_rows.b_is_whole ? 2 : 1;
  const LayerTraits traits = {.kernel = "simd.binary", .in_place = in_place, .pitched_inputs = pitched_inputs, .pitched_output = pitched};
  std::optional<RowShape> rows = !mean && in_place && by_rows.b_is_whole ? row_shape(shape) : std::nullopt;
  auto run = [walks = std::move(walks), kernel, mean, factor, by_rows](const Buffers& buffers, base::ThreadPool& pool) {
    float* const y = out<float>(buffers, 0);
    const BinaryPitches pitches = {input_pitch(buffers, 0, by_rows.columns), input_pitch(buffers, 1, by_rows.columns),
                                   output_pitch(buffers, by_rows.columns)};
    if (!by_rows.is_dense(pitches)) {
      return pool.parallel_for(by_rows.walk.count / by_rows.columns, grain_of(by_rows.columns), [&](base::Range range, int) {
        by_rows.run(in<float>(buffers, 0), in<float>(buffers, 1), y, pitches, range);
      });
    }
    for (std::size_t k = 0; k < walks.size(); ++k) {
      const float* const a = k == 0 ? in<float>(buffers, 0) : y;
      run_parallel(pool, walks[k].count, kernel, BinaryArgs{a, in<float>(buffers, k + 1), y, &walks[k]});
    }
    if (mean) run_parallel(pool, walks.front().count, kernels::simd::unary_kernel(Unary::scale), UnaryArgs{y, y, factor});
  };
  if (!rows) return make_layer(traits, std::move(run));
  rows->reads_other = true;
  return make_row_layer(traits, *rows, std::move(run), [by_rows, pixels = rows->out_pixels](const RowBuffers& at, base::Range range) {
    const PitchedPair pair = pitched_pair(at, by_rows.columns, by_rows.columns);
    const float *a = at.input, *b = at.other;
    BinaryPitches pitches = {pair.input_pitch, by_rows.columns, pair.output_pitch};
    if (at.other_first) {
      std::swap(a, b);
      std::swap(pitches.a, pitches.b);
    }
    by_rows.run(a, b, at.output, pitches, {range.begin * pixels, range.end * pixels});
  });
}

}  // namespace dnntune::backends::cpu::simd
