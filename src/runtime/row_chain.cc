// SPDX-License-Identifier: Apache-2.0
#include "runtime/row_chain.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/aligned.h"
#include "base/clock.h"

namespace dnntune::runtime {
namespace {

using backends::PreparedLayer;
using backends::RowShape;

/// What lies between the layers of a chain, in all. Half a level-2 cache of 1 MiB.
constexpr std::size_t kStripBytes = 448 * 1024;
/// A value of fewer bytes stays in the cache anyway.
constexpr std::int64_t kLeastValueBytes = 512 * 1024;
/// Weights are read once a turn, so they must stay in the cache too.
constexpr std::size_t kMostWeightBytes = 288 * 1024;

/// Input rows that output rows [rows.begin, rows.end) depend on.
base::Range rows_needed(const RowShape& shape, base::Range rows) noexcept {
  const std::int64_t begin = std::clamp<std::int64_t>(rows.begin * shape.stride - shape.pad, 0, shape.in_rows);
  const std::int64_t end = (rows.end - 1) * shape.stride - shape.pad + shape.extent;
  return {begin, std::clamp<std::int64_t>(end, begin, shape.in_rows)};
}

}  // namespace

RowChain::RowChain(const std::vector<Member>& layers, int threads) : threads_(threads) {
  for (const Member& member : layers) {
    layers_.push_back({member, member.layer->row_shape()});
    layer_scratch_ = std::max(layer_scratch_, base::round_up(layers_.back().shape.scratch_bytes));
  }
  const std::int64_t out_rows = layers_.back().shape.out_rows;
  if (layers_.size() > kMostLayers) return;
  for (std::int64_t rows = std::min<std::int64_t>(out_rows, 32); rows > 0 && step_rows_ == 0; --rows)
    if (plan_strips(rows)) step_rows_ = rows;
}

bool RowChain::plan_strips(std::int64_t step_rows) {
  std::size_t offset = 0;
  std::int64_t rows = step_rows;
  std::int64_t step = step_rows;  // what the layer computes in a turn, once the first is done
  for (std::size_t i = layers_.size() - 1; i > 0; --i) {
    const RowShape& reader = layers_[i].shape;
    Link& writer = layers_[i - 1];
    // Two such layers have little to compute: broken blocks cost them more than memory between them does.
    const bool blocks = reader.block_rows > 1 && writer.shape.block_rows > 1;
    if (blocks && (step % reader.block_rows != 0 || step * reader.stride % writer.shape.block_rows != 0)) return false;
    step *= reader.stride;
    rows = std::min(reader.in_rows, (rows - 1) * reader.stride + reader.extent);
    writer.strip_rows = rows;
    writer.strip_offset = offset;
    offset += base::round_up(static_cast<std::size_t>(rows * writer.shape.out_row_floats) * sizeof(float));
  }
  thread_bytes_ = offset + layer_scratch_;
  return offset <= kStripBytes;
}

/// The rows of a value that are in memory: [first, end), of which row `first` lies at `data`.
struct RowChain::Strip {
  float* data = nullptr;
  std::int64_t first = 0, end = 0;
  base::Range wanted;    ///< New in this turn.
  std::int64_t keep = 0;  ///< First row that this turn still reads.

