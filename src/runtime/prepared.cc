// SPDX-License-Identifier: Apache-2.0
#include "runtime/prepared.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "backends/cpu/cpu_backend.h"
#include "base/aligned.h"
#include "base/checked.h"
#include "dnntune/error.h"

namespace dnntune::runtime {
namespace {

/// Address of operands without elements, never read or written: kernels take null for "absent".
alignas(64) constexpr std::byte kNoElements[64] = {};

backends::TensorSpec spec_of(const PhysicalGraph& graph, int value) {
  if (value < 0) return {};
  const PhysicalValue& physical = graph.value(value);
  // The arena and outputs are our own memory; what the caller or a file has may end where its page ends.
  const int owner = graph.storage(value);
  const bool own = !graph.value(owner).is_constant() && std::find(graph.inputs.begin(), graph.inputs.end(), owner) == graph.inputs.end();
  return {physical.type, physical.shape, physical.constant, physical.weights, own ? base::kReadableBehind : 0};
}

}  // namespace

Prepared::Prepared(const graph::Ir& lowered, const backends::Backend& backend, int threads, const Arithmetic& arithmetic, const std::function<void()>& weights_read)
    : graph_(assign_layout(lowered)) {
  for (std::size_t i = 0; i < lowered.inputs.size(); ++i) {
    const graph::Value& value = lowered.value(lowered.inputs[i]);
    inputs_.push_back({value.name, value.type, *value.shape, {}, nullptr, {}});
  }
  for (const graph::ValueId id : lowered.outputs) {
    const graph::Value& value = lowered.value(id);
    outputs_.push_back({value.name, value.type, *value.shape, {}, nullptr, {}});
  }
  prepare_calls(backend, threads, arithmetic, weights_read);
  plan_memory(threads);
  find_slots();
}

void Prepared::prepare_calls(const backends::Backend& backend, int threads, const Arithmetic& arithmetic, const std::function<void()>& weights_read) {
  // Often enough that the weights are not in memory twice, seldom enough that it costs nothing.
  constexpr std::int64_t kReadBytes = std::int64_t{8} << 20;
  std::int64_t reported_bytes = 0;
  const DataType weights = arithmetic.weights == DataType::float32 ? arithmetic.math : arithmetic.weights;
  for (const Step& step : graph_.steps) {
    std::vector<backends::TensorSpec> inputs, outputs;
    for (const int value : step.node.inputs) inputs.push_back(spec_of(graph_, value));
    for (const int value : step.node.outputs) outputs.push_back(spec_of(graph_, value));
    const backends::LayerSpec spec{step.node, inputs, outputs, threads, weights, arithmetic.math};
    Call call;
    call.layer = backend.prepare(spec);
    if (call.layer == nullptr) call.layer = backends::cpu::cpu_backend().prepare(spec);
    if (call.layer == nullptr)
      throw Error(ErrorCode::unsupported, fmt::format("layer '{}': no kernel for {}", step.node.name, step.node.op_type));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].weights.defined() && !call.layer->holds(i)) make_whole(step.node.inputs[i]);
    call.inputs.resize(inputs.size());
    call.outputs.resize(outputs.size());
    call.first = calls_.size();
    weight_bytes_ += static_cast<std::int64_t>(call.layer->weight_bytes());
    calls_.push_back(std::move(call));
    if (weights_read && weight_bytes_ - reported_bytes >= kReadBytes) {
      weights_read();
      reported_bytes = weight_bytes_;
    }
  }
  for (const int value : graph_.outputs)
    if (graph_.value(value).weights.defined()) make_whole(value);
  if (weights_read) weights_read();
}

/// Views share one copy.
void Prepared::make_whole(int value) {
  PhysicalValue& view = graph_.values[static_cast<std::size_t>(value)];
  PhysicalValue& owner = graph_.values[static_cast<std::size_t>(graph_.storage(value))];
  if (!owner.constant.defined()) owner.constant = owner.weights.whole();
  view.constant = owner.constant.reshaped(view.shape);
}

