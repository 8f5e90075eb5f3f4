// SPDX-License-Identifier: Apache-2.0
// RadioModel: energy and latency of requests, in closed form.
#include "dnntune/radio.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune {
namespace {

/// One request without what comes after it. `cold`: the radio has to be woken first.
RadioUse serve(const RadioModel& radio, const Link& link, const Exchange& exchange, bool cold) {
  RadioUse use;
  const auto wake = [&] {
    use.promotions += 1.0;
    use.promotion_j += radio.promotion_s * radio.promotion_w;
    use.latency_s += radio.promotion_s;
  };
  if (cold) wake();
  const double up_s = link.up_s(exchange.bytes_up), down_s = link.down_s(exchange.bytes_down);
  const double wait_s = exchange.cloud_s + link.round_trip_s;
  use.send_j = up_s * radio.up_power_w(link.bandwidth_up_bps);
  use.wait_j = radio.rest_energy_j(wait_s);
  use.receive_j = down_s * radio.down_power_w(link.bandwidth_down_bps);
  use.latency_s += up_s + wait_s + down_s;
  if (wait_s > radio.tail_s()) wake();
  return use;
}

void rest(const RadioModel& radio, double seconds, RadioUse& use) {
  const double tail_s = std::min(seconds, radio.tail_s());
  use.tail_j += radio.rest_energy_j(tail_s);
  use.idle_j += radio.idle.energy_j(seconds - tail_s);
}

void add(RadioUse& sum, const RadioUse& use, double times = 1.0) {
  sum.latency_s += times * use.latency_s;
  sum.promotions += times * use.promotions;
  sum.promotion_j += times * use.promotion_j;
  sum.send_j += times * use.send_j;
  sum.wait_j += times * use.wait_j;
  sum.receive_j += times * use.receive_j;
  sum.tail_j += times * use.tail_j;
  sum.idle_j += times * use.idle_j;
}

void check_exchange(const Link& link, const Exchange& exchange) {
  const auto check = [](const char* what, double value) {
    if (!std::isfinite(value) || value < 0.0)
      throw Error(ErrorCode::invalid_argument, fmt::format("exchange: {} is {}, it must be finite and not negative", what, value));
  };
  check("bytes_up", exchange.bytes_up);
  check("bytes_down", exchange.bytes_down);
  check("cloud_s", exchange.cloud_s);
  check("the link's round_trip_s", link.round_trip_s);
  if (!(link.bandwidth_up_bps > 0.0) || !(link.bandwidth_down_bps > 0.0))
    throw Error(ErrorCode::invalid_argument, fmt::format("link '{}': bandwidths are {} and {} bit/s, they must be positive", link.name,
                                                         link.bandwidth_up_bps, link.bandwidth_down_bps));
}

void check_period(double period_s, bool may_be_zero) {
  if (std::isfinite(period_s) && (period_s > 0.0 || (may_be_zero && period_s == 0.0))) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("period_s is {}, it must be finite and {}", period_s, may_be_zero ? "not negative" : "positive"));
}

bool unused(const Exchange& exchange) { return exchange.bytes_up == 0.0 && exchange.bytes_down == 0.0; }

}  // namespace

double RadioPhase::energy_j(double seconds) const noexcept {
  if (!(cycle_s > 0.0)) return power_w * seconds;
  const double cycles = std::floor(seconds / cycle_s);
  const double rest_s = std::max(0.0, seconds - cycles * cycle_s);
  const double listening_s = cycles * on_s + std::min(rest_s, on_s);
  return listening_s * on_w + (seconds - listening_s) * power_w;
}

double RadioPhase::average_w() const noexcept {
  return cycle_s > 0.0 ? power_w + (on_w - power_w) * on_s / cycle_s : power_w;
}

double RadioModel::tail_s() const noexcept {
  double sum = 0.0;
  for (const RadioPhase& phase : tail) sum += phase.duration_s;
  return sum;
}

double RadioModel::rest_energy_j(double seconds) const noexcept {
  double sum = 0.0;
  for (const RadioPhase& phase : tail) {
    const double part_s = std::min(seconds, phase.duration_s);
    sum += phase.energy_j(part_s);
    seconds -= part_s;
  }
  return sum + idle.energy_j(seconds);
}

Radio RadioModel::flat() const {
  Radio radio;
  radio.name = name;
  radio.up_alpha_w_per_mbps = up_alpha_w_per_mbps;
  radio.down_alpha_w_per_mbps = down_alpha_w_per_mbps;
  radio.beta_w = beta_w;
  radio.promotion_s = promotion_s;
  radio.promotion_w = promotion_w;
  radio.tail_s = tail_s();
  radio.tail_w = radio.tail_s > 0.0 ? rest_energy_j(radio.tail_s) / radio.tail_s : 0.0;
  radio.source = source;
  return radio;
}

RadioUse RadioModel::once(const Link& link, const Exchange& exchange) const {
  check_exchange(link, exchange);
  if (unused(exchange)) return {};
  RadioUse use = serve(*this, link, exchange, true);
  rest(*this, tail_s(), use);
  return use;
}

RadioUse RadioModel::burst(const Link& link, const Exchange& exchange, int requests, double period_s) const {
  check_exchange(link, exchange);
  check_period(period_s, true);
  if (requests < 1) throw Error(ErrorCode::invalid_argument, fmt::format("a burst of {} requests; at least one is needed", requests));
  RadioUse sum;
  if (unused(exchange)) return sum;
  const RadioUse cold = serve(*this, link, exchange, true), warm = serve(*this, link, exchange, false);
  sum.saturated = requests > 1 && period_s < warm.latency_s;
  double end_s = 0.0;
  for (int i = 0; i < requests; ++i) {
    const double start_s = i == 0 ? 0.0 : std::max(end_s, i * period_s);
    const double gap_s = start_s - end_s;
    rest(*this, gap_s, sum);
    const RadioUse& use = i == 0 || gap_s > tail_s() ? cold : warm;
    add(sum, use);
    end_s = start_s + use.latency_s;
  }
  rest(*this, tail_s(), sum);
  return sum;
}

RadioUse RadioModel::periodic(const Link& link, const Exchange& exchange, double period_s) const {
  check_exchange(link, exchange);
  check_period(period_s, false);
  RadioUse sum;
  if (unused(exchange)) {
    sum.idle_j = idle.energy_j(period_s);
    return sum;
  }
  const RadioUse cold = serve(*this, link, exchange, true), warm = serve(*this, link, exchange, false);
  const double warm_gap_s = period_s - warm.latency_s;
  if (warm_gap_s <= tail_s()) {  // once awake, it never sleeps
    sum = warm;
    sum.saturated = warm_gap_s < 0.0;
    rest(*this, std::max(warm_gap_s, 0.0), sum);
    return sum;
  }
  // A cold request comes round again and again; what lies between two of them repeats. It ends late when the promotion
  // takes longer than the period leaves; the warm ones behind it then run back to back until the lag is gone.
  double requests = 1.0;
  add(sum, cold);
  double gap_s = period_s - cold.latency_s;
  if (gap_s < 0.0) {
    const double late = std::floor(-gap_s / warm_gap_s) + 1.0;
    add(sum, warm, late);
    requests += late;
    gap_s += late * warm_gap_s;
  }
  while (gap_s <= tail_s()) {  // at most once: the next gap is the warm one
    rest(*this, gap_s, sum);
    add(sum, warm);
    requests += 1.0;
    gap_s = warm_gap_s;
  }
  rest(*this, gap_s, sum);
  RadioUse mean;
  add(mean, sum, 1.0 / requests);
  return mean;
}

}  // namespace dnntune
