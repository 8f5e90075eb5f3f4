// SPDX-License-Identifier: Apache-2.0
#include "backends/cases.h"

#include "kernels/random.h"

namespace dnntune::test {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor random_floats(Random& random, Shape shape) {
  std::size_t count = 1;
  for (const std::int64_t dim : shape) count *= static_cast<std::size_t>(dim);
  return floats(std::move(shape), random.values(count));
}

Tensor positive_floats(Random& random, Shape shape) {
  Tensor tensor = random_floats(random, std::move(shape));
  for (float& value : tensor.as_mutable<float>()) value = value * value + 0.25f;
  return tensor;
}

}  // namespace

std::vector<LayerCase> network_layers() {
  Random random(77);
  const auto f = [&](Shape shape) { return random_floats(random, std::move(shape)); };
  const NodeAttributes window{{"kernel_shape", Ints{3, 2}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 0, 1, 1}}};
  std::vector<LayerCase> layers;
  const auto add = [&](std::string_view op, std::vector<Tensor> operands, NodeAttributes attributes = {}, int outputs = 1) {
    layers.emplace_back(op, std::move(operands), std::move(attributes), outputs);
  };
  NodeAttributes grouped = window;
  grouped.emplace_back("group", std::int64_t{2});
  add("Conv", {f({2, 4, 17, 13}), f({6, 2, 3, 2}), f({6})}, grouped);
  add("Conv", {f({1, 3, 40}), f({5, 3, 7})});
  add("Conv", {f({1, 2, 5, 6, 7}), f({3, 2, 2, 3, 3})}, {{"dilations", Ints{2, 1, 2}}});
  add("ConvTranspose", {f({2, 4, 9, 7}), f({4, 3, 3, 2}), f({6})}, grouped);
  add("MaxPool", {f({2, 3, 19, 11})}, window, 2);
  add("AveragePool", {f({2, 3, 19, 11})}, window);
  add("LpPool", {f({2, 3, 19, 11})}, window);
  for (const char* op : {"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"}) add(op, {f({3, 7, 31, 9})});
  add("BatchNormalization", {f({2, 5, 31, 17}), f({5}), f({5}), f({5}), positive_floats(random, {5})});
  add("InstanceNormalization", {f({2, 5, 31, 17}), f({5}), f({5})});
  add("GroupNormalization", {f({2, 6, 31, 17}), f({6}), f({6})}, {{"num_groups", std::int64_t{3}}});
  add("LayerNormalization", {f({63, 5, 17}), f({5, 17}), f({17})}, {{"axis", std::int64_t{1}}}, 3);
  add("LRN", {f({2, 9, 31, 17})}, {{"size", std::int64_t{5}}});
  add("MeanVarianceNormalization", {f({3, 7, 31, 17})});
  add("GridSample", {f({2, 3, 9, 7}), f({2, 31, 17, 2})}, {{"padding_mode", std::string("reflection")}});
  const Tensor image_of_region = Tensor::from<std::int64_t>({3}, std::vector<std::int64_t>{1, 0, 1});
  add("RoiAlign", {f({2, 5, 9, 7}), positive_floats(random, {3, 4}), image_of_region},
      {{"output_height", std::int64_t{11}}, {"output_width", std::int64_t{5}}, {"spatial_scale", 4.0f}});
  add("Einsum", {f({3, 17, 19}), f({3, 19, 23})}, {{"equation", std::string("bij,bjk->bki")}});
  add("MatMul", {f({3, 1, 37, 19}), f({2, 19, 23}), f({23})});
  add("Gemm", {f({37, 29}), f({31, 29}), f({31})}, {{"transB", std::int64_t{1}}});
  const NodeAttributes both{{"direction", std::string("bidirectional")}, {"hidden_size", std::int64_t{5}}};
  add("LSTM", {f({7, 3, 4}), f({2, 20, 4}), f({2, 20, 5}), f({2, 40}), {}, f({2, 3, 5}), f({2, 3, 5}), f({2, 15})}, both, 3);
  add("GRU", {f({7, 3, 4}), f({2, 15, 4}), f({2, 15, 5}), f({2, 30})}, both, 2);
  add("RNN", {f({7, 3, 4}), f({2, 5, 4}), f({2, 5, 5}), f({2, 10})}, both, 2);
  for (const char* op : {"Softmax", "LogSoftmax", "Hardmax"}) add(op, {f({5, 37, 41})}, {{"axis", std::int64_t{1}}});
  for (const char* mode : {"nearest", "linear", "cubic"})
    add("Resize", {f({2, 3, 11, 7}), {}, floats({4}, {1, 1, 2.5f, 1.6f})}, {{"mode", std::string(mode)}});
  add("DepthToSpace", {f({2, 36, 13, 11})}, {{"blocksize", std::int64_t{3}}});
  add("SpaceToDepth", {f({2, 4, 39, 33})}, {{"blocksize", std::int64_t{3}}});
  return layers;
}

}  // namespace dnntune::test