/// To the plan a chain is its first step, from the chain's input to its output; what lies between has no memory.
void Prepared::plan_memory(int threads) {
  std::vector<const backends::PreparedLayer*> layers;
  std::vector<StepNeeds> needs;
  for (const Call& call : calls_) {
    layers.push_back(call.layer.get());
    needs.push_back({call.layer->scratch_bytes(), call.layer->in_place()});
  }
  for (std::size_t s = 0; s < calls_.size(); ++s)
    if (const std::vector<int>& inputs = graph_.steps[s].node.inputs; !inputs.empty()) calls_[s].in_place_of = inputs[0];
  PhysicalGraph planned = graph_;
  const std::vector<ChainedSteps> chained = find_chains(graph_, layers, threads);
  Views views(graph_, layers, chained);
  for (const ChainedSteps& steps : chained) {
    calls_[steps.first].chain = static_cast<int>(chains_.size());
    chains_.push_back({steps, make_chain(steps, layers, threads)});
    const int overwritten = overwritten_by(steps, graph_, layers);
    calls_[steps.first].in_place_of = overwritten;
    needs[steps.first] = {chains_.back().run.scratch_bytes(), overwritten >= 0};
    planned.steps[steps.first].node.outputs = graph_.steps[steps.last].node.outputs;
    for (std::size_t s = steps.first + 1; s <= steps.last; ++s) {
      calls_[s].first = steps.first;
      needs[s] = {};
      std::vector<int>& all = planned.steps[steps.first].node.inputs;
      const std::vector<int>& own = graph_.steps[s].node.inputs;
      for (std::size_t i = 0; i < own.size(); ++i)
        if (i != steps.inputs[s - steps.first]) all.push_back(own[i]);
      if (const auto found = std::find(all.begin(), all.end(), overwritten); found != all.end()) std::iter_swap(all.begin(), found);
      planned.steps[s].node.inputs.clear();
      planned.steps[s].node.outputs.clear();
    }
  }
  storage_ = plan_with_views(planned, needs, views);
  find_pitches(views);
}

/// Parts leave out copies, but a whole lives from its first part on. Where that would make the arena larger than it is
/// with copies, parts are given up, first of the largest whole at the peak.
StoragePlan Prepared::plan_with_views(const PhysicalGraph& planned, std::span<const StepNeeds> needs, Views& views) const {
  StoragePlan plan = plan_storage(planned, needs, views);
  if (views.wholes().empty()) return plan;
  const std::int64_t most = plan_storage(planned, needs, Views(graph_)).memory.arena_bytes;
  while (plan.memory.arena_bytes > most) {
    const int peak = plan.peak_step();
    const auto cost = [&](int whole) {
      const Place& place = plan.places[static_cast<std::size_t>(whole)];
      if (place.kind != Place::Kind::arena) return std::pair(0, std::int64_t{0});
      const Block& block = plan.blocks[static_cast<std::size_t>(place.index)];
      return std::pair(block.first <= peak && peak <= block.last ? 1 : 0, block.bytes);
    };
    const std::vector<int> wholes = views.wholes();
    views.drop(*std::max_element(wholes.begin(), wholes.end(), [&](int a, int b) { return cost(a) < cost(b); }), peak);
    plan = plan_storage(planned, needs, views);
  }
  return plan;
}

void Prepared::find_pitches(const Views& views) {
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const graph::Node& node = graph_.steps[s].node;
    for (const int value : node.inputs) calls_[s].input_pitches.push_back(value < 0 ? 0 : views.location(value).pitch);
    if (!node.outputs.empty() && node.outputs[0] >= 0) calls_[s].output_pitch = views.location(node.outputs[0]).pitch;
    calls_[s].nothing_to_do = views.nothing_to_do(s);
  }
}

void Prepared::find_slots() {
  const auto add = [&](int value, Slot slot) {
    if (value < 0) return;
    const Place& place = storage_.places[static_cast<std::size_t>(value)];
    slot.offset = place.offset;
    if (place.kind == Place::Kind::input) inputs_[static_cast<std::size_t>(place.index)].slots.push_back(slot);
    if (place.kind == Place::Kind::output) outputs_[static_cast<std::size_t>(place.index)].slots.push_back(slot);
  };
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const graph::Node& node = graph_.steps[s].node;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) add(node.inputs[i], {s, i, true, 0});
    for (std::size_t i = 0; i < node.outputs.size(); ++i) add(node.outputs[i], {s, i, false, 0});
  }
}

void* Prepared::address(int value) const {
  if (value < 0) return nullptr;
  const Place& place = storage_.places[static_cast<std::size_t>(value)];
  const void* data = nullptr;
  switch (place.kind) {
    case Place::Kind::constant: data = graph_.value(value).constant.data(); break;
    case Place::Kind::input: data = inputs_[static_cast<std::size_t>(place.index)].data; break;
    case Place::Kind::output: data = outputs_[static_cast<std::size_t>(place.index)].data; break;
    case Place::Kind::arena: data = arena_ + storage_.memory.offsets[static_cast<std::size_t>(place.index)]; break;
  }
  if (data == nullptr) return const_cast<std::byte*>(kNoElements);
  return const_cast<std::byte*>(static_cast<const std::byte*>(data) + place.offset);
}

