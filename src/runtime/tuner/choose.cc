// SPDX-License-Identifier: Apache-2.0
#include "runtime/tuner/choose.h"

#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::runtime {
namespace {

using Memories = std::string;  ///< A value a byte: bit m is set when it is in memory m.
constexpr unsigned kHost = 1;

/// What a layer on `engine` adds to a way that came to it.
struct Move {
  std::size_t first, last;
  int engine;
  double cost;
  int run;  ///< Of the problem; -1 for a layer alone.
};

struct State {
  double cost = 0.0;
  const State* before = nullptr;
  Move move{};
};

class Chooser {
 public:
  Chooser(const ChoiceProblem& problem, std::size_t most_states)
      : problem_(problem), most_states_(most_states), layers_(problem.layer_costs.size()), states_(layers_ + 1) {
    last_read_.assign(problem.values.size(), -1);
    read_by_.resize(layers_);
    written_by_.resize(layers_);
    for (std::size_t v = 0; v < problem.values.size(); ++v) {
      const ChoiceProblem::Value& value = problem.values[v];
      for (const std::size_t layer : value.readers) {
        read_by_[layer].push_back(v);
        last_read_[v] = std::max(last_read_[v], static_cast<int>(layer));
      }
      if (value.output) last_read_[v] = static_cast<int>(layers_);
      if (value.writer >= 0) written_by_[static_cast<std::size_t>(value.writer)].push_back(v);
    }
    several_memories_ = std::any_of(problem.memory_of.begin(), problem.memory_of.end(), [](int memory) { return memory != 0; });
    find_remaining();
  }

  Choice solve() {
    Memories start(several_memories_ ? problem_.values.size() : 0, '\0');
    for (std::size_t v = 0; v < start.size(); ++v)
      if (problem_.values[v].writer < 0) start[v] = static_cast<char>(kHost);
    states_[0].emplace(std::pair(-1, forget(std::move(start), 0)), State{});
    double given_up = ChoiceProblem::kCannot;
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      given_up = std::min(given_up, prune(layer));
      for (const auto& [key, state] : states_[layer]) {
        for (int engine = 0; engine < static_cast<int>(problem_.memory_of.size()); ++engine)
          go(key, state, {layer, layer, engine, problem_.layer_costs[layer][static_cast<std::size_t>(engine)], -1});
        for (std::size_t r = 0; r < problem_.runs.size(); ++r)
          if (const ChoiceProblem::Run& run = problem_.runs[r]; run.first == layer)
            go(key, state, {run.first, run.last, run.engine, run.cost, static_cast<int>(r)});
      }
      if (states_[layer + 1].empty() && std::none_of(states_.begin() + static_cast<std::ptrdiff_t>(layer) + 1, states_.end(), [](const auto& s) { return !s.empty(); }))
        throw Error(ErrorCode::unsupported, fmt::format("no processor can run layer {}", layer));
    }
    return best(given_up);
  }

  /// Brings `value` to `memory`; what that costs.
  double bring(Memories& at, std::size_t value, int memory) const {
    const auto has = static_cast<unsigned char>(at[value]);
    if ((has >> memory & 1u) != 0) return 0.0;
    const ChoiceProblem::Value& facts = problem_.values[value];
    double cost = 0.0;
    if ((has & kHost) == 0) {
      double least = ChoiceProblem::kCannot;
      for (std::size_t m = 1; m < facts.download.size(); ++m)
        if ((has >> m & 1u) != 0) least = std::min(least, facts.download[m]);
      cost += least;
    }
    if (memory != 0) cost += facts.upload[static_cast<std::size_t>(memory)];
    at[value] = static_cast<char>(has | kHost | 1u << memory);
    return cost;
  }

  /// Operands come, results appear, and what nobody reads any more is forgotten.
  double run_layer(Memories& at, std::size_t layer, int engine) const {
    if (!several_memories_) return 0.0;
    const int memory = problem_.memory_of[static_cast<std::size_t>(engine)];
    double cost = 0.0;
    for (const std::size_t value : read_by_[layer]) cost += bring(at, value, memory);
    for (const std::size_t value : written_by_[layer]) at[value] = static_cast<char>(1u << memory);
    at = forget(std::move(at), layer + 1);
    return cost;
  }

  double bring_outputs(Memories& at) const {
    double cost = 0.0;
    for (std::size_t v = 0; v < at.size(); ++v)
      if (problem_.values[v].output) cost += bring(at, v, 0);
    return cost;
  }

 private:
  using Key = std::pair<int, Memories>;  ///< Engine of the last layer; where the values are.

