// SPDX-License-Identifier: Apache-2.0
// Layers of bytes: on every instruction set the same bits as the reference kernels give, for any number of threads.
#include "kernels/simd/integer_targets.h"  // first
#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/families.h"
#include "graph/lower.h"
#include "kernels/guarded.h"
#include "kernels/page_end.h"
#include "kernels/random.h"

using namespace dnntune;
using graph::Op;
using Ints = std::vector<std::int64_t>;

namespace {

/// A layer in the backends' order of dimensions. Inputs but the first, and a QLinearAdd's second, are constant.
struct ByteLayer {
  graph::Node node;
  std::vector<Tensor> inputs;
  Shape output;
  DataType output_type = DataType::uint8;
  std::vector<bool> varies;  ///< Inputs that are only known in the run; empty: the first.
};

class Runner {
 public:
  explicit Runner(const ByteLayer& layer) : layer_(layer) {
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      const Tensor& value = layer.inputs[i];
      memory_.emplace_back(value.size_bytes());
      if (value.size_bytes() > 0) std::memcpy(memory_.back().data(), value.data(), value.size_bytes());
      backends::TensorSpec spec{value.type(), value.shape(), {}};
      const bool varies = layer.varies.empty() ? i == 0 : layer.varies[i];
      if (!varies && value.defined()) spec.constant = Tensor::borrow(value.type(), value.shape(), memory_.back().data());
      specs_.push_back(spec);
      pointers_.push_back(value.defined() ? memory_.back().data() : nullptr);
    }
    outputs_.push_back({layer.output_type, layer.output, {}});
  }
  backends::LayerSpec spec(int threads) const { return {layer_.node, specs_, outputs_, threads}; }

  std::vector<std::byte> run(const backends::PreparedLayer& prepared, int threads) {
    test::GuardedBuffer<std::byte> output(Tensor(layer_.output_type, layer_.output).size_bytes());
    test::GuardedBuffer<std::byte> scratch(prepared.scratch_bytes());
    void* const to = output.data();
    base::ThreadPool pool(threads);
    prepared.run({pointers_, {&to, 1}, scratch.data()}, pool);
    CHECK(scratch.intact());
    CHECK(output.intact());
    for (std::size_t i = 0; i < memory_.size(); ++i)
      if (layer_.inputs[i].size_bytes() > 0) CHECK(std::memcmp(memory_[i].data(), layer_.inputs[i].data(), layer_.inputs[i].size_bytes()) == 0);
    return output.values();
  }

 private:
  const ByteLayer& layer_;
  std::vector<test::PageEndBuffer> memory_;
  std::vector<backends::TensorSpec> specs_, outputs_;
  std::vector<const void*> pointers_;
};

void check(const ByteLayer& layer, const std::string& kernel) {
  Runner runner(layer);
  const std::vector<std::byte> want = runner.run(*backends::cpu::reference_backend().prepare(runner.spec(1)), 1);
  const auto supported = hwy::SupportedTargets();
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    CAPTURE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(supported & ~(target - 1));  // this one is the best of what is left
    for (const int threads : {1, 2, 3}) {
      CAPTURE(threads);
      const auto prepared = backends::cpu::simd::prepare(runner.spec(threads));
      if (prepared == nullptr && target == HWY_SCALAR) continue;
      REQUIRE(prepared != nullptr);
      CHECK(prepared->kernel() == kernel);
      const std::vector<std::byte> got = runner.run(*prepared, threads);
      std::size_t first = 0;
      while (first < want.size() && got[first] == want[first]) ++first;
      CAPTURE(first);
      CHECK(first == want.size());
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

graph::Node node(Op op, NodeAttributes attributes = {}, graph::Activation activation = {}) {
  graph::Node result;
  result.op = op;
  result.op_type = graph::find_operator(op)->name;
  result.name = "layer";
  result.attributes = graph::Attributes(std::move(attributes));
  result.activation = activation;
  return result;
}

test::Random random_numbers(11);

Tensor bytes(DataType type, const Shape& shape) {
  Tensor tensor(type, shape);
  auto* data = static_cast<std::uint8_t*>(tensor.mutable_data());
  for (std::size_t i = 0; i < tensor.element_count(); ++i) data[i] = static_cast<std::uint8_t>(random_numbers.next());
  return tensor;
}
Tensor byte(DataType type, int value) {
  const auto stored = static_cast<std::uint8_t>(value);
  return Tensor::copy_of(type, {}, &stored, 1);
}
Tensor number(float value) { return Tensor::from<float>({}, std::vector<float>{value}); }
Tensor scales(std::int64_t count, float about) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(about * (1.0f + 0.5f * random_numbers.value()));
  return Tensor::from<float>({count}, values);
}
Tensor biases(std::int64_t count, int most) {
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<std::int32_t>(random_numbers.integer(-most, most)));
  return Tensor::from<std::int32_t>({count}, values);
}

