// SPDX-License-Identifier: Apache-2.0
// Random physical graphs: the plan is run by a simulation that fills every buffer with a mark of its
// value and looks whether the mark is still there when the value is read.
#include "runtime/storage.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

using namespace dnntune;
using namespace dnntune::runtime;

namespace {

struct RandomGraph {
  PhysicalGraph graph;
  std::vector<StepNeeds> needs;
};

RandomGraph make_graph(std::mt19937& random) {
  const auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  RandomGraph result;
  PhysicalGraph& g = result.graph;
  const auto add = [&](std::int64_t bytes, int storage_of, bool constant) {
    const Shape shape = {bytes};
    g.values.push_back({"v" + std::to_string(g.values.size()), DataType::uint8, {0}, shape, constant ? Tensor(DataType::uint8, shape) : Tensor(), storage_of});
    return static_cast<int>(g.values.size()) - 1;
  };
  for (int i = pick(1, 2); i > 0; --i) g.inputs.push_back(add(64 * pick(1, 4), -1, false));
  add(128, -1, true);
  for (int s = pick(1, 15); s > 0; --s) {
    Step step;
    for (int i = pick(1, 3); i > 0; --i) step.node.inputs.push_back(pick(0, static_cast<int>(g.values.size()) - 1));
    const std::int64_t like_input = g.value(step.node.inputs[0]).shape[0];
    step.node.outputs.push_back(add(pick(0, 1) == 0 ? like_input : 64 * pick(1, 4), -1, false));
    if (pick(0, 4) == 0) step.node.outputs.push_back(add(64 * pick(1, 4), -1, false));
    if (pick(0, 3) == 0) {  // a view, sometimes of a view
      const int source = step.node.outputs[0];
      const int view = add(g.value(source).shape[0], source, false);
      if (pick(0, 2) == 0) add(g.value(view).shape[0], view, false);
    }
    g.steps.push_back(step);
    result.needs.push_back({pick(0, 2) == 0 ? static_cast<std::size_t>(pick(1, 300)) : 0, pick(0, 1) == 0});
  }
  for (int o = pick(1, 3); o > 0; --o) g.outputs.push_back(pick(0, static_cast<int>(g.values.size()) - 1));
  return result;
}

/// Memory of the simulation: a mark for each 64-byte line of each region.
struct Simulation {
  const PhysicalGraph& graph;
  const StoragePlan& plan;
  std::map<std::string, int> lines;

  /// Names of the lines that a value lies in.
  std::vector<std::string> lines_of(int value) const {
    const Place& place = plan.places[static_cast<std::size_t>(value)];
    const std::int64_t begin = place.kind == Place::Kind::arena ? plan.memory.offsets[static_cast<std::size_t>(place.index)] : 0;
    std::vector<std::string> result;
    for (std::int64_t at = 0; at < graph.value(value).shape[0]; at += 64) {
      const std::string line = std::to_string((begin + at) / 64);
      switch (place.kind) {
        case Place::Kind::arena: result.push_back("arena " + line); break;
        case Place::Kind::input: result.push_back("input " + std::to_string(place.index) + " " + line); break;
        case Place::Kind::output: result.push_back("output " + std::to_string(place.index) + " " + line); break;
        case Place::Kind::constant: result.push_back("constant " + std::to_string(graph.storage(value)) + " " + line); break;
      }
    }
    return result;
  }
  void write(int value) {
    for (const std::string& line : lines_of(value)) lines[line] = graph.storage(value);
  }
  bool intact(int value) const {
    const auto all = lines_of(value);
    return std::all_of(all.begin(), all.end(), [&](const std::string& line) { return lines.at(line) == graph.storage(value); });
  }
};

}  // namespace

TEST_CASE("storage: no value is overwritten while it is needed") {
  std::mt19937 random(3);
  int in_place = 0, given = 0;
  for (int round = 0; round < 500; ++round) {
    const RandomGraph sample = make_graph(random);
    const PhysicalGraph& g = sample.graph;
    const StoragePlan plan = plan_storage(g, sample.needs, Views(g));
    Simulation simulation{g, plan, {}};
    for (std::size_t v = 0; v < g.values.size(); ++v)
      if (g.values[v].constant.defined()) simulation.write(static_cast<int>(v));
    for (const int input : g.inputs) simulation.write(input);

    for (std::size_t s = 0; s < g.steps.size(); ++s) {
      const graph::Node& node = g.steps[s].node;
      for (const int input : node.inputs) REQUIRE(simulation.intact(input));
      if (plan.scratch_block[s] >= 0) {
        const auto block = static_cast<std::size_t>(plan.scratch_block[s]);
        CHECK(plan.blocks[block].bytes == static_cast<std::int64_t>(sample.needs[s].scratch_bytes));
        for (std::int64_t at = 0; at < plan.blocks[block].bytes; at += 64)
          simulation.lines["arena " + std::to_string((plan.memory.offsets[block] + at) / 64)] = -1;
      }
      // Inputs must survive the step's own scratch and outputs, unless it works in place.
      for (std::size_t i = 0; i < node.inputs.size(); ++i) CHECK(simulation.intact(node.inputs[i]));
      for (const int output : node.outputs) simulation.write(output);
      for (const int output : node.outputs) CHECK(simulation.intact(output));
      if (plan.overwrites[s]) {
        ++in_place;
        CHECK(sample.needs[s].in_place);
        CHECK(simulation.lines_of(node.inputs[0]) == simulation.lines_of(node.outputs[0]));
      }
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (!plan.overwrites[s] || g.storage(node.inputs[i]) != g.storage(node.inputs[0])) CHECK(simulation.intact(node.inputs[i]));
    }
    for (std::size_t o = 0; o < g.outputs.size(); ++o) {
      CHECK(simulation.intact(g.outputs[o]));
      given += plan.output_source[o] < 0;
    }
    CHECK(plan.memory.arena_bytes >= plan.memory.lower_bound);
  }
  CHECK(in_place > 100);
  CHECK(given > 100);
}
