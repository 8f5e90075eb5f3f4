// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/product.h"

#include <algorithm>
#include <bit>

#include "backends/opencl/binders.h"
#include "backends/opencl/texts.h"
#include "backends/cpu/reference/matmul_setting.h"

namespace dnntune::backends::opencl {
namespace {

constexpr std::size_t kSplit = 64;  // work-items that share a row's sum

/// Rows of constants, read one after the other.
void for_each_row(const TensorSpec& operand, std::int64_t columns, const std::function<void(std::int64_t, const float*)>& use) {
  if (columns == 0) return;
  const std::int64_t rows = backends::elements(operand.shape) / columns;
  if (!operand.weights.defined()) {
    const std::vector<float> all = constant_floats(operand);
    for (std::int64_t row = 0; row < rows; ++row) use(row, &all[static_cast<std::size_t>(row * columns)]);
    return;
  }
  std::vector<float> one(static_cast<std::size_t>(columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    operand.weights.read(row * columns, columns, one.data());
    use(row, one.data());
  }
}

/// Fills weights from a constant matrix: [k][n], or [n][k] when it is transposed.
std::function<void(PanelWeights&)> matrix_filler(const TensorSpec& matrix, bool transposed, float factor) {
  return [&matrix, transposed, factor](PanelWeights& weights) {
    const std::int64_t columns = matrix.shape.back();
    for_each_row(matrix, columns, [&](std::int64_t row, const float* values) {
      for (std::int64_t column = 0; column < columns; ++column)
        weights.at(0, transposed ? column : row, transposed ? row : column) = factor * values[column];
    });
  };
}

struct Matrices {
  std::int64_t m, n, k;
  cl_int2 a_step, b_step;
  std::vector<cl_int> batches;  ///< Where a and b of each product begin.
  bool has_bias;
};

/// Both matrices come from other layers.
Prepared make_matmul(OpenClContext& context, const LayerSpec& layer, const Matrices& matrices) {
  LayerBuilder builder(context, layer, "opencl.matmul");
  const auto count = static_cast<std::int64_t>(matrices.batches.size() / 2);
  Launch& launch = builder.launch("", {texts::matmul()}, "matmul");
  builder.operand(launch, 0);
  builder.operand(launch, 1);
  builder.operand(launch, matrices.has_bias ? 2 : 0);
  launch.output(0).memory(builder.ints(matrices.batches)).value(int4(matrices.m, matrices.n, matrices.k, 0));
  launch.value(matrices.a_step).value(matrices.b_step).value(cl_int{matrices.has_bias}).activation(fused_activation(layer));
  launch.over((matrices.n + 3) / 4, (matrices.m + 3) / 4, count);
  return builder.finish();
}

/// One number a column, from an operand that is broadcast along the rows; refuses others.
std::vector<float> column_bias(const TensorSpec& operand, std::int64_t n, float factor) {
  std::vector<float> bias;
  if (!operand.present()) return bias;
  take_if(operand.is_constant(), "its bias is not constant");
  const std::int64_t count = backends::elements(operand.shape);
  take_if(count == 1 || (count == n && operand.shape.back() == n), "its bias changes from row to row");
  bias = constant_floats(operand);
  if (count == 1) bias.assign(static_cast<std::size_t>(n), bias[0]);
  for (float& b : bias) b *= factor;
  return bias;
}

}  // namespace

Tiling tiling_for(const OpenClContext& context, std::int64_t rows, std::int64_t channels) {
  if (!context.is_gpu) return {rows >= 8 ? 8 : 1, channels > 4 ? 16 : 4, false};
  // Four times four sums stay in the registers of every GPU; small layers need every work-item they can get.
  const auto busy = static_cast<std::int64_t>(context.device.info.compute_units) * 128;
  const bool large = (rows + 3) / 4 * ((channels + 3) / 4) >= busy;
  return {large ? 4 : 1, 4, true};
}

std::vector<float> PanelWeights::padded(const std::vector<float>& bias) const {
  std::vector<float> result(static_cast<std::size_t>(all_panels() * vn_));
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const auto channel = static_cast<std::int64_t>(i);
    result[static_cast<std::size_t>(channel / n_ * panels_ * vn_ + channel % n_)] = bias[i];
  }
  return result;
}

Prepared make_product(OpenClContext& context, const LayerSpec& layer, std::int64_t rows, std::int64_t k, std::int64_t n,
                      const std::vector<float>& bias, const std::function<void(PanelWeights&)>& fill) {
  const bool by_rows = context.is_gpu && rows <= 4;
  Tiling tiling = tiling_for(context, rows, n);
  if (by_rows) tiling = {1, 4, false};
  PanelWeights weights(tiling, k, n);
  fill(weights);
  LayerBuilder builder(context, layer, by_rows ? "opencl.row_product" : "opencl.product");
  builder.hold(1);
  if (!bias.empty()) builder.hold(2);
  const cl_mem packed = builder.elements(weights.values());
  const cl_mem padded_bias = builder.floats(weights.padded(bias));
  const cl_int has_bias = bias.empty() ? 0 : 1;
  if (by_rows) {
    const std::size_t split = std::min(kSplit, std::bit_floor(context.device.info.max_work_group));
    Launch& launch = builder.launch(fmt::format("#define SPLIT {}\n", split), {texts::row_product()}, "row_product");
    launch.input(0).memory(packed).memory(padded_bias).output(0).value(int4(rows, k, n, weights.panels())).value(has_bias);
    launch.activation(fused_activation(layer));
    launch.over(weights.panels() * static_cast<std::int64_t>(split), rows);
    launch.in_groups({split, 1, 1});
    return builder.finish();
  }
  Launch& launch = builder.launch("#define POINTWISE\n" + tiling.definitions(), {texts::convolution()}, "product");
  launch.input(0).memory(packed).memory(padded_bias).output(0).value(int4(rows, k, n, weights.panels())).value(int4(k, n, 0, 0));
  launch.value(weights.strides()).value(has_bias).activation(fused_activation(layer));
  launch.over(weights.panels(), (rows + tiling.rows - 1) / tiling.rows);
  return builder.finish();
}

Prepared prepare_gemm(OpenClContext& context, const LayerSpec& layer) {
  const graph::Attributes& attributes = layer.node.attributes;
  const Shape& a = layer.inputs[0].shape;
  const TensorSpec& b = layer.inputs[1];
  const bool a_transposed = attributes.integer("transA", 0) != 0, b_transposed = attributes.integer("transB", 0) != 0;
  const float alpha = attributes.number("alpha", 1.0f), beta = attributes.number("beta", 1.0f);
  const std::int64_t m = a[a_transposed ? 1 : 0], k = a[a_transposed ? 0 : 1], n = b.shape[b_transposed ? 0 : 1];
  if (b.is_constant() && !layer.inputs[0].is_constant() && !a_transposed)
    return make_product(context, layer, m, k, n, column_bias(input(layer, 2), n, beta), matrix_filler(b, b_transposed, alpha));
  take_if(alpha == 1.0f && beta == 1.0f, "alpha or beta is not 1 for matrices that are not constant");
  const TensorSpec& bias = input(layer, 2);
  take_if(!bias.present() || (backends::elements(bias.shape) == n && bias.shape.back() == n), "its bias is not one number a column");
  const cl_int2 a_step = a_transposed ? int2(1, m) : int2(k, 1), b_step = b_transposed ? int2(1, k) : int2(n, 1);
  return make_matmul(context, layer, {m, n, k, a_step, b_step, {0, 0}, bias.present()});
}

Prepared prepare_matmul(OpenClContext& context, const LayerSpec& layer) {
  const cpu::MatmulSetting setting = cpu::read_matmul_setting(layer, {});
  const std::int64_t batches = backends::elements(setting.batch_dims);
  const TensorSpec& b = layer.inputs[1];
  if (b.is_constant() && !layer.inputs[0].is_constant() && b.shape.size() == 2) {
    // Rows of a lie one after the other through all batches: b has none of its own.
    return make_product(context, layer, batches * setting.m, setting.k, setting.n, column_bias(input(layer, 2), setting.n, 1.0f),
                        matrix_filler(b, false, 1.0f));
  }
  std::vector<cl_int> starts;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    std::int64_t rest = batch, a_at = 0, b_at = 0;
    for (std::size_t d = setting.batch_dims.size(); d-- > 0;) {
      a_at += rest % setting.batch_dims[d] * setting.a_batches[d];
      b_at += rest % setting.batch_dims[d] * setting.b_batches[d];
      rest /= setting.batch_dims[d];
    }
    starts.push_back(int_of(a_at));
    starts.push_back(int_of(b_at));
  }
  const cl_int2 a_step = int2(setting.k, 1), b_step = int2(setting.n, 1);
  return make_matmul(context, layer, {setting.m, setting.n, setting.k, a_step, b_step, std::move(starts), input(layer, 2).present()});
}

}  // namespace dnntune::backends::opencl
