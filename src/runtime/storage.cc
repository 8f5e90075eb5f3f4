// SPDX-License-Identifier: Apache-2.0
#include "runtime/storage.h"

#include <algorithm>
#include <map>

#include "base/checked.h"

namespace dnntune::runtime {
namespace {

constexpr int kNever = -1;

/// One piece of memory, shared by the views of a value and by steps that work in place.
struct Memory {
  Place place;
  std::int64_t bytes = 0;
  int first = kNever, last = kNever;
  int merged_into = -1;
};

class StoragePlanner {
 public:
  StoragePlanner(const PhysicalGraph& graph, std::span<const StepNeeds> needs, const Views& views, std::span<const std::size_t> alignment)
      : graph_(graph), needs_(needs), views_(views), alignment_(alignment) {
    end_ = static_cast<int>(graph.steps.size());
    find_owners();
    find_lifetimes();
    merge_in_place();
    give_outputs();
    make_blocks();
  }

  StoragePlan take() { return std::move(plan_); }

 private:
  Memory& memory_of(int value) {
    int id = views_.location(value).owner;
    while (memories_[static_cast<std::size_t>(id)].merged_into >= 0) id = memories_[static_cast<std::size_t>(id)].merged_into;
    return memories_[static_cast<std::size_t>(id)];
  }

  void find_owners() {
    memories_.resize(graph_.values.size());
    for (std::size_t v = 0; v < graph_.values.size(); ++v) {
      const PhysicalValue& value = graph_.values[v];
      memories_[v].bytes = base::checked_mul(base::element_count(value.shape, value.name), static_cast<std::int64_t>(size_of(value.type)), value.name);
      if (value.is_constant()) memories_[v].place = {Place::Kind::constant, static_cast<int>(v)};
    }
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i)
      if (graph_.inputs[i] >= 0) memory_of(graph_.inputs[i]).place = {Place::Kind::input, static_cast<int>(i)};
  }

  void find_lifetimes() {
    for (int s = 0; s < end_; ++s) {
      const graph::Node& node = graph_.steps[static_cast<std::size_t>(s)].node;
      for (const int value : node.outputs)
        if (value >= 0) touch(memory_of(value), s);
      for (const int value : node.inputs)
        if (value >= 0) memory_of(value).last = s;
    }
    for (const int value : graph_.outputs) memory_of(value).last = end_;
  }

  static void touch(Memory& memory, int step) {
    if (memory.first == kNever) memory.first = step;
    memory.last = step;
  }
  bool is_part(int value) const { return views_.location(value).owner != graph_.storage(value); }

  /// The output of step `s` takes over its first input's memory, when nobody reads that any more.
  bool can_overwrite(int s) {
    const graph::Node& node = graph_.steps[static_cast<std::size_t>(s)].node;
    if (!needs_[static_cast<std::size_t>(s)].in_place || node.inputs.empty() || node.inputs[0] < 0 || node.outputs.empty() || node.outputs[0] < 0)
      return false;
    if (is_part(node.inputs[0]) || is_part(node.outputs[0])) return false;
    const Memory &input = memory_of(node.inputs[0]), &output = memory_of(node.outputs[0]);
    if (&input == &output || input.place.kind != Place::Kind::arena || input.last != s || input.bytes != output.bytes) return false;
    return std::none_of(node.inputs.begin() + 1, node.inputs.end(), [&](int other) { return other >= 0 && &memory_of(other) == &input; });
  }

  void merge_in_place() {
    plan_.overwrites.assign(static_cast<std::size_t>(end_), false);
    for (int s = 0; s < end_; ++s) {
      if (!can_overwrite(s)) continue;
      const graph::Node& node = graph_.steps[static_cast<std::size_t>(s)].node;
      Memory &input = memory_of(node.inputs[0]), &output = memory_of(node.outputs[0]);
      input.last = std::max(input.last, output.last);
      output.merged_into = static_cast<int>(&input - memories_.data());
      plan_.overwrites[static_cast<std::size_t>(s)] = true;
    }
  }

  /// Memory of a graph output is the returned tensor's own, so that nothing is copied at the end. An
  /// input or constant passed through, or a second name for the same memory, must be copied.
  void give_outputs() {
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      Memory& memory = memory_of(graph_.outputs[o]);
      if (memory.place.kind == Place::Kind::arena) {
        memory.place = {Place::Kind::output, static_cast<int>(o)};
        plan_.output_source.push_back(-1);
      } else {
        plan_.output_source.push_back(graph_.outputs[o]);
      }
    }
  }

  void make_blocks() {
    for (Memory& memory : memories_) {
      if (memory.merged_into >= 0 || memory.place.kind != Place::Kind::arena || memory.first == kNever) continue;
      memory.place.index = static_cast<int>(plan_.blocks.size());
      plan_.blocks.push_back({memory.bytes, memory.first, memory.last});
      plan_.block_space.push_back(graph_.values[static_cast<std::size_t>(&memory - memories_.data())].space);
    }
    for (std::size_t v = 0; v < graph_.values.size(); ++v) {
      plan_.places.push_back(memory_of(static_cast<int>(v)).place);
      plan_.places.back().offset = views_.location(static_cast<int>(v)).offset * static_cast<std::int64_t>(size_of(graph_.values[v].type));
    }
    for (int s = 0; s < end_; ++s) {
      const std::size_t bytes = needs_[static_cast<std::size_t>(s)].scratch_bytes;
      plan_.scratch_block.push_back(bytes > 0 ? static_cast<int>(plan_.blocks.size()) : -1);
      if (bytes == 0) continue;
      plan_.blocks.push_back({static_cast<std::int64_t>(bytes), s, s});
      plan_.block_space.push_back(needs_[static_cast<std::size_t>(s)].space);
    }
    plan_.memory = plan_memory(plan_.blocks, plan_.block_space, alignment_, plan_.device_bytes);
  }

  const PhysicalGraph& graph_;
  std::span<const StepNeeds> needs_;
  const Views& views_;
  std::span<const std::size_t> alignment_;
  int end_ = 0;
  std::vector<Memory> memories_;
  StoragePlan plan_;
};

}  // namespace

std::int64_t StoragePlan::live_bytes(int step) const {
  std::int64_t sum = 0;
  for (const Block& block : blocks)
    if (block.first <= step && step <= block.last) sum += block.bytes;
  return sum;
}

int StoragePlan::peak_step() const {
  std::map<int, std::int64_t> change;
  for (const Block& block : blocks) {
    change[block.first] += block.bytes;
    change[block.last + 1] -= block.bytes;
  }
  int peak = 0;
  std::int64_t alive = 0, most = -1;
  for (const auto& [step, delta] : change) {
    alive += delta;
    if (alive <= most) continue;
    most = alive;
    peak = step;
  }
  return peak;
}

StoragePlan plan_storage(const PhysicalGraph& graph, std::span<const StepNeeds> needs, const Views& views, std::span<const std::size_t> alignment) {
  return StoragePlanner(graph, needs, views, alignment).take();
}

}  // namespace dnntune::runtime
