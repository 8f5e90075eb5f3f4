// SPDX-License-Identifier: Apache-2.0
// RoutePlan::explain: the plan for people, 80 columns.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/route.h"
#include "plan/format.h"

namespace dnntune {

std::string RoutePlan::explain() const {
  constexpr std::size_t kWidth = 80, kMaxCrossings = 12;
  std::string out = "Route plan for " + base::shortened(model, kWidth - 15, true) + "\n";
  out += base::shortened(fmt::format("  minimises {}", minimized), kWidth) + "\n";
  out += proven ? "  proven the best within the limits\n"
                : fmt::format("  not proven: a better one could be cheaper by at most {:.2f} %\n", 100.0 * gap());
  out += fmt::format("\n  {} {} {} {}\n", base::left_aligned("stop", 24), base::right_aligned("layers", 8), base::right_aligned("computing", 14),
                     base::right_aligned("coding", 14));
  for (std::size_t s = 0; s < stops.size(); ++s) {
    const auto layers_here = std::count(chosen.stops.begin(), chosen.stops.end(), static_cast<int>(s));
    out += fmt::format("  {} {:>8} {} {}\n", base::left_aligned(base::shortened(stops[s], 24), 24), layers_here,
                       base::right_aligned(plan::format_cost(chosen.cost.compute_ns[s], plan::format_time), 14),
                       base::right_aligned(plan::format_cost(chosen.cost.coding_ns[s], plan::format_time), 14));
  }
  for (std::size_t k = 0; k + 1 < stops.size(); ++k)
    out += fmt::format("  hop {}: out {}, home {}\n", k, plan::format_cost(chosen.cost.out_ns[k], plan::format_time),
                       plan::format_cost(chosen.cost.home_ns[k], plan::format_time));
  out += fmt::format("  round trips {}\n  latency {}, energy of the device {}\n", plan::format_cost(chosen.cost.round_trip_ns, plan::format_time),
                     plan::format_cost(chosen.cost.latency_ns(), plan::format_time), plan::format_cost(chosen.cost.energy_uj(), plan::format_energy));
  if (chosen.cost.percentile_ns > chosen.cost.latency_ns().value)
    out += fmt::format("  latency at the percentile asked for {}\n", plan::format_time(chosen.cost.percentile_ns));
  if (minimized == "throughput") out += fmt::format("  a result every {}\n", plan::format_time(chosen.cost.busiest_ns));
  else if (minimized.find(" + ") != std::string::npos) out += fmt::format("  weighted sum {:.6g}\n", chosen.objective);
  if (chosen.cost.start_ns.value > 0.0)
    out += fmt::format("  of which waking radios and starting connections {}\n", plan::format_cost(chosen.cost.start_ns, plan::format_time));
  if (chosen.cost.radio_state_uj.value + chosen.cost.idle_uj.value > 0.0)
    out += fmt::format("  of which radio {}, its waking, waiting and tail {}, idle {}\n", plan::format_cost(chosen.cost.radio_uj, plan::format_energy),
                       plan::format_cost(chosen.cost.radio_state_uj, plan::format_energy), plan::format_cost(chosen.cost.idle_uj, plan::format_energy));
  out += fmt::format("  bytes up {}, home {}; weights on the device {}\n", plan::format_bytes(chosen.cost.bytes_up),
                     plan::format_bytes(chosen.cost.bytes_home), plan::format_bytes(chosen.cost.device_weight_bytes));
  if (!chosen.crossings.empty()) out += "\nWhat crosses:\n";
  for (std::size_t i = 0; i < chosen.crossings.size() && i < kMaxCrossings; ++i) {
    const RouteCrossing& c = chosen.crossings[i];
    const std::string what = fmt::format("  hop {} {:<4} {:>9} {:<12} ", c.hop, c.outward ? "out" : "home", plan::format_bytes(c.bytes), to_string(c.encoding));
    out += what + base::shortened(c.value, kWidth - what.size(), true) + "\n";
  }
  if (chosen.crossings.size() > kMaxCrossings) out += fmt::format("  and {} more\n", chosen.crossings.size() - kMaxCrossings);
  return out;
}

}  // namespace dnntune