  /// The least that layers from one on can cost: all of them at their cheapest, nothing copied.
  void find_remaining() {
    remaining_.assign(layers_ + 1, 0.0);
    for (std::size_t layer = layers_; layer-- > 0;) {
      const auto& costs = problem_.layer_costs[layer];
      remaining_[layer] = remaining_[layer + 1] + *std::min_element(costs.begin(), costs.end());
      for (const ChoiceProblem::Run& run : problem_.runs)
        if (run.first == layer) remaining_[layer] = std::min(remaining_[layer], run.cost + remaining_[run.last + 1]);
    }
  }

  Memories forget(Memories at, std::size_t next_layer) const {
    for (std::size_t v = 0; v < at.size(); ++v)
      if (last_read_[v] < static_cast<int>(next_layer)) at[v] = '\0';
    return at;
  }

  void go(const Key& from, const State& state, const Move& move) {
    if (move.cost == ChoiceProblem::kCannot) return;
    double cost = state.cost + move.cost;
    if (from.first >= 0 && from.first != move.engine)
      cost += problem_.switches[static_cast<std::size_t>(from.first)][static_cast<std::size_t>(move.engine)];
    Memories at = from.second;
    for (std::size_t layer = move.first; layer <= move.last; ++layer) cost += run_layer(at, layer, move.engine);
    auto& next = states_[move.last + 1];
    const auto [entry, is_new] = next.try_emplace(Key(move.engine, std::move(at)), State{cost, &state, move});
    if (!is_new && cost < entry->second.cost) entry->second = {cost, &state, move};
  }

  /// Keeps the cheapest states before `layer`; the least that any way through the others can cost.
  double prune(std::size_t layer) {
    auto& states = states_[layer];
    if (states.size() <= most_states_) return ChoiceProblem::kCannot;
    std::vector<double> costs;
    for (const auto& entry : states) costs.push_back(entry.second.cost);
    std::nth_element(costs.begin(), costs.begin() + static_cast<std::ptrdiff_t>(most_states_), costs.end());
    const double limit = costs[most_states_];
    double given_up = ChoiceProblem::kCannot;
    for (auto entry = states.begin(); entry != states.end();) {
      if (entry->second.cost < limit) {
        ++entry;
        continue;
      }
      given_up = std::min(given_up, entry->second.cost + remaining_[layer]);
      entry = states.erase(entry);
    }
    return given_up;
  }

  Choice best(double given_up) const {
    const State* least = nullptr;
    Choice choice;
    for (const auto& [key, state] : states_[layers_]) {
      Memories at = key.second;
      const double cost = state.cost + bring_outputs(at);
      if (least != nullptr && cost >= choice.cost) continue;
      choice.cost = cost;
      least = &state;
    }
    if (least == nullptr) throw Error(ErrorCode::unsupported, "no processor can run all layers");
    choice.engines.resize(layers_);
    choice.runs.resize(layers_);
    for (const State* state = least; state->before != nullptr; state = state->before)
      for (std::size_t layer = state->move.first; layer <= state->move.last; ++layer) {
        choice.engines[layer] = state->move.engine;
        choice.runs[layer] = state->move.run;
      }
    choice.lower_bound = std::min(choice.cost, given_up);
    return choice;
  }

  const ChoiceProblem& problem_;
  const std::size_t most_states_, layers_;
  std::vector<std::map<Key, State>> states_;  ///< Before each layer, and after the last.
  std::vector<int> last_read_;                ///< By value.
  std::vector<std::vector<std::size_t>> read_by_, written_by_;
  std::vector<double> remaining_;
  bool several_memories_ = false;
};

}  // namespace

Choice choose(const ChoiceProblem& problem, std::size_t most_states) { return Chooser(problem, most_states).solve(); }

double cost_of(const ChoiceProblem& problem, const std::vector<int>& engines, const std::vector<int>& runs) {
  const Chooser rules(problem, 1);
  const bool several = std::any_of(problem.memory_of.begin(), problem.memory_of.end(), [](int memory) { return memory != 0; });
  Memories at(several ? problem.values.size() : 0, '\0');
  for (std::size_t v = 0; v < at.size(); ++v)
    if (problem.values[v].writer < 0) at[v] = static_cast<char>(kHost);
  double cost = 0.0;
  for (std::size_t layer = 0; layer < engines.size();) {
    std::size_t last = layer;
    double own = problem.layer_costs[layer][static_cast<std::size_t>(engines[layer])];
    if (runs[layer] >= 0) {
      const ChoiceProblem::Run& run = problem.runs[static_cast<std::size_t>(runs[layer])];
      last = run.last;
      own = run.cost;
    }
    if (layer > 0 && engines[layer - 1] != engines[layer])
      cost += problem.switches[static_cast<std::size_t>(engines[layer - 1])][static_cast<std::size_t>(engines[layer])];
    cost += own;
    for (std::size_t i = layer; i <= last; ++i) cost += rules.run_layer(at, i, engines[i]);
    layer = last + 1;
  }
  return cost + rules.bring_outputs(at);
}

}  // namespace dnntune::runtime