struct ConvCase {
  Shape input;  // N, H, W, C
  std::int64_t out_channels;
  std::int64_t kernel = 1, stride = 1, pad = 0, dilation = 1, group = 1;
};

constexpr DataType kU8 = DataType::uint8, kS8 = DataType::int8;

/// A convolution of those types. A `scale` near 1 / sqrt(products) spreads the results over all bytes.
ByteLayer convolution(const ConvCase& c, DataType x, DataType w, DataType y, graph::Activation activation = {}, bool weight_zeros = false) {
  const std::int64_t in_group = c.input[3] / c.group;
  const auto out = [&](std::int64_t size) { return (size + 2 * c.pad - (c.kernel - 1) * c.dilation - 1) / c.stride + 1; };
  ByteLayer layer;
  layer.node = node(Op::QLinearConv, {{"strides", Ints{c.stride, c.stride}}, {"pads", Ints(4, c.pad)}, {"dilations", Ints{c.dilation, c.dilation}}, {"group", c.group}}, activation);
  Tensor zeros = bytes(w, {c.out_channels});
  if (!weight_zeros) std::memset(zeros.mutable_data(), w == kU8 ? 128 : 0, zeros.size_bytes());
  layer.inputs = {bytes(x, c.input), number(0.02f), byte(x, x == kU8 ? 117 : -11), bytes(w, {c.out_channels, in_group, c.kernel, c.kernel}),
                  scales(c.out_channels, 0.01f), zeros, number(0.02f * std::sqrt(static_cast<float>(in_group * c.kernel * c.kernel))), byte(y, y == kU8 ? 130 : 5),
                  biases(c.out_channels, 5000)};
  layer.output = {c.input[0], out(c.input[1]), out(c.input[2]), c.out_channels};
  layer.output_type = y;
  return layer;
}

const std::vector<ConvCase> kConvolutions = {
    {{1, 7, 7, 64}, 64}, {{2, 5, 9, 3}, 33, 3, 2, 1}, {{1, 12, 11, 16}, 70, 3, 1, 1}, {{1, 9, 8, 64}, 17, 3, 1, 1}, {{1, 6, 7, 5}, 1, 2, 1, 0, 2},
    {{1, 13, 13, 3}, 8, 7, 2, 3}, {{1, 8, 8, 130}, 31}, {{1, 6, 6, 12}, 18, 3, 1, 1, 1, 3}, {{1, 1, 1, 200}, 65}, {{1, 4, 4, 64}, 32, 1, 2}, {{3, 1, 2, 1}, 2},
    {{1, 7, 6, 128}, 40, 3, 1, 2, 2, 2}};

}  // namespace

TEST_CASE("convolutions of bytes: the reference's bits, for every sign of the operands") {
  for (std::size_t i = 0; i < kConvolutions.size(); ++i) {
    CAPTURE(i);
    for (const DataType x : {kU8, kS8})
      for (const DataType w : {kS8, kU8}) check(convolution(kConvolutions[i], x, w, x), "simd.quantized_conv");
    check(convolution(kConvolutions[i], kU8, kS8, kS8, {graph::Activation::Kind::relu}), "simd.quantized_conv");
    check(convolution(kConvolutions[i], kU8, kU8, kU8, {graph::Activation::Kind::clip, -0.1f, 0.7f}, true), "simd.quantized_conv");
  }
}

TEST_CASE("depthwise convolutions of bytes") {
  for (const std::int64_t channels : {2, 16, 31, 64, 65, 144}) {
    CAPTURE(channels);
    for (const ConvCase& c : {ConvCase{{2, 7, 6, channels}, channels, 3, 1, 1, 1, channels}, ConvCase{{1, 9, 9, channels}, channels, 3, 2, 1, 1, channels},
                              ConvCase{{1, 9, 8, channels}, channels, 5, 1, 2, 1, channels}, ConvCase{{1, 8, 8, channels}, channels, 3, 1, 2, 2, channels},
                              ConvCase{{1, 4, 4, channels}, channels, 1, 1, 0, 1, channels}}) {
      for (const DataType x : {kU8, kS8})
        for (const DataType w : {kS8, kU8}) check(convolution(c, x, w, x, {graph::Activation::Kind::relu}), "simd.quantized_depthwise");
    }
  }
}