  /// Moves what is still read to the front if the new rows would not fit behind it.
  void make_room(std::int64_t rows, std::int64_t row_floats) noexcept {
    if (wanted.end - first <= rows) return;
    if (end > keep) std::memmove(data, data + (keep - first) * row_floats, static_cast<std::size_t>((end - keep) * row_floats) * sizeof(float));
    first = keep;
  }
};

void RowChain::run_piece(const Operands& operands, std::int64_t image, base::Range rows, std::byte* scratch, std::span<std::atomic<std::int64_t>> layer_ns) const {
  const auto row_zero = [image](auto* data, std::int64_t image_rows, std::int64_t row_floats) { return data + image * image_rows * row_floats; };
  const auto pitched = [](std::int64_t row_floats, std::int64_t pixels, std::int64_t pitch) { return pitch == 0 ? row_floats : pixels * pitch; };
  const std::size_t last = layers_.size() - 1;
  std::array<Strip, kMostLayers> strips;
  std::byte* const layer_scratch = scratch + (thread_bytes_ - layer_scratch_);
  for (std::size_t i = 0; i < last; ++i) strips[i].data = reinterpret_cast<float*>(scratch + layers_[i].strip_offset);

  for (std::int64_t y = rows.begin; y < rows.end; y += step_rows_) {
    strips[last].wanted = {y, std::min(rows.end, y + step_rows_)};
    for (std::size_t i = last; i > 0; --i) {
      Strip& strip = strips[i - 1];
      const base::Range needed = rows_needed(layers_[i].shape, strips[i].wanted);
      if (y == rows.begin || strip.end < needed.begin) strip.first = strip.end = needed.begin;
      strip.keep = needed.begin;
      strip.wanted = {strip.end, std::max(strip.end, needed.end)};
    }
    for (std::size_t i = 0; i <= last; ++i) {
      const RowShape& shape = layers_[i].shape;
      Strip& strip = strips[i];
      const std::int64_t start = layer_ns.empty() ? 0 : base::now_ns();
      if (i < last) strip.make_room(layers_[i].strip_rows, shape.out_row_floats);
      backends::RowBuffers at;
      at.input = i == 0 ? row_zero(operands.input, shape.in_rows, pitched(shape.in_row_floats, shape.in_pixels, operands.input_pitch)) : strips[i - 1].data - strips[i - 1].first * shape.in_row_floats;
      at.readable = i == 0 ? base::Range{0, shape.in_rows} : base::Range{strips[i - 1].first, strips[i - 1].end};
      if (shape.reads_other) at.other = row_zero(operands.others[i], shape.out_rows, shape.out_row_floats);
      at.other_first = layers_[i].member.other_first;
      at.output = i == last ? row_zero(operands.output, shape.out_rows, pitched(shape.out_row_floats, shape.out_pixels, operands.output_pitch)) : strip.data - strip.first * shape.out_row_floats;
      at.scratch = layer_scratch;
      if (i == 0) at.input_pitch = operands.input_pitch;
      if (i == last) at.output_pitch = operands.output_pitch;
      if (strip.wanted.size() > 0) layers_[i].member.layer->run_rows(at, strip.wanted);
      strip.end = strip.wanted.end;
      if (!layer_ns.empty()) layer_ns[i].fetch_add(base::now_ns() - start, std::memory_order_relaxed);
    }
  }
}

void RowChain::run(const Operands& operands, base::ThreadPool& pool, std::span<std::atomic<std::int64_t>> layer_ns) const {
  const RowShape& last = layers_.back().shape;
  // Where a piece begins, rows are computed that the piece before it computes too: one piece a thread.
  const std::int64_t rows = last.images * last.out_rows;
  constexpr std::int64_t kLeastRows = 4;
  const std::int64_t grain = std::max(std::min(step_rows_, kLeastRows), rows / threads_);
  pool.parallel_for(rows, grain, [&](base::Range piece, int worker) {
    std::byte* const own = operands.scratch + static_cast<std::size_t>(worker) * thread_bytes_;
    while (piece.begin < piece.end) {
      const std::int64_t image = piece.begin / last.out_rows, y = piece.begin % last.out_rows;
      const std::int64_t count = std::min(piece.size(), last.out_rows - y);
      run_piece(operands, image, {y, y + count}, own, layer_ns);
      piece.begin += count;
    }
  });
}

namespace {

/// How often each value is read, by steps, views and as a graph output.
std::vector<int> count_readers(const PhysicalGraph& graph) {
  std::vector<int> readers(graph.values.size(), 0);
  const auto count = [&](int value) {
    if (value >= 0) ++readers[static_cast<std::size_t>(value)];
  };
  for (const Step& step : graph.steps)
    for (const int value : step.node.inputs) count(value);
  for (const PhysicalValue& value : graph.values) count(value.storage_of);
  for (const int value : graph.outputs) count(value);
  return readers;
}

bool is_image_step(const Step& step, const PreparedLayer& layer) {
  return layer.rowwise() != nullptr && step.node.outputs.size() == 1 && layer.weight_bytes() <= kMostWeightBytes;
}

/// Which input of `reader` the value is that `writer` writes; unset when a chain cannot hand it over.
std::optional<std::size_t> input_from(const Step& writer, const Step& reader, bool reads_other) {
  for (std::size_t i = 0; i < std::min<std::size_t>(reads_other ? 2 : 1, reader.node.inputs.size()); ++i)
    if (reader.node.inputs[i] == writer.node.outputs[0]) return i;
  return std::nullopt;
}

/// Whether the value that `writer` hands on is worth keeping out of memory.
bool is_link(const PhysicalGraph& graph, const std::vector<int>& readers, const Step& writer, const RowShape& from, const RowShape& to) {
  const int value = writer.node.outputs[0];
  if (value < 0 || readers[static_cast<std::size_t>(value)] != 1) return false;
  if (graph.value(value).storage_of >= 0) return false;
  if (from.images != to.images || from.out_rows != to.in_rows || from.out_row_floats != to.in_row_floats) return false;
  return from.out_rows * from.out_row_floats * static_cast<std::int64_t>(sizeof(float)) >= kLeastValueBytes;
}

}  // namespace

RowChain make_chain(const ChainedSteps& steps, std::span<const PreparedLayer* const> layers, int threads) {
  std::vector<RowChain::Member> members;
  for (std::size_t s = steps.first; s <= steps.last; ++s)
    members.push_back({layers[s]->rowwise(), steps.inputs[s - steps.first] == 1});
  return {members, threads};
}

int overwritten_by(const ChainedSteps& steps, const PhysicalGraph& graph, std::span<const PreparedLayer* const> layers) {
  int value = -1;
  for (std::size_t s = steps.first; s <= steps.last; ++s) {
    const RowShape shape = layers[s]->rowwise()->row_shape();
    // Behind it each row must come from that row alone, so that none is written before it was read.
    const bool row_by_row = shape.extent == 1 && shape.stride == 1 && shape.pad == 0 && shape.in_row_floats == shape.out_row_floats;
    if (!row_by_row) value = -1;
    if (shape.reads_other) value = graph.steps[s].node.inputs[1 - steps.inputs[s - steps.first]];
  }
  return value;
}

std::vector<ChainedSteps> find_chains(const PhysicalGraph& graph, std::span<const PreparedLayer* const> layers, std::span<const int> threads) {
  const std::vector<int> readers = count_readers(graph);
  std::vector<ChainedSteps> chains;
  for (std::size_t s = 0; s + 1 < layers.size(); ++s) {
    ChainedSteps chain;
    chain.first = chain.last = s;
    while (chain.last + 1 < layers.size()) {
      const std::size_t writer = chain.last, reader = writer + 1;
      if (graph.steps[writer].engine != graph.steps[reader].engine || !graph.steps[reader].in_turns) break;
      if (!is_image_step(graph.steps[writer], *layers[writer]) || !is_image_step(graph.steps[reader], *layers[reader])) break;
      const RowShape from = layers[writer]->rowwise()->row_shape(), to = layers[reader]->rowwise()->row_shape();
      const std::optional<std::size_t> operand = input_from(graph.steps[writer], graph.steps[reader], to.reads_other);
      if (!operand || !is_link(graph, readers, graph.steps[writer], from, to)) break;
      ChainedSteps longer = chain;
      longer.last = reader;
      longer.inputs.push_back(*operand);
      if (!make_chain(longer, layers, threads[s]).fits()) break;
      chain = std::move(longer);
    }
    if (chain.last == chain.first) continue;
    chains.push_back(chain);
    s = chain.last;
  }
  return chains;
}

}  // namespace dnntune::runtime
