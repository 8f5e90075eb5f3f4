// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_profile_options profile_defaults() {
  const dnntune::ProfileOptions defaults;
  return {sizeof(dnntune_profile_options), defaults.warmup_runs, defaults.min_samples, defaults.max_total_s, nullptr, defaults.energy.max_total_s};
}

}  // namespace

extern "C" {

void dnntune_profile_options_init(dnntune_profile_options* options, size_t size) { dnntune::capi::init_options(options, size, profile_defaults()); }

dnntune_status dnntune_session_profile(dnntune_session* session, const dnntune_profile_options* options, dnntune_profile** profile) {
  return guard([&] {
    need(profile, "profile");
    const dnntune_profile_options given = dnntune::capi::options_or_default(options, profile_defaults());
    dnntune::ProfileOptions settings;
    settings.warmup_runs = given.warmup_runs;
    settings.min_samples = given.min_samples;
    settings.max_total_s = given.max_total_s;
    if (given.energy != nullptr) settings.energy.meter = given.energy;
    settings.energy.max_total_s = given.energy_max_total_s;
    *profile = new dnntune_profile(need(session, "session").value.profile(settings));
  });
}

dnntune_status dnntune_profile_remote(const char* url, const char* token, const dnntune_graph* graph, dnntune_profile** profile) {
  return guard([&] {
    need(profile, "profile");
    dnntune::ConnectOptions connect;
    connect.bearer_token = dnntune::capi::text_or_empty(token);
    *profile = new dnntune_profile(dnntune::remote_profile(&need(url, "url"), need(graph, "graph").value, connect));
  });
}

dnntune_status dnntune_profile_from_json(const char* json, dnntune_profile** profile) {
  return guard([&] {
    need(profile, "profile");
    *profile = new dnntune_profile(dnntune::Profile::from_json(&need(json, "json")));
  });
}

void dnntune_profile_destroy(dnntune_profile* profile) { delete profile; }

dnntune_status dnntune_profile_layer_count(const dnntune_profile* profile, size_t* count) {
  return guard([&] { need(count, "count") = need(profile, "profile").value.layers.size(); });
}

dnntune_status dnntune_profile_layer(const dnntune_profile* profile, size_t index, dnntune_layer_profile* layer) {
  return guard([&] {
    need(layer, "layer");
    const dnntune::LayerProfile& row = dnntune::capi::at(need(profile, "profile").value.layers, index, "layer");
    const bool energy_known = row.energy_uj.provenance != dnntune::Provenance::unknown;
    *layer = {row.name.c_str(), row.op.c_str(), row.kernel.c_str(), row.latency_ns.value, row.latency_ns.spread,
              energy_known ? row.energy_uj.value : -1.0, row.flops, row.input_bytes, row.output_bytes, row.weight_bytes};
  });
}

dnntune_status dnntune_profile_run_ns(const dnntune_profile* profile, double* run_ns) {
  return guard([&] { need(run_ns, "run_ns") = need(profile, "profile").value.run_ns.value; });
}

dnntune_status dnntune_profile_run_energy_uj(const dnntune_profile* profile, double* energy_uj, const char** source) {
  return guard([&] {
    need(energy_uj, "energy_uj");
    const dnntune::Profile& value = need(profile, "profile").value;
    *energy_uj = value.run_energy_uj.provenance != dnntune::Provenance::unknown ? value.run_energy_uj.value : -1.0;
    if (source != nullptr) *source = value.energy_source.c_str();
  });
}

dnntune_status dnntune_profile_json(const dnntune_profile* profile, const char** json) {
  return guard([&] { need(json, "json") = need(profile, "profile").json.c_str(); });
}

dnntune_status dnntune_profile_table(const dnntune_profile* profile, const char** table) {
  return guard([&] { need(table, "table") = need(profile, "profile").table.c_str(); });
}

}  // extern "C"
