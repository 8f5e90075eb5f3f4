// SPDX-License-Identifier: Apache-2.0
// Sessions that choose among plans.
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_adaptive_options adaptive_defaults() {
  const dnntune::AdaptiveOptions defaults;
  return {sizeof(dnntune_adaptive_options), nullptr, defaults.margin, defaults.patience, defaults.probe_after_s, defaults.most_probe_bytes, defaults.hedge_deviations,
          nullptr, nullptr};
}

dnntune_link_estimate estimate_of(const dnntune::LinkEstimate& e) {
  return {e.bandwidth_up_bps, e.bandwidth_down_bps, e.round_trip_s, e.wait_s, e.cloud_factor, e.device_factor, e.cloud_doubtful ? 1 : 0, e.exchanges};
}

}  // namespace

dnntune::AdaptiveOptions dnntune::capi::adaptive_settings(const dnntune_adaptive_options* options) {
  const dnntune_adaptive_options given = options_or_default(options, adaptive_defaults());
  AdaptiveOptions settings;
  settings.split = split_settings(given.split);
  settings.margin = given.margin;
  settings.patience = given.patience;
  settings.probe_after_s = given.probe_after_s;
  settings.most_probe_bytes = given.most_probe_bytes;
  settings.hedge_deviations = given.hedge_deviations;
  if (given.clock != nullptr) settings.clock_s = [clock = given.clock, user = given.clock_user] { return clock(user); };
  return settings;
}

dnntune_adaptive_counts dnntune::capi::counts_of(const AdaptiveCounters& c) {
  return {c.requests, c.on_device, c.split, c.in_cloud, c.fallbacks, c.switches, c.probes, c.probes_failed, c.probe_bytes_up, c.probe_bytes_down};
}

extern "C" {

void dnntune_adaptive_options_init(dnntune_adaptive_options* options, size_t size) { dnntune::capi::init_options(options, size, adaptive_defaults()); }

dnntune_status dnntune_adaptive_create(const dnntune_graph* graph, const dnntune_plans* plans, const char* url, const dnntune_adaptive_options* options,
                                       dnntune_adaptive** adaptive) {
  return guard([&] {
    need(adaptive, "adaptive");
    *adaptive = new dnntune_adaptive{
        dnntune::AdaptiveSession(need(graph, "graph").value, need(plans, "plans").values(), &need(url, "url"), dnntune::capi::adaptive_settings(options))};
  });
}

dnntune_status dnntune_adaptive_warm_up(dnntune_adaptive* adaptive, const char* const* names, const dnntune_tensor* const* inputs, size_t count) {
  return guard([&] { need(adaptive, "adaptive").value.warm_up(dnntune::capi::collect(names, inputs, count)); });
}

dnntune_status dnntune_adaptive_run(dnntune_adaptive* adaptive, const char* const* names, const dnntune_tensor* const* inputs, size_t count,
                                    dnntune_adaptive_result** result) {
  return guard([&] {
    need(result, "result");
    *result = new dnntune_adaptive_result(need(adaptive, "adaptive").value.run(dnntune::capi::collect(names, inputs, count)));
  });
}

dnntune_status dnntune_adaptive_estimate(const dnntune_adaptive* adaptive, dnntune_link_estimate* estimate) {
  return guard([&] { need(estimate, "estimate") = estimate_of(need(adaptive, "adaptive").value.estimate()); });
}

dnntune_status dnntune_adaptive_counters(const dnntune_adaptive* adaptive, dnntune_adaptive_counts* counts) {
  return guard([&] { need(counts, "counts") = dnntune::capi::counts_of(need(adaptive, "adaptive").value.counters()); });
}

void dnntune_adaptive_destroy(dnntune_adaptive* adaptive) { delete adaptive; }

dnntune_status dnntune_adaptive_result_run(const dnntune_adaptive_result* result, const dnntune_split_result** run) {
  return guard([&] { need(run, "run") = &need(result, "result").run; });
}

dnntune_status dnntune_adaptive_result_choice(const dnntune_adaptive_result* result, dnntune_adaptive_choice* choice) {
  return guard([&] {
    need(choice, "choice");
    const dnntune::AdaptiveResult& value = need(result, "result").value;
    const double energy_uj = value.energy_uj.provenance == dnntune::Provenance::unknown ? -1.0 : value.energy_uj.value;
    *choice = {value.plan, value.switched ? 1 : 0, value.predicted_ns, energy_uj, estimate_of(value.estimate)};
  });
}

void dnntune_adaptive_result_destroy(dnntune_adaptive_result* result) { delete result; }

}  // extern "C"
