// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN with the default activations: the inputs of all steps are multiplied in one launch, then one or two
// launches a step follow each other on the device.
#include <algorithm>
#include <bit>
#include <iterator>

#include "backends/cpu/reference/recurrent_activations.h"
#include "backends/opencl/binders.h"
#include "backends/opencl/product.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {
namespace {

using graph::Op;
using kernels::reference::RecurrentFunction;

/// Slots of scratch memory.
enum Slot : std::size_t { kSums, kHidden, kNextHidden, kCell, kResetHidden, kUpdate };

struct Sizes {
  std::int64_t directions = 1, batch = 1, steps = 1, inputs = 1, units = 1, gates = 1;
  bool batch_first = false, reversed = false;
  std::int64_t rows() const noexcept { return steps * batch; }
  std::int64_t states() const noexcept { return directions * batch; }
};

Sizes read_sizes_of(const LayerSpec& layer) {
  const graph::Attributes& attributes = layer.node.attributes;
  const bool lstm = layer.node.op == Op::LSTM, gru = layer.node.op == Op::GRU;
  for (const std::size_t i : {1u, 2u, 3u}) take_if(!input(layer, i).present() || input(layer, i).is_constant(), "its weights are not constant");
  take_if(!input(layer, 4).present(), "sequences have lengths of their own");
  take_if(!lstm || !input(layer, 7).present(), "it has peepholes");
  take_if(attributes.number("clip", 0.0f) == 0.0f, "it clips");
  take_if(attributes.integer("input_forget", 0) == 0, "input and forget gate are coupled");
  Sizes sizes;
  sizes.batch_first = attributes.integer("layout", 0) == 1;
  const Shape& x = layer.inputs[0].shape;
  sizes.steps = x[sizes.batch_first ? 1 : 0];
  sizes.batch = x[sizes.batch_first ? 0 : 1];
  sizes.inputs = x[2];
  sizes.directions = layer.inputs[2].shape[0];
  sizes.units = layer.inputs[2].shape[2];
  sizes.gates = lstm ? 4 : gru ? 3 : 1;
  sizes.reversed = attributes.text("direction", "forward") == "reverse";
  take_if(sizes.rows() > 0 && sizes.inputs > 0, "a sequence is empty");
  static constexpr RecurrentFunction kLstm[] = {RecurrentFunction::sigmoid, RecurrentFunction::tanh, RecurrentFunction::tanh};
  static constexpr RecurrentFunction kGru[] = {RecurrentFunction::sigmoid, RecurrentFunction::tanh};
  static constexpr RecurrentFunction kRnn[] = {RecurrentFunction::tanh};
  const auto wanted = [&]() -> std::span<const RecurrentFunction> {
    if (lstm) return kLstm;
    if (gru) return kGru;
    return kRnn;
  }();
  const auto functions = cpu::recurrent_activations(layer, sizes.directions, wanted);
  for (std::size_t d = 0; d < size_of_count(sizes.directions); ++d)
    for (std::size_t i = 0; i < wanted.size(); ++i) take_if(functions[d][i].function == wanted[i], "it has other activations than the default ones");
  return sizes;
}

/// A parameter of a step's kernel. Scratch memory is looked up in every run: other layers may make it larger.
enum class Parameter { sums, weights, apart, hidden, next_hidden, cell, reset_hidden, update, output };

struct Step {
  Kernel kernel;
  std::vector<Parameter> parameters;  ///< Then sizes, and the step's order.
};

class RecurrentLayer final : public PreparedLayer {
 public:
  /// `before` holds the weights, loads the states and multiplies the inputs; `after` stores the states, one for an even
  /// and one for an odd number of steps.
  RecurrentLayer(OpenClContext& context, const Sizes& sizes, std::vector<Step> steps, cl_mem weights, cl_mem apart, Prepared before,
                 Prepared after, bool has_output, std::size_t split)
      : context_(context), sizes_(sizes), steps_(std::move(steps)), weights_(weights), apart_(apart), before_(std::move(before)),
        after_(std::move(after)), has_output_(has_output), split_(split) {}

