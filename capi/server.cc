// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_server_options server_defaults() {
  const dnntune::ServerOptions defaults;
  return {sizeof(dnntune_server_options), nullptr, 0, nullptr, nullptr, nullptr, 0, defaults.max_body_bytes, defaults.read_timeout_s, defaults.connections,
          defaults.max_waiting, defaults.max_unread, defaults.max_suffixes, nullptr, defaults.max_batch, defaults.batch_delay_s};
}

}  // namespace

extern "C" {

void dnntune_server_options_init(dnntune_server_options* options, size_t size) { dnntune::capi::init_options(options, size, server_defaults()); }

dnntune_status dnntune_server_create(const dnntune_processor* processor, const dnntune_server_options* options, dnntune_server** server) {
  return guard([&] {
    need(server, "server");
    const dnntune_server_options given = dnntune::capi::options_or_default(options, server_defaults());
    dnntune::ServerOptions settings;
    if (given.host != nullptr) settings.host = given.host;
    settings.port = given.port;
    settings.bearer_token = dnntune::capi::text_or_empty(given.token);
    settings.certificate_file = dnntune::capi::text_or_empty(given.certificate_file);
    settings.key_file = dnntune::capi::text_or_empty(given.key_file);
    settings.allow_unauthenticated = given.allow_unauthenticated != 0;
    settings.max_body_bytes = given.max_body_bytes;
    settings.read_timeout_s = given.read_timeout_s;
    settings.connections = given.connections;
    settings.max_waiting = given.max_waiting;
    settings.max_unread = given.max_unread;
    settings.max_suffixes = given.max_suffixes;
    settings.timeline = dnntune::capi::timeline_or_none(given.timeline);
    settings.max_batch = given.max_batch;
    settings.batch_delay_s = given.batch_delay_s;
    *server = new dnntune_server(need(processor, "processor").value, settings);
  });
}

dnntune_status dnntune_server_add_model(dnntune_server* server, const dnntune_graph* graph) {
  return guard([&] { need(server, "server").value.add_model(need(graph, "graph").value); });
}

dnntune_status dnntune_server_remove_model(dnntune_server* server, const dnntune_graph* graph) {
  return guard([&] {
    const dnntune::Graph& model = need(graph, "graph").value;
    if (!need(server, "server").value.remove_model(model)) throw dnntune::Error(dnntune::ErrorCode::not_found, "model '" + model.name() + "' is not served here");
  });
}

dnntune_status dnntune_server_start(dnntune_server* server, const char** url) {
  return guard([&] {
    need(server, "server");
    need(url, "url");
    server->value.start();
    server->url = server->value.url();
    *url = server->url.c_str();
  });
}

dnntune_status dnntune_server_drain(dnntune_server* server, double timeout_s) {
  return guard([&] {
    if (!need(server, "server").value.drain(timeout_s)) throw dnntune::Error(dnntune::ErrorCode::timeout, "not all requests were finished in time");
  });
}

dnntune_status dnntune_server_stop(dnntune_server* server) {
  return guard([&] { need(server, "server").value.stop(); });
}

dnntune_status dnntune_remote_load(const char* url, const char* token, double service_ns, double requests_per_s, dnntune_waiting_time* wait) {
  return guard([&] {
    need(wait, "wait");
    dnntune::ConnectOptions connect;
    connect.bearer_token = dnntune::capi::text_or_empty(token);
    const dnntune::ServerLoad load = dnntune::remote_load(&need(url, "url"), connect);
    const dnntune::WaitingTime found = dnntune::QueueModel(load).waiting(service_ns * 1e-9, requests_per_s);
    *wait = {found.saturated ? 1 : 0, found.mean_ns.value, found.mean_ns.spread, found.percentile_ns(0.95), found.utilisation,
             load.arrivals_per_s, load.service_s.mean_s * 1e9, load.computing, load.waiting};
  });
}

void dnntune_server_destroy(dnntune_server* server) { delete server; }

}  // extern "C"
