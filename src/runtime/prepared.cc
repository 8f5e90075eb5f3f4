// SPDX-License-Identifier: Apache-2.0
#include "runtime/prepared.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/aligned.h"
#include "base/checked.h"
#include "base/float_mode.h"
#include "dnntune/error.h"
#include "runtime/spaces.h"
#include "runtime/transfer.h"

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

/// Operands of a step as backends are told of them.
class Operands {
 public:
  /// `storage`: how float32 is stored in the memory where the step would work.
  Operands(const PhysicalGraph& graph, const Step& step, DataType storage) {
    for (const int value : step.node.inputs) inputs_.push_back(spec_of(graph, value));
    for (const int value : step.node.outputs) outputs_.push_back(spec_of(graph, value));
    for (auto* operands : {&inputs_, &outputs_})
      for (backends::TensorSpec& operand : *operands)
        if (!operand.is_constant()) operand.type = stored_type(operand.type, storage);
  }

  bool all_have_elements() const {
    const auto has = [](const backends::TensorSpec& operand) { return std::find(operand.shape.begin(), operand.shape.end(), 0) == operand.shape.end(); };
    return std::all_of(inputs_.begin(), inputs_.end(), has) && std::all_of(outputs_.begin(), outputs_.end(), has);
  }

  /// Borrows the operands.
  backends::LayerSpec spec(const Step& step, int threads, const Arithmetic& arithmetic, backends::Context* context, backends::WeightStore* store) const {
    const DataType weights = arithmetic.weights == DataType::float32 ? arithmetic.math : arithmetic.weights;
    return {step.node, inputs_, outputs_, threads, weights, arithmetic.math, {}, context, store};
  }

 private:
  std::vector<backends::TensorSpec> inputs_, outputs_;
};

/// By `kernel`, if the layer has it here.
std::unique_ptr<backends::PreparedLayer> prepare_with(const backends::Backend& backend, backends::LayerSpec spec, const std::string& kernel) {
  if (!kernel.empty()) {
    const std::vector<std::string_view> kernels = backend.kernels(spec);
    if (std::find(kernels.begin(), kernels.end(), kernel) != kernels.end()) spec.kernel = kernel;
  }
  return backend.prepare(spec);
}

}  // namespace

Prepared::Prepared(const graph::Ir& lowered, Crew& crew, const Duties& duties, bool alone, const Arithmetic& arithmetic, const std::function<void()>& weights_read,
                   backends::WeightStore* store)
    : crew_(crew), alone_(alone), store_(store), graph_(assign_layout(lowered)) {
  for (std::size_t i = 0; i < lowered.inputs.size(); ++i) {
    const graph::Value& value = lowered.value(lowered.inputs[i]);
    inputs_.push_back({value.name, value.type, *value.shape, {}, nullptr, {}});
  }
  for (const graph::ValueId id : lowered.outputs) {
    const graph::Value& value = lowered.value(id);
    outputs_.push_back({value.name, value.type, *value.shape, {}, nullptr, {}});
  }
  prepare_calls(lowered, duties, arithmetic, weights_read);
  plan_memory();
  find_slots();
}

void Prepared::prepare_calls(const graph::Ir& lowered, const Duties& duties, const Arithmetic& arithmetic, const std::function<void()>& weights_read) {
  // Often enough that the weights are not in memory twice, seldom enough that it costs nothing.
  constexpr std::int64_t kReadBytes = std::int64_t{8} << 20;
  std::int64_t reported_bytes = 0;
  for (Step& step : graph_.steps) {
    Duty duty = step.layer >= 0 ? duties.of(lowered.nodes[static_cast<std::size_t>(step.layer)].name) : duties.rest;
    if (step.conversion) duty.kernel.clear();
    step.engine = duty.engine;
    step.in_turns = duty.in_turns;
    Call call = prepare_layer(step, duty.kernel, arithmetic);
    for (std::size_t i = 0; i < step.node.inputs.size(); ++i)
      if (const int value = step.node.inputs[i]; value >= 0 && graph_.value(value).weights.defined() && !call.layer->holds(i)) make_whole(value);
    weight_bytes_ += static_cast<std::int64_t>(call.layer->weight_bytes());
    own_weight_bytes_ += static_cast<std::int64_t>(call.layer->weight_bytes() - call.layer->shared_weight_bytes());
    calls_.push_back(std::move(call));
    if (weights_read && weight_bytes_ - reported_bytes >= kReadBytes) {
      weights_read();
      reported_bytes = weight_bytes_;
    }
  }
  for (const int value : graph_.outputs)
    if (graph_.value(value).weights.defined()) make_whole(value);
  if (std::any_of(calls_.begin(), calls_.end(), [](const Call& call) { return call.queue != nullptr; })) add_transfer_calls(arithmetic.storage);
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    Call& call = calls_[s];
    call.first = s;
    call.inputs.resize(graph_.steps[s].node.inputs.size());
    call.outputs.resize(graph_.steps[s].node.outputs.size());
  }
  if (weights_read) weights_read();
}

