// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/recurrent_layer.h"

#include <fmt/format.h>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/recurrent_activations.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::kRecurrentSlack;
using kernels::simd::recurrent_stride;

bool fits(const TensorSpec& operand, DataType type, const Shape& shape) {
  return !operand.present() || (operand.type == type && operand.shape == shape);
}

bool constant_or_absent(const TensorSpec& operand) { return !operand.present() || operand.is_constant(); }

}  // namespace

std::optional<RecurrentSizes> recurrent_sizes(const LayerSpec& layer, std::int64_t gates,
                                              std::span<const kernels::reference::RecurrentFunction> functions) {
  const graph::Attributes& attributes = layer.node.attributes;
  const TensorSpec &x = input(layer, 0), &w = input(layer, 1), &r = input(layer, 2);
  if (x.type != DataType::float32 || x.shape.size() != 3 || r.shape.size() != 3) return std::nullopt;
  if (!w.is_constant() || !r.is_constant() || !constant_or_absent(input(layer, 3))) return std::nullopt;
  if (attributes.has("clip") || attributes.integer("input_forget", 0) != 0 || input(layer, 7).present()) return std::nullopt;

  RecurrentSizes sizes;
  const std::string direction = attributes.text("direction", "forward");
  sizes.directions = direction == "bidirectional" ? 2 : 1;
  sizes.reversed[0] = direction == "reverse";
  sizes.batch_first = attributes.integer("layout", 0) == 1;
  sizes.steps = x.shape[sizes.batch_first ? 1 : 0];
  sizes.batch = x.shape[sizes.batch_first ? 0 : 1];
  sizes.inputs = x.shape[2];
  sizes.units = r.shape[2];
  sizes.gates = gates;
  const std::int64_t d = sizes.directions, h = sizes.units;
  if (sizes.steps == 0 || sizes.batch == 0 || sizes.inputs == 0 || h == 0) return std::nullopt;
  if (attributes.integer("hidden_size", h) != h) return std::nullopt;
  elements({d, sizes.steps, sizes.batch, gates, h, std::int64_t{sizeof(float)}});  // refuse what overflows
  const Shape state = sizes.batch_first ? Shape{sizes.batch, d, h} : Shape{d, sizes.batch, h};
  const Shape y = sizes.batch_first ? Shape{sizes.batch, sizes.steps, d, h} : Shape{sizes.steps, d, sizes.batch, h};
  constexpr DataType kFloat = DataType::float32;
  const bool all_fit = fits(w, kFloat, {d, gates * h, sizes.inputs}) && fits(r, kFloat, {d, gates * h, h}) &&
                       fits(input(layer, 3), kFloat, {d, 2 * gates * h}) &&
                       fits(input(layer, 4), DataType::int32, {sizes.batch}) && fits(input(layer, 5), kFloat, state) &&
                       fits(input(layer, 6), kFloat, state) && fits(output(layer, 0), kFloat, y) &&
                       fits(output(layer, 1), kFloat, state) && fits(output(layer, 2), kFloat, state);
  if (!all_fit) return std::nullopt;
  const auto activations = recurrent_activations(layer, d, functions);
  for (std::size_t i = 0; i < static_cast<std::size_t>(d); ++i)
    for (std::size_t f = 0; f < functions.size(); ++f)
      if (activations[i][f].function != functions[f]) return std::nullopt;
  return sizes;
}

SharedWeights recurrence_weights(const LayerSpec& layer, const RecurrentSizes& sizes, const WeightStorage& storage) {
  const std::int64_t columns = sizes.gates * sizes.units;
  FormKey key("recurrence");
  key.add(sizes.units).add(columns).add(sizes.directions).add(layer.inputs[2]);
  storage.add_to(key);
  return shared_weights(layer, key, sizes.units, columns, sizes.directions, false, storage, [&](PackedWeights& packed) {
    ConstantFloats states(layer.inputs[2]);
    for (std::int64_t d = 0; d < sizes.directions; ++d) packed.pack_columns(d, states, d * columns * sizes.units, 1.0f);
  });
}

