// SPDX-License-Identifier: Apache-2.0
#include "cli/pages.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "cli/characterization.h"
#include "cli/operator_class.h"
#include "cli/output.h"
#include "dnntune/version.h"

namespace dnntune::cli {
namespace {

using report::Chart;
using report::ChartKind;
using report::Series;

constexpr double kNoRow = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostBars = 60;  // more rows do not help the eye

std::string us_text(double ns) { return fmt::format("{:.{}f}", ns / 1e3, ns < 100e3 ? 1 : 0); }

/// The series called `name`, made when missing, with nothing in each of `count` places.
Series& series_of(Chart& chart, const std::string& name, std::size_t count) {
  const auto found = std::find_if(chart.series.begin(), chart.series.end(), [&](const Series& series) { return series.name == name; });
  if (found != chart.series.end()) return *found;
  Series series;
  series.name = name;
  series.values.assign(count, kNoRow);
  series.hover.resize(count);
  return chart.series.emplace_back(std::move(series));
}

/// The slowest layers, in layer order.
std::vector<std::size_t> slowest(const Profile& profile) {
  std::vector<std::size_t> order(profile.layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order.size() <= kMostBars) return order;
  const auto slower = [&](std::size_t a, std::size_t b) { return profile.layers[a].latency_ns.value > profile.layers[b].latency_ns.value; };
  std::stable_sort(order.begin(), order.end(), slower);
  order.resize(kMostBars);
  std::sort(order.begin(), order.end());
  return order;
}

Chart layers_chart(const Profile& profile) {
  const std::vector<std::size_t> shown = slowest(profile);
  Chart chart;
  chart.title = "Time of each layer";
  chart.note = shown.size() < profile.layers.size() ? fmt::format("The {} slowest of {} layers, in the order of the network.", shown.size(), profile.layers.size())
                                                    : "In the order of the network.";
  chart.kind = ChartKind::stacked_bars;  // each bar has one colour, that of its class
  chart.horizontal = true;
  chart.x_title = "layer";
  chart.value_title = "us";
  for (std::size_t row = 0; row < shown.size(); ++row) {
    const LayerProfile& layer = profile.layers[shown[row]];
    chart.categories.push_back(fmt::format("{} {}", shown[row], layer.name));
    Series& series = series_of(chart, std::string(operator_class(layer)), shown.size());
    series.values[row] = layer.latency_ns.value / 1e3;
    series.hover[row] = fmt::format("{} us +- {}, {:.1f} GFLOP/s, {}", us_text(layer.latency_ns.value), us_text(layer.latency_ns.spread), layer.gflops_per_s(), layer.kernel);
  }
  return chart;
}

Chart classes_chart(const Profile& profile) {
  Chart chart;
  chart.title = "Where the time goes";
  chart.horizontal = true;
  chart.x_title = "class";
  chart.value_title = "% of the plain run";
  Series series;
  series.name = "share";
  for (const ClassTime& time : time_by_class(profile)) {
    if (time.ns <= 0.0) continue;
    chart.categories.emplace_back(time.name);
    series.values.push_back(100.0 * time.ns / profile.run_ns.value);
    series.hover.push_back(fmt::format("{:.1f} %, {} us", series.values.back(), us_text(time.ns)));
  }
  chart.series.push_back(std::move(series));
  return chart;
}

report::Table layers_table(const Profile& profile) {
  report::Table table;
  table.title = "All layers";
  table.columns = {{"#", true}, {"layer"}, {"operator"}, {"kernel"}, {"us", true}, {"+-", true}, {"GFLOP/s", true}, {"in", true}, {"out", true}, {"weights", true}};
  const auto known = [](const LayerProfile& layer) { return layer.energy_uj.provenance != Provenance::unknown; };
  const bool any_energy = std::any_of(profile.layers.begin(), profile.layers.end(), known);
  if (any_energy) table.columns.push_back({"uJ", true});
  const auto bytes = [](std::int64_t count) { return bytes_text(static_cast<double>(count)); };
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    const LayerProfile& layer = profile.layers[i];
    table.rows.push_back({std::to_string(i), layer.name, layer.op, layer.processor.empty() ? layer.kernel : layer.kernel + " on " + layer.processor,
                          us_text(layer.latency_ns.value), us_text(layer.latency_ns.spread), fmt::format("{:.1f}", layer.gflops_per_s()), bytes(layer.input_bytes),
                          bytes(layer.output_bytes), bytes(layer.weight_bytes)});
    if (any_energy) table.rows.back().push_back(known(layer) ? provenance_mark(layer.energy_uj.provenance) + fmt::format("{:.3g}", layer.energy_uj.value) : "");
  }
  return table;
}

/// The candidate that was chosen, or nullptr when its time is not known.
const TunedCandidate* chosen_of(const TunedLayer& layer) {
  const auto found = std::find_if(layer.candidates.begin(), layer.candidates.end(), [&](const TunedCandidate& c) { return c.processor == layer.processor && c.kernel == layer.kernel; });
  return found == layer.candidates.end() ? nullptr : &*found;
}

Chart wins_chart(const Tuning& tuning) {
  struct Wins {
    double layers = 0.0, ns = 0.0;
  };
  std::map<std::string, Wins> by_kernel;
  Wins all;
  for (const TunedLayer& layer : tuning.layers) {
    if (layer.candidates.empty()) continue;
    const TunedCandidate* chosen = chosen_of(layer);
    Wins& wins = by_kernel[fmt::format("{} on {}", layer.kernel, layer.processor)];
    for (Wins* one : {&wins, &all}) {
      one->layers += 1.0;
      one->ns += chosen == nullptr ? 0.0 : chosen->latency_ns.value;
    }
  }
  std::vector<std::pair<std::string, Wins>> order(by_kernel.begin(), by_kernel.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second.ns > b.second.ns; });
  Chart chart;
  chart.title = "Share of layers and of their time, by the kernel that won";
  chart.horizontal = true;
  chart.x_title = "kernel and processor";
  chart.value_title = "%";
  Series layers, time;
  layers.name = "layers";
  time.name = "time";
  for (const auto& [name, wins] : order) {
    chart.categories.push_back(name);
    layers.values.push_back(100.0 * wins.layers / all.layers);
    layers.hover.push_back(fmt::format("{:.0f} of {:.0f}", wins.layers, all.layers));
    time.values.push_back(all.ns > 0.0 ? 100.0 * wins.ns / all.ns : 0.0);
    time.hover.push_back(fmt::format("{:.1f} %, {} us", time.values.back(), us_text(wins.ns)));
  }
  chart.series = {std::move(layers), std::move(time)};
  return chart;
}

