// SPDX-License-Identifier: Apache-2.0
#include "dnntune/queue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/format.h"

namespace dnntune {
namespace {

/// Erlang's formula goes through them one by one.
constexpr int kMostServers = 1'000'000;
constexpr double kInfinite = std::numeric_limits<double>::infinity();
/// Measured waits from which the mean of fewer would be too uncertain to fit to.
constexpr double kLeastWaits = 30.0;
/// The model is fitted to measured waits no nearer to saturation than this: beyond, rate and service time are not known well enough.
constexpr double kMostFitted = 0.99;

void check(const char* field, double value) {
  if (!std::isfinite(value) || value < 0.0)
    throw Error(ErrorCode::invalid_argument, fmt::format("server load: {} is {}, it must be finite and not negative", field, value));
}

double squared(double x) noexcept { return x * x; }

/// Standard error of a mean.
double error_of(const Moments& moments) noexcept { return moments.samples > 0.0 ? moments.deviation_s / std::sqrt(moments.samples) : 0.0; }

/// What arrives and what it takes.
struct Traffic {
  int servers = 1;
  double per_s = 0.0;           ///< Arrivals.
  double arrival_scv = 1.0;
  double service_s = 0.0;       ///< Mean.
  double service_square = 0.0;  ///< Mean of its square.
  double fitted_factor = -1.0;  ///< V, where it was fitted; else below 0.