RecurrentOperands::RecurrentOperands(const Buffers& buffers, const RecurrentSizes& sizes, const std::string& node)
    : x(in<float>(buffers, 0)),
      lengths(in<std::int32_t>(buffers, 4)),
      initial_hidden(in<float>(buffers, 5)),
      y(out<float>(buffers, 0)),
      last_hidden(out<float>(buffers, 1)) {
  for (std::int64_t b = 0; lengths != nullptr && b < sizes.batch; ++b)
    if (lengths[b] < 0 || lengths[b] > sizes.steps)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}': sequence_lens[{}] is {}, outside [0, {}]", node, b, lengths[b], sizes.steps));
}

std::int64_t RecurrentOperands::longest(const RecurrentSizes& sizes) const noexcept {
  std::int64_t most = 0;
  for (std::int64_t b = 0; b < sizes.batch; ++b) most = std::max(most, length(sizes, b));
  return most;
}

RecurrentLayer::RecurrentLayer(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& bias,
                               SharedWeights recurrence)
    : sizes_(sizes),
      cell_(kernels::simd::recurrent_kernels()),
      recurrence_(std::move(recurrence)),
      gemm_(recurrence_->gemm_kernels()),
      threads_(layer.threads) {
  const std::int64_t rows = sizes.steps * sizes.batch, columns = sizes.gates * sizes.units;
  const WeightStorage storage = recurrence_->reduced() ? storage_for(layer, rows, sizes.inputs) : WeightStorage{};
  FormKey key("recurrent inputs");
  key.add(sizes.inputs).add(columns).add(layer.inputs[1]).add_contents(std::as_bytes(std::span(bias)));
  storage.add_to(key);
  ConstantFloats matrices(layer.inputs[1]);
  for (std::int64_t d = 0; d < sizes.directions; ++d) {
    SharedWeights weights = shared_weights(layer, FormKey(key).add(d), sizes.inputs, columns, 1, !bias.empty(), storage, [&](PackedWeights& packed) {
      packed.pack_columns(0, matrices, d * columns * sizes.inputs, 1.0f);
      if (!bias.empty()) packed.set_bias(bias.data() + d * columns, 1, 1.0f);
    });
    input_products_.emplace_back(
        PackedProduct::Shape{.m = rows, .a_rows = rows, .a_stride = sizes.inputs, .c_stride = columns},
        std::move(weights), kernels::Activation{}, layer.threads);
  }
  depth_ = kernels::simd::gemm_depth(recurrence_->layout().rows);
  state_stride_ = recurrent_stride(sizes.units);
  sums_stride_ = recurrent_stride(std::max(recurrence_->layout().padded_columns(), columns) + kRecurrentSlack);
  if (sizes.batch > 1) pack_floats_ = recurrent_stride(kernels::simd::gemm_scratch_floats(gemm_, sizes.batch, depth_));
  all_inputs_floats_ = recurrent_stride(sizes.directions * rows * columns + kRecurrentSlack);
}

std::size_t RecurrentLayer::scratch_bytes() const noexcept {
  const std::int64_t rows = sizes_.sequences() * (sums_stride_ + 3 * state_stride_);
  return static_cast<std::size_t>(all_inputs_floats_ + rows + threads_ * pack_floats_) * sizeof(float) +
         input_products_.front().scratch_bytes();
}

std::size_t RecurrentLayer::weight_bytes() const noexcept {
  std::size_t bytes = recurrence_->bytes();
  for (const PackedProduct& product : input_products_) bytes += product.weight_bytes();
  return bytes;
}

RecurrentLayer::Memory RecurrentLayer::cut(std::byte* scratch) const noexcept {
  Memory memory;
  memory.all_inputs = reinterpret_cast<float*>(scratch);
  memory.sums = memory.all_inputs + all_inputs_floats_;
  float* next = memory.sums + sizes_.sequences() * sums_stride_;
  for (float*& rows : memory.states) {
    rows = next;
    next += sizes_.sequences() * state_stride_;
  }
  memory.packing = next;
  memory.inputs = reinterpret_cast<std::byte*>(next + threads_ * pack_floats_);
  return memory;
}