Prepared::Call Prepared::prepare_layer(const Step& step, const std::string& kernel, const Arithmetic& arithmetic) const {
  const Engine& engine = crew_.engine(step.engine);
  Call call;
  const bool on_device = engine.queue() != nullptr;
  const Operands operands(graph_, step, on_device ? arithmetic.storage : DataType::float32);
  if (!on_device || operands.all_have_elements()) {
    backends::LayerSpec spec = operands.spec(step, threads_of(step), arithmetic, engine.context.get(), store_);
    spec.refusal = &call.refusal;
    call.layer = prepare_with(*engine.backend, spec, kernel);
    if (call.layer != nullptr) {
      call.queue = engine.queue();
      return call;
    }
  }
  const Operands in_host_memory(graph_, step, DataType::float32);
  call.layer = crew_.fallback().prepare(in_host_memory.spec(step, threads_of(step), arithmetic, nullptr, store_));
  if (call.layer == nullptr) throw Error(ErrorCode::unsupported, fmt::format("layer '{}': no kernel for {}", step.node.name, step.node.op_type));
  call.fell_back = true;
  return call;
}

std::vector<std::string> Prepared::kernels(std::size_t s, const Arithmetic& arithmetic) const {
  const Step& step = graph_.steps[s];
  const Engine& engine = crew_.engine(step.engine);
  if (calls_[s].fell_back) return {};
  const Operands operands(graph_, step, DataType::float32);  // a device's values have the types that they are stored in
  const auto kernels = engine.backend->kernels(operands.spec(step, threads_of(step), arithmetic, engine.context.get(), store_));
  return {kernels.begin(), kernels.end()};
}

void Prepared::add_transfer_calls(DataType storage) {
  std::vector<int> spaces;
  for (std::size_t s = 0; s < calls_.size(); ++s) spaces.push_back(calls_[s].queue != nullptr ? graph_.steps[s].engine + 1 : 0);
  SpacedGraph spaced = add_transfers(graph_, spaces, storage);
  std::vector<Call> calls;
  for (std::size_t s = 0; s < spaced.origin.size(); ++s) {
    if (spaced.origin[s] >= 0) {
      calls.push_back(std::move(calls_[static_cast<std::size_t>(spaced.origin[s])]));
      continue;
    }
    Step& step = spaced.graph.steps[s];
    const PhysicalValue &from = spaced.graph.value(step.node.inputs[0]), &to = spaced.graph.value(step.node.outputs[0]);
    step.engine = std::max(from.space, to.space) - 1;
    Call& call = calls.emplace_back();
    call.queue = crew_.engine(step.engine).queue();
    call.layer = make_transfer(from, to, *call.queue);
  }
  calls_ = std::move(calls);
  graph_ = std::move(spaced.graph);
}

/// Views share one copy, and so do plans.
void Prepared::make_whole(int value) {
  PhysicalValue& view = graph_.values[static_cast<std::size_t>(value)];
  PhysicalValue& owner = graph_.values[static_cast<std::size_t>(graph_.storage(value))];
  if (!owner.constant.defined()) owner.constant = store_ == nullptr ? owner.weights.whole() : store_->whole(owner.weights);
  view.constant = owner.constant.reshaped(view.shape);
}

