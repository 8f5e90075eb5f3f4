// SPDX-License-Identifier: Apache-2.0
#include "runtime/tuner/tuner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "graph/hash.h"
#include "graph/layer_info.h"
#include "graph/part.h"
#include "runtime/inputs.h"
#include "runtime/stages.h"
#include "runtime/tuner/race.h"

namespace dnntune::runtime {
namespace {

constexpr std::uint64_t kInputSeed = 1;
/// Weights beyond this are in no cache of any machine that we tune for.
constexpr std::int64_t kMostEvictedBytes = std::int64_t{32} << 20;

/// Another kernel than the backend's own choice, and another processor than the session's own, must be so much faster. What
/// is less is within what a layer differs between being timed and its place in a run, and weights may take longer to pack
/// there, in each start of a session.
constexpr double kWorthChanging = 1.02;

graph::Ir lowered_for(const Graph& graph, const std::map<std::string, Shape>& shapes) {
  const graph::GraphImpl& impl = graph.impl();
  if (shapes.empty()) return impl.lowered.ir;
  graph::Bindings bindings;
  for (const graph::ValueId id : impl.lowered.ir.inputs)
    if (impl.lowered.ir.value(id).is_static()) bindings.input_shapes[impl.lowered.ir.value(id).name] = *impl.lowered.ir.value(id).shape;
  for (const auto& [name, shape] : shapes) bindings.input_shapes[name] = shape;
  return graph::lower(impl.source, bindings, impl.evaluator).ir;
}

/// No processor of any machine takes more; so costs cannot overflow.
constexpr double kMostWatt = 1e6;

std::vector<double> prices_of(const Crew& crew, const TuneOptions& options) {
  std::vector<double> prices;
  for (int e = 0; e < crew.size(); ++e) {
    const Processor& processor = crew.engine(e).processor;
    if (options.energy_weight > 0.0 && !(processor.active_power_w >= 0.0 && processor.active_power_w <= kMostWatt))
      throw Error(ErrorCode::invalid_argument, fmt::format("energy cannot be tuned: the power of processor '{}' is not known", processor.name));
    constexpr double kUjPerWattNs = 1e-3;
    prices.push_back(options.latency_weight + options.energy_weight * std::max(0.0, processor.active_power_w) * kUjPerWattNs);
  }
  return prices;
}

}  // namespace

Tuner::Tuner(const Graph& graph, const std::vector<Processor>& processors, const TuneOptions& options)
    : graph_(graph),
      options_(options),
      start_ns_(base::now_ns()),
      crew_(processors.front(), std::span(processors).subspan(1), options.session),
      lowered_(lowered_for(graph, options.session.input_shapes)),
      arithmetic_(arithmetic_of(options.session)),
      cache_(options.cache_folder) {
  if (plan_inputs(lowered_).in_stages || !plan_inputs(lowered_).names.empty())
    throw Error(ErrorCode::unsupported, fmt::format("graph '{}' cannot be tuned: shapes in it follow from the contents of a run", graph.name()));
  prices_ = prices_of(crew_, options);
  inputs_ = random_tensors(lowered_, options.session.input_shapes, kInputSeed);
  std::int64_t weight_bytes = 0;
  for (const LayerInfo& layer : graph.layers()) weight_bytes += layer.weight_bytes;
  memory_.evicting.assign(static_cast<std::size_t>(std::min(weight_bytes, kMostEvictedBytes)) / sizeof(std::int64_t), 1);
  changes_.assign(static_cast<std::size_t>(crew_.size()), std::vector<double>(static_cast<std::size_t>(crew_.size()), 0.0));
}

bool Tuner::out_of_time() const { return static_cast<double>(base::now_ns() - start_ns_) * 1e-9 > options_.budget_s; }

Tuning Tuner::run() {
  Tuning tuning;
  if (out_of_time()) {
    tuning.complete = false;
    tuning.notes.push_back(fmt::format("no time: a budget of {} s", options_.budget_s));
    return tuning;
  }
  find_segments();
  std::vector<Segment*> segments;
  for (Segment& segment : layers_) segments.push_back(&segment);
  for (Segment& segment : chains_) segments.push_back(&segment);
  // What costs most is timed first, in case time runs out.
  const auto macs = [&](const Segment& segment) {
    std::int64_t sum = 0;
    for (std::size_t n = segment.first; n <= segment.last; ++n) sum += graph::count_macs(lowered_, lowered_.nodes[n]);
    return sum;
  };
  std::stable_sort(segments.begin(), segments.end(), [&](const Segment* a, const Segment* b) { return macs(*a) > macs(*b); });
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!out_of_time()) time_segment(*segments[i]);
    if (options_.progress) options_.progress(0.9 * static_cast<double>(i + 1) / static_cast<double>(segments.size()));
  }
  tuning.complete = std::all_of(segments.begin(), segments.end(), [](const Segment* segment) { return segment->reached; });
  measure_copies();
  measure_changes();
  const Choice choice = choose_in_time(tuning);
  tuning.predicted = choice.cost;
  tuning.lower_bound = choice.lower_bound;
  compare_runs(choice, tuning);
  cache_.save();
  if (!tuning.complete) tuning.notes.push_back(fmt::format("the budget of {} s ended before all layers were timed", options_.budget_s));
  tuning.seconds = static_cast<double>(base::now_ns() - start_ns_) * 1e-9;
  if (options_.progress) options_.progress(1.0);
  return tuning;
}

