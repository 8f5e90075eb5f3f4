// SPDX-License-Identifier: Apache-2.0
// Layers that work on whole rows: softmax and the normalisations.
#include "kernels/simd/rowwise.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "backends/weight_store.h"
#include "base/aligned.h"

namespace dnntune::backends::cpu::simd {

using graph::Op;
using kernels::simd::ReduceArgs;
using kernels::simd::Reduction;
using kernels::simd::RowArgs;
using kernels::simd::RowFunction;

namespace {

std::unique_ptr<PreparedLayer> make_softmax_columns(const Lanes& lanes, bool log) {
  const auto kernel = kernels::simd::row_kernel(log ? RowFunction::log_softmax_columns : RowFunction::softmax_columns);
  return make_layer({.kernel = "simd.softmax_columns"}, [lanes, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    RowArgs args;
    args.x = in<float>(buffers, 0);
    args.y = out<float>(buffers, 0);
    args.columns = lanes.dim;
    args.inner = lanes.inner;
    const std::int64_t blocks = kernels::simd::column_blocks(lanes.inner);
    pool.parallel_for(lanes.outer * blocks, grain_for(lanes.dim * lanes.inner / blocks * 16),
                      [&](base::Range range, int) { kernel(args, range); });
  });
}

/// x * factor + shift with a factor and a shift for each channel of each image. Neighbouring channels, `width` of
/// them, may share a mean and a variance.
class InstanceNormalization {
 public:
  InstanceNormalization(const Lanes& lanes, std::int64_t width, float epsilon) : lanes_(lanes), width_(width), epsilon_(epsilon) {}
  std::size_t scratch_bytes() const noexcept { return static_cast<std::size_t>(2 * planes()) * sizeof(float); }

  void run(const Buffers& buffers, base::ThreadPool& pool) const {
    const float* const scale = in<float>(buffers, 1);
    const float* const bias = in<float>(buffers, 2);
    float* const mean = reinterpret_cast<float*>(buffers.scratch);  // becomes the shift
    float* const variance = mean + planes();                        // becomes the factor
    ReduceArgs args;
    args.x = in<float>(buffers, 0);
    args.y = mean;
    args.count = lanes_.dim;
    args.inner = lanes_.inner;
    args.factor = 1.0f / static_cast<float>(lanes_.dim);
    reduce_in_parallel(pool, Reduction::sum, args, lanes_.outer);
    args.y = variance;
    args.shift = mean;
    reduce_in_parallel(pool, Reduction::sum_square, args, lanes_.outer);
    if (width_ > 1) share_moments(mean, variance);
    for (std::int64_t plane = 0; plane < planes(); ++plane) {
      const std::int64_t c = plane % lanes_.inner;
      variance[plane] = scale[c] / std::sqrt(variance[plane] + epsilon_);
      mean[plane] = bias[c] - mean[plane] * variance[plane];
    }
    const auto kernel = kernels::simd::row_kernel(RowFunction::scale_shift);
    pool.parallel_for(lanes_.outer * lanes_.dim, grain_for(lanes_.inner * 8), [&](base::Range pixels, int) {
      while (pixels.begin < pixels.end) {
        const std::int64_t image = pixels.begin / lanes_.dim;
        const base::Range own = {pixels.begin, std::min(pixels.end, (image + 1) * lanes_.dim)};
        RowArgs rows;
        rows.x = in<float>(buffers, 0);
        rows.y = out<float>(buffers, 0);
        rows.columns = rows.x_stride = rows.y_stride = lanes_.inner;
        rows.scale = variance + image * lanes_.inner;
        rows.shift = mean + image * lanes_.inner;
        kernel(rows, own);
        pixels.begin = own.end;
      }
    });
  }

 private:
  std::int64_t planes() const noexcept { return lanes_.outer * lanes_.inner; }

