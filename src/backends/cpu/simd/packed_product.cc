// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/packed_product.h"

#include <algorithm>

#include "backends/cpu/simd/grain.h"

namespace dnntune::backends::cpu::simd {

using kernels::simd::DirectArgs;
using kernels::simd::GemmArgs;
using kernels::simd::GemmBlock;

namespace {
constexpr std::int64_t kPieces = 8;       // that a thread's share of a job is cut into
constexpr std::int64_t kNoteFloats = 16;  // before a thread's scratch: which rows it holds, packed
}  // namespace

PackedProduct::PackedProduct(const Shape& shape, SharedWeights weights, kernels::Activation activation, int threads,
                             const kernels::simd::ConvWindow* window)
    : kernels_(weights->gemm_kernels()),
      row_(weights->row_kernel()),
      direct_(kernels::simd::direct_kernel()),
      shape_(shape),
      weights_(std::move(weights)),
      activation_(activation),
      threads_(threads),
      has_window_(window != nullptr) {
  if (window != nullptr) window_ = *window;
  way_ = choose();
  depth_ = kernels::simd::gemm_depth(weights_->layout().rows);
  choose_blocks();
}

void PackedProduct::choose_blocks() noexcept {
  using kernels::simd::kTurn;
  const std::int64_t k = weights_->layout().rows;
  const std::int64_t most = kernels::simd::gemm_block_rows(kernels_, shape_.m, depth_);
  std::int64_t stored_depth = depth_;
  blocks_ = divide_up(shape_.m, most);
  // Threads share the rows, and each reads all the weights; or they share the panels, and each packs all the
  // rows, which costs about twice as much as reading them. Neither influences results.
  const bool share_rows = (threads_ - 1) * k * weights_->layout().columns <= (2 * threads_ - 1) * shape_.m * k;
  if (share_rows || way_ == Way::direct) blocks_ = std::min(shape_.m, divide_up(blocks_, threads_) * threads_);
  const std::int64_t block_rows = divide_up(shape_.m, blocks_);
  if (threads_ > 1 && shape_.groups * blocks_ < kPieces * threads_) {
    constexpr std::int64_t kMostKeptFloats = 1024 * 1024 / 4;
    const std::int64_t all = divide_up(k, kTurn) * kTurn;
    keeps_rows_ = block_rows * all <= kMostKeptFloats;
    if (keeps_rows_) stored_depth = std::max(depth_, all);
  }
  constexpr std::int64_t kFewFloats = 64 * 1024 / 4;
  few_rows_ = std::max(kernels_.tile_rows, kFewFloats / depth_ / kernels_.tile_rows * kernels_.tile_rows);
  scratch_floats_ = kNoteFloats + kernels::simd::gemm_scratch_floats(kernels_, block_rows, stored_depth);
  scratch_floats_ = static_cast<std::int64_t>(base::round_up(static_cast<std::size_t>(scratch_floats_) * sizeof(float)) / sizeof(float));
}

PackedProduct::Way PackedProduct::choose() const noexcept {
  if (has_window_ || shape_.groups > 1) return Way::blocks;
  if (shape_.m == 1) return Way::row;
  if (weights_->paired()) return Way::blocks;  // A must be rounded
  return kernels::simd::prefers_direct(weights_->layout(), shape_.a_stride) ? Way::direct : Way::blocks;
}

std::string_view PackedProduct::kernel(std::string_view otherwise, std::string_view otherwise_bfloat16) const noexcept {
  if (way_ != Way::row) return weights_->paired() ? otherwise_bfloat16 : otherwise;
  return weights_->type() == DataType::float16 ? "simd.gemv_fp16" : weights_->type() == DataType::bfloat16 ? "simd.gemv_bf16" : "simd.gemv";
}

std::size_t PackedProduct::scratch_bytes() const noexcept {
  return way_ == Way::blocks ? static_cast<std::size_t>(threads_ * scratch_floats_) * sizeof(float) : 0;
}

void PackedProduct::run(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const {
  switch (way_) {
    case Way::row: return run_row(at, pool);
    case Way::direct: return run_direct(at, pool);
    case Way::blocks: return run_blocks(at, scratch, pool);
  }
}

kernels::simd::ConvWindow PackedProduct::window(std::int64_t pitch) const noexcept {
  kernels::simd::ConvWindow window = window_;
  window.pixel_stride = pitch;
  return window;
}

GemmArgs PackedProduct::args(const PitchedPair& at, std::int64_t a_rows, const kernels::simd::ConvWindow& window,
                             std::int64_t group) const noexcept {
  GemmArgs args;
  args.m = shape_.m;
  weights_->give(args, group);
  args.a = at.input + group * shape_.a_group_stride;
  args.a_floats = (a_rows - 1) * at.input_pitch + shape_.a_stride - group * shape_.a_group_stride;
  args.a_stride = at.input_pitch;
  args.window = has_window_ ? &window : nullptr;
  args.c = at.output + group * weights_->layout().columns;
  args.c_stride = at.output_pitch;
  args.activation = activation_;
  return args;
}

void PackedProduct::run_row(const PitchedPair& at, base::ThreadPool& pool) const {
  const GemmArgs all = args(at, shape_.a_rows, window_, 0);
  const std::int64_t pair_macs = all.layout.rows * all.layout.panel_columns() * 2;
  pool.parallel_for(divide_up(all.layout.panels(), 2), grain_for(pair_macs),
                    [&](base::Range pairs, int) { row_(all, pairs); });
}

std::size_t PackedProduct::row_scratch_bytes() const noexcept {
  if (way_ != Way::blocks) return 0;
  return static_cast<std::size_t>(kernels::simd::gemm_scratch_floats(kernels_, few_rows_, depth_)) * sizeof(float);
}

void PackedProduct::run_rows(const PitchedPair& at, std::int64_t a_rows, base::Range rows, std::byte* scratch) const noexcept {
  const kernels::simd::ConvWindow own_window = window(at.input_pitch);
  // Blocks of nearly equal height: rests of few rows are slow.
  const std::int64_t blocks = divide_up(rows.size(), few_rows_);
  for (std::int64_t block = 0; block < blocks; ++block) {
    const base::Range piece = {rows.begin + rows.size() * block / blocks, rows.begin + rows.size() * (block + 1) / blocks};
    if (way_ == Way::direct) {
      direct_(direct_args(at), {{0, 1}, piece});
      continue;
    }
    for (std::int64_t group = 0; group < shape_.groups; ++group) {
      const GemmArgs own = args(at, a_rows, own_window, group);
      kernels_.block(own, {piece, {0, own.layout.panels()}, depth_}, reinterpret_cast<float*>(scratch));
    }
  }
}

DirectArgs PackedProduct::direct_args(const PitchedPair& at) const noexcept {
  DirectArgs all;
  all.a = at.input;
  all.pixel_stride = at.input_pitch;
  all.run_values = weights_->layout().rows;
  all.layout = weights_->layout();
  all.b = weights_->panels();
  all.bias = weights_->bias();
  all.c = at.output;
  all.c_pixel_stride = at.output_pitch;
  all.activation = activation_;
  return all;
}

void PackedProduct::run_direct(const PitchedPair& at, base::ThreadPool& pool) const {
  const DirectArgs all = direct_args(at);
  // The panels pass over one block of rows after the other, so that A comes from memory once.
  pool.parallel_for(blocks_, grain_for(divide_up(shape_.m, blocks_) * all.layout.rows * all.layout.columns), [&](base::Range range, int) {
    for (std::int64_t block = range.begin; block < range.end; ++block) direct_(all, {{0, 1}, even_part(shape_.m, block, blocks_)});
  });
}

void PackedProduct::run_blocks(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const {
  const kernels::simd::ConvWindow own_window = window(at.input_pitch);
  // An item is one panel of one block of rows of one group, in this order, so that a worker packs a
  // block once for all the panels it was given.
  const std::int64_t panels = weights_->layout().panels();
  const std::int64_t item_macs = divide_up(shape_.m, blocks_) * weights_->layout().rows * weights_->layout().panel_columns();
  float* const all_scratch = reinterpret_cast<float*>(scratch);
  const auto note = [&](int worker) { return reinterpret_cast<std::int64_t*>(all_scratch + worker * scratch_floats_); };
  for (int worker = 0; worker < threads_; ++worker) *note(worker) = -1;
  pool.parallel_for(shape_.groups * blocks_ * panels, grain_for(item_macs), [&](base::Range items, int worker) {
    float* const own = all_scratch + worker * scratch_floats_ + kNoteFloats;
    for (std::int64_t item = items.begin; item < items.end;) {
      const std::int64_t panel = item % panels, group_block = item / panels;
      const std::int64_t panel_end = std::min(panels, panel + items.end - item);
      const base::Range rows = even_part(shape_.m, group_block % blocks_, blocks_);
      const auto packing = !keeps_rows_                    ? GemmBlock::Packing::pass
                           : *note(worker) == group_block ? GemmBlock::Packing::done
                                                          : GemmBlock::Packing::all;
      kernels_.block(args(at, shape_.a_rows, own_window, group_block / blocks_), {rows, {panel, panel_end}, depth_, packing}, own);
      *note(worker) = group_block;
      item += panel_end - panel;
    }
  });
}

}  // namespace dnntune::backends::cpu::simd
