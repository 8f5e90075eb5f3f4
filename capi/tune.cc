// SPDX-License-Identifier: Apache-2.0
// Assignments and tuning.
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_tune_options tune_defaults() {
  return {sizeof(dnntune_tune_options), DNNTUNE_FLOAT32, DNNTUNE_FLOAT32, DNNTUNE_FLOAT32, 1.0, 0.0, 60.0, nullptr, 4.0};
}

}  // namespace

extern "C" {

dnntune_status dnntune_assignment_from_json(const char* json, dnntune_assignment** assignment) {
  return guard([&] {
    need(assignment, "assignment");
    *assignment = new dnntune_assignment(dnntune::Assignment::from_json(&need(json, "json")));
  });
}

dnntune_status dnntune_assignment_json(const dnntune_assignment* assignment, const char** json) {
  return guard([&] { need(json, "json") = need(assignment, "assignment").json.c_str(); });
}

void dnntune_assignment_destroy(dnntune_assignment* assignment) { delete assignment; }

void dnntune_tune_options_init(dnntune_tune_options* options, size_t size) { dnntune::capi::init_options(options, size, tune_defaults()); }

dnntune_status dnntune_tune(const dnntune_graph* graph, const dnntune_processor* const* processors, size_t count, const dnntune_tune_options* options,
                            dnntune_tuning** tuning) {
  return guard([&] {
    need(tuning, "tuning");
    const dnntune_tune_options given = dnntune::capi::options_or_default(options, tune_defaults());
    if (count > 0) need(processors, "processors");
    std::vector<dnntune::Processor> list;
    for (size_t i = 0; i < count; ++i) list.push_back(need(processors[i], ("processors[" + std::to_string(i) + "]").c_str()).value);
    dnntune::TuneOptions settings;
    settings.latency_weight = given.latency_weight;
    settings.energy_weight = given.energy_weight;
    settings.budget_s = given.budget_s;
    settings.start_ms = given.start_ms;
    settings.cache_folder = dnntune::capi::text_or_empty(given.cache_folder);
    settings.session.weights = static_cast<dnntune::DataType>(given.weights);
    settings.session.math = static_cast<dnntune::DataType>(given.math);
    settings.session.storage = static_cast<dnntune::DataType>(given.storage);
    *tuning = new dnntune_tuning(dnntune::tune(need(graph, "graph").value, std::move(list), settings));
  });
}

dnntune_status dnntune_tuning_assignment(const dnntune_tuning* tuning, dnntune_assignment** assignment) {
  return guard([&] {
    need(assignment, "assignment");
    *assignment = new dnntune_assignment(need(tuning, "tuning").value.assignment);
  });
}

dnntune_status dnntune_tuning_table(const dnntune_tuning* tuning, const char** table) {
  return guard([&] { need(table, "table") = need(tuning, "tuning").table.c_str(); });
}

dnntune_status dnntune_tuning_json(const dnntune_tuning* tuning, const char** json) {
  return guard([&] { need(json, "json") = need(tuning, "tuning").json.c_str(); });
}

void dnntune_tuning_destroy(dnntune_tuning* tuning) { delete tuning; }

}  // extern "C"
