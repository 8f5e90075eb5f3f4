// SPDX-License-Identifier: Apache-2.0
#include "cli/energy.h"

#include <algorithm>

#include <fmt/format.h>

namespace dnntune::cli {
void add_energy_options(CLI::App& command, EnergyOptions& energy) {
  command.add_option("--energy", energy.meter, "auto, model (needs --power), or a meter that dnntune env lists")->type_name("METER")->capture_default_str();
  command.add_option("--energy-seconds", energy.max_total_s, "Measure energy for at most this long, beside time")->check(above_zero())->capture_default_str();
}

void settle_energy(EnergyOptions& energy, const ProcessorOptions& processor) {
  if (processor.power_w > 0.0 && energy.meter == "auto") energy.meter = "model";
  if (energy.meter == "auto" || energy.meter == "model") return;
  const std::vector<MeterInfo> meters = list_meters();
  const auto found = std::find_if(meters.begin(), meters.end(), [&](const MeterInfo& meter) { return meter.name == energy.meter; });
  if (found == meters.end()) throw Error(ErrorCode::invalid_argument, fmt::format("--energy: no meter '{}': dnntune env lists them", energy.meter));
  if (!found->usable) throw Error(ErrorCode::invalid_argument, fmt::format("--energy {}: {}", energy.meter, found->why_not));
}

std::string meters_text() {
  std::string text;
  for (const MeterInfo& meter : list_meters()) {
    const std::string step = fmt::format("{} every {:g} ms", meter.gives_energy ? "counts energy, renewed" : "tells power, renewed", meter.interval_ms);
    text += wrapped(meter.usable ? fmt::format("meter {}  {}; {}{}", meter.name, meter.covers, step, meter.automatic ? "" : "; by name only")
                                 : fmt::format("meter {}  cannot be used: {}", meter.name, meter.why_not), 6);
  }
  return text;
}

}  // namespace dnntune::cli