/// Every layer, on all engines; and row chains, on those that would run them.
void Tuner::find_segments() {
  std::vector<int> all(static_cast<std::size_t>(crew_.size()));
  std::iota(all.begin(), all.end(), 0);
  for (std::size_t n = 0; n < lowered_.nodes.size(); ++n) layers_.push_back({n, n, all, {}, false});
  std::map<std::pair<std::size_t, std::size_t>, std::vector<int>> found;
  for (const int e : all) {
    if (crew_.engine(e).context != nullptr || out_of_time()) continue;
    const Prepared whole(lowered_, crew_, duties_on(e), false, arithmetic_, {}, &memory_.store);
    for (const std::vector<int>& chain : whole.chained_layers())
      if (chain.back() - chain.front() + 1 == static_cast<int>(chain.size()))
        found[{static_cast<std::size_t>(chain.front()), static_cast<std::size_t>(chain.back())}].push_back(e);
  }
  for (auto& [range, engines] : found) chains_.push_back({range.first, range.second, std::move(engines), {}, false});
}

std::string Tuner::key_of(const graph::Ir& part, int engine) const {
  return fmt::format("{}|{}|{} {} {}", graph::hash_work(part), processor_key(crew_.engine(engine).processor), to_string(arithmetic_.weights),
                     to_string(arithmetic_.math), to_string(arithmetic_.storage));
}

void Tuner::time_segment(Segment& segment) {
  segment.reached = true;
  std::vector<int> nodes(segment.last - segment.first + 1);
  std::iota(nodes.begin(), nodes.end(), static_cast<int>(segment.first));
  const graph::Ir part = graph::part_of(lowered_, nodes).ir;
  const Tensors inputs = random_tensors(part, {}, kInputSeed);
  struct Contender {
    int engine;
    std::string asked;
    std::unique_ptr<Trial> trial;
  };
  std::vector<Contender> contenders;
  std::vector<int> timed_now;
  for (const int engine : segment.engines) {
    if (const auto* known = cache_.find(key_of(part, engine))) {
      for (const TimingCache::Timing& timing : *known)
        segment.timed.push_back({engine, timing.asked, timing.kernel, {timing.median_ns, timing.spread_ns, Provenance::measured}});
      continue;
    }
    auto trial = std::make_unique<Trial>(part, inputs, crew_, Duty{engine, "", true}, arithmetic_, memory_);
    if (trial->empty()) return;
    timed_now.push_back(engine);
    if (!trial->taken()) continue;
    const std::vector<std::string> kernels = segment.first == segment.last ? trial->kernels() : std::vector<std::string>{};
    contenders.push_back({engine, "", std::move(trial)});
    for (std::size_t k = 1; k < kernels.size(); ++k)
      contenders.push_back({engine, kernels[k], std::make_unique<Trial>(part, inputs, crew_, Duty{engine, kernels[k], true}, arithmetic_, memory_)});
  }
  if (contenders.empty() && segment.timed.empty()) {  // no backend has a kernel for it: the CPU takes it
    contenders.push_back({0, "", std::make_unique<Trial>(part, inputs, crew_, Duty{}, arithmetic_, memory_)});
    timed_now = {0};
  }
  std::vector<std::function<double()>> samplers;
  for (const Contender& contender : contenders) samplers.push_back([&contender] { return contender.trial->sample(); });
  const std::vector<Standing> standings = race(samplers, {}, [&] { return out_of_time(); });
  for (const int engine : timed_now) {
    std::vector<TimingCache::Timing> timings;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      if (contenders[i].engine != engine) continue;
      const Standing& standing = standings[i];
      timings.push_back({contenders[i].asked, contenders[i].trial->kernel(), standing.median_ns, standing.spread_ns});
      segment.timed.push_back({engine, timings.back().asked, timings.back().kernel, {standing.median_ns, standing.spread_ns, Provenance::measured}});
    }
    cache_.add(key_of(part, engine), std::move(timings));
  }
}

