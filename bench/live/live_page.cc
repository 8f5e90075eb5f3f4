// SPDX-License-Identifier: Apache-2.0
#include "live/live_page.h"

#include <algorithm>

#include <dnntune/version.h>
#include <fmt/format.h>

#include "live/judge.h"

namespace dnntune::live {
namespace {

using report::Chart;
using report::ChartKind;
using report::Series;

std::string ms(double value) { return fmt::format("{:.{}f} ms", value, value < 100.0 ? 2 : 0); }
std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::vector<std::string> link_names(const std::vector<PairResult>& pairs) {
  std::vector<std::string> names;
  for (const PairResult& pair : pairs)
    if (std::find(names.begin(), names.end(), pair.link.name) == names.end()) names.push_back(pair.link.name);
  return names;
}

void add_point(Series& series, double x, double y, std::string hover) {
  series.x.push_back(x);
  series.values.push_back(y);
  series.hover.push_back(std::move(hover));
}

/// How many pairs lie within how much of the best.
Chart shares(const std::vector<PairResult>& pairs) {
  Chart chart{.title = "How close the chosen cut comes to the measured best", .note = "Share of pairs of network and link whose chosen cut takes at most so much longer.",
              .kind = ChartKind::lines, .value_title = "pairs, %", .x_title = "longer than the best by, %"};
  Series series{.name = "pairs"};
  for (int tenths = 0; tenths <= 100; tenths += 5) {
    const double limit = tenths / 1000.0;
    const auto close = std::count_if(pairs.begin(), pairs.end(), [&](const PairResult& pair) { return pair.ratio() <= 1.0 + limit; });
    const double share = 100.0 * static_cast<double>(close) / static_cast<double>(std::max<std::size_t>(1, pairs.size()));
    add_point(series, 100.0 * limit, share, fmt::format("{} of {} pairs, {:.1f} %", close, pairs.size(), share));
  }
  chart.most = 100.0;
  chart.series = {std::move(series)};
  return chart;
}

/// What kind of deployment was fastest, by link.
Chart winners(const std::vector<PairResult>& pairs) {
  Chart chart{.title = "What was fastest, by link", .note = "Networks whose measured best keeps everything on the device, sends its input, or splits.", .kind = ChartKind::stacked_bars,
              .categories = link_names(pairs), .value_title = "networks", .x_title = "link"};
  chart.horizontal = true;
  for (const char* kind : {"device-only", "split", "cloud-only"}) {
    Series series{.name = kind};
    for (const std::string& link : chart.categories)
      series.values.push_back(static_cast<double>(std::count_if(
          pairs.begin(), pairs.end(), [&](const PairResult& pair) { return pair.link.name == link && pair.cuts[pair.best].cut.kind == kind; })));
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Every cut of every pair as a point.
Chart all_points(const std::vector<PairResult>& pairs) {
  Chart chart{.title = "Predicted against measured, every cut", .note = "A point a cut; on the diagonal the prediction is exact.", .kind = ChartKind::scatter,
              .value_title = "measured, ms", .x_title = "predicted, ms"};
  chart.logarithmic = chart.x_logarithmic = true;
  for (const std::string& link : link_names(pairs)) {
    Series series{.name = link};
    for (const PairResult& pair : pairs) {
      if (pair.link.name != link) continue;
      for (const CutResult& cut : pair.cuts)
        add_point(series, cut.predicted_ms, cut.measured_ms(), fmt::format("{}, {}: {} for {}", pair.network, cut.cut.name, ms(cut.measured_ms()), ms(cut.predicted_ms)));
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Latency by cut, in layer order; the number before a name is how many layers the device has.
Chart by_cut(const PairResult& pair) {
  const CutResult &chosen = pair.cuts[pair.chosen], &best = pair.cuts[pair.best];
  Chart chart{.title = fmt::format("{} over {}", pair.network, pair.link.name),
              .note = fmt::format("Chosen: {}, {} predicted, {} measured. Fastest: {}, {}. Link: {:.2f} Mbit/s up, {:.2f} down, round trip {:.1f} ms.", chosen.cut.name,
                                  ms(chosen.predicted_ms), ms(pair.chosen_ms()), best.cut.name, ms(pair.best_ms()), pair.link.bandwidth_up_bps * 1e-6,
                                  pair.link.bandwidth_down_bps * 1e-6, pair.link.round_trip_s * 1e3),
              .kind = ChartKind::bars, .value_title = "latency, ms", .x_title = "layers on the device"};
  chart.logarithmic = true;
  chart.marked = pair.chosen;
  chart.marked_text = "chosen";
  Series predicted{.name = "predicted"}, measured{.name = "measured"};
  for (const CutResult& cut : pair.cuts) {
    chart.categories.push_back(fmt::format("{} {}", cut.cut.layers_here, cut.cut.name));
    predicted.values.push_back(cut.predicted_ms);
    predicted.hover.push_back(ms(cut.predicted_ms));
    measured.values.push_back(cut.measured_ms());
    measured.hover.push_back(fmt::format("{} +- {} in {} runs", ms(cut.measured_ms()), ms(spread(cut.survey_ms)), cut.survey_ms.size()));
  }
  chart.series = {std::move(predicted), std::move(measured)};
  return chart;
}

report::Table table(const std::vector<PairResult>& pairs) {
  report::Table table{.title = "Every pair", .note = "Times in ms; of the chosen cut and the fastest, medians of runs that took turns.",
                      .columns = {{"network"}, {"link"}, {"cuts", true}, {"chosen"}, {"predicted", true}, {"measured", true}, {"fastest", true}, {"ratio", true}, {"within 3 %"}, {"fastest cut"}}};
  for (const PairResult& pair : pairs) {
    const CutResult& chosen = pair.cuts[pair.chosen];
    table.rows.push_back({pair.network, pair.link.name, std::to_string(pair.cuts.size()), chosen.cut.name, fmt::format("{:.2f}", chosen.predicted_ms),
                          fmt::format("{:.2f}", pair.chosen_ms()), fmt::format("{:.2f}", pair.best_ms()), fmt::format("{:.3f}", pair.ratio()), pair.right() ? "yes" : "no",
                          pair.best == pair.chosen ? "the chosen" : pair.cuts[pair.best].cut.name});
  }
  return table;
}

}  // namespace

report::Page live_page(const Setting& setting, const std::vector<PairResult>& pairs) {
  const Summary sum = summed_up(pairs);
  report::Page page("Plans held against measurement");
  page.fact("device", setting.device).fact("cloud", setting.cloud).fact("values cross as", setting.encoding);
  page.fact("library", fmt::format("dnntune {}", version()));
  page.fact("within 3 %", fmt::format("the chosen cut of {} of {} pairs, {}; the worst takes {:.3f} times as long as the best", sum.right, sum.pairs, percent(sum.share()), sum.worst_ratio));
  page.fact("predictions", fmt::format("{} cuts, median error {}, 90 % within {}", sum.cuts, percent(sum.median_error), percent(sum.p90_error)));
  page.fact("runs", fmt::format("{} of each cut, 1 of those that should take more than {:g} s; {} of each contender, in turn", setting.rounds, setting.once_above_s, setting.race_rounds));
  for (const std::string& note : setting.notes) page.fact("note", note);
  if (pairs.empty()) return page;
  std::vector<Chart> charts;
  for (const PairResult& pair : pairs) charts.push_back(by_cut(pair));
  page.choice("Latency by cut", std::move(charts)).chart(shares(pairs)).chart(winners(pairs)).chart(all_points(pairs)).table(table(pairs));
  return page;
}

}  // namespace dnntune::live
