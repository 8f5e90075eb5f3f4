// SPDX-License-Identifier: Apache-2.0
// The page of a characterization.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <span>

#include <fmt/format.h>

#include "cli/characterization.h"
#include "cli/operator_class.h"
#include "cli/output.h"
#include "cli/pages.h"

namespace dnntune::cli {
namespace {

using report::Chart;
using report::ChartKind;
using report::Series;

using Value = std::function<double(const Pair&)>;
using Hover = std::function<std::string(const Pair&)>;

/// Bars by network, one for each of `processors` that has any value.
Chart bars(const Characterization& all, const Value& value, const Hover& hover, std::span<const std::string> processors) {
  Chart chart;
  chart.categories = all.networks;
  chart.horizontal = true;
  chart.x_title = "network";
  for (const std::string& processor : processors) {
    Series series;
    series.name = processor;
    for (const std::string& network : all.networks) {
      const Pair* pair = all.measured(network, processor);
      series.values.push_back(pair == nullptr ? report::kNothing : value(*pair));
      series.hover.push_back(pair == nullptr ? "" : hover(*pair));
    }
    const auto known = [](double number) { return std::isfinite(number); };
    if (std::any_of(series.values.begin(), series.values.end(), known)) chart.series.push_back(std::move(series));
  }
  return chart;
}

Chart bars(const Characterization& all, const Value& value, const Hover& hover) { return bars(all, value, hover, all.processors); }

void add(report::Page& page, Chart chart) {
  if (!chart.series.empty()) page.chart(std::move(chart));
}

std::string latency_text(const Pair& pair) { return fmt::format("{} ms +- {}", ms_text(pair.profile.run_ns.value), ms_text(pair.profile.run_ns.spread)); }

Chart latency_chart(const Characterization& all) {
  if (all.processors.size() == 1) {
    Chart chart = bars(all, [](const Pair& pair) { return pair.profile.run_ns.value / 1e6; }, latency_text);
    chart.title = "Latency";
    chart.value_title = "ms";
    chart.logarithmic = true;
    return chart;
  }
  const std::string& first = all.processors.front();
  const auto base_of = [&](const Pair& pair) { return all.measured(pair.network, first); };
  Chart chart = bars(
      all, [&](const Pair& pair) { return base_of(pair) == nullptr ? report::kNothing : pair.profile.run_ns.value / base_of(pair)->profile.run_ns.value; },
      [&](const Pair& pair) {
        return base_of(pair) == nullptr ? latency_text(pair) : fmt::format("{:.2f} x, {}", pair.profile.run_ns.value / base_of(pair)->profile.run_ns.value, latency_text(pair));
      },
      std::span(all.processors).subspan(1));  // the first itself is 1 everywhere
  chart.title = "Latency, relative to " + first;
  chart.note = "Bars to the left are faster than " + first + ", bars to the right slower. Hover for milliseconds.";
  chart.value_title = "latency / latency on " + first;
  chart.logarithmic = true;
  chart.base = 1.0;
  return chart;
}

Chart speed_chart(const Characterization& all) {
  Chart chart = bars(all, [](const Pair& pair) { return pair.gflops_per_s(); }, [](const Pair& pair) { return fmt::format("{:.1f} GFLOP/s", pair.gflops_per_s()); });
  chart.title = "Throughput of arithmetic";
  chart.note = "Two operations a multiply-accumulate, over the plain run.";
  chart.value_title = "GFLOP/s";
  return chart;
}

Chart memory_chart(const Characterization& all) {
  const auto text = [](std::int64_t bytes) { return bytes_text(static_cast<double>(bytes)); };
  Chart chart = bars(all, [](const Pair& pair) { return static_cast<double>(pair.memory_bytes()) / 1e6; },
                     [&](const Pair& pair) { return fmt::format("{} weights + {} activations", text(pair.profile.weight_bytes), text(pair.profile.arena_bytes)); });
  chart.title = "Memory of a prepared network";
  chart.note = "Packed weights, and the peak of activations and scratch.";
  chart.value_title = "MB";
  chart.logarithmic = true;
  return chart;
}

Chart energy_chart(const Characterization& all) {
  Chart chart = bars(all, [](const Pair& pair) { return pair.power_w() < 0.0 ? report::kNothing : pair.profile.run_energy_uj.value / 1e3; },
                     [](const Pair& pair) {
                       return fmt::format("{:.3g} mJ, {:.2f} W, {}: {}", pair.profile.run_energy_uj.value / 1e3, pair.power_w(),
                                          to_string(pair.profile.run_energy_uj.provenance), pair.profile.energy_source);
                     });
  chart.title = "Energy of a run, above idle";
  chart.note = "Hover for the power and where the figure comes from.";
  chart.value_title = "mJ";
  chart.logarithmic = true;
  return chart;
}

/// Shares of a run, in percent, for the networks that `processor` ran.
class Shares {
 public:
  explicit Shares(std::vector<std::string> networks) { chart_.categories = std::move(networks); }
  /// Nothing for what takes no time.
  void add(std::size_t network, const std::string& name, double ns, double run_ns, const std::string& stack = "") {
    if (ns <= 0.0) return;
    const auto [place, is_new] = index_.try_emplace(name, chart_.series.size());
    if (is_new) {
      Series series{.name = name, .values = std::vector<double>(chart_.categories.size(), report::kNothing), .hover = std::vector<std::string>(chart_.categories.size()), .stack = stack};
      chart_.series.push_back(std::move(series));
    }
    Series& series = chart_.series[place->second];
    series.values[network] = 100.0 * ns / run_ns;
    series.hover[network] = fmt::format("{:.1f} %, {} ms", 100.0 * ns / run_ns, ms_text(ns));
  }
  Chart take(std::string title, std::string note) {
    chart_.title = std::move(title);
    chart_.note = std::move(note);
    chart_.kind = ChartKind::stacked_bars;
    chart_.horizontal = true;
    chart_.x_title = "network";
    chart_.value_title = "% of the plain run";
    return std::move(chart_);
  }

