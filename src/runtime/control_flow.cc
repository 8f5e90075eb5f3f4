// SPDX-License-Identifier: Apache-2.0
#include "runtime/control_flow.h"

#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/lower/inline_if.h"
#include "runtime/slices.h"

namespace dnntune::runtime {
namespace {

/// The sub-graph with captured constants as weights in the place of inputs.
graph::Ir with_constants(const graph::Ir& around, const graph::Node& node, const graph::Subgraph& subgraph, std::vector<int>& captures,
                         const graph::Evaluator* evaluator) {
  graph::Ir ir = *subgraph.ir;
  const std::size_t own = ir.inputs.size() - subgraph.captures.size();
  std::vector<graph::ValueId> inputs(ir.inputs.begin(), ir.inputs.begin() + static_cast<std::ptrdiff_t>(own));
  for (std::size_t i = 0; i < subgraph.captures.size(); ++i) {
    const graph::ValueId id = ir.inputs[own + i];
    const graph::Value& outer = around.value(node.inputs[static_cast<std::size_t>(subgraph.captures[i])]);
    if (outer.is_constant()) {
      std::string name = std::move(ir.value(id).name);
      ir.value(id) = outer;
      ir.value(id).name = std::move(name);
      ir.value(id).raw = {};
    } else {
      inputs.push_back(id);
      captures.push_back(subgraph.captures[i]);
    }
  }
  ir.inputs = std::move(inputs);
  graph::lowering::inline_constant_ifs(ir, evaluator);
  return ir;
}

/// For a boolean of one element.
bool is_true(const Tensor& condition) { return static_cast<const std::uint8_t*>(condition.data())[0] != 0; }

}  // namespace

Body::Body(const graph::Ir& around, const graph::Node& node, const graph::Subgraph& subgraph, Workshop& workshop)
    : own_inputs_(subgraph.ir->inputs.size() - subgraph.captures.size()),
      network_(with_constants(around, node, subgraph, captures_, workshop.evaluator), Network::Form::source, {}, workshop) {}

std::vector<Tensor> Body::run(std::span<const Tensor> own, std::span<const Tensor> operands) {
  std::vector<Tensor> inputs(own.begin(), own.end());
  for (const int capture : captures_) inputs.push_back(operands[static_cast<std::size_t>(capture)]);
  return network_.run(inputs);
}

Tensor Body::empty_output(std::size_t i, std::int64_t axis) const {
  const graph::Value& value = network_.ir().value(network_.ir().outputs[i]);
  Shape shape = value.shape.value_or(Shape{});
  for (std::int64_t& dim : shape) dim = std::max<std::int64_t>(dim, 0);
  if (axis < 0) axis += static_cast<std::int64_t>(shape.size()) + 1;
  shape.insert(shape.begin() + std::clamp<std::int64_t>(axis, 0, static_cast<std::int64_t>(shape.size())), 0);
  return Tensor(value.type, shape);
}

ControlFlow::ControlFlow(const graph::Ir& around, const graph::Node& node, Workshop& workshop) : node_(node), workshop_(workshop) {
  for (const graph::Subgraph& subgraph : node.subgraphs) bodies_.emplace_back(around, node, subgraph, workshop);
  if (node.op == graph::Op::Loop) states_ = bodies_[0].own_inputs() - 2;
  if (node.op != graph::Op::Scan) return;
  const auto scanned = static_cast<std::size_t>(node.attributes.integer("num_scan_inputs", 0));
  states_ = bodies_[0].own_inputs() - scanned;
  const std::size_t stacked = bodies_[0].outputs() - states_;
  const auto list = [&](const char* name, std::size_t count) {
    std::vector<std::int64_t> values = node.attributes.integers(name, std::vector<std::int64_t>(count, 0));
    if (values.size() != count) fail(ErrorCode::invalid_model, fmt::format("{} has {} entries, not {}", name, values.size(), count));
    return values;
  };
  input_axes_ = list("scan_input_axes", scanned);
  input_directions_ = list("scan_input_directions", scanned);
  output_axes_ = list("scan_output_axes", stacked);
  output_directions_ = list("scan_output_directions", stacked);
}

void ControlFlow::fail(ErrorCode code, const std::string& rule) const {
  throw Error(code, fmt::format("layer '{}' ({}): {}", node_.name, node_.op_type, rule));
}

void ControlFlow::count_iteration() {
  if (workshop_.iterations_left-- <= 0)
    fail(ErrorCode::limit_exceeded, fmt::format("the loops of this run take more than {} iterations; SessionOptions::max_loop_iterations is the limit",
                                                workshop_.options.max_loop_iterations));
}

/// What one loop holds: the slices it will stack, and the values it carries to the next iteration.
class ControlFlow::Holding {
 public:
  explicit Holding(ControlFlow& loop) : loop_(loop) {}
  ~Holding() { loop_.workshop_.loop_bytes_left += stacked_ + carried_; }
  Holding(const Holding&) = delete;

