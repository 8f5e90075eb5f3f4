// SPDX-License-Identifier: Apache-2.0
#include "runtime/sampler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "base/clock.h"
#include "runtime/calm.h"
#include "runtime/statistics.h"

namespace dnntune::runtime {
namespace {

constexpr int kMaxRepeats = 1'000'000;
/// Passes beyond min_samples stop when the run's median is known to half a percent...
constexpr double kSteady = 0.005;
/// ...or at this many times min_samples.
constexpr int kMaxPassFactor = 4;
/// A step that lasts this many times the clock's resolution is timed inside whole runs: the resolution is
/// then below one percent, and the caches are as the run leaves them. Repeating such a step alone would
/// find its weights in the cache and promise more than a run keeps.
constexpr double kVisible = 100.0;
/// Between two looks whether the cores are calm.
constexpr std::chrono::milliseconds kUntilCalm{2};

double clock_resolution() {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 100; ++i) {
    const std::int64_t start = base::now_ns();
    std::int64_t now = base::now_ns();
    while (now == start) now = base::now_ns();
    least = std::min(least, static_cast<double>(now - start));
  }
  return least;
}

int repeats_for(double call_ns, double sample_s) {
  const double wanted = std::ceil(base::ns(sample_s) / std::max(call_ns, 1.0));
  return static_cast<int>(std::clamp(wanted, 1.0, static_cast<double>(kMaxRepeats)));
}

/// Nanoseconds a call over `repeats` calls.
template <typename F>
double time_calls(int repeats, F&& call) {
  const std::int64_t start = base::now_ns();
  for (int i = 0; i < repeats; ++i) call();
  return static_cast<double>(base::now_ns() - start) / repeats;
}

class Sampler {
 public:
  Sampler(const Subject& subject, const ProfileOptions& options)
      : subject_(subject), options_(options), shift_(subject.network.crew(), subject.network.alone()) {}
  ~Sampler() { subject_.network.release(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  Samples take() {
    const std::int64_t start = base::now_ns(), cpu_start = base::thread_cpu_ns();
    samples_.clock_resolution_ns = clock_resolution();
    warm_up();
    if (subject_.when_warm) subject_.when_warm();
    report(0.0);
    for (int pass = 0; !enough(pass, start);) {
      // Calm may never come: from then on every pass counts.
      const bool late = seconds_since(start) > options_.max_total_s + options_.calm_wait_s;
      if (late && options_.calm_flops > 0.0) samples_.never_calm = true;
      if (!late && !calm()) continue;
      take_pass();
      if (!late && !calm()) {
        drop_pass();
        continue;
      }
      ++pass;
      report(std::min(0.99, static_cast<double>(pass) / (std::max(1, options_.min_samples) + 1)));
    }
    share_chains();
    samples_.cpu_share = static_cast<double>(base::thread_cpu_ns() - cpu_start) / static_cast<double>(base::now_ns() - start);
    report(1.0);
    return std::move(samples_);
  }

 private:
  void report(double share) const {
    if (options_.progress) options_.progress(share);
  }

  static double seconds_since(std::int64_t start) { return static_cast<double>(base::now_ns() - start) * 1e-9; }

  bool enough(int passes, std::int64_t start) {
    const int least = std::max(1, options_.min_samples);
    if (passes >= least && (relative_error_of_median(samples_.plain_run) < kSteady || passes >= least * kMaxPassFactor)) return true;
    // Where only calm passes count, one may have to do.
    if (passes < (options_.calm_flops > 0.0 ? 1 : least) || seconds_since(start) <= options_.max_total_s) return false;
    samples_.stopped_early = true;
    return true;
  }

  /// Whether a pass may begin, or the one that ended counts.
  bool calm() {
    if (options_.calm_flops <= 0.0 || is_calm(shift_.of(0), options_.calm_flops)) return true;
    ++samples_.disturbed;
    std::this_thread::sleep_for(kUntilCalm);
    return false;
  }

  void drop_pass() {
    samples_.plain_run.pop_back();
    samples_.profiled_run.pop_back();
    samples_.input_output.pop_back();
    for (auto* each : {&samples_.steps, &samples_.enqueue})
      for (std::vector<double>& step : *each)
        if (!step.empty()) step.pop_back();
  }

  /// Whole runs to fill caches and raise the clock; then every step alone, to choose the repeats.
  void warm_up() {
    for (int i = 0; i < options_.warmup_runs; ++i) subject_.plain_run();
    double run_ns = time_calls(1, subject_.plain_run);
    run_ns = std::min(run_ns, time_calls(1, subject_.plain_run));
    run_repeats_ = repeats_for(run_ns, options_.min_sample_s);

    Prepared& network = subject_.network;
    std::vector<double> least(network.step_count(), std::numeric_limits<double>::max());
    for (int i = 0; i < 3; ++i) {
      network.begin(subject_.inputs);
      for (std::size_t s = 0; s < network.step_count(); ++s)
        least[s] = std::min(least[s], time_calls(1, [&] { network.run_step(s, shift_); }));
      network.finish();
    }
    for (const double call_ns : least) {
      in_run_.push_back(call_ns >= kVisible * samples_.clock_resolution_ns);
      samples_.repeats.push_back(in_run_.back() ? run_repeats_ : repeats_for(call_ns, options_.min_sample_s));
    }
    samples_.steps.resize(network.step_count());
    samples_.enqueue.resize(network.step_count());
    io_repeats_ = repeats_for(time_calls(100, [&] { input_output(); }), options_.min_sample_s);
  }

  void take_pass() {
    samples_.plain_run.push_back(time_calls(run_repeats_, subject_.plain_run));
    step_sums_.assign(subject_.network.step_count(), 0);
    samples_.profiled_run.push_back(time_calls(run_repeats_, [&] { profiled_run(); }));
    samples_.input_output.push_back(time_calls(io_repeats_, [&] { input_output(); }));
    Prepared& network = subject_.network;
    if (network.has_queue()) recorded_runs();
    network.begin(subject_.inputs);
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      if (!network.runs(s)) {
        samples_.steps[s].push_back(0.0);  // nothing to do, or see share_chains
        continue;
      }
      if (network.queue(s) != nullptr) {
        network.run_step(s, shift_);
        continue;
      }
      if (in_run_[s]) network.run_step(s, shift_);
      samples_.steps[s].push_back(in_run_[s] ? static_cast<double>(step_sums_[s]) / run_repeats_ : sample_short_step(s));
    }
    network.finish();
  }

  /// Shares the time of a chain among its steps, as a few runs with a clock read around each turn had it.
  void share_chains() {
    Prepared& network = subject_.network;
    network.begin(subject_.inputs);
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      if (network.chain(s) == nullptr) {
        network.run_step(s, shift_);
        continue;
      }
      std::vector<std::atomic<std::int64_t>> layer_ns(network.chain(s)->size());
      // A chain that writes over an operand would be fed its own results: each time, what it read is put back.
      const std::span<std::byte> overwritten = network.overwritten(s);
      saved_.assign(overwritten.begin(), overwritten.end());
      for (int i = 0; i < std::max(1, options_.min_samples); ++i) {
        std::copy(saved_.begin(), saved_.end(), overwritten.begin());
        network.run_chain(s, shift_, layer_ns);
      }
      const double sum = static_cast<double>(std::accumulate(layer_ns.begin(), layer_ns.end(), std::int64_t{0}));
      const std::vector<double> whole = samples_.steps[s];
      for (std::size_t i = 0; i < layer_ns.size(); ++i) {
        samples_.repeats[s + i] = samples_.repeats[s];
        samples_.steps[s + i] = whole;
        for (double& sample : samples_.steps[s + i]) sample *= sum > 0.0 ? static_cast<double>(layer_ns[i]) / sum : 0.0;
      }
    }
    network.finish();
  }

