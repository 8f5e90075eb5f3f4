// SPDX-License-Identifier: Apache-2.0
// Gemm and MatMul with a constant matrix.
#include <algorithm>
#include <vector>

#include "backends/xnnpack/binders.h"
#include "kernels/simd/transpose.h"

namespace dnntune::backends::xnnpack {
namespace {

/// A matrix times `factor`, as rows of its columns: [n, k]. Where it lies, if that is how. XNNPACK would take [k, n] too, but
/// then it reads the matrix column by column as it packs, element by element from as many cache lines.
class Columns {
 public:
  Columns(const float* matrix, std::int64_t k, std::int64_t n, bool transposed, float factor) : data_(matrix) {
    if (transposed && factor == 1.0f) return;
    own_ = base::AlignedBuffer(static_cast<std::size_t>(k * n) * sizeof(float));
    float* const to = own_.as<float>();
    if (transposed)
      std::copy_n(matrix, k * n, to);
    else
      kernels::simd::transpose_kernel()({.x = matrix, .y = to, .rows = k, .columns = n}, {0, (n + kernels::simd::kTransposeColumns - 1) / kernels::simd::kTransposeColumns});
    if (factor != 1.0f) std::transform(to, to + k * n, to, [=](float x) { return x * factor; });
    data_ = to;
  }
  const float* data() const noexcept { return data_; }

 private:
  base::AlignedBuffer own_;
  const float* data_;
};

/// The bias of each of n columns: none, one value for all or one for each. Nullopt for other shapes.
std::optional<std::vector<float>> bias_of(const TensorSpec& bias, std::int64_t n, float factor) {
  std::vector<float> columns(static_cast<std::size_t>(n), 0.0f);
  if (!bias.present()) return columns;
  const std::int64_t count = elements(bias.shape);
  if (!bias.is_constant() || (count != 1 && (count != n || bias.shape.back() != n))) return std::nullopt;
  const Tensor values = constant_of(bias);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = values.as<float>()[count == 1 ? 0 : i] * factor;
  return columns;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_dense(const LayerSpec& layer) {
  const TensorSpec &a = input(layer, 0), &b = input(layer, 1);
  const auto& attributes = layer.node.attributes;
  const bool gemm = layer.node.op == graph::Op::Gemm;
  if (!is_float(layer)) return refuse(layer, "other than float32");
  if (!b.is_constant()) return refuse(layer, "a second matrix that is not constant");
  if (a.shape.size() < 2 || b.shape.size() < 2 || elements(a.shape) == 0) return refuse(layer, "vectors, or nothing");
  if (gemm && attributes.integer("transA", 0) != 0) return refuse(layer, "a first matrix that is transposed");
  const bool transposed = gemm && attributes.integer("transB", 0) != 0;  // [n, k]
  const std::int64_t k = a.shape.back(), m = elements(a.shape) / k;
  const std::int64_t n = b.shape[b.shape.size() - (transposed ? 2 : 1)];
  if (b.shape[b.shape.size() - (transposed ? 1 : 2)] != k || elements(b.shape) != k * n || b.shape.size() > a.shape.size())
    return refuse(layer, "a batch of second matrices");
  const std::optional<Fused> fused = fused_of(layer);
  if (!fused) return refuse(layer, "its activation");
  const std::optional<std::vector<float>> bias = bias_of(input(layer, 2), n, gemm ? attributes.number("beta", 1.0f) : 1.0f);
  if (!bias) return refuse(layer, "a bias other than a constant one of each column");
  const Tensor matrix = constant_of(b);
  if (has_nan(matrix) || (input(layer, 2).present() && has_nan(constant_of(input(layer, 2))))) return refuse(layer, "NaNs in its weights");
  const Columns weights(matrix.as<float>().data(), k, n, transposed, gemm ? attributes.number("alpha", 1.0f) : 1.0f);
  Subgraph graph(2);
  graph.input(0, floats({m, k}));
  graph.output(1, floats({m, n}));
  const std::uint32_t filter = graph.constant(floats({n, k}), weights.data());
  const std::uint32_t columns = graph.constant(floats({n}), bias->data());
  graph.node([&](xnn_subgraph_t g) {
    return xnn_define_fully_connected(g, fused->bounds.low, fused->bounds.high, 0, filter, columns, 1, 0);
  });
  return make_layer(layer, graph,
                    {.kernel = "xnnpack.dense", .weight_bytes = static_cast<std::size_t>(k * n + n) * sizeof(float), .held = kHoldsWeights}, fused->after);
}

}  // namespace dnntune::backends::xnnpack