  void stack(const Tensor& slice) {
    take(static_cast<std::int64_t>(slice.size_bytes()));
    stacked_ += static_cast<std::int64_t>(slice.size_bytes());
  }
  /// In the place of what was carried before.
  void carry(std::span<const Tensor> values) {
    std::int64_t bytes = 0;
    for (const Tensor& value : values) bytes += static_cast<std::int64_t>(value.size_bytes());
    take(bytes - carried_);
    carried_ = bytes;
  }

 private:
  void take(std::int64_t bytes) {
    if (bytes > loop_.workshop_.loop_bytes_left)
      loop_.fail(ErrorCode::limit_exceeded, fmt::format("the loops of this run would hold more than {} bytes of stacked and carried values; "
                                                        "SessionOptions::max_loop_bytes is the limit", loop_.workshop_.options.max_loop_bytes));
    loop_.workshop_.loop_bytes_left -= bytes;
  }

  ControlFlow& loop_;
  std::int64_t stacked_ = 0, carried_ = 0;
};

void ControlFlow::require_condition(const Tensor& condition, const char* what) const {
  if (condition.type() != DataType::boolean || condition.element_count() != 1)
    fail(ErrorCode::invalid_argument, fmt::format("{} is {}{}, not one bool", what, to_string(condition.type()), to_string(condition.shape())));
}

std::vector<Tensor> ControlFlow::run(std::span<const Tensor> operands) {
  std::vector<Tensor> results;
  try {
    switch (node_.op) {
      case graph::Op::If: results = run_if(operands); break;
      case graph::Op::Loop: results = run_loop(operands); break;
      default: results = node_.attributes.integer("batched", 0) != 0 ? run_batched_scan(operands) : run_scan(operands); break;
    }
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with("layer '" + node_.name + "'")) throw;
    fail(error.code(), message);
  }
  results.resize(node_.outputs.size());
  return results;
}

std::vector<Tensor> ControlFlow::run_if(std::span<const Tensor> operands) {
  require_condition(operands[0], "the condition");
  return bodies_[is_true(operands[0]) ? 0 : 1].run({}, operands);
}