  /// Each group's moments in place of its channels' own: the variance of all is the mean of the variances plus
  /// the variance of the means.
  void share_moments(float* mean, float* variance) const noexcept {
    const double share = 1.0 / static_cast<double>(width_);
    for (std::int64_t first = 0; first < planes(); first += width_) {
      double of_means = 0.0, spread = 0.0;
      for (std::int64_t c = first; c < first + width_; ++c) of_means += share * static_cast<double>(mean[c]);
      for (std::int64_t c = first; c < first + width_; ++c) {
        const double apart = static_cast<double>(mean[c]) - of_means;
        spread += share * (static_cast<double>(variance[c]) + apart * apart);
      }
      std::fill_n(mean + first, width_, static_cast<float>(of_means));
      std::fill_n(variance + first, width_, static_cast<float>(spread));
    }
  }

  Lanes lanes_;
  std::int64_t width_;
  float epsilon_;
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_softmax(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  const bool log = layer.node.op == Op::LogSoftmax;
  if (!all_float(layer) || (!log && layer.node.op != Op::Softmax) || shape.empty()) return nullptr;
  // Before opset 13 the axes from `axis` on form one vector; the importer keeps that as an attribute.
  const bool flattens = layer.node.attributes.integer("flatten_axis_semantics", 0) != 0;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", flattens ? 1 : -1), shape.size());
  const Lanes lanes = lanes_of(shape, axis);
  const std::int64_t rows = lanes.outer, columns = flattens ? lanes.dim * lanes.inner : lanes.dim;
  if (!flattens && lanes.inner > 1) return make_softmax_columns(lanes, log);
  const auto kernel = kernels::simd::row_kernel(log ? RowFunction::log_softmax : RowFunction::softmax);
  return make_layer({.kernel = "simd.softmax", .in_place = true}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    RowArgs args;
    args.x = in<float>(buffers, 0);
    args.y = out<float>(buffers, 0);
    args.columns = args.x_stride = args.y_stride = columns;
    pool.parallel_for(rows, grain_for(columns * 16), [&](base::Range range, int) { kernel(args, range); });
  });
}

std::unique_ptr<PreparedLayer> prepare_layer_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  const TensorSpec& bias = input(layer, 2);
  if (!all_float(layer) || output(layer, 1).present() || output(layer, 2).present() || shape.empty()) return nullptr;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", -1), shape.size());
  const std::int64_t rows = elements(shape, 0, axis), columns = elements(shape, axis, shape.size());
  const Shape row(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end());
  if (columns == 0 || input(layer, 1).shape != row || (bias.present() && bias.shape != row)) return nullptr;
  const float epsilon = layer.node.attributes.number("epsilon", 1e-5f);
  const auto kernel = kernels::simd::row_kernel(RowFunction::layer_normalization);
  return make_layer({.kernel = "simd.layer_normalization", .in_place = true}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    RowArgs args;
    args.x = in<float>(buffers, 0);
    args.y = out<float>(buffers, 0);
    args.columns = args.x_stride = args.y_stride = columns;
    args.scale = in<float>(buffers, 1);
    args.shift = in<float>(buffers, 2);
    args.epsilon = epsilon;
    pool.parallel_for(rows, grain_for(columns * 16), [&](base::Range range, int) { kernel(args, range); });
  });
}