void RecurrentLayer::multiply_inputs(const float* x, const Memory& memory, base::ThreadPool& pool) const {
  const std::int64_t floats = sizes_.steps * sizes_.batch * sizes_.gates * sizes_.units;
  float* to = memory.all_inputs;
  for (const PackedProduct& product : input_products_) {
    product.run({x, to, product.input_columns(), product.output_columns()}, memory.inputs, pool);
    to += floats;
  }
  std::fill_n(to, kRecurrentSlack, 0.0f);
}

const float* RecurrentLayer::inputs_at(const Memory& memory, std::int64_t d, std::int64_t b, std::int64_t t) const noexcept {
  return memory.all_inputs + (d * sizes_.steps * sizes_.batch + sizes_.input_row(b, t)) * sizes_.gates * sizes_.units;
}

void RecurrentLayer::multiply_states(const PackedWeights& weights, bool accumulate, const float* a, float* c,
                                     std::int64_t c_stride, const Memory& memory, base::ThreadPool& pool) const {
  kernels::simd::GemmArgs all;
  all.m = sizes_.batch;
  all.layout = weights.layout();
  const kernels::simd::RowFn row = weights.row_kernel();
  all.a_stride = state_stride_;
  all.a_floats = sizes_.batch * state_stride_;
  all.c_stride = c_stride;
  all.accumulate = accumulate;
  const std::int64_t step = sizes_.batch == 1 ? 2 : 1;  // the kernel for one row takes panels in pairs
  const std::int64_t parts = divide_up(all.layout.panels(), step);
  const std::int64_t part_macs = step * all.layout.panel_columns() * sizes_.units * sizes_.batch;
  pool.parallel_for(sizes_.directions * parts, awake_grain_for(part_macs), [&](base::Range items, int worker) {
    for (std::int64_t item = items.begin; item < items.end;) {
      const std::int64_t d = item / parts, first = item % parts;
      const base::Range range = {first, std::min(parts, first + items.end - item)};
      kernels::simd::GemmArgs args = all;
      args.a = a + d * sizes_.batch * state_stride_;
      weights.give(args, d);
      args.c = c + d * sizes_.batch * c_stride;
      if (sizes_.batch == 1) {
        row(args, range);
      } else {
        gemm_.block(args, {{0, sizes_.batch}, range, depth_}, memory.packing + worker * pack_floats_);
      }
      item += range.size();
    }
  });
}

void RecurrentLayer::load_state(const float* from, std::int64_t d, std::int64_t b, float* row) const noexcept {
  std::fill_n(row, state_stride_, 0.0f);
  if (from != nullptr) std::copy_n(from + sizes_.state_row(d, b) * sizes_.units, sizes_.units, row);
}

void RecurrentLayer::store_state(const RecurrentOperands& at, std::int64_t d, std::int64_t b, const float* row,
                                 float* to) const noexcept {
  if (to == nullptr) return;
  to += sizes_.state_row(d, b) * sizes_.units;
  if (at.length(sizes_, b) == 0) {
    std::fill_n(to, sizes_.units, 0.0f);
  } else {
    std::copy_n(row, sizes_.units, to);
  }
}

void RecurrentLayer::store_output(const RecurrentOperands& at, std::int64_t d, std::int64_t b, std::int64_t t,
                                  const float* hidden) const noexcept {
  if (at.y != nullptr) std::copy_n(hidden, sizes_.units, at.y + sizes_.output_row(d, b, t) * sizes_.units);
}

void RecurrentLayer::clear_rest(const RecurrentOperands& at, std::int64_t d, std::int64_t b) const noexcept {
  for (std::int64_t t = at.length(sizes_, b); at.y != nullptr && t < sizes_.steps; ++t)
    std::fill_n(at.y + sizes_.output_row(d, b, t) * sizes_.units, sizes_.units, 0.0f);
}

}  // namespace dnntune::backends::cpu::simd
