// SPDX-License-Identifier: Apache-2.0
// Whole networks on the XNNPACK backend, with our kernels for what it leaves: the same results as on our kernels alone.
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "backends/backend.h"
#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "kernels/page_end.h"
#include "runtime/naive.h"

using namespace dnntune;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

Processor processor(const char* backend, int threads) {
  Processor result = naive::cpu(threads);
  result.backend = backend;
  return result;
}

class Net {
 public:
  explicit Net(const char* name) : b(name) {}
  GraphBuilder b;

  std::string weights(Shape shape) {
    const unsigned number = ++count_;
    return b.constant("w" + std::to_string(number), random_tensor(std::move(shape), number));
  }
  std::string conv(const std::string& x, Shape filter, std::int64_t stride, std::int64_t groups = 1) {
    const std::int64_t pad = filter[2] / 2;
    return b.node("Conv", {x, weights(filter), weights({filter[0]})}, {{"pads", Ints{pad, pad, pad, pad}}, {"strides", Ints{stride, stride}}, {"group", groups}});
  }
  std::string relu6(const std::string& x) {
    return b.node("Clip", {x, b.constant("low" + std::to_string(++count_), Tensor::from<float>({}, std::vector<float>{0.0f})),
                           b.constant("high" + std::to_string(count_), Tensor::from<float>({}, std::vector<float>{6.0f}))});
  }

 private:
  unsigned count_ = 0;
};

/// Expand, depthwise, project, twice, with a residual sum.
Graph mobile() {
  Net n("mobile");
  std::string x = n.relu6(n.conv(n.b.input("image", DataType::float32, {1, 3, 33, 31}), {16, 3, 3, 3}, 2));
  for (int block = 0; block < 2; ++block) {
    std::string y = n.relu6(n.conv(x, {48, 16, 1, 1}, 1));
    y = n.relu6(n.conv(y, {48, 1, 3, 3}, 1, 48));
    x = n.b.node("Add", {x, n.conv(y, {16, 48, 1, 1}, 1)});
  }
  x = n.b.node("Flatten", {n.b.node("GlobalAveragePool", {x})});
  n.b.output(n.b.node("Softmax", {n.b.node("Gemm", {x, n.weights({16, 10})})}, {}, "scores"));
  return n.b.build();
}

/// Branches that are joined, and layers that XNNPACK has not: LRN, Concat, Erf.
Graph branches() {
  Net n("branches");
  const std::string x = n.b.node("LRN", {n.b.node("Relu", {n.conv(n.b.input("image", DataType::float32, {2, 3, 20, 18}), {8, 3, 5, 5}, 1)})}, {{"size", std::int64_t{3}}});
  const std::string pool = n.b.node("MaxPool", {x}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{1, 1}}});
  const std::string joined = n.b.node("Concat", {n.conv(x, {5, 8, 1, 1}, 1), n.b.node("HardSwish", {n.conv(x, {7, 8, 3, 3}, 1)}), pool}, {{"axis", std::int64_t{1}}});
  n.b.output(n.b.node("Erf", {n.conv(joined, {4, 20, 3, 3}, 2)}, {}, "map"));
  return n.b.build();
}

/// A tensor that ends where its page ends.
struct AtPageEnd {
  explicit AtPageEnd(const Tensor& tensor) : memory(tensor.size_bytes()) {
    std::memcpy(memory.data(), tensor.data(), tensor.size_bytes());
    view = Tensor::borrow(tensor.type(), tensor.shape(), memory.data());
  }
  test::PageEndBuffer memory;
  Tensor view;
};

}  // namespace

TEST_CASE("networks on XNNPACK agree with our kernels, and do not depend on the thread count") {
  for (const Graph& graph : {mobile(), branches()}) {
    CAPTURE(graph.name());
    const AtPageEnd image(random_tensor(graph.inputs()[0].shape, 5));
    const Tensors inputs = {{"image", image.view}};
    const Tensors want = Session(graph, processor("cpu", 1)).run(inputs);
    Tensors single;
    for (const int threads : {1, 2}) {
      Session session(graph, processor("xnnpack", threads));
      const Tensors got = session.run(inputs);
      CHECK(naive::difference(got, want, 5e-5) == "");
      if (threads == 1) single = got;
      CHECK(naive::bit_difference(got, single) == "");
      CHECK(naive::bit_difference(session.run(inputs), single) == "");
      // Inputs elsewhere: layers are pointed anew.
      CHECK(naive::bit_difference(session.run({{"image", random_tensor(graph.inputs()[0].shape, 5)}}), single) == "");
    }
  }
}

TEST_CASE("a profile tells which layers ran on XNNPACK") {
  Session session(branches(), processor("xnnpack", 1));
  ProfileOptions quick;
  quick.min_samples = 1;
  quick.warmup_runs = 0;
  quick.max_total_s = 0.0;
  const Profile profile = session.profile(quick, {{"image", random_tensor({2, 3, 20, 18}, 5)}});
  std::string kernels;
  for (const LayerProfile& layer : profile.layers) kernels += layer.kernel + " ";
  CAPTURE(kernels);
  CHECK(kernels.find("xnnpack.conv") != std::string::npos);
  CHECK(kernels.find("xnnpack.max_pool") != std::string::npos);
  CHECK(kernels.find("simd.lrn") != std::string::npos);
}