/// A line through a small and a large copy.
void Tuner::measure_copies() {
  constexpr std::array<std::size_t, 2> kBytes = {std::size_t{4} << 10, std::size_t{4} << 20};
  for (int e = 0; e < crew_.size(); ++e) {
    uploads_.emplace_back();
    downloads_.emplace_back();
    Engine& engine = crew_.engine(e);
    if (engine.queue() == nullptr) continue;
    engine.reserve(kBytes[1]);
    base::AlignedBuffer host(kBytes[1]);
    std::array<double, 2> up{}, down{};
    for (std::size_t i = 0; i < kBytes.size(); ++i) {
      void* const part = engine.queue()->part(0, kBytes[i]);
      const auto floats = static_cast<std::int64_t>(kBytes[i] / sizeof(float));
      const std::array<std::function<double()>, 2> copies = {
          [&] {
            const std::int64_t start = base::now_ns();
            engine.queue()->upload(host.data(), DataType::float32, part, DataType::float32, floats);
            engine.queue()->finish();
            return static_cast<double>(base::now_ns() - start);
          },
          [&] {
            const std::int64_t start = base::now_ns();
            engine.queue()->download(part, DataType::float32, host.data(), DataType::float32, floats);
            engine.queue()->finish();
            return static_cast<double>(base::now_ns() - start);
          }};
      up[i] = race(std::span(copies).subspan(0, 1), {.warmup_rounds = 1, .min_rounds = 9, .max_rounds = 9, .close = 0.0}, [] { return false; })[0].median_ns;
      down[i] = race(std::span(copies).subspan(1, 1), {.warmup_rounds = 1, .min_rounds = 9, .max_rounds = 9, .close = 0.0}, [] { return false; })[0].median_ns;
    }
    const auto line = [&](const std::array<double, 2>& ns) {
      const double slope = std::max(0.0, (ns[1] - ns[0]) / static_cast<double>(kBytes[1] - kBytes[0]));
      return CopyCost{std::max(0.0, ns[0] - slope * static_cast<double>(kBytes[0])), slope};
    };
    uploads_.back() = line(up);
    downloads_.back() = line(down);
  }
}

/// Between engines of the host that have threads of their own, on the least layer that both run.
void Tuner::measure_changes() {
  for (int a = 0; a < crew_.size(); ++a)
    for (int b = a + 1; b < crew_.size(); ++b) {
      const Engine &from = crew_.engine(a), &to = crew_.engine(b);
      if (from.queue() != nullptr || to.queue() != nullptr || out_of_time()) continue;
      if (from.pool == to.pool && from.context == nullptr && to.context == nullptr) continue;
      const Segment* least = nullptr;
      for (const Segment& segment : layers_) {
        const Timed *on_a = best_way(segment, a), *on_b = best_way(segment, b);
        if (on_a == nullptr || on_b == nullptr || graph::count_macs(lowered_, lowered_.nodes[segment.first]) == 0) continue;
        if (least == nullptr || on_a->latency_ns.value < best_way(*least, a)->latency_ns.value) least = &segment;
      }
      if (least == nullptr) continue;
      const std::array<int, 1> node = {static_cast<int>(least->first)};
      const graph::Ir part = graph::part_of(lowered_, node).ir;
      const Tensors inputs = random_tensors(part, {}, kInputSeed);
      Trial on_a(part, inputs, crew_, {a, "", true}, arithmetic_, memory_), on_b(part, inputs, crew_, {b, "", true}, arithmetic_, memory_);
      changes_[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)] = changes_[static_cast<std::size_t>(b)][static_cast<std::size_t>(a)] = Trial::change_ns(on_a, on_b);
    }
}

