// SPDX-License-Identifier: Apache-2.0
#include "runtime/network.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "runtime/inputs.h"
#include "runtime/session_setup.h"
#include "runtime/stages.h"

namespace dnntune::runtime {
namespace {

/// A run with a clock read around each layer.
Tensors run_timed(Prepared& network, const Tensors& inputs, const graph::Ir& lowered, RunRecord& record) {
  const std::vector<Step>& steps = network.graph().steps;
  // What lays out an output belongs to no layer, and to no other's time.
  const auto add = [&](std::size_t s, std::int64_t ns) {
    if (steps[s].layer < 0) return;
    const int source = lowered.nodes[static_cast<std::size_t>(steps[s].layer)].covers.front();
    record.ns[source] += ns;
    if (steps[s].conversion) return;
    record.kernels[source] = network.layer(s).kernel();
    record.runners[source] = {steps[s].engine, network.fell_back(s)};
  };
  for (const graph::Value& value : lowered.values) record.value_bytes[value.name] = value.size_bytes();
  Shift shift(network.crew(), network.alone());
  network.begin(inputs);
  for (std::size_t s = 0; s < network.step_count(); ++s) {
    if (network.called_with(s) != s) continue;
    if (const RowChain* chain = network.chain(s)) {
      std::vector<std::atomic<std::int64_t>> ns(chain->size());
      network.run_chain(s, shift, ns);
      for (std::size_t i = 0; i < ns.size(); ++i) add(s + i, ns[i]);
      continue;
    }
    const std::int64_t start = base::now_ns();
    network.run_step(s, shift);
    add(s, base::now_ns() - start);
  }
  return network.finish();
}

}  // namespace

struct Network::Plan {
  std::vector<Shape> shapes;     ///< By input.
  std::vector<Tensor> contents;  ///< By input: of the bound ones.
  graph::Ir lowered;
  std::unique_ptr<Prepared> prepared;
  std::unique_ptr<Stages> stages;  ///< Instead of `prepared`.
};

Network::Network(graph::Ir ir, Form form, std::vector<std::string> bound, Workshop& workshop)
    : ir_(std::move(ir)), form_(form), workshop_(workshop) {
  for (const graph::ValueId id : ir_.inputs) is_bound_.push_back(std::find(bound.begin(), bound.end(), ir_.value(id).name) != bound.end());
}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;

bool Network::fits(const Plan& plan, std::span<const Tensor> inputs) const {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (plan.shapes[i] != inputs[i].shape() || (is_bound_[i] && !same_contents(plan.contents[i], inputs[i]))) return false;
  return true;
}

Network::Plan& Network::plan_for(std::span<const Tensor> inputs) {
  const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const Plan& plan) { return fits(plan, inputs); });
  if (found == plans_.end()) return add_plan(inputs);
  plans_.splice(plans_.begin(), plans_, found);
  return plans_.front();
}

Network::Plan& Network::add_plan(std::span<const Tensor> inputs) {
  Plan plan;
  graph::Bindings bindings;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& name = ir_.value(ir_.inputs[i]).name;
    plan.shapes.push_back(inputs[i].shape());
    plan.contents.push_back(is_bound_[i] ? inputs[i].clone() : Tensor());
    bindings.input_shapes[name] = inputs[i].shape();
    if (is_bound_[i]) bindings.input_values[name] = plan.contents.back();
  }
  try {
    plan.lowered = form_ == Form::source ? graph::lower(ir_, bindings, workshop_.evaluator).ir : graph::refine(ir_, bindings, workshop_.evaluator);
    workshop_.store.share_constants(plan.lowered);
    if (form_ == Form::source && needs_stages(plan.lowered)) {
      plan.stages = std::make_unique<Stages>(plan.lowered, workshop_);
    } else {
      const SessionOptions& options = workshop_.options;
      check_values_fit(plan.lowered, options);
      const bool alone = works_alone(workshop_.crew, plan.lowered, options);
      plan.prepared = std::make_unique<Prepared>(plan.lowered, workshop_.crew, workshop_.duties, alone, arithmetic_of(options), workshop_.weights_read, &workshop_.store);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_model) throw;
    throw Error(ErrorCode::invalid_argument, error.what());  // the contents of this run made the shapes
  }
  plans_.push_front(std::move(plan));
  if (plans_.size() > static_cast<std::size_t>(workshop_.options.max_plans)) plans_.pop_back();
  workshop_.store.forget_unused();
  return plans_.front();
}

std::vector<Tensor> Network::run(std::span<const Tensor> inputs, RunRecord* record) {
  for (std::size_t i = 0; i < ir_.inputs.size(); ++i) {
    const graph::Value& value = ir_.value(ir_.inputs[i]);
    if (value.type != DataType::undefined && inputs[i].type() != value.type)
      throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is {}, not {}", value.name, to_string(inputs[i].type()), to_string(value.type)));
  }
  Plan& plan = plan_for(inputs);
  return plan.stages ? plan.stages->run(inputs, record) : run_prepared(plan, inputs, record);
}

std::vector<Tensor> Network::run_prepared(Plan& plan, std::span<const Tensor> inputs, RunRecord* record) {
  Prepared& network = *plan.prepared;
  reserve_arena(workshop_.arena, network.arena_bytes(), workshop_.options);
  network.bind_arena(workshop_.arena.data());
  Tensors named;
  for (std::size_t i = 0; i < inputs.size(); ++i) named.emplace(ir_.value(ir_.inputs[i]).name, inputs[i]);
  Tensors made = record != nullptr ? run_timed(network, named, plan.lowered, *record) : network.run(named);
  std::vector<Tensor> outputs;
  for (const graph::ValueId id : ir_.outputs) outputs.push_back(std::move(made.at(ir_.value(id).name)));
  return outputs;
}

std::int64_t Network::own_weight_bytes() const {
  std::int64_t bytes = 0;
  for (const Plan& plan : plans_) bytes += plan.stages ? plan.stages->own_weight_bytes() : plan.prepared->own_weight_bytes();
  return bytes;
}

}  // namespace dnntune::runtime
