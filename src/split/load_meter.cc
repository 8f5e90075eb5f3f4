// SPDX-License-Identifier: Apache-2.0
#include "split/load_meter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/clock.h"

namespace dnntune::split {
namespace {

/// Names come from requests for models that are there, so they are few; this bounds what suffixes that come and go leave behind.
constexpr std::size_t kMostModels = 1024;

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void FadingMoments::fade(double at) noexcept {
  const double left = std::exp(std::min(0.0, at_ - at) / window_s_);
  weight_ *= left;
  weight_squares_ *= left * left;
  squares_ *= left;
  at_ = std::max(at, at_);
}

// The weighted form of Welford's method (West, CACM 1979).
void FadingMoments::add(double at, double value) {
  fade(at);
  weight_ += 1.0;
  weight_squares_ += 1.0;
  const double before = value - mean_;
  mean_ += before / weight_;
  squares_ += before * (value - mean_);
}

Moments FadingMoments::moments() const noexcept {
  if (weight_ <= 0.0) return {};
  const double samples = weight_ * weight_ / weight_squares_;
  // As for equal weights: a sum of deviations from its own mean is too small by one sample.
  const double unbiased = samples > 1.0 ? samples / (samples - 1.0) : 1.0;
  return {mean_, std::sqrt(std::max(0.0, squares_ / weight_ * unbiased)), samples};
}

void FadingLevel::step(double at, int change) noexcept {
  const double passed = std::max(0.0, at - at_), left = std::exp(-passed / window_s_);
  const double gained = window_s_ * (1.0 - left);  // integral of the weight over the time since
  weight_ = weight_ * left + gained;
  sum_ = sum_ * left + gained * level_;
  at_ += passed;
  level_ += change;
}

double FadingLevel::mean(double at) const noexcept {
  FadingLevel until = *this;
  until.step(at, 0);
  return until.weight_ > 0.0 ? until.sum_ / until.weight_ : static_cast<double>(level_);
}

LoadMeter::LoadMeter(double window_s)
    : window_s_(window_s), start_ns_(base::now_ns()), gaps_(window_s), services_(window_s), waits_(window_s), waiting_(0.0, window_s), computing_(0.0, window_s) {}

double LoadMeter::now_s() const { return static_cast<double>(base::now_ns() - start_ns_) * 1e-9; }

LoadMeter::Request::Request(LoadMeter& meter, std::string model) : meter_(meter), model_(std::move(model)), arrived_ns_(base::now_ns()) {
  const std::lock_guard lock(meter_.mutex_);
  const double at = meter_.now_s();
  if (meter_.last_arrival_ns_ >= 0) meter_.gaps_.add(at, std::max(0.0, static_cast<double>(arrived_ns_ - meter_.last_arrival_ns_) * 1e-9));
  meter_.last_arrival_ns_ = arrived_ns_;
  const double left = std::exp(std::min(0.0, meter_.arrivals_at_ - at) / meter_.window_s_);
  meter_.arrivals_ = meter_.arrivals_ * left + 1.0;
  meter_.arrival_squares_ = meter_.arrival_squares_ * left * left + 1.0;
  meter_.arrivals_at_ = at;
  meter_.waiting_.step(at, 1);
}

void LoadMeter::Request::starts() {
  const std::lock_guard lock(meter_.mutex_);
  started_ns_ = base::now_ns();
  const double at = meter_.now_s();
  stop_counting(at);
  stage_ = Stage::computes;
  meter_.computing_.step(at, 1);
}

void LoadMeter::Request::joins() {
  const std::lock_guard lock(meter_.mutex_);
  started_ns_ = base::now_ns();
  stop_counting(meter_.now_s());
  stage_ = Stage::joined;
}

void LoadMeter::Request::prepares() { is_usual_ = false; }

/// With the meter's mutex held: it neither waits nor computes any more.
void LoadMeter::Request::stop_counting(double at) {
  if (stage_ == Stage::waits) meter_.waiting_.step(at, -1);
  if (stage_ == Stage::computes) meter_.computing_.step(at, -1);
}

void LoadMeter::Request::computed(int requests) {
  const std::lock_guard lock(meter_.mutex_);
  ended_ns_ = base::now_ns();
  const double at = meter_.now_s();
  stop_counting(at);
  is_run_ = stage_ == Stage::computes;
  stage_ = Stage::done;
  if (!is_usual_) return;
  meter_.waits_.add(at, static_cast<double>(started_ns_ - arrived_ns_) * 1e-9);
  meter_.services_.add(at, static_cast<double>(ended_ns_ - started_ns_) * 1e-9 / requests);
}

LoadMeter::Request::~Request() {
  const std::lock_guard lock(meter_.mutex_);
  ++meter_.requests_;
  ModelTotals other;  // of one too many
  const bool known = meter_.totals_.contains(model_) || meter_.totals_.size() < kMostModels;
  ModelTotals& totals = known ? meter_.totals_[model_] : other;
  totals.last_ms = unix_ms();
  if (stage_ != Stage::done) {
    stop_counting(meter_.now_s());
    ++totals.failed;
    totals.fail_ns += base::now_ns() - arrived_ns_;
    return;
  }
  ++totals.succeeded;
  if (is_run_) ++totals.runs;
  totals.success_ns += ended_ns_ - arrived_ns_;
  totals.wait_ns += started_ns_ - arrived_ns_;
  totals.compute_ns += ended_ns_ - started_ns_;
}

ServerLoad LoadMeter::load() const {
  const std::lock_guard lock(mutex_);
  const double at = now_s();
  ServerLoad load;
  load.date = base::utc_date();
  load.window_s = window_s_;
  load.observed_s = at;
  load.requests = requests_;
  load.computing = computing_.now();
  load.waiting = waiting_.now();
  const double left = std::exp(std::min(0.0, arrivals_at_ - at) / window_s_);
  const double seconds = window_s_ * -std::expm1(-at / window_s_);  // what is left of the time since the start
  if (arrivals_ > 0.0 && seconds > 0.0) {
    load.arrivals_per_s = arrivals_ * left / seconds;
    load.arrival_samples = arrivals_ * arrivals_ / arrival_squares_;
  }
  const Moments gaps = gaps_.moments();
  if (gaps.samples > 1.0 && gaps.mean_s > 0.0) load.arrival_scv = std::pow(gaps.deviation_s / gaps.mean_s, 2);
  load.service_s = services_.moments();
  load.wait_s = waits_.moments();
  load.busy = computing_.mean(at) / load.servers;
  load.mean_waiting = waiting_.mean(at);
  return load;
}

std::map<std::string, ModelTotals> LoadMeter::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace dnntune::split