std::vector<Tensor> ControlFlow::run_loop(std::span<const Tensor> operands) {
  const auto scalar = [&](std::size_t i, const char* what) {
    if (i >= operands.size() || !operands[i].defined()) return false;
    if (operands[i].element_count() != 1) fail(ErrorCode::invalid_argument, fmt::format("{} has {} elements, not one", what, operands[i].element_count()));
    return true;
  };
  const bool counted = scalar(0, "the trip count"), conditional = scalar(1, "the condition");
  if (conditional) require_condition(operands[1], "the condition");
  const std::int64_t trips = counted ? operands[0].as<std::int64_t>()[0] : 0;
  const std::size_t stacked = bodies_[0].outputs() - 1 - states_;
  std::vector<Tensor> own(2 + states_);
  own[1] = Tensor(DataType::boolean, {});
  static_cast<std::uint8_t*>(own[1].mutable_data())[0] = !conditional || is_true(operands[1]) ? 1 : 0;
  for (std::size_t k = 0; k < states_; ++k) own[2 + k] = operands[2 + k];
  std::vector<std::vector<Tensor>> slices(stacked);
  Holding holding(*this);
  for (std::int64_t i = 0; (!counted || i < trips) && is_true(own[1]); ++i) {
    count_iteration();
    own[0] = Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{i});
    std::vector<Tensor> made = bodies_[0].run(own, operands);
    require_condition(made[0], "the condition that the body gives");
    for (std::size_t k = 0; k < stacked; ++k) {
      Tensor& slice = made[1 + states_ + k];
      if (!slices[k].empty() && slices[k][0].shape() != slice.shape())
        fail(ErrorCode::invalid_argument, fmt::format("scan output {} has shape {} in iteration {}, {} before", k, to_string(slice.shape()), i,
                                                      to_string(slices[k][0].shape())));
      holding.stack(slice);
      slices[k].push_back(std::move(slice));
    }
    own[1] = made[0].reshaped({});
    for (std::size_t k = 0; k < states_; ++k) own[2 + k] = std::move(made[1 + k]);
    holding.carry(std::span(own).subspan(2));
  }
  std::vector<Tensor> results(own.begin() + 2, own.end());
  for (std::size_t k = 0; k < stacked; ++k)
    results.push_back(slices[k].empty() ? bodies_[0].empty_output(1 + states_ + k, 0)
                                        : stack(slices[k], 0, false, static_cast<std::int64_t>(slices[k].size())));
  return results;
}

std::int64_t ControlFlow::scan_length(std::span<const Tensor> own) const {
  std::int64_t length = -1;
  for (std::size_t k = 0; k < input_axes_.size(); ++k) {
    const Shape& shape = own[states_ + k].shape();
    const auto rank = static_cast<std::int64_t>(shape.size());
    if (input_axes_[k] < -rank || input_axes_[k] >= rank)
      fail(ErrorCode::invalid_argument, fmt::format("scan axis {} is outside rank {}", input_axes_[k], rank));
    const std::int64_t dim = shape[static_cast<std::size_t>(input_axes_[k] < 0 ? input_axes_[k] + rank : input_axes_[k])];
    if (length >= 0 && dim != length) fail(ErrorCode::invalid_argument, fmt::format("what is scanned has {} and {} elements along its axes", length, dim));
    length = dim;
  }
  return length;
}

std::vector<Tensor> ControlFlow::run_scan(std::span<const Tensor> operands) {
  std::vector<Tensor> own(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(bodies_[0].own_inputs()));
  const std::int64_t length = scan_length(own);
  return scan(std::move(own), length, operands);
}

std::vector<Tensor> ControlFlow::scan(std::vector<Tensor> own, std::int64_t steps, std::span<const Tensor> operands) {
  const std::size_t stacked = bodies_[0].outputs() - states_;
  const std::vector<Tensor> scanned(own.begin() + static_cast<std::ptrdiff_t>(states_), own.end());
  std::vector<std::vector<Tensor>> slices(stacked);
  Holding holding(*this);
  for (std::int64_t t = 0; t < steps; ++t) {
    count_iteration();
    for (std::size_t k = 0; k < scanned.size(); ++k) {
      const auto rank = static_cast<std::int64_t>(scanned[k].shape().size());
      const auto axis = static_cast<std::size_t>(input_axes_[k] < 0 ? input_axes_[k] + rank : input_axes_[k]);
      own[states_ + k] = slice_of(scanned[k], axis, input_directions_[k] != 0 ? steps - 1 - t : t);
    }
    std::vector<Tensor> made = bodies_[0].run(own, operands);
    for (std::size_t k = 0; k < states_; ++k) own[k] = std::move(made[k]);
    holding.carry(std::span(own).first(states_));
    for (std::size_t k = 0; k < stacked; ++k) {
      Tensor& slice = made[states_ + k];
      if (!slices[k].empty() && slices[k][0].shape() != slice.shape())
        fail(ErrorCode::invalid_argument, fmt::format("scan output {} has shape {} in step {}, {} before", k, to_string(slice.shape()), t,
                                                      to_string(slices[k][0].shape())));
      holding.stack(slice);
      slices[k].push_back(std::move(slice));
    }
  }
  std::vector<Tensor> results(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(states_));
  for (std::size_t k = 0; k < stacked; ++k) {
    if (slices[k].empty()) {
      results.push_back(bodies_[0].empty_output(states_ + k, output_axes_[k]));
      continue;
    }
    const auto rank = static_cast<std::int64_t>(slices[k][0].shape().size()) + 1;
    if (output_axes_[k] < -rank || output_axes_[k] >= rank)
      fail(ErrorCode::invalid_argument, fmt::format("scan output axis {} is outside rank {}", output_axes_[k], rank));
    const auto axis = static_cast<std::size_t>(output_axes_[k] < 0 ? output_axes_[k] + rank : output_axes_[k]);
    results.push_back(stack(slices[k], axis, output_directions_[k] != 0, static_cast<std::int64_t>(slices[k].size())));
  }
  return results;
}