 private:
  Chart chart_;
  std::map<std::string, std::size_t> index_;
};

Chart class_chart(const Characterization& all, const std::string& processor) {
  Shares shares(all.networks);
  const std::size_t classes = time_by_class(Profile{}).size();
  for (std::size_t c = 0; c < classes; ++c) {  // class by class, so that the stacks of all processors have one order
    for (std::size_t i = 0; i < all.networks.size(); ++i) {
      const Pair* pair = all.measured(all.networks[i], processor);
      if (pair == nullptr) continue;
      const ClassTime time = time_by_class(pair->profile)[c];
      shares.add(i, std::string(time.name), time.ns, pair->profile.run_ns.value);
    }
  }
  return shares.take("Where the time goes on " + processor,
                     "By what each layer's first operator computes. Layers are timed alone: their sum may differ from the run.");
}

Chart queue_chart(const Characterization& all, const std::string& processor) {
  Shares shares(all.networks);
  for (std::size_t i = 0; i < all.networks.size(); ++i) {
    const Pair* pair = all.measured(all.networks[i], processor);
    if (pair == nullptr || !pair->has_queue()) continue;
    const double run_ns = pair->profile.run_ns.value;
    double device_ns = 0.0, host_ns = 0.0, copies_ns = 0.0, enqueue_ns = 0.0;
    for (const LayerProfile& layer : pair->profile.layers) {
      const bool queued = layer.enqueue_ns.provenance != Provenance::unknown;
      (queued ? device_ns : host_ns) += layer.latency_ns.value - layer.conversion_ns.value;
      copies_ns += layer.conversion_ns.value;
      enqueue_ns += layer.enqueue_ns.value;
    }
    shares.add(i, "device: layers", device_ns, run_ns, "device");
    shares.add(i, "host: layers the device cannot run", host_ns, run_ns, "device");
    shares.add(i, "copies between layers", copies_ns, run_ns, "device");
    shares.add(i, "copies of inputs and outputs", pair->profile.input_output_ns.value, run_ns, "device");
    shares.add(i, "host: giving commands", enqueue_ns, run_ns, "host");
  }
  return shares.take("Device and host on " + processor,
                     "Upper bar: what lies one after the other. Lower bar: what the host takes to give the commands, which overlaps with the device.");
}

report::Table results_table(const Characterization& all) {
  report::Table table;
  table.title = "All results";
  const bool energy = all.knows_energy();
  table.columns = {{"network"}, {"processor"}, {"threads", true}, {"ms", true}, {"+-", true}, {"GFLOP/s", true}, {"weights", true}, {"activations", true}};
  if (energy) table.columns.insert(table.columns.end(), {{"mJ", true}, {"W", true}});
  table.columns.insert(table.columns.end(), {{"prepare, s", true}, {"where the time goes"}});
  table.note = "ms: median of the plain run, +- median deviation.";
  if (energy) table.note += " Energy and power are above idle; ~ predicted, * published, else measured.";
  for (const Pair& pair : all.pairs) {
    std::vector<std::string> row = {pair.network, pair.processor.name, std::to_string(pair.processor.threads)};
    if (!pair.error.empty()) {
      row.resize(table.columns.size() - 1);
      row[3] = "failed";
      row.push_back(pair.error);
    } else {
      row.insert(row.end(), {ms_text(pair.profile.run_ns.value), ms_text(pair.profile.run_ns.spread), fmt::format("{:.1f}", pair.gflops_per_s()),
                             bytes_text(static_cast<double>(pair.profile.weight_bytes)), bytes_text(static_cast<double>(pair.profile.arena_bytes))});
      const Cost& joule = pair.profile.run_energy_uj;
      const bool known = pair.power_w() >= 0.0;
      if (energy) row.push_back(known ? provenance_mark(joule.provenance) + fmt::format("{:.3g}", joule.value / 1e3) : "");
      if (energy) row.push_back(known ? fmt::format("{:.2f}", pair.power_w()) : "");
      row.push_back(fmt::format("{:.2f}", pair.prepare_s));
      row.push_back(shares_text(pair.profile));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

report::Page Characterization::page() const {
  report::Page page("Networks and processors of this device");
  add_device_facts(page, device);
  page.fact("measured", date);
  page.fact("how", fmt::format("dnntune characterize: plain runs at batch 1, about {:g} s a network and processor; medians", seconds_a_pair));
  if (!knows_energy()) page.fact("energy", "not known: no meter may be used, and no processor's power is given");
  page.heading("Latency, memory, energy");
  for (Chart (*const chart)(const Characterization&) : {latency_chart, speed_chart, memory_chart, energy_chart}) add(page, chart(*this));
  page.heading("Where the time goes");
  for (const std::string& processor : processors) {
    add(page, class_chart(*this, processor));
    add(page, queue_chart(*this, processor));
  }
  page.heading("Results").table(results_table(*this));
  return page;
}

}  // namespace dnntune::cli