  void run(const Buffers& buffers, base::ThreadPool& pool) const override {
    before_->run(buffers, pool);
    const WorkSize global{split_, size_of_count(sizes_.units), size_of_count(sizes_.states())}, local{split_, 1, 1};
    for (std::int64_t i = 0; i < sizes_.steps; ++i) {
      const cl_int4 order{{static_cast<cl_int>(i), sizes_.batch_first, sizes_.reversed, has_output_}};
      for (const Step& step : steps_) {
        cl_uint argument = 0;
        for (const Parameter parameter : step.parameters) step.kernel.set(context_.device, argument++, memory(parameter, i, buffers));
        step.kernel.set(context_.device, argument + 1, order);
        context_.commands.launch(step.kernel, global, local);
      }
    }
    after_->run(buffers, pool);
  }
  std::size_t weight_bytes() const noexcept override { return before_->weight_bytes(); }
  bool holds(std::size_t input) const noexcept override { return before_->holds(input); }
  std::string_view kernel() const noexcept override { return before_->kernel(); }

 private:
  cl_mem memory(Parameter parameter, std::int64_t step, const Buffers& buffers) const {
    const Queue& queue = context_.commands;
    switch (parameter) {
      case Parameter::weights: return weights_;
      case Parameter::apart: return apart_;
      case Parameter::hidden: return queue.scratch(step % 2 == 0 ? kHidden : kNextHidden);  // they take turns
      case Parameter::next_hidden: return queue.scratch(step % 2 == 0 ? kNextHidden : kHidden);
      case Parameter::cell: return queue.scratch(kCell);
      case Parameter::reset_hidden: return queue.scratch(kResetHidden);
      case Parameter::update: return queue.scratch(kUpdate);
      case Parameter::output:
        if (has_output_) return static_cast<Memory*>(buffers.outputs[0])->buffer.get();
        break;
      case Parameter::sums: break;
    }
    return queue.scratch(kSums);
  }

  OpenClContext& context_;
  Sizes sizes_;
  std::vector<Step> steps_;
  cl_mem weights_, apart_;
  Prepared before_, after_;
  bool has_output_;
  std::size_t split_;
};

/// The bias of the inputs' sums, [direction][gate][unit]: both of ONNX's, but for the candidate's of the recurrence when
/// the reset gate multiplies it; those are `apart`, [direction][unit].
struct Biases {
  std::vector<float> sums, apart;
};
Biases read_biases(const LayerSpec& layer, const Sizes& sizes, bool linear_before_reset) {
  const std::size_t columns = size_of_count(sizes.gates * sizes.units), units = size_of_count(sizes.units);
  const std::size_t directions = size_of_count(sizes.directions);
  Biases biases{std::vector<float>(directions * columns), std::vector<float>(directions * units)};
  if (!input(layer, 3).present()) return biases;
  const std::vector<float> both = constant_floats(layer.inputs[3]);
  for (std::size_t d = 0; d < directions; ++d) {
    for (std::size_t n = 0; n < columns; ++n) {
      const float of_state = both[(2 * d + 1) * columns + n];
      const bool apart = linear_before_reset && n >= 2 * units;
      biases.sums[d * columns + n] = both[2 * d * columns + n] + (apart ? 0.0f : of_state);
      if (apart) biases.apart[d * units + n - 2 * units] = of_state;
    }
  }
  return biases;
}

/// sums[direction] = X * W[direction] + bias, float32.
void add_input_product(LayerBuilder& builder, const Sizes& sizes, const std::vector<float>& bias) {
  const std::int64_t columns = sizes.gates * sizes.units;
  const Tiling tiling = tiling_for(builder.context(), sizes.rows(), columns);
  const std::vector<float> weights = constant_floats(builder.layer().inputs[1]);
  std::vector<float> all, all_bias;
  PanelWeights panels(tiling, sizes.inputs, columns);
  for (std::int64_t d = 0; d < sizes.directions; ++d) {
    for (std::int64_t n = 0; n < columns; ++n)
      for (std::int64_t k = 0; k < sizes.inputs; ++k) panels.at(0, k, n) = weights[static_cast<std::size_t>((d * columns + n) * sizes.inputs + k)];
    const auto first = bias.begin() + d * columns;
    const std::vector<float> padded = panels.padded(std::vector<float>(first, first + columns));
    all.insert(all.end(), panels.values().begin(), panels.values().end());
    all_bias.insert(all_bias.end(), padded.begin(), padded.end());
  }
  Launch& launch = builder.launch("#define POINTWISE\n#define FLOAT_OUTPUT\n" + tiling.definitions(), {texts::convolution()}, "product");
  launch.input(0).memory(builder.elements(all)).memory(builder.floats(all_bias)).scratch(kSums);
  launch.value(int4(sizes.rows(), sizes.inputs, columns, panels.panels())).value(int4(sizes.inputs, columns, 0, sizes.rows() * columns));
  launch.value(panels.strides()).value(cl_int{1}).activation({});
  launch.over(panels.panels(), (sizes.rows() + tiling.rows - 1) / tiling.rows, sizes.directions);
}

}  // namespace