  double utilisation() const noexcept { return per_s * service_s / servers; }
  double factor() const noexcept {
    if (fitted_factor >= 0.0) return fitted_factor;
    return service_s > 0.0 ? (arrival_scv + service_square / squared(service_s) - 1.0) / 2.0 : 0.0;
  }
  /// Infinite from a utilisation of 1 on.
  double mean_wait_s() const {
    if (utilisation() >= 1.0) return kInfinite;
    if (per_s <= 0.0 || service_s <= 0.0) return 0.0;
    return erlang_c(servers, per_s * service_s) / (servers / service_s - per_s) * factor();
  }
  /// With another rate and mean service time, which varies as much as before.
  Traffic moved(double rate, double time) const noexcept {
    Traffic other = *this;
    other.per_s = std::max(0.0, per_s + rate);
    other.service_s = std::max(0.0, service_s + time);
    if (service_s > 0.0) other.service_square = service_square * squared(other.service_s / service_s);
    return other;
  }
  /// With one more stream of requests that all take as long.
  Traffic joined(double own_service_s, double own_per_s) const noexcept {
    if (own_per_s <= 0.0) return *this;
    Traffic both = *this;
    both.per_s = per_s + own_per_s;
    both.service_s = (per_s * service_s + own_per_s * own_service_s) / both.per_s;
    both.service_square = (per_s * service_square + own_per_s * squared(own_service_s)) / both.per_s;
    return both;
  }
};

}  // namespace

double erlang_c(int servers, double erlangs) {
  if (servers < 1 || servers > kMostServers) throw Error(ErrorCode::invalid_argument, fmt::format("erlang_c: {} servers, 1 to {} are possible", servers, kMostServers));
  check("erlangs", erlangs);
  if (erlangs >= servers) return 1.0;
  double blocked = 1.0;  // Erlang's B formula, one server after the other
  for (int n = 1; n <= servers; ++n) blocked = erlangs * blocked / (n + erlangs * blocked);
  return blocked / (1.0 - erlangs / servers * (1.0 - blocked));
}

double WaitingTime::percentile_ns(double p) const {
  if (!(p > 0.0 && p < 1.0)) throw Error(ErrorCode::invalid_argument, fmt::format("percentile {} is not between 0 and 1", p));
  if (saturated) return kInfinite;
  if (1.0 - p >= wait_probability || mean_ns.value <= 0.0) return 0.0;
  return mean_ns.value / wait_probability * std::log(wait_probability / (1.0 - p));
}

QueueModel::QueueModel(ServerLoad load) : load_(std::move(load)) {
  if (load_.servers < 1 || load_.servers > kMostServers)
    throw Error(ErrorCode::invalid_argument, fmt::format("server load: servers is {}, 1 to {} are possible", load_.servers, kMostServers));
  const std::array<std::pair<const char*, double>, 10> figures = {{{"arrivals_per_s", load_.arrivals_per_s},
                                                                  {"arrival_samples", load_.arrival_samples},
                                                                  {"arrival_scv", load_.arrival_scv},
                                                                  {"service.mean_s", load_.service_s.mean_s},
                                                                  {"service.deviation_s", load_.service_s.deviation_s},
                                                                  {"service.samples", load_.service_s.samples},
                                                                  {"wait.mean_s", load_.wait_s.mean_s},
                                                                  {"wait.deviation_s", load_.wait_s.deviation_s},
                                                                  {"wait.samples", load_.wait_s.samples},
                                                                  {"window_s", load_.window_s}}};
  for (const auto& [field, value] : figures) check(field, value);
}

WaitingTime QueueModel::waiting(double service_s, double requests_per_s) const {
  check("service_s", service_s);
  check("requests_per_s", requests_per_s);
  const Moments& service = load_.service_s;
  Traffic now{load_.servers, load_.arrivals_per_s, load_.arrival_scv, service.mean_s, squared(service.mean_s) + squared(service.deviation_s)};
  const double rate_error = load_.arrival_samples > 0.0 ? now.per_s * std::sqrt(std::max(load_.arrival_scv, 0.1) / load_.arrival_samples) : 0.0;
  const double service_error = error_of(service);
  const double utilisation_error = now.utilisation() > 0.0 ? now.utilisation() * std::hypot(rate_error / now.per_s, service_error / now.service_s) : 0.0;

  const bool fitted = load_.wait_s.samples >= kLeastWaits && now.utilisation() > 0.0;
  if (fitted) {
    // Clients that wait for their answers keep a server busy all the time, and yet their number bounds the queue: close to
    // saturation the measured waits are trusted, not the difference of two rates that are nearly equal.
    const double most = std::max(kMostFitted, 1.0 - utilisation_error);
    if (now.utilisation() >= most && now.utilisation() < 1.0 + 2.0 * utilisation_error) now.per_s *= most / now.utilisation();
    Traffic by_chance = now;  // as M/M/c
    by_chance.fitted_factor = 1.0;
    // No factor makes a wait of one that is too small for a double: many servers, hardly busy.
    if (const double plain = by_chance.mean_wait_s(); std::isfinite(plain) && plain > 0.0) now.fitted_factor = load_.wait_s.mean_s / plain;
  }

  const Traffic then = now.joined(service_s, requests_per_s);
  WaitingTime result;
  result.utilisation = then.utilisation();
  const double mean_s = then.mean_wait_s();
  const std::string basis = fmt::format("{:.3g} requests a second of {} on {} server{}", load_.arrivals_per_s, plan::format_time(service.mean_s * 1e9),
                                        load_.servers, load_.servers == 1 ? "" : "s");
  if (!std::isfinite(mean_s * 1e9)) {
    result.saturated = true;
    result.wait_probability = 1.0;
    result.mean_ns = {kInfinite, kInfinite, Provenance::predicted};
    const std::string work = basis + (requests_per_s > 0.0 ? fmt::format(" and {:.3g} of our own", requests_per_s) : "");
    result.why = result.utilisation < 1.0 ? fmt::format("saturated: {} vary so much that their wait has no finite mean", work)
                                          : fmt::format("saturated: {} are {:.0f} % of what it can do: requests wait longer and longer", work, 100.0 * result.utilisation);
    return result;
  }
  if (result.utilisation <= 0.0) {
    result.why = "no requests of late";
    return result;
  }

  // One standard error of each figure at a time; where that saturates the server, the wait is as uncertain as it is long.
  const auto change = [&](double rate, double time) {
    const double up = then.moved(rate, time).mean_wait_s(), down = then.moved(-rate, -time).mean_wait_s();
    return std::isfinite(up) && std::isfinite(down) ? (up - down) / 2.0 : mean_s;
  };
  double spread_s = std::hypot(change(rate_error, 0.0), change(0.0, service_error));
  if (fitted) {  // of the fit itself; rate and service matter only as far as our own load changes what was measured
    const double own = requests_per_s > 0.0 ? spread_s : 0.0;
    const double relative = load_.wait_s.mean_s > 0.0 ? error_of(load_.wait_s) / load_.wait_s.mean_s : 0.0;
    spread_s = std::hypot(own, mean_s * relative);
  }
  result.wait_probability = erlang_c(then.servers, then.per_s * then.service_s);
  result.mean_ns = {mean_s * 1e9, std::isfinite(spread_s * 1e9) ? spread_s * 1e9 : mean_s * 1e9, Provenance::predicted};
  result.why = fmt::format("{}, {:.0f} % busy, {}", basis, 100.0 * std::min(result.utilisation, 1.0),
                           fitted ? fmt::format("fitted to {:.0f} measured waits", load_.wait_s.samples) : "waits by Allen and Cunneen's formula");
  return result;
}

RouteHop with_queue(RouteHop hop, const WaitingTime& wait) {
  if (hop.kind != RouteHop::Kind::network) throw Error(ErrorCode::invalid_argument, "a memory hop leads to no server: it has no queue");
  if (wait.saturated) throw Error(ErrorCode::unsupported, fmt::format("link '{}' leads to a server that is {}", hop.link.name, wait.why));
  hop.link.round_trip_s += wait.mean_ns.value * 1e-9;
  if (!wait.why.empty()) hop.link.source += fmt::format("{}round trip with a wait of {}: {}", hop.link.source.empty() ? "" : "; ", plan::format_time(wait.mean_ns.value), wait.why);
  return hop;
}

}  // namespace dnntune
