// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN: the same operands but for LSTM's cell and peepholes.
#include "kernels/reference/recurrent.h"

#include <cmath>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/recurrent_activations.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::RecurrentArgs;
using kernels::reference::RecurrentFunction;

/// What tells the three operators apart.
struct Cell {
  std::string_view kernel;
  std::int64_t gates;
  bool has_cell;  ///< Inputs initial_c and P, output Y_c
  std::array<RecurrentFunction, 3> functions;
  std::size_t function_count;
};
constexpr Cell kLstm{"reference.lstm", 4, true, {RecurrentFunction::sigmoid, RecurrentFunction::tanh, RecurrentFunction::tanh}, 3};
constexpr Cell kGru{"reference.gru", 3, false, {RecurrentFunction::sigmoid, RecurrentFunction::tanh}, 2};
constexpr Cell kRnn{"reference.rnn", 1, false, {RecurrentFunction::tanh}, 1};

std::int64_t read_directions(const LayerSpec& layer, std::array<bool, 2>& reversed) {
  const std::string direction = layer.node.attributes.text("direction", "forward");
  require(direction == "forward" || direction == "reverse" || direction == "bidirectional", layer,
          "attribute 'direction' is '" + direction + "'");
  reversed = {direction == "reverse", true};
  return direction == "bidirectional" ? 2 : 1;
}

void check_optional(const LayerSpec& layer, const TensorSpec& operand, DataType type, const Shape& shape, std::string_view what) {
  if (!operand.present()) return;
  require_type(layer, operand, type, what);
  require_shape(layer, operand, shape, what);
}

/// Everything but the pointers.
RecurrentArgs read_recurrent_args(const LayerSpec& layer, const Cell& cell) {
  const graph::Attributes& attributes = layer.node.attributes;
  const Shape& x = input(layer, 0).shape;
  const Shape& r = input(layer, 2).shape;
  require(x.size() == 3 && input(layer, 1).shape.size() == 3 && r.size() == 3, layer, "X, W and R must have three dimensions");
  RecurrentArgs args;
  args.directions = read_directions(layer, args.reversed);
  const std::int64_t layout = attributes.integer("layout", 0);
  require(layout == 0 || layout == 1, layer, "attribute 'layout' must be 0 or 1");
  args.batch_first = layout == 1;
  args.steps = x[args.batch_first ? 1 : 0];
  args.batch = x[args.batch_first ? 0 : 1];
  args.input_size = x[2];
  args.hidden_size = r[2];
  require(attributes.integer("hidden_size", args.hidden_size) == args.hidden_size, layer, "attribute 'hidden_size' is not that of R");

  const DataType type = input(layer, 0).type;
  const std::int64_t d = args.directions;
  const std::int64_t h = args.hidden_size;
  const Shape state = args.batch_first ? Shape{args.batch, d, h} : Shape{d, args.batch, h};
  const Shape y = args.batch_first ? Shape{args.batch, args.steps, d, h} : Shape{args.steps, d, args.batch, h};
  check_optional(layer, input(layer, 1), type, {d, cell.gates * h, args.input_size}, "W");
  check_optional(layer, input(layer, 2), type, {d, cell.gates * h, h}, "R");
  check_optional(layer, input(layer, 3), type, {d, 2 * cell.gates * h}, "B");
  check_optional(layer, input(layer, 4), DataType::int32, {args.batch}, "sequence_lens");
  check_optional(layer, input(layer, 5), type, state, "initial_h");
  check_optional(layer, output(layer, 0), type, y, "Y");
  check_optional(layer, output(layer, 1), type, state, "Y_h");
  if (cell.has_cell) {
    check_optional(layer, input(layer, 6), type, state, "initial_c");
    check_optional(layer, input(layer, 7), type, {d, 3 * h}, "P");
    check_optional(layer, output(layer, 2), type, state, "Y_c");
  }

  args.activations = recurrent_activations(layer, d, std::span(cell.functions).first(cell.function_count));
  if (attributes.has("clip")) args.clip = std::fabs(attributes.number("clip", 0.0f));
  if (args.clip == 0.0) args.clip = std::numeric_limits<double>::infinity();  // some exporters write 0 for none
  args.input_forget = attributes.integer("input_forget", 0) != 0;
  args.linear_before_reset = attributes.integer("linear_before_reset", 0) != 0;
  return args;
}

void check_lengths(const std::int32_t* lengths, std::int64_t batch, std::int64_t steps, const std::string& node) {
  for (std::int64_t i = 0; lengths != nullptr && i < batch; ++i)
    if (lengths[i] < 0 || lengths[i] > steps)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}': sequence_lens[{}] is {}, outside [0, {}]", node, i, lengths[i], steps));
}

std::unique_ptr<PreparedLayer> make(const LayerSpec& layer, const Cell& cell, kernels::reference::RecurrentKernel kernel) {
  require_kernel(layer, kernel);
  const RecurrentArgs args = read_recurrent_args(layer, cell);
  const std::int64_t sequences = args.directions * args.batch;
  const std::int64_t scratch = elements({sequences, kernels::reference::recurrent_scratch_elements(1, args.hidden_size)});
  const bool has_cell = cell.has_cell;
  LayerTraits traits{cell.kernel};
  traits.scratch_bytes = static_cast<std::size_t>(scratch) * sizeof(double);
  return make_layer(traits, [args, kernel, sequences, has_cell, node = layer.node.name](const Buffers& buffers, base::ThreadPool& pool) {
    RecurrentArgs bound = args;
    bound.input = in<void>(buffers, 0);
    bound.weights = in<void>(buffers, 1);
    bound.recurrence = in<void>(buffers, 2);
    bound.bias = in<void>(buffers, 3);
    bound.lengths = in<std::int32_t>(buffers, 4);
    bound.initial_hidden = in<void>(buffers, 5);
    bound.output = out<void>(buffers, 0);
    bound.last_hidden = out<void>(buffers, 1);
    if (has_cell) {
      bound.initial_cell = in<void>(buffers, 6);
      bound.peephole = in<void>(buffers, 7);
      bound.last_cell = out<void>(buffers, 2);
    }
    bound.scratch = reinterpret_cast<double*>(buffers.scratch);
    check_lengths(bound.lengths, args.batch, args.steps, node);
    run_parallel(pool, sequences, 1, kernel, bound);
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_lstm(const LayerSpec& layer) {
  return make(layer, kLstm, kernels::reference::lstm_kernel(input(layer, 0).type));
}

std::unique_ptr<PreparedLayer> prepare_gru(const LayerSpec& layer) {
  return make(layer, kGru, kernels::reference::gru_kernel(input(layer, 0).type));
}

std::unique_ptr<PreparedLayer> prepare_rnn(const LayerSpec& layer) {
  return make(layer, kRnn, kernels::reference::rnn_kernel(input(layer, 0).type));
}

}  // namespace dnntune::backends::cpu::reference
