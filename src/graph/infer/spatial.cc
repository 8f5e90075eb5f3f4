// SPDX-License-Identifier: Apache-2.0
// Operators on N, C, spatial... : convolution, pooling, blocks of pixels.
#include <fmt/format.h>

#include "base/checked.h"
#include "graph/infer/infer.h"
#include "graph/infer/quantization.h"
#include "graph/windows.h"

namespace dnntune::graph::infer {
namespace {

Shape tail(const Shape& shape) { return Shape(shape.begin() + 2, shape.end()); }

/// Spatial kernel size of a convolution: from the weights, which kernel_shape may only repeat. Empty
/// while it is not known.
std::vector<std::int64_t> conv_kernel(const Context& c, const Shape* weights, std::size_t spatial_rank) {
  std::vector<std::int64_t> stated = c.attributes().integers("kernel_shape");
  if (!stated.empty() && stated.size() != spatial_rank)
    c.fail(fmt::format("kernel_shape has {} entries, the input has {} spatial axes", stated.size(), spatial_rank));
  if (weights == nullptr) return stated;
  std::vector<std::int64_t> kernel = tail(*weights);
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    if (!stated.empty()) c.require_equal(stated[i], kernel[i], "kernel_shape contradicts the weights");
    if (kernel[i] < 0 && !stated.empty()) kernel[i] = stated[i];
    if (kernel[i] < 0) return {};
  }
  return kernel;
}

/// N, C, then one size a window. Unknown sizes stay -1.
Shape spatial_shape(std::int64_t batch, std::int64_t channels, const std::vector<Window>& windows) {
  Shape shape{batch, channels};
  for (const Window& window : windows) shape.push_back(window.output);
  return shape;
}

/// Where a convolution has its weights and its bias.
struct ConvOperands {
  std::size_t weights = 1, bias = 2;
};

/// Groups, and the checks that all convolutions share.
std::int64_t check_conv(const Context& c, ConvOperands at = {}) {
  const Shape *x = c.shape(0), *w = c.shape(at.weights);
  const std::int64_t group = c.attributes().integer("group", 1);
  if (group < 1) c.fail(fmt::format("group is {}", group));
  if (x != nullptr && x->size() < 3) c.fail("input 0 must have rank 3 or more");
  if (w != nullptr && w->size() < 3) c.fail("the weights must have rank 3 or more");
  if (x != nullptr) c.require_rank(at.weights, x->size());
  c.require_rank(at.bias, 1);
  return group;
}

void infer_conv_of(Context& c, DataType type, ConvOperands at = {}) {
  const Shape *x = c.shape(0), *w = c.shape(at.weights);
  const std::int64_t group = check_conv(c, at);
  if (x == nullptr) return c.output(0, type);
  const std::int64_t channels = w ? (*w)[0] : -1;
  if (w != nullptr) {
    if ((*w)[1] >= 0)
      c.require_equal((*x)[1], base::checked_mul((*w)[1], group, "channels"), "the weights do not fit the input's channels");
    if (channels >= 0 && channels % group != 0) c.fail(fmt::format("{} output channels are not a multiple of group {}", channels, group));
    if (c.shape(at.bias) != nullptr) c.require_equal((*c.shape(at.bias))[0], channels, "the bias must have one entry an output channel");
  }
  const auto kernel = conv_kernel(c, w, x->size() - 2);
  if (kernel.empty()) return c.output(0, type, spatial_shape((*x)[0], channels, std::vector<Window>(x->size() - 2, Window{.output = -1})));
  c.output(0, type, spatial_shape((*x)[0], channels, sliding_windows(c.attributes(), tail(*x), kernel)));
}

}  // namespace

void infer_conv(Context& c) { infer_conv_of(c, c.type(0)); }

void infer_conv_integer(Context& c) {
  check_quantization(c, {.zero_point = 2});
  check_quantization(c, {.zero_point = 3, .channels = c.shape(1) ? (*c.shape(1))[0] : -1});
  infer_conv_of(c, DataType::int32, {.bias = kNone});
}

