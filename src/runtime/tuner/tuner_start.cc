// SPDX-License-Identifier: Apache-2.0
// What making a session with the chosen assignment takes longer than without one, and the choice that keeps within bounds.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "graph/part.h"
#include "runtime/tuner/tuner.h"

namespace dnntune::runtime {
namespace {

constexpr int kTries = 3;
/// What takes longer than this is not tried again: it is long against what disturbs it.
constexpr double kLongNs = 50e6;

/// The least of a few tries.
template <typename Work>
double least_ns(Work work) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries && (i == 0 || least < kLongNs); ++i) {
    const std::int64_t start = base::now_ns();
    work();
    least = std::min(least, static_cast<double>(base::now_ns() - start));
  }
  return least;
}

}  // namespace

/// The first engine's backend has the same weights on all its processors, where it chooses the kernel.
bool Tuner::start_counts(const Timed& way) const {
  const Engine& engine = crew_.engine(way.engine);
  return engine.queue() == nullptr && !(way.asked.empty() && engine.backend == crew_.engine(0).backend);
}

double Tuner::weighed_ns(const Segment& segment, const Timed& timed) const {
  const double ns = timed.latency_ns.value;
  const Timed* const own = own_way(segment, 0);
  if (start_weight_ == 0.0 || segment.first != segment.last || own == nullptr) return ns;
  const auto start = starts_.find(start_key(segment.first, timed)), own_start = starts_.find(start_key(segment.first, *own));
  if (start == starts_.end() || own_start == starts_.end()) return ns;
  return ns + start_weight_ * std::max(0.0, start->second - own_start->second);
}

/// Shares nothing with what was prepared before, as in a session that is made.
double Tuner::preparing_ns(std::size_t layer, const Timed& way) {
  const auto [known, is_new] = starts_.try_emplace(start_key(layer, way), 0.0);
  if (!is_new) return known->second;
  const std::array<int, 1> node = {static_cast<int>(layer)};
  const graph::Ir part = graph::part_of(lowered_, node).ir;
  Duties duties;
  duties.rest = {way.engine, way.asked, true};
  return known->second = least_ns([&] {
    backends::WeightStore store;
    const Prepared prepared(part, crew_, duties, false, arithmetic_, {}, &store);
  });
}

double Tuner::opening_ns(int engine) const {
  const Engine& opened = crew_.engine(engine);
  if (engine == 0 || opened.context == nullptr || opened.queue() != nullptr) return 0.0;
  return least_ns([&] { opened.backend->open(opened.processor); });
}

double Tuner::added_start_ns(const std::vector<const Timed*>& ways) {
  double sum = 0.0;
  std::vector<bool> opened(static_cast<std::size_t>(crew_.size()), false);
  for (std::size_t n = 0; n < ways.size(); ++n) {
    if (ways[n] == nullptr || !start_counts(*ways[n])) continue;
    opened[static_cast<std::size_t>(ways[n]->engine)] = true;
    if (const Timed* const own = own_way(layers_[n], 0)) sum += preparing_ns(n, *ways[n]) - preparing_ns(n, *own);
  }
  for (int e = 0; e < crew_.size(); ++e)
    if (opened[static_cast<std::size_t>(e)]) sum += opening_ns(e);
  return sum;
}

bool Tuner::starts_in_time(int engine) {
  std::vector<const Timed*> ways;
  for (const Segment& layer : layers_) ways.push_back(own_way(layer, engine));
  return added_start_ns(ways) <= 1e6 * options_.start_ms;
}

Choice Tuner::choose_in_time(Tuning& tuning) {
  double fastest = 0.0, longest_ns = 0.0;
  const auto weighed = [&](double weight) {
    start_weight_ = weight;
    return problem();
  };
  const auto added = [&](const Choice& choice, double weight) {
    if (std::isinf(options_.start_ms)) return 0.0;
    std::vector<const Timed*> ways;  // layers that run in turns have weights of their backend's choice
    for (std::size_t n = 0; n < layers_.size(); ++n) ways.push_back(choice.runs[n] >= 0 ? nullptr : best_way(layers_[n], choice.engines[n]));
    const double ns = added_start_ns(ways);
    if (weight == 0.0) fastest = choice.lower_bound, longest_ns = ns;
    return ns;
  };
  ChoiceWithin found = choose_within(1e6 * options_.start_ms, weighed, added);
  start_weight_ = found.weight;
  if (found.weight == 0.0) return std::move(found.choice);
  // Of the run alone, by the ways that were chosen with the weight.
  found.choice.cost = cost_of(problem(false), found.choice.engines, found.choice.runs);
  found.choice.lower_bound = fastest;
  tuning.notes.push_back(fmt::format("the fastest choice would start {:.1f} ms later than a session without one; taken is one that starts {:.1f} ms later, with {:.1f} % more for a run",
                                     1e-6 * longest_ns, 1e-6 * found.added_ns, fastest > 0.0 ? 100.0 * (found.choice.cost / fastest - 1.0) : 0.0));
  return std::move(found.choice);
}

}  // namespace dnntune::runtime
