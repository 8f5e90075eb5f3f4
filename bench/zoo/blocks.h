// SPDX-License-Identifier: Apache-2.0
// Net: the shared blocks that the zoo's networks are written in. Node by node what exporters write
// (Conv, BatchNormalization and Relu apart): fusing them is the library's work.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <dnntune/builder.h>

#include "zoo/weights.h"

namespace dnntune::zoo {

/// Height and width; one number means both.
struct Size2 {
  constexpr Size2(std::int64_t both) : height(both), width(both) {}
  constexpr Size2(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  std::int64_t height, width;
};

struct ConvOptions {
  std::int64_t out = 0;  ///< Output channels.
  Size2 kernel = 1;
  Size2 stride = 1;
  Size2 pad = 0;         ///< On either side.
  Size2 dilation = 1;
  std::int64_t groups = 1;
  bool bias = false;     ///< Without it a batch_norm follows.
};

struct PoolOptions {
  Size2 kernel = 2;
  Size2 stride = 2;
  Size2 pad = 0;
  bool ceil = false;     ///< Round the output size up, as Caffe does.
};

/// Writes one network. Every function adds nodes and returns the name of the value they make, which is also
/// the name of the last node; weights are called "<name>.weight", "<name>.bias" and so on. Images are NCHW.
///
/// Weights keep the second moment of a signal constant (He et al., ICCV 2015): variance 2 / fan-in behind a
/// rectifier, which halves the moment, and 1 / fan-in elsewhere.
class Net {
 public:
  Net(std::string_view name, std::uint64_t seed);

  std::string input(const std::string& name, Shape shape, DataType type = DataType::float32);
  /// Declares the outputs and makes the graph; the Net is spent.
  Graph finish(std::initializer_list<std::string> outputs);

  /// Any node.
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes,
                   const std::string& name);
  /// A node that takes its first input apart (Split), so that the parts have its sign.
  std::vector<std::string> parts(const std::string& op, const std::vector<std::string>& inputs, int outputs,
                                 const NodeAttributes& attributes, const std::string& name);
  std::int64_t dim(const std::string& value, std::size_t axis) const;

  // Weights and operands
  /// Uniform with zero mean and variance gain / fan_in.
  std::string weight(const std::string& name, Shape shape, std::int64_t fan_in, float gain = 1.0f);
  /// A small vector: uniform on (centre - half_range, centre + half_range).
  std::string vector(const std::string& name, std::int64_t count, float half_range, float centre = 0.0f);
  /// A constant that is no weight (shape operand, bound, mask, table); equal names must mean equal values.
  std::string constant(const std::string& name, Tensor value);
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values);

  // Layers
  std::string conv(const std::string& x, const std::string& name, const ConvOptions& options);
  /// `scale` is the middle of the batch-norm's scales: below 1 at the end of a residual branch, as in
  /// trained networks, where else the signal would double with every block.
  std::string batch_norm(const std::string& x, const std::string& name, float scale = 1.0f, float epsilon = 1e-5f);
  std::string dense(const std::string& x, const std::string& name, std::int64_t out, float gain = 1.0f);
  std::string relu(const std::string& x, const std::string& name);
  std::string clip(const std::string& x, const std::string& name, float low, float high);
  std::string relu6(const std::string& x, const std::string& name) { return clip(x, name, 0.0f, 6.0f); }
  std::string max_pool(const std::string& x, const std::string& name, const PoolOptions& options);
  /// Padding counts as zeros in the mean, as in PyTorch.
  std::string average_pool(const std::string& x, const std::string& name, const PoolOptions& options);
  std::string global_average_pool(const std::string& x, const std::string& name);
  std::string lrn(const std::string& x, const std::string& name);
  std::string add(const std::string& a, const std::string& b, const std::string& name);
  std::string concat(const std::vector<std::string>& parts, const std::string& name, std::int64_t axis = 1);
  std::string flatten(const std::string& x, const std::string& name);
  std::string reshape(const std::string& x, const std::string& name, const std::vector<std::int64_t>& shape);
  std::string transpose(const std::string& x, const std::string& name, const std::vector<std::int64_t>& order);
  std::string softmax(const std::string& x, const std::string& name, std::int64_t axis = -1);

  // Runs of layers, called "<name>", "<name>_bn", "<name>_relu"
  std::string conv_relu(const std::string& x, const std::string& name, ConvOptions options);
  std::string conv_bn(const std::string& x, const std::string& name, const ConvOptions& options, float scale = 1.0f);
  std::string conv_bn_relu(const std::string& x, const std::string& name, const ConvOptions& options);
  std::string conv_bn_relu6(const std::string& x, const std::string& name, const ConvOptions& options);
  /// Global average pool, flatten, dense, softmax.
  std::string classify(const std::string& x, std::int64_t classes);

 private:
  /// Variance gain of weights that read `x`.
  float gain(const std::string& x) const { return rectified_.contains(x) ? 2.0f : 1.0f; }
  /// `y` is made of `x` without changing its sign.
  std::string like(const std::string& x, std::string y);

  GraphBuilder builder_;
  WeightSource weights_;
  std::unordered_set<std::string> rectified_;
  std::unordered_set<std::string> constants_;
};

}  // namespace dnntune::zoo