Chart runs_chart(const Tuning& tuning) {
  Chart chart;
  chart.title = "Whole runs";
  chart.note = "Each processor with its own choice of kernels, beside the assignment that was found; the chosen one first.";
  chart.horizontal = true;
  chart.x_title = "assignment";
  chart.value_title = "ms";
  Series series;
  series.name = "latency";
  for (const TunedRun& run : tuning.runs) {
    chart.categories.push_back(run.name);
    series.values.push_back(run.latency_ns.value / 1e6);
    series.hover.push_back(fmt::format("{} ms +- {}", ms_text(run.latency_ns.value), ms_text(run.latency_ns.spread)));
  }
  chart.series.push_back(std::move(series));
  return chart;
}

report::Table winners_table(const Tuning& tuning) {
  report::Table table;
  table.title = "Who won which layer";
  table.note = "Times of a layer alone. The choice is for the whole network, so that a layer's fastest candidate may lose to one that needs no copy.";
  table.columns = {{"layer"}, {"operator"}, {"processor"}, {"kernel"}, {"us", true}, {"next", true}, {"next is"}};
  for (const TunedLayer& layer : tuning.layers) {
    const TunedCandidate* chosen = chosen_of(layer);
    const auto rival = std::find_if(layer.candidates.begin(), layer.candidates.end(), [&](const TunedCandidate& c) { return &c != chosen; });
    const bool has_rival = rival != layer.candidates.end();
    table.rows.push_back({layer.name, layer.op, layer.processor, layer.kernel,
                          layer.candidates.empty() ? "not timed" : layer.in_turns ? "in turns" : chosen == nullptr ? "-" : us_text(chosen->latency_ns.value),
                          has_rival ? us_text(rival->latency_ns.value) : "", has_rival ? fmt::format("{} on {}", rival->kernel, rival->processor) : ""});
  }
  return table;
}

}  // namespace