/// To the plan a chain is its first step, from the chain's input to its output; what lies between has no memory.
void Prepared::plan_memory() {
  std::vector<const backends::PreparedLayer*> layers;
  std::vector<StepNeeds> needs;
  std::vector<int> threads;
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const backends::PreparedLayer* const layer = calls_[s].layer.get();
    layers.push_back(layer);
    needs.push_back({layer->scratch_bytes(), layer->in_place(), calls_[s].queue != nullptr ? graph_.steps[s].engine + 1 : 0});
    threads.push_back(threads_of(graph_.steps[s]));
  }
  for (std::size_t s = 0; s < calls_.size(); ++s)
    if (const std::vector<int>& inputs = graph_.steps[s].node.inputs; !inputs.empty()) calls_[s].in_place_of = inputs[0];
  PhysicalGraph planned = graph_;
  const std::vector<ChainedSteps> chained = find_chains(graph_, layers, threads);
  Views views(graph_, layers, chained);
  for (const ChainedSteps& steps : chained) {
    calls_[steps.first].chain = static_cast<int>(chains_.size());
    chains_.push_back({steps, make_chain(steps, layers, threads[steps.first])});
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
  keep_uploads(planned);
  storage_ = plan_with_views(planned, needs, views);
  find_pitches(views);
}

void Prepared::keep_uploads(PhysicalGraph& planned) const {
  for (std::size_t s = 0; s < planned.steps.size(); ++s) {
    const Step& upload = graph_.steps[s];
    if (!upload.transfer || graph_.value(upload.node.inputs[0]).space != 0) continue;
    std::size_t waits = s + 1;
    while (waits + 1 < planned.steps.size() && !(graph_.steps[waits].transfer && graph_.steps[waits].engine == upload.engine && graph_.value(graph_.steps[waits].node.outputs[0]).space == 0)) ++waits;
    if (waits < planned.steps.size()) planned.steps[waits].node.inputs.push_back(upload.node.inputs[0]);
  }
}

/// Parts leave out copies, but a whole lives from its first part on. Where that would make the arena larger than it is
/// with copies, parts are given up, first of the largest whole at the peak.
StoragePlan Prepared::plan_with_views(const PhysicalGraph& planned, std::span<const StepNeeds> needs, Views& views) const {
  std::vector<std::size_t> alignment;  // stays empty where nothing works in a device's memory
  if (std::any_of(needs.begin(), needs.end(), [](const StepNeeds& step) { return step.space != 0; }))
    for (int e = 0; e < crew_.size(); ++e) alignment.push_back(crew_.engine(e).queue() != nullptr ? crew_.engine(e).queue()->alignment() : 1);
  StoragePlan plan = plan_storage(planned, needs, views, alignment);
  if (views.wholes().empty()) return plan;
  const std::int64_t most = plan_storage(planned, needs, Views(graph_), alignment).memory.arena_bytes;
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
    plan = plan_storage(planned, needs, views, alignment);
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
  if (graph_.value(value).space != 0) return handle(value);
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

/// The handle of a value in a device's memory. Constants have none: layers that work there hold theirs.
void* Prepared::handle(int value) const {
  const Place& place = storage_.places[static_cast<std::size_t>(value)];
  if (place.kind != Place::Kind::arena) return nullptr;
  const std::int64_t offset = storage_.memory.offsets[static_cast<std::size_t>(place.index)] + place.offset;
  backends::DeviceQueue& queue = *crew_.engine(graph_.value(value).space - 1).queue();
  return queue.part(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes_of(value)));
}

void Prepared::reserve_devices() {
  reservations_.assign(storage_.device_bytes.size(), 0);
  for (std::size_t e = 0; e < storage_.device_bytes.size(); ++e) {
    if (storage_.device_bytes[e] == 0) continue;
    Engine& engine = crew_.engine(static_cast<int>(e));
    engine.reserve(static_cast<std::size_t>(storage_.device_bytes[e]));
    reservations_[e] = engine.reservations;
  }
}

