// SPDX-License-Identifier: Apache-2.0
// Fourier transforms, window functions, mel filters.
#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {
namespace {

/// The one number of a constant operand: -1 when it is absent or not constant. Fails on numbers below 1.
std::int64_t positive_scalar(const Context& c, std::size_t i, const char* what) {
  const auto values = c.integers(i);
  if (!values) return -1;
  if (values->size() != 1 || values->front() < 1) c.fail(fmt::format("{} must be one number, 1 or more", what));
  return values->front();
}

std::int64_t bins(std::int64_t length, bool onesided) noexcept {
  return length < 0 || !onesided ? length : length / 2 + 1;
}

/// The last dimension of a signal: 1 when it is real, 2 when it is complex.
void check_components(const Context& c, const Shape& signal) {
  if (signal.back() >= 0 && signal.back() != 1 && signal.back() != 2)
    c.fail(fmt::format("the last dimension of input 0 must be 1 (real) or 2 (complex), not {}", signal.back()));
}

DataType stated_type(const Context& c) {
  const std::int64_t number = c.attributes().integer("output_datatype", static_cast<std::int64_t>(DataType::float32));
  const auto type = static_cast<DataType>(number);
  if (type != DataType::float32 && type != DataType::float64)
    throw Error(ErrorCode::unsupported, fmt::format("{}: output_datatype {}", c.describe(), number));
  return type;
}

}  // namespace

void infer_dft(Context& c) {
  const bool onesided = c.attributes().integer("onesided", 0) != 0, inverse = c.attributes().integer("inverse", 0) != 0;
  if (onesided && inverse) c.fail("onesided and inverse exclude each other");
  const std::int64_t length = positive_scalar(c, 1, "the length");
  if (c.shape(0) == nullptr) return c.output(0, c.type(0));
  Shape shape = *c.shape(0);
  if (shape.size() < 2) c.fail("input 0 must have rank 2 or more");
  check_components(c, shape);
  if (onesided && shape.back() == 2) c.fail("a complex signal has no onesided transform");
  const std::size_t axis = c.axis(c.attributes().integer("axis", 1), shape.size());
  if (axis + 1 == shape.size()) c.fail("the axis is that of the components");
  shape[axis] = bins(c.has_input(1) ? length : shape[axis], onesided);
  shape.back() = 2;
  c.output(0, c.type(0), shape);
}

void infer_stft(Context& c) {
  // Without a dimension of components the signal is real, as PyTorch writes it.
  if (c.shape(0) != nullptr && c.shape(0)->size() != 2) c.require_rank(0, 3);
  c.require_rank(2, 1);
  if (!c.has_input(2) && !c.has_input(3)) c.fail("one of window and frame_length must be given");
  const Shape* signal = c.shape(0);
  const bool has_components = signal != nullptr && signal->size() == 3;
  if (has_components) check_components(c, *signal);
  const bool onesided = c.attributes().integer("onesided", 1) != 0;
  if (onesided && has_components && signal->back() == 2) c.fail("a complex signal has no onesided transform");
  const std::int64_t step = positive_scalar(c, 1, "frame_step");
  std::int64_t length = positive_scalar(c, 3, "frame_length");
  if (c.shape(2) != nullptr) {
    c.require_equal(length, (*c.shape(2))[0], "frame_length contradicts the window");
    if (length < 0 && !c.has_input(3)) length = (*c.shape(2))[0];
    if (length == 0) c.fail("the window is empty");
  }
  std::int64_t frames = -1;
  if (signal != nullptr && (*signal)[1] >= 0 && step > 0 && length > 0) {
    if ((*signal)[1] < length) c.fail(fmt::format("a signal of {} samples is shorter than a frame of {}", (*signal)[1], length));
    frames = ((*signal)[1] - length) / step + 1;
  }
  c.output(0, c.type(0), Shape{signal != nullptr ? (*signal)[0] : -1, frames, bins(length, onesided), 2});
}

void infer_window(Context& c) { c.output(0, stated_type(c), Shape{positive_scalar(c, 0, "the size")}); }

void infer_mel_weight_matrix(Context& c) {
  const std::int64_t mel_bins = positive_scalar(c, 0, "num_mel_bins"), length = positive_scalar(c, 1, "dft_length");
  positive_scalar(c, 2, "sample_rate");
  c.output(0, stated_type(c), Shape{bins(length, true), mel_bins});
}

}  // namespace dnntune::graph::infer
