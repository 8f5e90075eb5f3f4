// SPDX-License-Identifier: Apache-2.0
#include "runtime/tuner/trial.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/clock.h"
#include "base/float_mode.h"
#include "runtime/statistics.h"

namespace dnntune::runtime {
namespace {

/// Above this the weights of a layer are not in the level-2 cache when its turn comes.
constexpr std::int64_t kLargeWeightBytes = 128 << 10;
/// A sample is at least this long, so that the clock's resolution (some 30 ns) does not show; on a device, so that waiting
/// for it at the end (some 20 us) does not.
constexpr double kSampleNs = 100e3, kDeviceSampleNs = 400e3;
constexpr int kMostRepeats = 10'000;

}  // namespace

Trial::Trial(const graph::Ir& segment, const Tensors& inputs, Crew& crew, Duty duty, const Arithmetic& arithmetic, TrialMemory& memory)
    : crew_(crew), duty_(std::move(duty)), arithmetic_(arithmetic), memory_(memory), inputs_(inputs) {
  Duties duties;
  duties.rest = duty_;
  network_ = std::make_unique<Prepared>(segment, crew, duties, false, arithmetic, std::function<void()>{}, &memory.store);
  for (std::size_t s = 0; s < network_->step_count(); ++s) {
    const Step& step = network_->graph().steps[s];
    if (step.layer < 0 || step.conversion) continue;
    own_.push_back(s);
    taken_ = taken_ && !network_->fell_back(s);
  }
  large_weights_ = network_->weight_bytes() > kLargeWeightBytes;
}

std::string Trial::kernel() const { return own_.empty() ? "" : std::string(network_->kernel(own_.front())); }

std::vector<std::string> Trial::kernels() const {
  return own_.size() == 1 && taken_ ? network_->kernels(own_.front(), arithmetic_) : std::vector<std::string>{};
}

void Trial::begin(Shift& shift) {
  memory_.arena.at_least(network_->arena_bytes());
  network_->bind_arena(memory_.arena.data());
  network_->begin(inputs_);
  for (std::size_t s = 0; s < own_.front(); ++s) network_->run_step(s, shift);
}

void Trial::end(Shift& shift) {
  for (std::size_t s = own_.back() + 1; s < network_->step_count(); ++s) network_->run_step(s, shift);
  network_->finish();
}

double Trial::sample() {
  const base::FlushDenormals flush;
  Shift shift(crew_, false);
  try {
    begin(shift);
    double ns = time_own_steps(shift, std::max(1, repeats_));
    if (repeats_ == 0) {  // the first sample finds out how long it takes
      const double wanted = crew_.engine(duty_.engine).queue() != nullptr ? kDeviceSampleNs : kSampleNs;
      repeats_ = large_weights_ ? 1 : static_cast<int>(std::clamp(std::ceil(wanted / std::max(1.0, ns)), 1.0, static_cast<double>(kMostRepeats)));
      ns = time_own_steps(shift, repeats_);
    }
    end(shift);
    return ns;
  } catch (...) {
    crew_.abandon();
    network_->release();
    throw;
  }
}

double Trial::change_ns(Trial& a, Trial& b) {
  constexpr int kPairs = 20;
  const base::FlushDenormals flush;
  Shift shift(a.crew_, false);
  const auto timed = [&](Trial& first, Trial& second) {
    first.begin(shift);
    second.begin(shift);
    const std::int64_t start = base::now_ns();
    for (int i = 0; i < kPairs; ++i) {
      first.run_own_steps(shift);
      second.run_own_steps(shift);
    }
    const double ns = static_cast<double>(base::now_ns() - start) / (2 * kPairs);
    second.end(shift);
    if (&first != &second) first.end(shift);
    return ns;
  };
  std::vector<double> costs;
  for (int round = 0; round < 3; ++round) costs.push_back(timed(a, b) - (timed(a, a) + timed(b, b)) / 2);
  return std::max(0.0, median(costs));
}

double Trial::time_own_steps(Shift& shift, int repeats) {
  Engine& engine = crew_.engine(duty_.engine);
  base::ThreadPool& pool = shift.of(duty_.engine);
  // Weights come from where they do in a run, and workers of the pool are awake.
  std::atomic<std::int64_t> sum{0};
  const auto evicted = static_cast<std::int64_t>(large_weights_ ? memory_.evicting.size() : 0);
  pool.parallel_for(std::max<std::int64_t>(evicted, pool.threads()), 1, [&](base::Range range, int) {
    std::int64_t own = 0;
    for (std::int64_t i = range.begin; i < std::min(range.end, evicted); ++i) own += memory_.evicting[static_cast<std::size_t>(i)];
    sum += own;
  });
  if (engine.queue() != nullptr) engine.queue()->finish();
  const std::int64_t start = base::now_ns();
  for (int i = 0; i < repeats; ++i) run_own_steps(shift);
  if (engine.queue() != nullptr) engine.queue()->finish();
  return static_cast<double>(base::now_ns() - start) / repeats;
}

}  // namespace dnntune::runtime