void Prepared::bind_arena(std::byte* arena) {
  bool moved = arena != arena_ || reservations_.size() != storage_.device_bytes.size();
  for (std::size_t e = 0; e < reservations_.size(); ++e)
    moved = moved || (reservations_[e] != 0 && reservations_[e] != crew_.engine(static_cast<int>(e)).reservations);
  if (!moved) return;
  reserve_devices();
  arena_ = arena;
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    Call& call = calls_[s];
    const graph::Node& node = graph_.steps[s].node;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) call.inputs[i] = address(node.inputs[i]);
    for (std::size_t i = 0; i < call.outputs.size(); ++i) call.outputs[i] = address(node.outputs[i]);
    const int scratch = storage_.scratch_block[s];
    if (scratch < 0) continue;
    const std::int64_t offset = storage_.memory.offsets[static_cast<std::size_t>(scratch)];
    call.scratch = call.queue == nullptr ? arena_ + offset
                                         : static_cast<std::byte*>(call.queue->part(static_cast<std::size_t>(offset), call.layer->scratch_bytes()));
  }
}

Tensors Prepared::run(const Tensors& inputs) {
  Shift shift(crew_, alone_);
  const base::FlushDenormals flush;
  try {
    begin(inputs);
    for (std::size_t s = 0; s < calls_.size(); ++s) run_step(s, shift);
    return finish();
  } catch (...) {
    crew_.abandon();
    release();
    throw;
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

std::vector<std::vector<int>> Prepared::chained_layers() const {
  std::vector<std::vector<int>> result;
  for (const Chain& chain : chains_) {
    std::vector<int>& layers = result.emplace_back();
    for (std::size_t s = chain.steps.first; s <= chain.steps.last; ++s) layers.push_back(graph_.steps[s].layer);
  }
  return result;
}

const RowChain* Prepared::chain(std::size_t step) const noexcept {
  return calls_[step].chain < 0 ? nullptr : &chains_[static_cast<std::size_t>(calls_[step].chain)].run;
}

void Prepared::run_chain(std::size_t step, Shift& shift, std::span<std::atomic<std::int64_t>> layer_ns) const {
  const Chain& links = chains_[static_cast<std::size_t>(calls_[step].chain)];
  std::array<const float*, RowChain::kMostLayers> others{};
  for (std::size_t i = 0; i < links.run.size(); ++i) {
    const std::vector<const void*>& inputs = calls_[step + i].inputs;
    if (inputs.size() > 1) others[i] = static_cast<const float*>(inputs[1 - links.steps.inputs[i]]);
  }
  const Call &first = calls_[step], &last = calls_[links.steps.last];
  links.run.run({static_cast<const float*>(first.inputs[0]), others, static_cast<float*>(last.outputs[0]), first.scratch,
                 first.input_pitches[0], last.output_pitch},
                shift.of(graph_.steps[step].engine, !calls_[step].fell_back), layer_ns);
}

void Prepared::run_step(std::size_t step, Shift& shift) const {
  const Call& call = calls_[step];
  if (!runs(step)) return;
  if (call.chain >= 0) return run_chain(step, shift, {});
  call.layer->run({call.inputs, call.outputs, call.scratch, call.input_pitches, call.output_pitch}, shift.of(graph_.steps[step].engine, !call.fell_back));
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

std::int64_t Prepared::memory_during(std::size_t step) const {
  std::int64_t bytes = storage_.live_bytes(static_cast<int>(called_with(step)));
  std::vector<int> counted;
  const graph::Node& node = graph_.steps[step].node;
  for (const auto* operands : {&node.inputs, &node.outputs})
    for (const int value : *operands) {
      if (value < 0) continue;
      const Place& place = storage_.places[static_cast<std::size_t>(value)];
      if (place.kind != Place::Kind::input && place.kind != Place::Kind::output) continue;
      const std::vector<int>& ends = place.kind == Place::Kind::input ? graph_.inputs : graph_.outputs;
      const int owner = ends[static_cast<std::size_t>(place.index)];
      if (std::find(counted.begin(), counted.end(), owner) != counted.end()) continue;
      counted.push_back(owner);
      bytes += bytes_of(owner);
    }
  return bytes;
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
