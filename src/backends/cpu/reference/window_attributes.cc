// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/window_attributes.h"

#include <algorithm>

#include <fmt/format.h>

#include "backends/cpu/layer_helpers.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::Size3;
using kernels::reference::Window;

/// Keeps every product and sum of attributes and sizes far from 63 bits.
constexpr std::int64_t kMaxAttribute = std::int64_t{1} << 30;

/// An attribute with one value a spatial dimension, padded in front.
Size3 per_dimension(const LayerSpec& layer, const char* name, std::size_t rank, std::int64_t fallback, std::int64_t least) {
  const std::vector<std::int64_t> values = layer.node.attributes.integers(name, std::vector<std::int64_t>(rank, fallback));
  require(values.size() == rank, layer, fmt::format("attribute '{}' has {} values for {} dimensions", name, values.size(), rank));
  Size3 result{fallback, fallback, fallback};
  for (std::size_t i = 0; i < rank; ++i) {
    require(values[i] >= least && values[i] <= kMaxAttribute, layer,
            fmt::format("attribute '{}' holds {}, outside [{}, {}]", name, values[i], least, kMaxAttribute));
    result[3 - rank + i] = values[i];
  }
  return result;
}

void read_pads(const LayerSpec& layer, std::size_t rank, Window& window) {
  const std::vector<std::int64_t> pads = layer.node.attributes.integers("pads", std::vector<std::int64_t>(2 * rank, 0));
  require(pads.size() == 2 * rank, layer, fmt::format("attribute 'pads' has {} values for {} dimensions", pads.size(), rank));
  for (std::size_t i = 0; i < 2 * rank; ++i) {
    require(pads[i] >= -kMaxAttribute && pads[i] <= kMaxAttribute, layer, fmt::format("attribute 'pads' holds {}", pads[i]));
    (i < rank ? window.pad_begin : window.pad_end)[3 - rank + i % rank] = pads[i];
  }
}

/// Kernel, strides and dilations.
Window read_steps(const LayerSpec& layer, const Shape& kernel) {
  Window window;
  window.kernel = kernel_size(layer, kernel);
  window.stride = per_dimension(layer, "strides", kernel.size(), 1, 1);
  window.dilation = per_dimension(layer, "dilations", kernel.size(), 1, 1);
  return window;
}

std::int64_t extent(const Window& window, std::size_t d) noexcept { return (window.kernel[d] - 1) * window.dilation[d] + 1; }

enum class AutoPad { notset, valid, same_upper, same_lower };

AutoPad read_auto_pad(const LayerSpec& layer) {
  const std::string text = layer.node.attributes.text("auto_pad", "NOTSET");
  if (text == "VALID") return AutoPad::valid;
  if (text == "SAME_UPPER") return AutoPad::same_upper;
  if (text == "SAME_LOWER") return AutoPad::same_lower;
  require(text == "NOTSET", layer, "attribute 'auto_pad' is '" + text + "'");
  return AutoPad::notset;
}

}  // namespace

Size3 spatial_size(const LayerSpec& layer, const Shape& channels_last) {
  require(channels_last.size() >= 3, layer, "needs a batch, at least one spatial and a channel dimension");
  if (channels_last.size() > 5) throw_unsupported(layer, "more than three spatial dimensions");
  Size3 size{1, 1, 1};
  std::copy(channels_last.begin() + 1, channels_last.end() - 1, size.end() - static_cast<std::ptrdiff_t>(channels_last.size() - 2));
  return size;
}

Size3 kernel_size(const LayerSpec& layer, const Shape& kernel) {
  require(!kernel.empty() && kernel.size() <= 3, layer, fmt::format("the kernel has {} dimensions", kernel.size()));
  Size3 size{1, 1, 1};
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    require(kernel[i] >= 1 && kernel[i] <= kMaxAttribute, layer, fmt::format("the kernel is {}", to_string(kernel)));
    size[3 - kernel.size() + i] = kernel[i];
  }
  elements(kernel);
  return size;
}

Window sliding_window(const LayerSpec& layer, const Shape& kernel, const Size3& in, const Size3& out) {
  Window window = read_steps(layer, kernel);
  const AutoPad auto_pad = read_auto_pad(layer);
  const bool same = auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower;
  const bool ceil = layer.node.attributes.integer("ceil_mode", 0) != 0;
  if (auto_pad == AutoPad::notset) read_pads(layer, kernel.size(), window);
  for (std::size_t d = 0; d < 3; ++d) {
    const std::int64_t stride = window.stride[d];
    if (same) {
      const std::int64_t covered = ((in[d] + stride - 1) / stride - 1) * stride + extent(window, d);
      const std::int64_t total = std::max<std::int64_t>(0, covered - in[d]);
      window.pad_begin[d] = auto_pad == AutoPad::same_upper ? total / 2 : total - total / 2;
      window.pad_end[d] = total - window.pad_begin[d];
    }
    const std::int64_t room = in[d] + window.pad_begin[d] + window.pad_end[d] - extent(window, d);
    require(room >= 0, layer, fmt::format("a window of {} does not fit into {}", extent(window, d), in[d]));
    // With ceil_mode the last window may begin in the input's end or be left out when it begins beyond.
    const std::int64_t fewest = room / stride + 1;
    const std::int64_t most = ceil ? (room + stride - 1) / stride + 1 : fewest;
    require(out[d] >= fewest && out[d] <= most, layer,
            fmt::format("the window gives {} results where the output has {}", fewest, out[d]));
  }
  return window;
}

Window transposed_window(const LayerSpec& layer, const Shape& kernel, const Size3& in, const Size3& out) {
  Window window = read_steps(layer, kernel);
  const Size3 extra = per_dimension(layer, "output_padding", kernel.size(), 0, 0);
  const AutoPad auto_pad = read_auto_pad(layer);
  const bool from_output =
      auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower || layer.node.attributes.has("output_shape");
  if (!from_output && auto_pad == AutoPad::notset) read_pads(layer, kernel.size(), window);
  for (std::size_t d = 0; d < 3; ++d) {
    const std::int64_t full = (in[d] - 1) * window.stride[d] + extent(window, d) + extra[d];
    if (from_output) {  // the formula of the operator's definition; an output beyond `full` is bias only
      const std::int64_t total = std::max<std::int64_t>(0, full - out[d]);
      window.pad_begin[d] = auto_pad == AutoPad::same_upper ? total / 2 : total - total / 2;
      window.pad_end[d] = total - window.pad_begin[d];
    } else {
      const std::int64_t expected = full - window.pad_begin[d] - window.pad_end[d];
      require(out[d] == expected, layer, fmt::format("the window gives {} results where the output has {}", expected, out[d]));
    }
  }
  return window;
}

}  // namespace dnntune::backends::cpu