Prepared prepare_recurrent(OpenClContext& context, const LayerSpec& layer) {
  const Sizes sizes = read_sizes_of(layer);
  const bool lstm = layer.node.op == Op::LSTM, gru = layer.node.op == Op::GRU;
  const bool linear_before_reset = gru && layer.node.attributes.integer("linear_before_reset", 0) != 0;
  const std::string_view name = lstm ? "opencl.lstm" : gru ? "opencl.gru" : "opencl.rnn";
  // Work-items that share a unit's sum, each four of its products at a time.
  const std::size_t split = std::min<std::size_t>(context.is_gpu ? 32 : 4, std::bit_floor(context.device.info.max_work_group));
  std::string definitions = fmt::format("#define SPLIT {}\n", split);
  if (lstm) definitions += "#define LSTM\n";
  if (gru) definitions += "#define GRU\n";
  if (linear_before_reset) definitions += "#define LINEAR_BEFORE_RESET\n";
  const cl_int4 shape = int4(sizes.units, sizes.batch, sizes.steps, sizes.directions);

  LayerBuilder before(context, layer, name);
  for (const std::size_t i : {1u, 2u, 3u}) before.hold(i);
  const std::int64_t state = sizes.states() * sizes.units;
  before.reserve_scratch(kSums, sizes.directions * sizes.rows() * sizes.gates * sizes.units);
  for (const Slot slot : {kHidden, kNextHidden, kCell, kResetHidden, kUpdate}) before.reserve_scratch(slot, state);
  const Biases biases = read_biases(layer, sizes, linear_before_reset);
  add_input_product(before, sizes, biases.sums);
  const auto load = [&](Slot slot, std::size_t operand) {
    Launch& launch = before.launch("", {texts::states()}, "load_state");
    if (input(layer, operand).present()) before.operand(launch, operand);
    else launch.input(0);
    launch.scratch(slot).value(shape).value(cl_int{sizes.batch_first}).value(cl_int{input(layer, operand).present()});
    launch.over(sizes.units, sizes.states());
  };
  load(kHidden, 5);
  if (lstm) load(kCell, 6);
  const cl_mem weights = before.elements(constant_floats(layer.inputs[2]));
  const cl_mem apart = before.floats(biases.apart);

  LayerBuilder after(context, layer, name);
  const auto store = [&](Slot slot, std::size_t operand) {
    if (!output(layer, operand).present()) return;
    Launch& launch = after.launch("", {texts::states()}, "store_state");
    launch.scratch(slot).output(operand).value(shape).value(cl_int{sizes.batch_first});
    launch.over(sizes.units, sizes.states());
  };
  store(sizes.steps % 2 == 0 ? kHidden : kNextHidden, 1);
  if (lstm) store(kCell, 2);

  std::vector<Step> steps;
  const auto step = [&](const char* kernel, std::vector<Parameter> parameters) {
    Step& made = steps.emplace_back(Step{before.kernel(definitions, {texts::recurrent()}, kernel), std::move(parameters)});
    made.kernel.set(context.device, static_cast<cl_uint>(made.parameters.size()), shape);
  };
  using P = Parameter;
  if (lstm) {
    step("lstm_step", {P::sums, P::weights, P::hidden, P::next_hidden, P::cell, P::output});
  } else if (linear_before_reset) {
    step("gru_step", {P::sums, P::weights, P::apart, P::hidden, P::next_hidden, P::output});
  } else if (gru) {
    step("gru_gates", {P::sums, P::weights, P::hidden, P::reset_hidden, P::update});
    step("gru_finish", {P::sums, P::weights, P::reset_hidden, P::update, P::hidden, P::next_hidden, P::output});
  } else {
    step("rnn_step", {P::sums, P::weights, P::hidden, P::next_hidden, P::output});
  }
  return std::make_unique<RecurrentLayer>(context, sizes, std::move(steps), weights, apart, before.finish(), after.finish(),
                                          output(layer, 0).present(), split);
}

}  // namespace dnntune::backends::opencl
