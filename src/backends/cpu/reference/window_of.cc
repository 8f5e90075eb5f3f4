// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/window_of.h"

#include <algorithm>

#include <fmt/format.h>

#include "backends/layer_helpers.h"
#include "graph/windows.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::Size3;
using kernels::reference::Window;
using Resolve = std::vector<graph::Window> (*)(const graph::Attributes&, const std::vector<std::int64_t>&,
                                               const std::vector<std::int64_t>&);

std::vector<std::int64_t> spatial_dims(const Shape& channels_last) { return {channels_last.begin() + 1, channels_last.end() - 1}; }

Window read_window(const LayerSpec& layer, const Shape& kernel, Resolve resolve) {
  const std::vector<std::int64_t> in = spatial_dims(input(layer, 0).shape);
  const std::vector<std::int64_t> out = spatial_dims(output(layer, 0).shape);
  require(kernel.size() == in.size() && out.size() == in.size(), layer, "the kernel has the wrong number of dimensions");
  elements(kernel);  // refuses a kernel whose taps overflow
  std::vector<graph::Window> windows;
  try {
    windows = resolve(layer.node.attributes, in, kernel);
  } catch (const Error& error) {
    throw_invalid(layer, error.what());
  }
  Window result;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const graph::Window& window = windows[i];
    require(window.output == out[i], layer, fmt::format("the window gives {} results where the output has {}", window.output, out[i]));
    const std::size_t d = 3 - windows.size() + i;
    result.kernel[d] = window.kernel;
    result.stride[d] = window.stride;
    result.dilation[d] = window.dilation;
    result.pad_begin[d] = window.pad_begin;
    result.pad_end[d] = window.pad_end;
  }
  return result;
}

}  // namespace

Size3 spatial_size(const LayerSpec& layer, const Shape& channels_last) {
  require(channels_last.size() >= 3, layer, "needs a batch, at least one spatial and a channel dimension");
  if (channels_last.size() > 5) throw_unsupported(layer, "more than three spatial dimensions");
  Size3 size{1, 1, 1};
  std::copy_backward(channels_last.begin() + 1, channels_last.end() - 1, size.end());
  return size;
}

Window sliding_window(const LayerSpec& layer, const Shape& kernel) { return read_window(layer, kernel, &graph::sliding_windows); }

Window transposed_window(const LayerSpec& layer, const Shape& kernel) {
  return read_window(layer, kernel, &graph::transposed_windows);
}

}  // namespace dnntune::backends::cpu