void infer_qlinear_conv(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2});
  check_quantization(c, {.scale = 4, .zero_point = 5, .channels = c.shape(3) ? (*c.shape(3))[0] : -1});
  check_quantization(c, {.scale = 6, .zero_point = 7});
  infer_conv_of(c, c.type(7), {.weights = 3, .bias = 8});
}

void infer_conv_transpose(Context& c) {
  const Shape *x = c.shape(0), *w = c.shape(1);
  const std::int64_t group = check_conv(c);
  if (x == nullptr) return c.output(0, c.type(0));
  std::int64_t channels = -1;
  if (w != nullptr) {
    c.require_equal((*x)[1], (*w)[0], "the weights do not fit the input's channels");
    if ((*w)[0] >= 0 && (*w)[0] % group != 0) c.fail(fmt::format("{} input channels are not a multiple of group {}", (*w)[0], group));
    if ((*w)[1] >= 0) channels = base::checked_mul((*w)[1], group, "channels");
    if (c.shape(2) != nullptr) c.require_equal((*c.shape(2))[0], channels, "the bias must have one entry an output channel");
  }
  const auto kernel = conv_kernel(c, w, x->size() - 2);
  if (kernel.empty()) return c.output(0, c.type(0), spatial_shape((*x)[0], channels, std::vector<Window>(x->size() - 2, Window{.output = -1})));
  c.output(0, c.type(0), spatial_shape((*x)[0], channels, transposed_windows(c.attributes(), tail(*x), kernel)));
}

void infer_pool(Context& c) {
  const Shape* x = c.shape(0);
  const auto kernel = c.attributes().integers("kernel_shape");
  if (kernel.empty()) c.fail("kernel_shape is missing");
  c.require_rank(0, kernel.size() + 2);
  c.output(1, DataType::int64);
  if (x == nullptr) return c.output(0, c.type(0));
  const std::vector<Window> windows = sliding_windows(c.attributes(), tail(*x), kernel);
  for (const Window& window : windows)
    if (window.pad_begin >= window.extent() || window.pad_end >= window.extent())
      c.fail(fmt::format("padding {} + {} is not smaller than the kernel's extent {}", window.pad_begin, window.pad_end, window.extent()));
  const Shape shape = spatial_shape((*x)[0], (*x)[1], windows);
  c.output(0, c.type(0), shape);
  c.output(1, DataType::int64, shape);
}

void infer_qlinear_global_pool(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2});
  check_quantization(c, {.scale = 3, .zero_point = 4});
  infer_global_pool(c);
}

void infer_global_pool(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  if (x->size() < 2) c.fail("input 0 must have rank 2 or more");
  Shape shape(x->size(), 1);
  shape[0] = (*x)[0];
  shape[1] = (*x)[1];
  c.output(0, c.type(0), shape);
}

namespace {

std::int64_t block_size(const Context& c) {
  const std::int64_t block = c.attributes().integer("blocksize", 0);
  if (block < 1 || block > 65536) c.fail(fmt::format("blocksize is {}", block));
  c.require_rank(0, 4);
  return block;
}

/// dim / by, -1 when unknown; fails when it does not divide.
std::int64_t divide(const Context& c, std::int64_t dim, std::int64_t by, const char* what) {
  if (dim < 0) return -1;
  if (dim % by != 0) c.fail(fmt::format("{} {} is not a multiple of {}", what, dim, by));
  return dim / by;
}

std::int64_t multiply(std::int64_t dim, std::int64_t by) { return dim < 0 ? -1 : base::checked_mul(dim, by, "output size"); }

}  // namespace

void infer_depth_to_space(Context& c) {
  const std::int64_t block = block_size(c);
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  const std::string mode = c.attributes().text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") c.fail(fmt::format("mode '{}' is neither DCR nor CRD", mode));
  c.output(0, c.type(0),
           Shape{(*x)[0], divide(c, (*x)[1], block * block, "channel count"), multiply((*x)[2], block), multiply((*x)[3], block)});
}

void infer_space_to_depth(Context& c) {
  const std::int64_t block = block_size(c);
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  c.output(0, c.type(0), Shape{(*x)[0], multiply((*x)[1], block * block), divide(c, (*x)[2], block, "height"),
                               divide(c, (*x)[3], block, "width")});
}

}  // namespace dnntune::graph::infer