TEST_CASE("extremes do not saturate on the way") {
  ByteLayer layer = convolution({{1, 3, 3, 64}, 32, 3, 1, 1}, kU8, kS8, kU8);
  std::memset(layer.inputs[0].mutable_data(), 255, layer.inputs[0].size_bytes());
  for (const int weight : {127, -128}) {
    std::memset(layer.inputs[3].mutable_data(), weight, layer.inputs[3].size_bytes());
    check(layer, "simd.quantized_conv");
  }
  ByteLayer depthwise = convolution({{1, 3, 3, 64}, 64, 3, 1, 1, 1, 64}, kU8, kS8, kU8);
  std::memset(depthwise.inputs[0].mutable_data(), 255, depthwise.inputs[0].size_bytes());
  std::memset(depthwise.inputs[3].mutable_data(), 127, depthwise.inputs[3].size_bytes());
  check(depthwise, "simd.quantized_depthwise");
}

TEST_CASE("products of bytes") {
  for (const std::int64_t m : {1, 2, 5, 29})
    for (const std::int64_t k : {1, 63, 130})
      for (const std::int64_t n : {1, 32, 77}) {
        CAPTURE(m);
        CAPTURE(k);
        CAPTURE(n);
        for (const bool transposed : {false, true}) {
          ByteLayer layer;
          layer.node = node(Op::QLinearMatMul, {{"transB", std::int64_t{transposed}}});
          layer.inputs = {bytes(kU8, {m, k}), number(0.02f), byte(kU8, 99), bytes(kS8, transposed ? Shape{n, k} : Shape{k, n}), scales(n, 0.01f),
                          bytes(kS8, {n}), number(0.03f * std::sqrt(static_cast<float>(k))), byte(kU8, 120), biases(n, 900)};
          layer.output = {m, n};
          check(layer, "simd.quantized_gemm");
        }
        ByteLayer sums;
        sums.node = node(Op::MatMulInteger);
        sums.inputs = {bytes(kU8, {m, k}), bytes(kU8, {k, n}), byte(kU8, 12), byte(kU8, 131)};
        sums.output = {m, n};
        sums.output_type = DataType::int32;
        check(sums, "simd.quantized_gemm");
        sums.varies = {true, false, true, false};  // as DynamicQuantizeLinear gives them
        check(sums, "simd.quantized_gemm");
      }
  ByteLayer sums;
  sums.node = node(Op::ConvInteger, {{"pads", Ints(4, 1)}});
  sums.inputs = {bytes(kS8, {1, 6, 5, 9}), bytes(kS8, {34, 9, 3, 3}), byte(kS8, -7)};
  sums.output = {1, 6, 5, 34};
  sums.output_type = DataType::int32;
  check(sums, "simd.quantized_conv");
}

TEST_CASE("bytes from floats, back, their sums, means and maxima") {
  for (const DataType type : {kU8, kS8})
    for (const std::int64_t count : {1, 15, 16, 17, 100}) {
      CAPTURE(count);
      Tensor floats(DataType::float32, {count});
      for (float& x : floats.as_mutable<float>()) x = static_cast<float>(random_numbers.integer(-600, 600)) * 0.25f;  // with halves
      const int zero = type == kU8 ? 9 : -9;
      check({node(Op::QuantizeLinear), {floats, number(0.5f), byte(type, zero)}, {count}, type, {}}, "simd.quantize");
      check({node(Op::DequantizeLinear), {bytes(type, {count}), number(0.37f), byte(type, zero)}, {count}, DataType::float32, {}}, "simd.dequantize");
      ByteLayer sum{node(Op::QLinearAdd, {}, {graph::Activation::Kind::relu}),
                    {bytes(type, {count}), number(0.11f), byte(type, zero), bytes(type, {count}), number(0.07f), byte(type, 3), number(0.13f), byte(type, 20)},
                    {count}, type, {true, false, false, true, false, false, false, false}};
      check(sum, "simd.quantized_add");
      check({node(Op::QLinearGlobalAveragePool), {bytes(type, {2, 3, 5, count}), number(0.1f), byte(type, zero), number(0.06f), byte(type, 40)}, {2, 1, 1, count}, type, {}},
            "simd.quantized_global_pool");
      check({node(Op::MaxPool, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints(4, 1)}}), {bytes(type, {2, 7, 6, count})}, {2, 4, 3, count}, type, {}},
            "simd.max_pool");
    }
}