std::vector<Tensor> ControlFlow::run_batched_scan(std::span<const Tensor> operands) {
  const std::size_t own_count = bodies_[0].own_inputs();
  std::int64_t batch = -1, longest = -1;
  for (std::size_t k = 0; k < own_count; ++k) {
    const Shape& shape = operands[1 + k].shape();
    if (shape.size() < (k < states_ ? 1 : 2)) fail(ErrorCode::invalid_argument, fmt::format("input {} has rank {}", 1 + k, shape.size()));
    if (batch >= 0 && shape[0] != batch) fail(ErrorCode::invalid_argument, fmt::format("inputs of batch {} and {}", batch, shape[0]));
    batch = shape[0];
    if (k < states_) continue;
    if (longest >= 0 && shape[1] != longest) fail(ErrorCode::invalid_argument, fmt::format("what is scanned has {} and {} elements", longest, shape[1]));
    longest = shape[1];
  }
  if (batch < 1) fail(ErrorCode::invalid_argument, "the batch is empty");
  const bool has_lengths = operands[0].element_count() > 0;
  if (has_lengths && operands[0].element_count() != static_cast<std::size_t>(batch))
    fail(ErrorCode::invalid_argument, fmt::format("{} sequence lengths for a batch of {}", operands[0].element_count(), batch));

  std::vector<std::vector<Tensor>> by_output(bodies_[0].outputs());
  Holding holding(*this);
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t steps = has_lengths ? operands[0].as<std::int64_t>()[static_cast<std::size_t>(b)] : longest;
    if (steps < 1 || steps > longest) fail(ErrorCode::invalid_argument, fmt::format("a sequence length of {} in inputs of {}", steps, longest));
    std::vector<Tensor> own;
    for (std::size_t k = 0; k < own_count; ++k) own.push_back(slice_of(operands[1 + k], 0, b));
    std::vector<Tensor> made = scan(std::move(own), steps, operands);
    for (std::size_t k = 0; k < made.size(); ++k) {
      Tensor& whole = made[k];
      if (k >= states_ && steps < longest) {  // zeros after the end
        std::vector<Tensor> slices;
        for (std::int64_t t = 0; t < steps; ++t) slices.push_back(slice_of(whole, 0, t));
        whole = stack(slices, 0, false, longest);
      }
      if (!by_output[k].empty() && by_output[k][0].shape() != whole.shape())
        fail(ErrorCode::invalid_argument, fmt::format("output {} has shape {} for one sequence, {} for another", k, to_string(by_output[k][0].shape()),
                                                      to_string(whole.shape())));
      holding.stack(whole);
      by_output[k].push_back(std::move(whole));
    }
  }
  std::vector<Tensor> results;
  for (const std::vector<Tensor>& slices : by_output) results.push_back(stack(slices, 0, false, batch));
  return results;
}

std::int64_t ControlFlow::own_weight_bytes() const {
  std::int64_t bytes = 0;
  for (const Body& body : bodies_) bytes += body.own_weight_bytes();
  return bytes;
}

}  // namespace dnntune::runtime