std::unique_ptr<PreparedLayer> prepare_batch_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  if (!all_float(layer) || shape.size() < 2 || layer.node.attributes.integer("training_mode", 0) != 0) return nullptr;
  const std::int64_t channels = shape.back();
  for (const std::size_t k : {1, 2, 3, 4})
    if (!input(layer, k).constant.defined() || input(layer, k).shape != Shape{channels}) return nullptr;
  const double epsilon = layer.node.attributes.number("epsilon", 1e-5f);
  // y = (x - mean) / sqrt(variance + epsilon) * scale + bias, as x * factor + shift.
  FormKey key("batch normalization");
  for (const std::size_t k : {1, 2, 3, 4}) key.add(layer.inputs[k]);
  const auto room = [&] { return base::AlignedBuffer(static_cast<std::size_t>(2 * channels) * sizeof(float)); };
  auto folded = shared_form<base::AlignedBuffer>(layer, key.add(static_cast<float>(epsilon)), room, [&](base::AlignedBuffer& form) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto parameter = [&](std::size_t k) { return static_cast<double>(constant_floats(layer.inputs[k])[c]); };
      const double factor = parameter(1) / std::sqrt(parameter(4) + epsilon);
      form.as<float>()[c] = static_cast<float>(factor);
      form.as<float>()[channels + c] = static_cast<float>(parameter(2) - parameter(3) * factor);
    }
  });
  const std::int64_t pixels = elements(shape) / channels;
  const LayerTraits traits = {.kernel = "simd.batch_normalization",
                              .weight_bytes = folded->size(),
                              .shares_weights = true,
                              .in_place = true,
                              .pitched_inputs = 1,
                              .pitched_output = true};
  return make_layer(traits, [channels, pixels, folded = std::move(folded), kernel = kernels::simd::row_kernel(RowFunction::scale_shift)](
                                const Buffers& buffers, base::ThreadPool& pool) {
    RowArgs args;
    args.x = in<float>(buffers, 0);
    args.y = out<float>(buffers, 0);
    args.columns = channels;
    args.x_stride = input_pitch(buffers, 0, channels);
    args.y_stride = output_pitch(buffers, channels);
    args.scale = folded->as<float>();
    args.shift = folded->as<float>() + channels;
    pool.parallel_for(pixels, grain_for(channels * 8), [&](base::Range range, int) { kernel(args, range); });
  });
}

std::unique_ptr<PreparedLayer> prepare_instance_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  if (!all_float(layer) || shape.size() < 3) return nullptr;
  for (const std::size_t k : {1, 2})
    if (input(layer, k).shape != Shape{shape.back()}) return nullptr;
  const bool grouped = layer.node.op == Op::GroupNormalization;
  const std::int64_t groups = grouped ? layer.node.attributes.integer("num_groups", 1) : shape.back();
  if (groups < 1 || shape.back() % groups != 0) return nullptr;
  const InstanceNormalization normalization({shape.front(), elements(shape, 1, shape.size() - 1), shape.back()}, shape.back() / groups,
                                            layer.node.attributes.number("epsilon", 1e-5f));
  const LayerTraits traits = {.kernel = grouped ? "simd.group_normalization" : "simd.instance_normalization", .scratch_bytes = normalization.scratch_bytes(), .in_place = true};
  return make_layer(traits, [normalization](const Buffers& buffers, base::ThreadPool& pool) { normalization.run(buffers, pool); });
}

std::unique_ptr<PreparedLayer> prepare_lrn(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  const graph::Attributes& attributes = layer.node.attributes;
  const std::int64_t size = attributes.integer("size", 0);
  if (!all_float(layer) || shape.size() < 2 || size < 1 || size > shape.back()) return nullptr;
  RowArgs parameters;
  parameters.columns = parameters.x_stride = parameters.y_stride = shape.back();
  parameters.alpha = attributes.number("alpha", 1e-4f) / static_cast<float>(size);
  parameters.bias = attributes.number("bias", 1.0f);
  parameters.power = attributes.number("beta", 0.75f);
  parameters.before = (size - 1) / 2;
  parameters.after = size - 1 - parameters.before;
  const std::int64_t pixels = elements(shape) / shape.back();
  const std::int64_t scratch = kernels::simd::lrn_scratch_floats(shape.back(), size - 1);
  const LayerTraits traits = {.kernel = "simd.lrn",
                              .scratch_bytes = static_cast<std::size_t>(layer.threads * scratch) * sizeof(float)};
  return make_layer(traits, [parameters, pixels, scratch, size, kernel = kernels::simd::row_kernel(RowFunction::lrn)](
                                const Buffers& buffers, base::ThreadPool& pool) {
    pool.parallel_for(pixels, grain_for(parameters.columns * (size + 8)), [&](base::Range range, int worker) {
      RowArgs args = parameters;
      args.x = in<float>(buffers, 0);
      args.y = out<float>(buffers, 0);
      args.scratch = reinterpret_cast<float*>(buffers.scratch) + worker * scratch;
      kernel(args, range);
    });
  });
}

}  // namespace dnntune::backends::cpu::simd
