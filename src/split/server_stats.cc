// SPDX-License-Identifier: Apache-2.0
#include "split/server_stats.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace dnntune::split {
namespace {

base::Json duration(std::int64_t count, std::int64_t ns) { return {{"count", count}, {"ns", ns}}; }

/// A label's value: a backslash, a quote and the end of a line have an escape.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

class Metrics {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) { text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help); }
  void value(std::string_view name, double value) { text_ += fmt::format("{} {}\n", name, value); }
  void value(std::string_view name, const std::string& model, double value) { text_ += fmt::format("{}{{model=\"{}\"}} {}\n", name, escaped(model), value); }
  void gauge(std::string_view name, std::string_view help, double now) {
    family(name, "gauge", help);
    value(name, now);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

struct Counter {
  std::string_view name, help;
  std::int64_t ModelTotals::*member;
  double scale;
};
constexpr Counter kCounters[] = {
    {"dnntune_requests_succeeded_total", "Inference requests answered", &ModelTotals::succeeded, 1.0},
    {"dnntune_requests_failed_total", "Inference requests refused or broken off", &ModelTotals::failed, 1.0},
    {"dnntune_runs_total", "Runs that answered them: fewer than requests where some were joined", &ModelTotals::runs, 1.0},
    {"dnntune_request_seconds_total", "Time from arrival to outputs, of those answered", &ModelTotals::success_ns, 1e-9},
    {"dnntune_wait_seconds_total", "Of which: waiting for their turn", &ModelTotals::wait_ns, 1e-9},
    {"dnntune_compute_seconds_total", "Of which: computing", &ModelTotals::compute_ns, 1e-9},
};

}  // namespace

base::Json model_stats(const std::string& name, const ModelTotals& totals) {
  const base::Json stats = {{"success", duration(totals.succeeded, totals.success_ns)}, {"fail", duration(totals.failed, totals.fail_ns)},
                            {"queue", duration(totals.succeeded, totals.wait_ns)},      {"compute_input", duration(0, 0)},
                            {"compute_infer", duration(totals.succeeded, totals.compute_ns)}, {"compute_output", duration(0, 0)}};
  const base::Json model = {{"name", name}, {"version", "1"}, {"last_inference", totals.last_ms}, {"inference_count", totals.succeeded},
                            {"execution_count", totals.runs}, {"inference_stats", stats}, {"batch_stats", base::Json::array()}};
  return {{"model_stats", base::Json::array({model})}};
}

std::string metrics_text(const ServerLoad& load, const std::map<std::string, ModelTotals>& totals) {
  Metrics metrics;
  for (const Counter& counter : kCounters) {
    metrics.family(counter.name, "counter", counter.help);
    for (const auto& [model, counts] : totals) metrics.value(counter.name, model, static_cast<double>(counts.*counter.member) * counter.scale);
  }
  metrics.gauge("dnntune_computing", "Requests that compute now", load.computing);
  metrics.gauge("dnntune_waiting", "Requests that wait for their turn now", load.waiting);
  metrics.gauge("dnntune_unread", "Connections with a request that no thread has taken up", load.unread);
  const std::string of_late = fmt::format(", forgetting with a time constant of {:g} s", load.window_s);
  metrics.gauge("dnntune_arrivals_per_second", "Requests that arrive" + of_late, load.arrivals_per_s);
  metrics.gauge("dnntune_service_seconds", "Mean time of computing" + of_late, load.service_s.mean_s);
  metrics.gauge("dnntune_wait_seconds", "Mean time of waiting" + of_late, load.wait_s.mean_s);
  metrics.gauge("dnntune_waiting_mean", "Mean number of requests that wait" + of_late, load.mean_waiting);
  metrics.gauge("dnntune_busy_ratio", "Share of the time in which the server computes" + of_late, load.busy);
  return metrics.take();
}

}  // namespace dnntune::split
