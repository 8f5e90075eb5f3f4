// SPDX-License-Identifier: Apache-2.0
// 4. A network from code, cut in two, written as ONNX for any engine.
#include <cstdio>
#include <vector>

#include <dnntune/dnntune.h>

int main() try {
  dnntune::GraphBuilder builder("two_dense_layers");
  auto x = builder.input("x", dnntune::DataType::float32, {1, 4});
  const std::vector<float> weights(4 * 3, 0.25f);
  x = builder.node("MatMul", {x, builder.constant("w1", dnntune::Tensor::from<float>({4, 3}, weights))}, {}, "dense1");
  x = builder.node("Relu", {x}, {}, "relu1");
  x = builder.node("MatMul", {x, builder.constant("w2", dnntune::Tensor::from<float>({3, 4}, weights))}, {}, "dense2");
  builder.output(x);
  const auto net = builder.build();

  for (const auto& cut : net.cut_points()) {
    std::printf("cut before layer %d: %lld bytes cross:", cut.position, static_cast<long long>(cut.bytes));
    for (const auto& value : cut.values) std::printf(" %s", value.c_str());
    std::puts("");
  }
  const auto suffix = net.extract({"relu1"}, {"dense2"});
  std::printf("the half after relu1 has %zu node and takes %zu bytes as ONNX\n", suffix.node_count(), dnntune::serialize_onnx(suffix).size());
  return 0;
} catch (const dnntune::Error& e) {
  std::fprintf(stderr, "%s: %s\n", to_string(e.code()), e.what());
  return 1;
}
