// SPDX-License-Identifier: Apache-2.0
#include "drive/drive_page.h"

#include <algorithm>
#include <cmath>

#include <dnntune/version.h>
#include <fmt/format.h>

namespace dnntune::drive {
namespace {

using report::Chart;
using report::ChartKind;
using report::Series;

void add_point(Series& series, double x, double y) {
  series.x.push_back(x);
  series.values.push_back(y);
}

Chart over_time(const Summary& sum, double Sample::*figure, std::string title, std::string value_title) {
  Chart chart{.title = std::move(title), .note = "At every moment each policy ran one request, over the link as it was then.", .kind = ChartKind::lines,
              .value_title = std::move(value_title), .x_title = "time, s", .logarithmic = true};
  const auto add = [&](const Row& row) {
    Series series{.name = row.name};
    for (const Sample& sample : row.samples) add_point(series, sample.time_s, sample.*figure);
    chart.series.push_back(std::move(series));
  };
  add(sum.adaptive);
  for (const Row& row : sum.fixed) add(row);
  add(sum.clairvoyant);
  return chart;
}

Chart link_chart(const Drove& drove) {
  Chart chart{.title = "The link", .note = "As the relay played it; nothing is drawn in outages.", .kind = ChartKind::lines, .value_title = "Mbit/s, ms", .x_title = "time, s",
              .logarithmic = true};
  Series up{.name = "up, Mbit/s"}, down{.name = "down, Mbit/s"}, round_trip{.name = "round trip, ms"};
  for (const Slot& slot : drove.slots) {
    add_point(up, slot.time_s, slot.up_mbps);
    add_point(down, slot.time_s, slot.down_mbps);
    add_point(round_trip, slot.time_s, slot.round_trip_ms);
  }
  chart.series = {std::move(up), std::move(down), std::move(round_trip)};
  return chart;
}

Chart taken_chart(const Setting& setting, const Drove& drove) {
  constexpr double kMinute = 60.0;
  Chart chart{.title = "Which plan the adaptive session took", .note = "Requests in each minute.", .kind = ChartKind::stacked_bars, .value_title = "requests", .x_title = "minute"};
  const auto minutes = static_cast<std::size_t>(std::ceil(setting.duration_s / kMinute));
  for (std::size_t i = 1; i <= minutes; ++i) chart.categories.push_back(fmt::format("{}", i));
  for (std::size_t plan = 0; plan < setting.plans.size(); ++plan) {
    Series series{.name = setting.plans[plan], .values = std::vector<double>(minutes, 0.0)};
    for (const Sample& sample : drove.adaptive)
      if (sample.plan == plan) series.values[std::min(minutes - 1, static_cast<std::size_t>(sample.time_s / kMinute))] += 1.0;
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

report::Page drive_page(const Setting& setting, const Drove& drove) {
  const Summary sum = summed_up(setting, drove);
  report::Page page("A drive: one plan, or the one that the link asks for");
  page.fact("result", fmt::format("adaptive takes {:.3f} times the clairvoyant's mean latency, {:.3f} times the best fixed policy's", sum.to_clairvoyant(),
                                  sum.adaptive.mean_ms / sum.best_fixed_ms()))
      .fact("network", setting.network)
      .fact("device", setting.device)
      .fact("cloud", setting.cloud)
      .fact("drive", fmt::format("{:g} s, seed {}; values cross as {}; the device draws {:g} W while it computes", setting.duration_s, setting.seed, setting.encoding, setting.device_power_w))
      .fact("made by", fmt::format("dnntune {}, dnntune_drive_bench, {:.0f} s", version(), setting.seconds));
  report::Table table{.title = "Policies", .note = "The clairvoyant takes, at each moment, the plan that was measured fastest then.",
                      .columns = {{"policy"}, {"mean ms", true}, {"p50", true}, {"p90", true}, {"most", true}, {"mean mJ", true}, {"fallbacks", true}}};
  for (const Row* row : sum.rows())
    table.rows.push_back({row->name, fmt::format("{:.1f}", row->mean_ms), fmt::format("{:.1f}", row->p50_ms), fmt::format("{:.1f}", row->p90_ms), fmt::format("{:.1f}", row->most_ms),
                          fmt::format("{:.1f}", row->mean_mj), fmt::format("{}", row->fallbacks)});
  page.table(std::move(table));
  page.chart(over_time(sum, &Sample::ms, "Latency over time", "latency, ms"));
  page.chart(over_time(sum, &Sample::mj, "Energy over time", "energy of the device, mJ"));
  page.chart(link_chart(drove));
  page.chart(taken_chart(setting, drove));
  return page;
}

}  // namespace dnntune::drive
