// SPDX-License-Identifier: Apache-2.0
// DFT, STFT, the window functions, MelWeightMatrix.
#include "kernels/reference/signal.h"

#include <memory>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::DftArgs;
using Twiddles = std::shared_ptr<const std::vector<double>>;

Twiddles make_twiddles(std::int64_t length) {
  auto twiddles = std::make_shared<std::vector<double>>(static_cast<std::size_t>(elements({length, 2})));
  kernels::reference::dft_twiddles(length, twiddles->data());
  return twiddles;
}

/// The one number of a constant operand.
std::int64_t constant_number(const LayerSpec& layer, std::size_t index, const char* what) {
  const std::vector<std::int64_t> values = constant_integers(layer, index);
  require(values.size() == 1 && values.front() >= 1, layer, fmt::format("{} must be one number, 1 or more", what));
  return values.front();
}

std::int64_t components_of(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  require(shape.size() >= 2 && (shape.back() == 1 || shape.back() == 2), layer, "the last dimension of the signal must be 1 or 2");
  return shape.back();
}

std::int64_t bins_of(std::int64_t length, bool onesided) noexcept { return onesided ? length / 2 + 1 : length; }

/// The operand's type; only float32 and float64 have kernels.
DataType float_type(const LayerSpec& layer, const TensorSpec& operand) {
  if (operand.type != DataType::float32 && operand.type != DataType::float64) throw_unsupported(layer, "there is no kernel for these types");
  return operand.type;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_dft(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  const graph::Attributes& attributes = layer.node.attributes;
  const std::int64_t components = components_of(layer);
  const std::size_t axis = normalized_axis(layer, attributes.integer("axis", 1), x.shape.size());
  require(axis + 1 < x.shape.size(), layer, "the axis is that of the components");
  const bool onesided = attributes.integer("onesided", 0) != 0, inverse = attributes.integer("inverse", 0) != 0;
  require(!onesided || (components == 1 && !inverse), layer, "onesided is for forward transforms of real signals");
  const std::int64_t length = input(layer, 1).present() ? constant_number(layer, 1, "the length") : x.shape[axis];
  const std::int64_t bins = bins_of(length, onesided);
  Shape wanted = x.shape;
  wanted[axis] = bins;
  wanted.back() = 2;
  require_shape(layer, y, wanted, "the output");
  require_type(layer, y, x.type, "the output");
  const Lanes lanes = lanes_of(Shape(x.shape.begin(), x.shape.end() - 1), axis);
  const auto kernel = require_kernel(layer, kernels::reference::dft_kernel(x.type));
  const DftArgs args{.length = length, .samples = std::min(length, lanes.dim), .bins = bins, .components = components,
                        .in_stride = lanes.inner * components, .out_stride = lanes.inner * 2, .inverse = inverse};
  return make_layer({.kernel = "reference.dft"}, [kernel, args, lanes, size = size_of(x.type), twiddles = make_twiddles(length)](const Buffers& buffers, base::ThreadPool& pool) {
    const std::int64_t work = args.samples * args.bins;
    pool.parallel_for(lanes.outer * lanes.inner, grain(work), [&](base::Range range, int) {
      for (std::int64_t i = range.begin; i < range.end; ++i) {
        auto bound = args;
        const std::int64_t outer = i / lanes.inner, inner = i % lanes.inner;
        bound.input = in<std::byte>(buffers, 0) + static_cast<std::size_t>(outer * lanes.dim * args.in_stride + inner * args.components) * size;
        bound.output = out<std::byte>(buffers, 0) + static_cast<std::size_t>(outer * args.bins * args.out_stride + inner * 2) * size;
        bound.twiddles = twiddles->data();
        kernel(bound, {0, args.bins});
      }
    });
  });
}

std::unique_ptr<PreparedLayer> prepare_stft(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &window = input(layer, 2), &y = output(layer, 0);
  require(x.shape.size() == 2 || x.shape.size() == 3, layer, "the signal must be [batch, samples] or [batch, samples, components]");
  const std::int64_t components = x.shape.size() == 2 ? 1 : components_of(layer), step = constant_number(layer, 1, "frame_step");
  require(window.present() || input(layer, 3).present(), layer, "one of window and frame_length must be given");
  const std::int64_t length = input(layer, 3).present() ? constant_number(layer, 3, "frame_length") : elements(window.shape);
  if (window.present()) require_shape(layer, window, {length}, "the window");
  require_type(layer, window, x.type, "the window");
  require_type(layer, y, x.type, "the output");
  require(length >= 1 && length <= x.shape[1], layer, "the signal is shorter than a frame");
  const bool onesided = layer.node.attributes.integer("onesided", 1) != 0;
  require(!onesided || components == 1, layer, "a complex signal has no onesided transform");
  const std::int64_t frames = (x.shape[1] - length) / step + 1, bins = bins_of(length, onesided);
  require_shape(layer, y, {x.shape[0], frames, bins, 2}, "the output");
  const auto kernel = require_kernel(layer, kernels::reference::dft_kernel(x.type));
  const DftArgs args{.length = length, .samples = length, .bins = bins, .components = components, .in_stride = components};
  return make_layer({.kernel = "reference.stft"}, [kernel, args, step, frames, size = size_of(x.type), batch = x.shape[0], signal = x.shape[1] * components,
                                                   twiddles = make_twiddles(length)](const Buffers& buffers, base::ThreadPool& pool) {
    pool.parallel_for(batch * frames, grain(args.samples * args.bins), [&](base::Range range, int) {
      for (std::int64_t i = range.begin; i < range.end; ++i) {
        auto bound = args;
        bound.input = in<std::byte>(buffers, 0) + static_cast<std::size_t>(i / frames * signal + i % frames * step * args.components) * size;
        bound.window = in<void>(buffers, 2);
        bound.output = out<std::byte>(buffers, 0) + static_cast<std::size_t>(i * args.bins * 2) * size;
        bound.twiddles = twiddles->data();
        kernel(bound, {0, args.bins});
      }
    });
  });
}

std::unique_ptr<PreparedLayer> prepare_window(const LayerSpec& layer) {
  const std::int64_t size = constant_number(layer, 0, "the size");
  require_shape(layer, output(layer, 0), {size}, "the output");
  const bool periodic = layer.node.attributes.integer("periodic", 1) != 0;
  const kernels::reference::WindowShape shape = layer.node.op == graph::Op::HannWindow      ? kernels::reference::kHann
                                                : layer.node.op == graph::Op::HammingWindow ? kernels::reference::kHamming
                                                                                            : kernels::reference::kBlackman;
  const DataType type = float_type(layer, output(layer, 0));
  return make_layer({.kernel = "reference.window"}, [=](const Buffers& buffers, base::ThreadPool&) {
    for (std::int64_t i = 0; i < size; ++i) kernels::reference::write_one(type, kernels::reference::window_value(shape, i, size, periodic), out<void>(buffers, 0), i);
  });
}

std::unique_ptr<PreparedLayer> prepare_mel_weight_matrix(const LayerSpec& layer) {
  const std::int64_t mel_bins = constant_number(layer, 0, "num_mel_bins"), length = constant_number(layer, 1, "dft_length");
  require_shape(layer, output(layer, 0), {bins_of(length, true), mel_bins}, "the output");
  const DataType rate_type = input(layer, 2).type, edge_type = input(layer, 3).type;
  require(rate_type == DataType::int32 || rate_type == DataType::int64, layer, "sample_rate must be int32 or int64");
  require_type(layer, input(layer, 4), edge_type, "upper_edge_hertz");
  for (const std::size_t i : {2u, 3u, 4u}) require(elements(input(layer, i).shape) == 1, layer, fmt::format("input {} must be a scalar", i));
  float_type(layer, input(layer, 3));
  const DataType type = float_type(layer, output(layer, 0));
  return make_layer({.kernel = "reference.mel_weight_matrix"}, [=, name = layer_name(layer)](const Buffers& buffers, base::ThreadPool&) {
    const std::int64_t rate = kernels::reference::read_one<std::int64_t>(rate_type, in<void>(buffers, 2));
    if (rate < 1) throw_contents(name, fmt::format("sample_rate is {}", rate));
    const auto edge = [&](std::size_t i) { return kernels::reference::read_one<double>(edge_type, in<void>(buffers, i)); };
    kernels::reference::mel_weights(mel_bins, length, rate, edge(3), edge(4), type, out<void>(buffers, 0));
  });
}

}  // namespace dnntune::backends::cpu::reference
