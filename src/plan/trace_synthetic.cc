// SPDX-License-Identifier: Apache-2.0
// Synthetic traces: seeded, and equal on every machine up to its log and exp.
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dnntune/error.h"
#include "dnntune/radio.h"
#include "dnntune/trace.h"

namespace dnntune {
namespace {

/// Medians and spreads of the logarithms. `memory`: correlation of a second with the one before. Blocked states come
/// and go at random with the mean lengths given; a blocked link carries nothing.
struct Kind {
  std::string_view name;
  std::string_view radio;
  double up_mbps, down_mbps;
  double spread;
  double memory;
  double least_rtt_ms, jitter_ms;
  double clear_s, blocked_s;  ///< 0: never blocked.
  std::string_view source;
};

// Spreads: ln(p95 / p50) / 1.645 of the published quantiles, or from p5 where p95 is capped by the plan. Where means are published, the
// median is mean / exp(spread^2 / 2), and more by the share of the outages.
constexpr std::array<Kind, 6> kKinds = {{
    {"lte-walk", "sigcomm21-lte", 31.2, 30.0, 0.38, 0.9, 22.0, 96.66, 0.0, 0.0,
     "synthetic; medians and the 5 % quantile of upload of SIGCOMM 2021's 4G speed tests (31.2 and 16.7 Mbit/s), least and "
     "median round trip of "
     "the same (22 and 89 ms)"},
    {"3g-drive", "huang12-3g", 0.713, 1.523, 0.8, 0.85, 100.0, 200.0, 60.0, 2.0,
     "synthetic; mean rates of mahimahi's TMobile-UMTS-driving (0.95 up, 2.03 down Mbit/s), mean round trip of WebPageTest's 3G "
     "profile (300 ms); spread and gaps (2 s every 60 s) are stand-ins"},
    {"lte-drive", "huang12-lte", 1.323, 3.15, 0.9, 0.8, 40.0, 30.0, 60.0, 2.0,
     "synthetic; mean rates of mahimahi's ATT-LTE-driving-2016 (1.92 up, 4.57 down Mbit/s); spread, round trip and gaps (2 s "
     "every 60 s) are stand-ins"},
    {"wifi", "huang12-wifi", 18.88, 54.97, 0.25, 0.7, 2.0, 2.2, 0.0, 0.0,
     "synthetic; average US rates of JointDNN (18.88 up, 54.97 down Mbit/s), mean round trip of DNNTune's transfers (4.2 "
     "ms); spread is a stand-in"},
    {"5g-drive", "sigcomm21-5g-low", 3.4, 8.1, 1.82, 0.9, 18.0, 57.71, 45.0, 2.0,
     "synthetic; median and 95 % quantile of driving downloads in Raca et al., MMSys 2020 (8.1 and 161 Mbit/s), median round trip of "
     "SIGCOMM 2021's 5G low band (58 ms); upload (0.42 of it, as LTE's) and gaps (2 s every 45 s) are stand-ins"},
    {"5g-mmwave", "sigcomm21-5g-mmwave", 79.1, 429.0, 0.4, 0.85, 6.0, 60.59, 20.0, 1.5,
     "synthetic; medians of SIGCOMM 2021 (79.1 Mbit/s up in speed tests, 429 down in traces), spread of its upload (152.4 at "
     "95 %), least and median "
     "round trip (6 and 48 ms); outages of 1.5 s every 20 s stand for blockage"},
}};

class Source {
 public:
  explicit Source(std::uint64_t seed) : random_(seed) {}
  /// In (0, 1]: std::uniform_real_distribution differs between libraries.
  double uniform() { return (static_cast<double>(random_() >> 11) + 1.0) * 0x1p-53; }
  double normal() {  // Box and Muller
    const double length = std::sqrt(-2.0 * std::log(uniform()));
    return length * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace

std::vector<std::string> LinkTrace::synthetic_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

LinkTrace LinkTrace::synthetic(const std::string& kind_name, std::uint64_t seed, double duration_s, double step_s) {
  const Kind* kind = nullptr;
  for (const Kind& each : kKinds)
    if (each.name == kind_name) kind = &each;
  if (kind == nullptr)
    throw Error(ErrorCode::not_found, fmt::format("no synthetic trace is called '{}'; there are: {}", kind_name,
                                                  fmt::join(synthetic_kinds(), ", ")));
  if (!(step_s > 0.0) || !(duration_s >= step_s) || !(duration_s / step_s <= 1e7))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a trace of {} s in steps of {} s; it must have between one and 10^7 steps", duration_s, step_s));

  LinkTrace trace;
  trace.name = fmt::format("{}-{}", kind_name, seed);
  trace.duration_s = duration_s;
  trace.radio = RadioModel::named(std::string(kind->radio)).flat();
  trace.source = kind->source;
  Source random(seed);
  const double memory = std::pow(kind->memory, step_s), fresh = std::sqrt(1.0 - memory * memory);
  double up = random.normal(), down = random.normal();
  bool blocked = false;
  const auto steps = static_cast<std::size_t>(std::ceil(duration_s / step_s - 1e-9));
  for (std::size_t i = 0; i < steps; ++i) {
    const double change = random.uniform();  // drawn in any case: the rates do not depend on the outages
    if (kind->blocked_s > 0.0 && change < 1.0 - std::exp(-step_s / (blocked ? kind->blocked_s : kind->clear_s)))
      blocked = !blocked;
    const double jitter_ms = -kind->jitter_ms * std::log(random.uniform());
    trace.points.push_back(
        {static_cast<double>(i) * step_s, blocked ? 0.0 : kind->up_mbps * 1e6 * std::exp(kind->spread * up),
         blocked ? 0.0 : kind->down_mbps * 1e6 * std::exp(kind->spread * down), (kind->least_rtt_ms + jitter_ms) * 1e-3});
    up = memory * up + fresh * random.normal();
    down = memory * down + fresh * random.normal();
  }
  return trace;
}

}  // namespace dnntune