const Tuner::Timed* Tuner::best_way(const Segment& segment, int engine) const {
  const Timed *fastest = nullptr, *own_choice = own_way(segment, engine);
  for (const Timed& timed : segment.timed)
    if (timed.engine == engine && (fastest == nullptr || weighed_ns(segment, timed) < weighed_ns(segment, *fastest))) fastest = &timed;
  if (own_choice == nullptr || weighed_ns(segment, *own_choice) > kWorthChanging * weighed_ns(segment, *fastest)) return fastest;
  return own_choice;
}

const Tuner::Timed* Tuner::own_way(const Segment& segment, int engine) {
  const auto found = std::find_if(segment.timed.begin(), segment.timed.end(), [&](const Timed& timed) { return timed.engine == engine && timed.asked.empty(); });
  return found == segment.timed.end() ? nullptr : &*found;
}

ChoiceProblem Tuner::problem(bool starts) const {
  const auto reluctance = [](int engine) { return engine == 0 ? 1.0 : kWorthChanging; };
  ChoiceProblem problem;
  for (const Segment& segment : layers_) {
    std::vector<double>& costs = problem.layer_costs.emplace_back(static_cast<std::size_t>(crew_.size()), 0.0);
    if (segment.timed.empty()) {
      // A view costs nothing anywhere; what was not reached stays where it is.
      if (!segment.reached) std::fill(costs.begin() + 1, costs.end(), ChoiceProblem::kCannot);
      continue;
    }
    for (int e = 0; e < crew_.size(); ++e) {
      const Timed* timed = best_way(segment, e);
      costs[static_cast<std::size_t>(e)] = timed == nullptr ? ChoiceProblem::kCannot : reluctance(e) * price(e) * (starts ? weighed_ns(segment, *timed) : timed->latency_ns.value);
    }
  }
  for (const Segment& segment : chains_)
    for (const Timed& timed : segment.timed) problem.runs.push_back({segment.first, segment.last, timed.engine, reluctance(timed.engine) * price(timed.engine) * timed.latency_ns.value});
  problem.switches = changes_;
  for (int from = 0; from < crew_.size(); ++from)
    for (int to = 0; to < crew_.size(); ++to) problem.switches[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] *= price(to);
  for (int e = 0; e < crew_.size(); ++e) problem.memory_of.push_back(crew_.engine(e).queue() == nullptr ? 0 : e + 1);
  problem.values = values();
  return problem;
}

std::vector<ChoiceProblem::Value> Tuner::values() const {
  const graph::Uses uses(lowered_);
  std::vector<ChoiceProblem::Value> values;
  for (std::size_t v = 0; v < lowered_.values.size(); ++v) {
    const graph::Value& value = lowered_.values[v];
    const bool is_input = std::find(lowered_.inputs.begin(), lowered_.inputs.end(), static_cast<graph::ValueId>(v)) != lowered_.inputs.end();
    if (value.is_constant() || (uses.producer[v] < 0 && !is_input)) continue;
    ChoiceProblem::Value& result = values.emplace_back();
    result.writer = uses.producer[v];
    for (const int reader : uses.consumers[v])
      if (result.readers.empty() || result.readers.back() != static_cast<std::size_t>(reader)) result.readers.push_back(static_cast<std::size_t>(reader));
    result.output = uses.is_output[v];
    result.upload = result.download = {0.0};
    for (int e = 0; e < crew_.size(); ++e) {
      result.upload.push_back(price(e) * uploads_[static_cast<std::size_t>(e)].of(value.size_bytes()));
      result.download.push_back(price(e) * downloads_[static_cast<std::size_t>(e)].of(value.size_bytes()));
    }
  }
  return values;
}

}  // namespace dnntune::runtime
