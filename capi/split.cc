// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_split_options split_defaults() {
  const dnntune::SplitOptions defaults;
  return {sizeof(dnntune_split_options), nullptr, nullptr, defaults.connect.connect_timeout_s, defaults.deadline_s, defaults.retry_after_s,
          defaults.longest_retry_after_s, defaults.probe_timeout_s, defaults.busy_patience_s, defaults.hedge_after_s, nullptr, defaults.prepare_fallback ? 1 : 0};
}

}  // namespace

dnntune::SplitOptions dnntune::capi::split_settings(const dnntune_split_options* options) {
  const dnntune_split_options given = options_or_default(options, split_defaults());
  SplitOptions settings;
  settings.connect.bearer_token = text_or_empty(given.token);
  settings.connect.ca_file = text_or_empty(given.ca_file);
  settings.connect.connect_timeout_s = given.connect_timeout_s;
  settings.deadline_s = given.deadline_s;
  settings.retry_after_s = given.retry_after_s;
  settings.longest_retry_after_s = given.longest_retry_after_s;
  settings.probe_timeout_s = given.probe_timeout_s;
  settings.busy_patience_s = given.busy_patience_s;
  settings.hedge_after_s = given.hedge_after_s;
  settings.timeline = timeline_or_none(given.timeline);
  settings.prepare_fallback = given.prepare_fallback != 0;
  return settings;
}

extern "C" {

void dnntune_split_options_init(dnntune_split_options* options, size_t size) { dnntune::capi::init_options(options, size, split_defaults()); }

dnntune_status dnntune_split_create(const dnntune_graph* graph, const dnntune_plan* plan, const char* url, const dnntune_split_options* options,
                                    dnntune_split** split) {
  return guard([&] {
    need(split, "split");
    *split = new dnntune_split{dnntune::SplitSession(need(graph, "graph").value, need(plan, "plan").value, &need(url, "url"), dnntune::capi::split_settings(options))};
  });
}

dnntune_status dnntune_split_create_route(const dnntune_graph* graph, const dnntune_route_plan* plan, const char* url, const dnntune_split_options* options,
                                          dnntune_split** split) {
  return guard([&] {
    need(split, "split");
    const dnntune::Graph& network = need(graph, "graph").value;
    *split = new dnntune_split{dnntune::SplitSession(network, dnntune::split_plan(network, need(plan, "plan").value), &need(url, "url"), dnntune::capi::split_settings(options))};
  });
}

dnntune_status dnntune_split_run(dnntune_split* split, const char* const* names, const dnntune_tensor* const* inputs, size_t count,
                                 dnntune_split_result** result) {
  return guard([&] {
    need(result, "result");
    *result = new dnntune_split_result(need(split, "split").value.run(dnntune::capi::collect(names, inputs, count)));
  });
}

dnntune_status dnntune_split_counters(const dnntune_split* split, dnntune_split_counts* counts) {
  return guard([&] {
    need(counts, "counts");
    const dnntune::SplitCounters& c = need(split, "split").value.counters();
    *counts = {c.runs, c.paths[0], c.paths[1], c.paths[2], c.paths[3], c.hedged, c.bytes_up, c.bytes_down,
               c.left_alone, c.late, c.busy, c.refused, c.unusable, c.unreachable, c.not_sendable};
  });
}

void dnntune_split_destroy(dnntune_split* split) { delete split; }

dnntune_status dnntune_split_result_outputs(const dnntune_split_result* result, const dnntune_tensors** outputs) {
  return guard([&] { need(outputs, "outputs") = &need(result, "result").outputs; });
}

dnntune_status dnntune_split_result_stats(const dnntune_split_result* result, dnntune_split_stats* stats) {
  return guard([&] {
    need(stats, "stats");
    const dnntune::SplitResult& value = need(result, "result").value;
    *stats = {static_cast<dnntune_path>(value.path), value.why.c_str(), value.total_ns, value.device_ns,
              value.exchange_ns, value.cloud_ns, value.bytes_up, value.bytes_down};
  });
}

dnntune_status dnntune_split_result_hedged(const dnntune_split_result* result, int* hedged) {
  return guard([&] { need(hedged, "hedged") = need(result, "result").value.hedged ? 1 : 0; });
}

dnntune_status dnntune_split_result_lossy_count(const dnntune_split_result* result, size_t* count) {
  return guard([&] { need(count, "count") = need(result, "result").value.lossy.size(); });
}

dnntune_status dnntune_split_result_lossy(const dnntune_split_result* result, size_t index, const char** value) {
  return guard([&] {
    need(value, "value");
    *value = dnntune::capi::at(need(result, "result").value.lossy, index, "lossy value").c_str();
  });
}

void dnntune_split_result_destroy(dnntune_split_result* result) { delete result; }

}  // extern "C"
