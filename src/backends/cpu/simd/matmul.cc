// SPDX-License-Identifier: Apache-2.0
// MatMul: with one constant B as a single product; else a product a batch, with B packed as it runs.
#include <algorithm>
#include <memory>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/packed_product.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using namespace kernels::simd;

/// Batches of products whose B is known only when they run.
class BatchedProduct {
 public:
  BatchedProduct(std::int64_t m, std::int64_t k, std::int64_t n, std::vector<std::int64_t> a_offsets,
                 std::vector<std::int64_t> b_offsets, kernels::Activation activation, int threads)
      : kernels_(gemm_kernels()),
        m_(m),
        layout_{.rows = k, .columns = n, .lanes = kernels_.lanes},
        a_offsets_(std::move(a_offsets)),
        b_offsets_(std::move(b_offsets)),
        activation_(activation),
        threads_(threads),
        depth_(gemm_depth(k)),
        block_rows_(gemm_block_rows(kernels_, m, depth_)),
        a_floats_(whole_lines(gemm_scratch_floats(kernels_, block_rows_, depth_))),
        b_floats_(whole_lines(layout_.floats())),
        // Many batches: each worker packs the B it needs. Few: all B first, together.
        shared_(threads > 1 && batches() < std::int64_t{4} * threads) {}

  std::size_t scratch_bytes() const noexcept {
    return static_cast<std::size_t>(threads_ * a_floats_ + (shared_ ? batches() : threads_) * b_floats_) * sizeof(float);
  }

  void run(const float* a, const float* b, float* c, std::byte* scratch, base::ThreadPool& pool) const {
    float* const a_scratch = reinterpret_cast<float*>(scratch);
    float* const b_scratch = a_scratch + threads_ * a_floats_;
    const std::int64_t blocks = divide_up(m_, block_rows_);
    const std::int64_t block_macs = block_rows_ * layout_.rows * layout_.columns;
    if (!shared_) {
      pool.parallel_for(batches(), grain_for(blocks * block_macs), [&](base::Range items, int worker) {
        float* const own_b = b_scratch + worker * b_floats_;
        for (std::int64_t batch = items.begin; batch < items.end; ++batch) {
          pack(b, batch, {0, layout_.panels()}, own_b);
          for (std::int64_t block = 0; block < blocks; ++block)
            multiply(a, own_b, c, batch, block, a_scratch + worker * a_floats_);
        }
      });
      return;
    }
    const std::int64_t panels = layout_.panels();
    pool.parallel_for(batches() * panels, grain_for(layout_.rows * layout_.panel_columns() * 8), [&](base::Range items, int) {
      for (std::int64_t item = items.begin; item < items.end; ++item)
        pack(b, item / panels, {item % panels, item % panels + 1}, b_scratch + item / panels * b_floats_);
    });
    pool.parallel_for(batches() * blocks, grain_for(block_macs), [&](base::Range items, int worker) {
      for (std::int64_t item = items.begin; item < items.end; ++item)
        multiply(a, b_scratch + item / blocks * b_floats_, c, item / blocks, item % blocks, a_scratch + worker * a_floats_);
    });
  }

 private:
  static std::int64_t whole_lines(std::int64_t floats) noexcept {
    return static_cast<std::int64_t>(base::round_up(static_cast<std::size_t>(floats)));
  }
  std::int64_t batches() const noexcept { return static_cast<std::int64_t>(a_offsets_.size()); }

  void pack(const float* b, std::int64_t batch, base::Range panels, float* to) const noexcept {
    pack_panels(layout_, b + b_offsets_[static_cast<std::size_t>(batch)], layout_.columns, 1, 1.0f, panels, to);
  }

  void multiply(const float* a, const float* packed_b, float* c, std::int64_t batch, std::int64_t block,
                float* own) const noexcept {
    GemmArgs args;
    args.m = m_;
    args.layout = layout_;
    args.a = a + a_offsets_[static_cast<std::size_t>(batch)];
    args.a_floats = m_ * layout_.rows;
    args.a_stride = layout_.rows;
    args.b = packed_b;
    args.c = c + batch * m_ * layout_.columns;
    args.c_stride = layout_.columns;
    args.activation = activation_;
    const base::Range rows = {block * block_rows_, std::min(m_, (block + 1) * block_rows_)};
    kernels_.block(args, {rows, {0, layout_.panels()}, depth_}, own);
  }

  const GemmKernels& kernels_;
  std::int64_t m_;
  PanelLayout layout_;
  std::vector<std::int64_t> a_offsets_, b_offsets_;  ///< Of each batch's matrices, in floats.
  kernels::Activation activation_;
  int threads_;
  std::int64_t depth_, block_rows_;
  std::int64_t a_floats_, b_floats_;  ///< Of scratch.
  bool shared_;
};

/// Where each batch's matrix of `matrix_floats` starts, for an operand whose batch dimensions `from`
/// broadcast to `to`.
std::vector<std::int64_t> batch_offsets(const LayerSpec& layer, const Shape& from, const Shape& to, std::int64_t matrix_floats) {
  const std::vector<std::int64_t> strides = broadcast_strides(layer, from, to);
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(elements(to)));
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    std::int64_t matrix = 0;
    for (std::size_t d = to.size(); d-- > 0; rest /= to[d]) matrix += rest % to[d] * strides[d];
    offsets[i] = matrix * matrix_floats;
  }
  return offsets;
}

std::unique_ptr<PreparedLayer> prepare_constant(const LayerSpec& layer, std::int64_t k, std::int64_t n) {
  const std::int64_t m = elements(layer.inputs[0].shape) / k;
  auto product = std::make_unique<PackedProduct>(
      PackedProduct::Shape{.m = m, .a_rows = m, .a_stride = k, .c_stride = n},
      matrix_weights(layer, m, k, n, false, 1.0f, 1.0f), fused_activation(layer), layer.threads);
  const std::string_view kernel = product->kernel(kGemm, kGemmBfloat16);
  return make_product_layer(kernel, std::move(product));
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_matmul(const LayerSpec& layer) {
  const TensorSpec& a = input(layer, 0);
  const TensorSpec& b = input(layer, 1);
  const TensorSpec& bias = input(layer, 2);
  if (!all_float(layer) || a.shape.size() < 2 || b.shape.size() < 2) return nullptr;
  const std::int64_t m = a.shape[a.shape.size() - 2], k = a.shape.back(), n = b.shape.back();
  if (k == 0 || b.shape[b.shape.size() - 2] != k) return nullptr;
  if (bias.present()) {
    const bool fits = bias.is_constant() && (elements(bias.shape) == 1 || (elements(bias.shape) == n && bias.shape.back() == n));
    if (!fits) return nullptr;
  }
  if (b.is_constant() && elements(b.shape) == k * n && b.shape.size() <= a.shape.size()) return prepare_constant(layer, k, n);
  if (bias.present()) return nullptr;

  const Shape& out_shape = layer.outputs[0].shape;
  const auto batch_dims = [](const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); };
  auto product = std::make_unique<BatchedProduct>(
      m, k, n, batch_offsets(layer, batch_dims(a.shape), batch_dims(out_shape), m * k),
      batch_offsets(layer, batch_dims(b.shape), batch_dims(out_shape), k * n), fused_activation(layer), layer.threads);
  const LayerTraits traits = {.kernel = "simd.gemm_batched", .scratch_bytes = product->scratch_bytes()};
  return make_layer(traits, [product = std::move(product)](const Buffers& buffers, base::ThreadPool& pool) {
    product->run(in<float>(buffers, 0), in<float>(buffers, 1), out<float>(buffers, 0), buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
