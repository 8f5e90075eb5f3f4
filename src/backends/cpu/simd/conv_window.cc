// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/conv_window.h"

#include <algorithm>
#include <string>

namespace dnntune::backends::cpu::simd {
namespace {

/// Zeros in front of each spatial dimension.
Shape leading_pads(const LayerSpec& layer, const Shape& kernel, const Shape& strides, const Shape& dilations) {
  const std::size_t rank = kernel.size();
  const std::string mode = layer.node.attributes.text("auto_pad", "NOTSET");
  if (mode == "NOTSET") return layer.node.attributes.integers("pads", Shape(2 * rank, 0));
  Shape pads(rank, 0);
  if (mode == "VALID") return pads;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t in = layer.inputs[0].shape[i + 1], out = layer.outputs[0].shape[i + 1];
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - in);
    pads[i] = mode == "SAME_LOWER" ? total - total / 2 : total / 2;
  }
  return pads;
}

}  // namespace

std::optional<ImageWindow> image_window(const LayerSpec& layer, const Shape& kernel) {
  const std::size_t rank = kernel.size();
  const Shape& in = layer.inputs[0].shape;
  const Shape& out = layer.outputs[0].shape;
  if ((rank != 1 && rank != 2) || in.size() != rank + 2 || out.size() != rank + 2) return std::nullopt;
  const auto empty = [](const Shape& shape) { return std::any_of(shape.begin(), shape.end(), [](auto d) { return d <= 0; }); };
  if (empty(in) || empty(out) || empty(kernel)) return std::nullopt;
  const Shape strides = layer.node.attributes.integers("strides", Shape(rank, 1));
  const Shape dilations = layer.node.attributes.integers("dilations", Shape(rank, 1));
  if (strides.size() != rank || dilations.size() != rank || empty(strides) || empty(dilations)) return std::nullopt;
  const Shape pads = leading_pads(layer, kernel, strides, dilations);
  if (pads.size() < rank) return std::nullopt;

  ImageWindow window;
  window.batch = in.front();
  window.in_channels = in.back();
  window.out_channels = out.back();
  window.in_w = in[rank];
  window.out_w = out[rank];
  window.kernel_w = kernel[rank - 1];
  window.stride_w = strides[rank - 1];
  window.dilation_w = dilations[rank - 1];
  window.pad_left = pads[rank - 1];
  if (rank == 2) {
    window.in_h = in[1];
    window.out_h = out[1];
    window.kernel_h = kernel[0];
    window.stride_h = strides[0];
    window.dilation_h = dilations[0];
    window.pad_top = pads[0];
  }
  return window;
}

}  // namespace dnntune::backends::cpu::simd
