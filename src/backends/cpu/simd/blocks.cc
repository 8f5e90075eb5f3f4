// SPDX-License-Identifier: Apache-2.0
// DepthToSpace and SpaceToDepth on channels-last images: runs of channels change places.
#include <cstring>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "base/aligned.h"
#include "kernels/simd/transpose.h"

namespace dnntune::backends::cpu::simd {
namespace {

struct Blocks {
  std::int64_t rows = 0;   ///< Of the deep side, of all images.
  std::int64_t width = 0;  ///< Of the deep side.
  std::int64_t block = 1, channels = 1;  ///< Of the wide side.

  std::int64_t run() const noexcept { return block * channels; }
  std::int64_t row_floats() const noexcept { return width * block * run(); }
};

/// One row of the deep side, [width, block, run], and the block rows of the wide one, [block, width, run].
template <bool kToWide>
void copy_row(const Blocks& blocks, const float* from, float* to) noexcept {
  const std::int64_t run = blocks.run();
  for (std::int64_t y = 0; y < blocks.block; ++y)
    for (std::int64_t x = 0; x < blocks.width; ++x) {
      const std::int64_t deep = (x * blocks.block + y) * run, wide = (y * blocks.width + x) * run;
      std::memcpy(to + (kToWide ? wide : deep), from + (kToWide ? deep : wide), static_cast<std::size_t>(run) * sizeof(float));
    }
}

template <bool kToWide>
std::unique_ptr<PreparedLayer> make_copies(std::string_view name, const Blocks& blocks) {
  return make_layer({.kernel = name}, [blocks](const Buffers& buffers, base::ThreadPool& pool) {
    pool.parallel_for(blocks.rows, grain_for(blocks.row_floats() * 8), [&](base::Range rows, int) {
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        copy_row<kToWide>(blocks, in<float>(buffers, 0) + row * blocks.row_floats(), out<float>(buffers, 0) + row * blocks.row_floats());
    });
  });
}

/// The same where a pixel is [channels, block, block]: it is transposed first.
std::unique_ptr<PreparedLayer> make_channels_first(std::string_view name, const Blocks& blocks, int threads) {
  const std::size_t row_bytes = base::round_up(static_cast<std::size_t>(blocks.row_floats()) * sizeof(float));
  const LayerTraits traits = {.kernel = name, .scratch_bytes = static_cast<std::size_t>(threads) * row_bytes};
  return make_layer(traits, [blocks, row_bytes, kernel = kernels::simd::transpose_kernel()](const Buffers& buffers, base::ThreadPool& pool) {
    pool.parallel_for(blocks.rows, grain_for(blocks.row_floats() * 16), [&](base::Range rows, int worker) {
      float* const turned = reinterpret_cast<float*>(buffers.scratch + static_cast<std::size_t>(worker) * row_bytes);
      const std::int64_t columns = blocks.block * blocks.block;
      const std::int64_t pieces = blocks.width * divide_up(columns, kernels::simd::kTransposeColumns);
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        kernel({in<float>(buffers, 0) + row * blocks.row_floats(), turned, blocks.channels, columns}, {0, pieces});
        copy_row<true>(blocks, turned, out<float>(buffers, 0) + row * blocks.row_floats());
      }
    });
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_blocks(const LayerSpec& layer) {
  const bool to_wide = layer.node.op == graph::Op::DepthToSpace;
  const TensorSpec& deep = to_wide ? input(layer, 0) : output(layer, 0);
  const TensorSpec& wide = to_wide ? output(layer, 0) : input(layer, 0);
  const std::int64_t block = layer.node.attributes.integer("blocksize", 0);
  if (!all_float(layer) || block < 1 || deep.shape.size() != 4 || wide.shape.size() != 4 || elements(deep.shape) == 0) return nullptr;
  if (wide.shape != Shape{deep.shape[0], deep.shape[1] * block, deep.shape[2] * block, deep.shape[3] / block / block}) return nullptr;
  if (wide.shape[3] * block * block != deep.shape[3]) return nullptr;
  const Blocks blocks = {deep.shape[0] * deep.shape[1], deep.shape[2], block, wide.shape[3]};
  if (!to_wide) return make_copies<false>("simd.space_to_depth", blocks);
  const std::string mode = layer.node.attributes.text("mode", "DCR");
  if (mode == "DCR" || blocks.channels == 1) return make_copies<true>("simd.depth_to_space", blocks);
  return mode == "CRD" ? make_channels_first("simd.depth_to_space", blocks, layer.threads) : nullptr;
}

}  // namespace dnntune::backends::cpu::simd