void add_device_facts(report::Page& page, const Device& device) {
  page.fact("device", device.name);
  if (!device.os.empty()) page.fact("os", device.os);
  std::string processors;
  for (const Processor& processor : device.processors) {
    processors += (processors.empty() ? "" : "; ") + processor.name;
    if (!processor.description.empty()) processors += " (" + processor.description + ")";
    else if (!processor.cores.empty()) processors += fmt::format(" ({} cores)", processor.cores.size());
  }
  page.fact("processors", processors);
  if (!device.simd.empty()) page.fact("SIMD", device.simd);
  page.fact("library", fmt::format("dnntune {}", version()));
  for (const std::string& note : device.notes) page.fact("note", note);
}

report::Page profile_page(const Profile& profile) {
  report::Page page(fmt::format("{} on {}", profile.model, profile.processor));
  page.fact("device", profile.device).fact("threads", std::to_string(profile.threads)).fact("library", "dnntune " + profile.library_version).fact("measured", profile.date);
  page.fact("plain run", fmt::format("{} ms +- {}", ms_text(profile.run_ns.value), ms_text(profile.run_ns.spread)));
  page.fact("sum of layers", fmt::format("{} ms; inputs and outputs {} ms; between layers {} ms", ms_text(profile.layers_ns().value), ms_text(profile.input_output_ns.value), ms_text(profile.unattributed_ns())));
  page.fact("memory", fmt::format("{} activations, {} packed weights", bytes_text(static_cast<double>(profile.arena_bytes)), bytes_text(static_cast<double>(profile.weight_bytes))));
  if (profile.run_energy_uj.provenance != Provenance::unknown)
    page.fact("energy", fmt::format("{:.4g} uJ above idle, {}: {}", profile.run_energy_uj.value, to_string(profile.run_energy_uj.provenance), profile.energy_source));
  for (const std::string& note : profile.notes) page.fact("note", note);
  page.chart(layers_chart(profile)).chart(classes_chart(profile)).table(layers_table(profile));
  return page;
}

report::Page tuning_page(const std::string& model, const Device& device, const Tuning& tuning) {
  report::Page page(fmt::format("{}: who won which layer", model));
  add_device_facts(page, device);
  page.fact("tuning", fmt::format("{:.1f} s{}{}", tuning.seconds, tuning.complete ? "" : ", ended by its budget", tuning.from_cache ? ", taken from the cache" : ""));
  if (tuning.predicted > 0.0)
    page.fact("choice", tuning.predicted <= tuning.lower_bound * (1.0 + 1e-9) ? "proven the best of these candidates"
                                                                             : fmt::format("at most {:.2f} % from the best", 100.0 * (tuning.predicted / tuning.lower_bound - 1.0)));
  for (const std::string& note : tuning.notes) page.fact("note", note);
  if (!tuning.runs.empty()) page.chart(runs_chart(tuning));
  if (!tuning.layers.empty()) page.chart(wins_chart(tuning)).table(winners_table(tuning));
  else page.paragraph("The assignment came from the cache, which has no timings of single layers. Tune without --cache to see them.");
  return page;
}

}  // namespace dnntune::cli
