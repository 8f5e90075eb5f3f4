// SPDX-License-Identifier: Apache-2.0
#include "runtime/conditions.h"

#include <fmt/format.h>

#include "device/meters/counters.h"

namespace dnntune::runtime {
namespace {

/// Sensors have steps of 1 degree and clocks move by a percent on a machine that is steady.
constexpr double kWarmerC = 5.0, kSlower = 0.03;

std::string text_of(const Conditions& at) {
  std::string text;
  if (at.temperature_c) text += fmt::format("{:.1f} °C ({})", *at.temperature_c, at.sensor.empty() ? "unnamed sensor" : at.sensor);
  if (at.frequency_mhz) text += fmt::format("{}{:.0f} MHz", text.empty() ? "" : ", ", *at.frequency_mhz);
  return text.empty() ? "not known" : text;
}

}  // namespace

std::vector<std::string> condition_notes(const Conditions& before, const Conditions& after) {
  if (!before.temperature_c && !before.frequency_mhz && !after.temperature_c && !after.frequency_mhz)
    return {"core frequency and temperature not known"};
  std::vector<std::string> notes = {fmt::format("the processor's cores after the warm-up: {}; at the end: {}", text_of(before), text_of(after))};
  if (before.temperature_c && after.temperature_c && *after.temperature_c > *before.temperature_c + kWarmerC)
    notes.push_back(fmt::format("warning: the processor became warmer, from {:.1f} to {:.1f} °C", *before.temperature_c, *after.temperature_c));
  if (before.frequency_mhz && after.frequency_mhz && *after.frequency_mhz < *before.frequency_mhz * (1.0 - kSlower))
    notes.push_back(fmt::format("warning: the processor became slower, from {:.0f} to {:.0f} MHz: later samples took longer than earlier ones",
                                *before.frequency_mhz, *after.frequency_mhz));
  return notes;
}

void count_events(Profile& profile, const std::string& root, int runs, const std::function<void()>& plain_run) {
  device::EventCounters counters{device::Tree(root)};
  if (!counters.why_not().empty()) profile.notes.push_back("cycles, instructions and cache misses not counted: " + counters.why_not());
  if (!counters.usable()) return;
  counters.start();
  for (int i = 0; i < runs; ++i) plain_run();
  profile.counts = counters.stop(runs);
}

}  // namespace dnntune::runtime
