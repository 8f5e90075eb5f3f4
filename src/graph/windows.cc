// SPDX-License-Identifier: Apache-2.0
#include "graph/windows.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

/// Beyond any real kernel, stride or padding; keeps every product below in 63 bits.
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;

[[noreturn]] void fail_window(const std::string& rule) { throw Error(ErrorCode::invalid_model, rule); }

/// An attribute of `count` integers in [low, kMaxExtent].
std::vector<std::int64_t> ranged(const Attributes& attributes, const char* name, std::size_t count, std::int64_t fallback,
                                 std::int64_t low) {
  std::vector<std::int64_t> values = attributes.integers(name);
  if (values.empty()) values.assign(count, fallback);
  if (values.size() != count) fail_window(fmt::format("'{}' has {} entries, {} are needed", name, values.size(), count));
  for (const std::int64_t value : values) {
    if (value < low) fail_window(fmt::format("'{}' holds {}, the least allowed is {}", name, value, low));
    if (value > kMaxExtent)
      throw Error(ErrorCode::limit_exceeded, fmt::format("'{}' holds {}, the limit is {}", name, value, kMaxExtent));
  }
  return values;
}

enum class AutoPad { notset, same_upper, same_lower, valid };

AutoPad auto_pad(const Attributes& attributes) {
  const std::string text = attributes.text("auto_pad", "NOTSET");
  if (text == "NOTSET" || text.empty()) return AutoPad::notset;
  if (text == "SAME_UPPER") return AutoPad::same_upper;
  if (text == "SAME_LOWER") return AutoPad::same_lower;
  if (text == "VALID") return AutoPad::valid;
  fail_window(fmt::format("auto_pad '{}' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID", text));
}

/// Kernel, stride, dilation and explicit padding of every axis, before auto_pad.
std::vector<Window> windows_from(const Attributes& attributes, const std::vector<std::int64_t>& kernel, AutoPad mode) {
  const std::size_t rank = kernel.size();
  for (const std::int64_t size : kernel) {
    if (size < 1) fail_window(fmt::format("the kernel {} has an empty axis", to_string(kernel)));
    if (size > kMaxExtent)
      throw Error(ErrorCode::limit_exceeded, fmt::format("the kernel {} is beyond the limit of {}", to_string(kernel), kMaxExtent));
  }
  const auto strides = ranged(attributes, "strides", rank, 1, 1);
  const auto dilations = ranged(attributes, "dilations", rank, 1, 1);
  const auto pads = ranged(attributes, "pads", 2 * rank, 0, 0);
  std::vector<Window> windows(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    windows[i] = {kernel[i], strides[i], dilations[i], 0, 0, -1};
    if (mode != AutoPad::notset) continue;  // then "pads" is to be ignored
    windows[i].pad_begin = pads[i];
    windows[i].pad_end = pads[rank + i];
  }
  return windows;
}

/// SAME_UPPER puts the odd element of padding at the end, SAME_LOWER at the beginning. A negative total
/// (an output beyond the kernel's reach) means no padding: the rest of the output holds the bias alone.
void share_padding(Window& window, std::int64_t total, AutoPad mode) {
  total = std::max<std::int64_t>(total, 0);
  const std::int64_t half = total / 2;
  window.pad_begin = mode == AutoPad::same_lower ? total - half : half;
  window.pad_end = total - window.pad_begin;
}

}  // namespace

std::vector<Window> sliding_windows(const Attributes& attributes, const std::vector<std::int64_t>& input,
                                    const std::vector<std::int64_t>& kernel) {
  const AutoPad mode = auto_pad(attributes);
  std::vector<Window> windows = windows_from(attributes, kernel, mode);
  const bool ceil_mode = attributes.integer("ceil_mode", 0) != 0;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    Window& w = windows[i];
    if (input[i] < 0) continue;
    if (mode == AutoPad::same_upper || mode == AutoPad::same_lower) {
      w.output = (input[i] + w.stride - 1) / w.stride;
      share_padding(w, (w.output - 1) * w.stride + w.extent() - input[i], mode);
      continue;
    }
    const std::int64_t room = input[i] + w.pad_begin + w.pad_end - w.extent();
    if (room < 0)
      fail_window(fmt::format("along spatial axis {} the kernel covers {} elements, the padded input has {}", i, w.extent(),
                       room + w.extent()));
    w.output = room / w.stride + 1;
    // A last, partial window counts only if it starts inside the input or its leading padding.
    if (ceil_mode && room % w.stride != 0 && w.output * w.stride < input[i] + w.pad_begin) ++w.output;
  }
  return windows;
}

std::vector<Window> transposed_windows(const Attributes& attributes, const std::vector<std::int64_t>& input,
                                       const std::vector<std::int64_t>& kernel) {
  const AutoPad mode = auto_pad(attributes);
  const std::size_t rank = kernel.size();
  std::vector<Window> windows = windows_from(attributes, kernel, mode);
  const auto extra = ranged(attributes, "output_padding", rank, 0, 0);
  const bool has_output_shape = !attributes.integers("output_shape").empty();
  const auto wanted = ranged(attributes, "output_shape", rank, 1, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    Window& w = windows[i];
    if (has_output_shape) w.output = wanted[i];
    if (input[i] < 0) continue;
    const std::int64_t reach =
        base::checked_add(base::checked_mul(w.stride, input[i] - 1, "output size"), w.extent() + extra[i], "output size");
    if (has_output_shape) {
      // Without auto_pad the odd element goes to the beginning, as the operator's pad formula says.
      share_padding(w, reach - w.output, mode == AutoPad::same_upper ? AutoPad::same_upper : AutoPad::same_lower);
    } else if (mode == AutoPad::same_upper || mode == AutoPad::same_lower) {
      w.output = base::checked_mul(input[i], w.stride, "output size");
      share_padding(w, reach - w.output, mode);
    } else {
      w.output = reach - w.pad_begin - w.pad_end;
    }
    if (w.output < 1) fail_window(fmt::format("along spatial axis {} the output would have {} elements", i, w.output));
  }
  return windows;
}

}  // namespace dnntune::graph
