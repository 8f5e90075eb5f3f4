// SPDX-License-Identifier: Apache-2.0
// From the chosen engines to an assignment, and its comparison with whole runs on single processors.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "graph/layer_info.h"
#include "runtime/session_setup.h"
#include "runtime/tuner/race.h"
#include "runtime/tuner/tuner.h"

namespace dnntune::runtime {
namespace {

/// Single processors whose layers, summed up, promise a run within this factor of the best are compared with it.
constexpr double kWorthComparing = 1.5;
constexpr double kResultSampleNs = 5e6;
/// The comparison may go on until this many times the budget has passed.
constexpr double kComparison = 1.5;
/// Another run must be this much faster to replace the tuned one.
constexpr double kMargin = 0.005;

/// Whole runs of one prepared network, to be timed.
class WholeRun {
 public:
  WholeRun(const graph::Ir& lowered, Crew& crew, const Duties& duties, bool alone, const Arithmetic& arithmetic, const Tensors& inputs, TrialMemory& memory)
      : network_(lowered, crew, duties, alone, arithmetic, {}, &memory.store), inputs_(inputs), arena_(memory.arena) {}

  double sample() {
    arena_.at_least(network_.arena_bytes());
    network_.bind_arena(arena_.data());
    const std::int64_t start = base::now_ns();
    for (int i = 0; i < repeats_; ++i) network_.run(inputs_);
    const double ns = static_cast<double>(base::now_ns() - start) / repeats_;
    repeats_ = static_cast<int>(std::clamp(kResultSampleNs / std::max(1.0, ns), 1.0, 10'000.0));
    return ns;
  }
  const Prepared& network() const noexcept { return network_; }

 private:
  Prepared network_;
  const Tensors& inputs_;
  base::AlignedBuffer& arena_;
  int repeats_ = 1;
};

}  // namespace

Duties Tuner::duties_on(int engine) const {
  Duties duties;
  duties.rest.engine = engine;
  return duties;
}

Duties Tuner::duties_of(const Choice& choice) const {
  Duties duties;
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    if (layers_[n].timed.empty()) continue;
    Duty duty{choice.engines[n], "", false};
    // The first of a run is not in turns with what comes before it; layers of a run have their own choice of kernel.
    if (choice.runs[n] >= 0)
      duty.in_turns = n > 0 && choice.runs[n - 1] == choice.runs[n];
    else if (const Timed* timed = best_way(layers_[n], duty.engine))
      duty.kernel = timed->asked;
    duties.layers[lowered_.nodes[n].name] = std::move(duty);
  }
  return duties;
}

Assignment Tuner::assignment_of(const Duties& duties) const {
  Assignment assignment;
  std::set<int> used;
  for (const auto& [layer, duty] : duties.layers) {
    assignment.layers[layer] = {crew_.engine(duty.engine).processor.name, duty.kernel, duty.in_turns};
    used.insert(duty.engine);
  }
  for (const int e : used) assignment.processors.push_back(crew_.engine(e).processor);
  return assignment;
}

void Tuner::compare_runs(const Choice& choice, Tuning& tuning) {
  struct Contender {
    std::string name;
    Duties duties;
    int engine = -1;  ///< Of a single processor's run.
    std::unique_ptr<WholeRun> run;
    std::function<double()> sample;
  };
  std::vector<Contender> contenders;
  contenders.push_back({"tuned", duties_of(choice), -1, nullptr, nullptr});
  const ChoiceProblem rules = problem(false);
  for (int e = 0; e < crew_.size(); ++e) {
    // Layers that a processor leaves to the CPU are taken as free here: that only makes more of them worth comparing.
    double sum = 0.0;
    for (const auto& costs : rules.layer_costs)
      if (costs[static_cast<std::size_t>(e)] != ChoiceProblem::kCannot) sum += costs[static_cast<std::size_t>(e)];
    if (sum <= kWorthComparing * choice.cost || e == 0) contenders.push_back({crew_.engine(e).processor.name, duties_on(e), e, nullptr, nullptr});
  }
  std::vector<std::function<double()>> samplers;
  for (Contender& contender : contenders) {
    // A session without an assignment leaves small networks to the calling thread; with one, it wakes and pins as told.
    const bool alone = contender.engine == 0 && crew_.engine(0).context == nullptr && is_small(lowered_, options_.session);
    contender.run = std::make_unique<WholeRun>(lowered_, crew_, contender.duties, alone, arithmetic_, inputs_, memory_);
    samplers.push_back([&contender] { return contender.run->sample(); });
  }
  const std::vector<Standing> standings = race(samplers, {.warmup_rounds = 1, .min_rounds = 7, .max_rounds = 25, .close = kMargin}, [&] {
    return static_cast<double>(base::now_ns() - start_ns_) * 1e-9 > kComparison * options_.budget_s;
  });
  const auto cost_of_run = [&](std::size_t i) {
    return standings[i].median_ns * (contenders[i].engine >= 0 ? price(contenders[i].engine) : options_.latency_weight);
  };
  std::size_t best = 0;
  // The energy of a mixed run is known by its layers only, so there the choice stands as it was predicted.
  if (options_.energy_weight == 0.0)
    for (std::size_t i = 1; i < contenders.size(); ++i) {
      if (cost_of_run(i) >= (best == 0 ? 1.0 - kMargin : 1.0) * cost_of_run(best)) continue;
      if (starts_in_time(contenders[i].engine))
        best = i;
      else
        tuning.notes.push_back(fmt::format("{} alone is not chosen: a session would take more than {:g} ms longer to start", contenders[i].name, options_.start_ms));
    }
  for (std::size_t i = 0; i < contenders.size(); ++i)
    tuning.runs.push_back({contenders[i].name, {standings[i].median_ns, standings[i].spread_ns, Provenance::measured}});
  std::swap(tuning.runs[0], tuning.runs[best]);
  Duties chosen = contenders[best].duties;
  for (const Segment& segment : layers_)
    if (best != 0 && chosen.rest.engine != 0 && !segment.timed.empty()) chosen.layers[lowered_.nodes[segment.first].name] = chosen.rest;
  tuning.assignment = assignment_of(chosen);
  describe_layers(contenders[best].run->network(), tuning);
}

void Tuner::describe_layers(const Prepared& network, Tuning& tuning) const {
  std::vector<std::vector<int>> chains = network.chained_layers();
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    TunedLayer layer;
    layer.name = lowered_.nodes[n].name;
    for (const std::string& op : lowered_.nodes[n].fused_ops) layer.op += (layer.op.empty() ? "" : "+") + op;
    for (const Timed& timed : layers_[n].timed) layer.candidates.push_back({crew_.engine(timed.engine).processor.name, timed.kernel, timed.latency_ns});
    std::stable_sort(layer.candidates.begin(), layer.candidates.end(), [](const TunedCandidate& a, const TunedCandidate& b) { return a.latency_ns.value < b.latency_ns.value; });
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      const Step& step = network.graph().steps[s];
      if (step.layer != static_cast<int>(n) || step.conversion) continue;
      layer.processor = crew_.engine(step.engine).processor.name;
      layer.kernel = network.kernel(s);
    }
    layer.in_turns = std::any_of(chains.begin(), chains.end(), [&](const std::vector<int>& chain) { return std::find(chain.begin(), chain.end(), static_cast<int>(n)) != chain.end(); });
    tuning.layers.push_back(std::move(layer));
  }
}

}  // namespace dnntune::runtime