void Prepared::bind_arena(std::byte* arena) {
  arena_ = arena;
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    Call& call = calls_[s];
    const graph::Node& node = graph_.steps[s].node;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) call.inputs[i] = address(node.inputs[i]);
    for (std::size_t i = 0; i < call.outputs.size(); ++i) call.outputs[i] = address(node.outputs[i]);
    const int scratch = storage_.scratch_block[s];
    call.scratch = scratch < 0 ? nullptr : arena_ + storage_.memory.offsets[static_cast<std::size_t>(scratch)];
  }
}

void Prepared::point(const std::vector<Slot>& slots, const void* data) {
  for (const Slot& slot : slots) {
    Call& call = calls_[slot.step];
    const std::byte* const at = data == nullptr ? kNoElements : static_cast<const std::byte*>(data) + slot.offset;
    if (slot.is_input)
      call.inputs[slot.operand] = at;
    else
      call.outputs[slot.operand] = const_cast<std::byte*>(at);
  }
}

void Prepared::begin(const Tensors& inputs) {
  for (External& input : inputs_) {
    input.data = inputs.at(input.name).data();
    point(input.slots, input.data);
  }
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    External& output = outputs_[o];
    if (storage_.output_source[o] >= 0) continue;
    output.tensor = Tensor::uninitialized(output.type, output.shape);
    output.data = output.tensor.data();
    point(output.slots, output.data);
  }
}

const RowChain* Prepared::chain(std::size_t step) const noexcept {
  return calls_[step].chain < 0 ? nullptr : &chains_[static_cast<std::size_t>(calls_[step].chain)].run;
}

void Prepared::run_chain(std::size_t step, base::ThreadPool& pool, std::span<std::atomic<std::int64_t>> layer_ns) const {
  const Chain& links = chains_[static_cast<std::size_t>(calls_[step].chain)];
  std::array<const float*, RowChain::kMostLayers> others{};
  for (std::size_t i = 0; i < links.run.size(); ++i) {
    const std::vector<const void*>& inputs = calls_[step + i].inputs;
    if (inputs.size() > 1) others[i] = static_cast<const float*>(inputs[1 - links.steps.inputs[i]]);
  }
  const Call &first = calls_[step], &last = calls_[links.steps.last];
  links.run.run({static_cast<const float*>(first.inputs[0]), others, static_cast<float*>(last.outputs[0]), first.scratch,
                 first.input_pitches[0], last.output_pitch},
                pool, layer_ns);
}

void Prepared::run_step(std::size_t step, base::ThreadPool& pool) const {
  const Call& call = calls_[step];
  if (!runs(step)) return;
  if (call.chain >= 0) return run_chain(step, pool, {});
  call.layer->run({call.inputs, call.outputs, call.scratch, call.input_pitches, call.output_pitch}, pool);
}

Tensors Prepared::finish() {
  Tensors result;
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    External& output = outputs_[o];
    const int source = storage_.output_source[o];
    if (source >= 0) {
      Tensor copy = Tensor::uninitialized(output.type, output.shape);
      if (copy.size_bytes() > 0) std::memcpy(copy.mutable_data(), address(source), copy.size_bytes());
      output.tensor = std::move(copy);
    }
    result.emplace(output.name, std::move(output.tensor));
  }
  release();
  return result;
}

void Prepared::release() noexcept {
  for (External& input : inputs_) input.data = nullptr;
  for (External& output : outputs_) {
    output.data = nullptr;
    output.tensor = {};
  }
}

std::span<std::byte> Prepared::overwritten(std::size_t step) const {
  if (!storage_.overwrites[step]) return {};
  const int value = calls_[step].in_place_of;
  return {static_cast<std::byte*>(address(value)), static_cast<std::size_t>(bytes_of(value))};
}

std::int64_t Prepared::bytes_of(int value) const {
  const PhysicalValue& physical = graph_.value(value);
  return base::element_count(physical.shape, physical.name) * static_cast<std::int64_t>(size_of(physical.type));
}

std::int64_t Prepared::layer_weight_bytes(std::size_t step) const {
  const std::size_t packed = calls_[step].layer->weight_bytes();
  if (packed > 0) return static_cast<std::int64_t>(packed);
  std::int64_t bytes = 0;
  for (const int value : graph_.steps[step].node.inputs)
    if (value >= 0 && graph_.value(value).is_constant()) bytes += bytes_of(value);
  return bytes;
}

}  // namespace dnntune::runtime