  /// Repeated until the clock's resolution no longer shows. A step that works in place would be fed its own
  /// results: its input is put back and it runs once more, so that later steps see what they would in a run.
  double sample_short_step(std::size_t s) {
    const int repeats = samples_.repeats[s];
    const std::span<std::byte> overwritten = repeats > 1 ? subject_.network.overwritten(s) : std::span<std::byte>{};
    saved_.assign(overwritten.begin(), overwritten.end());
    const auto call = [&] { subject_.network.run_step(s, shift_); };
    const double call_ns = time_calls(repeats, call);
    if (!saved_.empty()) {
      std::memcpy(overwritten.data(), saved_.data(), saved_.size());
      call();
    }
    return call_ns;
  }

  void input_output() {
    subject_.check_inputs();
    subject_.network.begin(subject_.inputs);
    subject_.network.finish();
  }

  /// Runs whose queues tell how long each step's commands took.
  void recorded_runs() {
    Prepared& network = subject_.network;
    std::vector<std::int64_t> device_ns(network.step_count(), 0), host_ns(network.step_count(), 0);
    const auto each_queue = [&](auto&& call) {
      for (int e = 0; e < network.crew().size(); ++e)
        if (backends::DeviceQueue* queue = network.crew().engine(e).queue()) call(*queue);
    };
    each_queue([&](backends::DeviceQueue& queue) { queue.record(device_ns); });
    for (int run = 0; run < run_repeats_; ++run) {
      network.begin(subject_.inputs);
      for (std::size_t s = 0; s < network.step_count(); ++s) {
        if (backends::DeviceQueue* queue = network.queue(s)) {
          queue->mark(s);
          if (network.graph().steps[s].transfer) queue->finish();  // a download would wait for it: no work of its own
        }
        const std::int64_t start = base::now_ns();
        network.run_step(s, shift_);
        host_ns[s] += base::now_ns() - start;
      }
      network.finish();
    }
    each_queue([&](backends::DeviceQueue& queue) {
      queue.finish();
      queue.record({});
    });
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      if (network.queue(s) == nullptr) continue;
      samples_.steps[s].push_back(static_cast<double>(device_ns[s]) / run_repeats_);
      samples_.enqueue[s].push_back(static_cast<double>(host_ns[s]) / run_repeats_);
    }
  }

  void profiled_run() {
    subject_.check_inputs();
    Prepared& network = subject_.network;
    network.begin(subject_.inputs);
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      const std::int64_t start = base::now_ns();
      network.run_step(s, shift_);
      step_sums_[s] += base::now_ns() - start;
    }
    network.finish();
  }

  const Subject& subject_;
  const ProfileOptions& options_;
  Shift shift_;
  Samples samples_;
  std::vector<std::byte> saved_;
  int run_repeats_ = 1, io_repeats_ = 1;
  std::vector<bool> in_run_;               ///< By step: long enough to be timed inside whole runs.
  std::vector<std::int64_t> step_sums_;    ///< Of the profiled runs of the current pass.
};

}  // namespace

Samples take_samples(const Subject& subject, const ProfileOptions& options) { return Sampler(subject, options).take(); }

}  // namespace dnntune::runtime
