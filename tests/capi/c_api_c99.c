/* SPDX-License-Identifier: Apache-2.0
 * The C API, compiled as C99: load, run, profile, plan, split, server; and what it does on misuse. */
#include <dnntune/c_api.h>

#include <stdio.h>
#include <string.h>

static int failures = 0;

#define EXPECT(condition)                                                                     \
  do {                                                                                        \
    if (!(condition)) {                                                                       \
      fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, dnntune_last_error()); \
      ++failures;                                                                             \
    }                                                                                         \
  } while (0)

/* Routes: built call by call, planned, carried out with int8 on the wire; and what is refused. */
static void check_routes(const dnntune_graph* graph, size_t layers, const dnntune_profile* here, const dnntune_profile* there, const dnntune_link* link,
                         const char* url, const char* const* input_names, const dnntune_tensor* const* inputs) {
  const dnntune_profile* device_profiles[1];
  const dnntune_profile* cloud_profiles[1];
  dnntune_layer_info first, middle, last;
  dnntune_route_options options;
  dnntune_hop_options hop;
  dnntune_stop_options stop;
  dnntune_route *route = NULL, *longer = NULL;
  dnntune_route_plan *plan = NULL, *copy = NULL, *unplanned = NULL;
  dnntune_route_cost cost;
  dnntune_split *split = NULL, *refused = NULL;
  dnntune_split_result* answer = NULL;
  dnntune_split_stats stats;
  const char *text = NULL, *name = NULL, *processor = NULL;
  size_t count = 0;
  int where = -1;

  device_profiles[0] = here;
  cloud_profiles[0] = there;
  EXPECT(dnntune_graph_layer(graph, 0, &first) == DNNTUNE_OK && dnntune_graph_layer(graph, 1, &middle) == DNNTUNE_OK);
  EXPECT(dnntune_graph_layer(graph, layers - 1, &last) == DNNTUNE_OK);
  dnntune_route_options_init(&options, sizeof options);
  EXPECT(options.percentile == 0.5 && options.private_within == -1 && options.most_cuts == 20000);
  options.percentile = 0.9;
  options.interval_s = 60.0;
  options.private_within = 0;
  EXPECT(dnntune_route_create(graph, &options, &route) == DNNTUNE_OK);
  dnntune_hop_options_init(&hop, sizeof hop);
  EXPECT(dnntune_route_add_hop(route, link, &hop) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "stop") != NULL);
  EXPECT(dnntune_route_solve(route, &unplanned) == DNNTUNE_INVALID_ARGUMENT && unplanned == NULL);
  EXPECT(dnntune_route_add_stop(route, "phone", device_profiles, 1, NULL) == DNNTUNE_OK);
  EXPECT(dnntune_route_add_stop(route, "phone again", device_profiles, 1, NULL) == DNNTUNE_INVALID_ARGUMENT);
  hop.tcp = DNNTUNE_TCP_COLD;
  hop.radio = "carrier pigeon";
  EXPECT(dnntune_route_add_hop(route, link, &hop) == DNNTUNE_NOT_FOUND && strstr(dnntune_last_error(), "huang12-3g") != NULL);
  hop.radio = "huang12-3g";
  EXPECT(dnntune_route_add_hop(route, link, &hop) == DNNTUNE_OK);
  dnntune_stop_options_init(&stop, sizeof stop);
  stop.money_per_s = 0.001;
  EXPECT(dnntune_route_add_stop(route, "cloud", cloud_profiles, 1, &stop) == DNNTUNE_OK);
  EXPECT(dnntune_route_minimize(route, (dnntune_measure)9, 1.0) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "measure 9") != NULL);
  EXPECT(dnntune_route_minimize(route, DNNTUNE_MEASURE_LATENCY, 1.0) == DNNTUNE_OK);
  EXPECT(dnntune_route_minimize(route, DNNTUNE_MEASURE_MONEY, 2.0) == DNNTUNE_OK);
  EXPECT(dnntune_route_limit(route, DNNTUNE_MEASURE_LATENCY, 1e12) == DNNTUNE_OK);
  EXPECT(dnntune_route_add_encoding(route, DNNTUNE_WIRE_INT8, 0.1, 0.1) == DNNTUNE_OK);
  EXPECT(dnntune_route_pin(route, first.name, 0, 0) == DNNTUNE_OK);
  EXPECT(dnntune_route_pin(route, last.name, 1, 1) == DNNTUNE_OK);
  EXPECT(dnntune_route_solve(route, &plan) == DNNTUNE_OK);
  EXPECT(dnntune_route_plan_cost_of(plan, &cost) == DNNTUNE_OK && cost.proven && cost.objective == cost.lower_bound);
  EXPECT(cost.latency_ns > 0.5821e9 && cost.percentile_ns >= cost.latency_ns && cost.energy_uj < 0 && cost.bytes_up > 0 && cost.bytes_home == 40);
  EXPECT(dnntune_route_plan_layer_count(plan, &count) == DNNTUNE_OK && count == layers);
  EXPECT(dnntune_route_plan_layer(plan, layers - 1, &name, &where, &processor) == DNNTUNE_OK && strcmp(name, last.name) == 0 && where == 1);
  EXPECT(dnntune_route_plan_layer(plan, 0, NULL, &where, NULL) == DNNTUNE_OK && where == 0);
  EXPECT(dnntune_route_plan_layer(plan, layers, NULL, NULL, NULL) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_route_plan_explain(plan, &text) == DNNTUNE_OK && strstr(text, "latency (p90) + 2 money") != NULL);
  EXPECT(dnntune_route_plan_json(plan, &text) == DNNTUNE_OK && dnntune_route_plan_from_json(text, &copy) == DNNTUNE_OK);

  EXPECT(dnntune_split_create_route(graph, copy, url, NULL, &split) == DNNTUNE_OK);
  EXPECT(dnntune_split_run(split, input_names, inputs, 1, &answer) == DNNTUNE_OK);
  EXPECT(dnntune_split_result_stats(answer, &stats) == DNNTUNE_OK && stats.path == DNNTUNE_PATH_SPLIT && stats.bytes_up > 0);
  EXPECT(dnntune_split_result_lossy_count(answer, &count) == DNNTUNE_OK && count >= 1);
  EXPECT(dnntune_split_result_lossy(answer, 0, &text) == DNNTUNE_OK && strstr(text, "(int8)") != NULL);
  EXPECT(dnntune_split_result_lossy(answer, count, &text) == DNNTUNE_INVALID_ARGUMENT);

  /* Layers at three stops: planned, not carried out. */
  EXPECT(dnntune_route_create(graph, NULL, &longer) == DNNTUNE_OK);
  EXPECT(dnntune_route_add_stop(longer, "phone", device_profiles, 1, NULL) == DNNTUNE_OK && dnntune_route_add_hop(longer, link, NULL) == DNNTUNE_OK);
  EXPECT(dnntune_route_add_stop(longer, "edge", cloud_profiles, 1, NULL) == DNNTUNE_OK && dnntune_route_add_hop(longer, link, NULL) == DNNTUNE_OK);
  EXPECT(dnntune_route_add_stop(longer, "cloud", cloud_profiles, 1, NULL) == DNNTUNE_OK);
  EXPECT(dnntune_route_pin(longer, first.name, 0, 0) == DNNTUNE_OK && dnntune_route_pin(longer, middle.name, 1, 1) == DNNTUNE_OK);
  EXPECT(dnntune_route_pin(longer, last.name, 2, 2) == DNNTUNE_OK);
  dnntune_route_plan_destroy(copy);
  copy = NULL;
  EXPECT(dnntune_route_solve(longer, &copy) == DNNTUNE_OK);
  EXPECT(dnntune_split_create_route(graph, copy, url, NULL, &refused) == DNNTUNE_UNSUPPORTED && refused == NULL);
  EXPECT(strstr(dnntune_last_error(), "'edge'") != NULL);

  dnntune_route_destroy(route);
  dnntune_route_destroy(longer);
  dnntune_route_destroy(NULL);
  dnntune_route_plan_destroy(plan);
  dnntune_route_plan_destroy(copy);
  dnntune_route_plan_destroy(NULL);
  dnntune_split_destroy(split);
  dnntune_split_result_destroy(answer);
}

static void count_errors(dnntune_status status, const char* message, void* user) {
  (void)status;
  if (message[0] != '\0') ++*(int*)user;
}

int main(int argc, char** argv) {
  char path[1024];
  int seen = 0;
  size_t inputs = 0, outputs = 0, layers = 0, count = 0, rank = 0, bytes = 0;
  const int64_t image_shape[4] = {1, 1, 8, 8};
  float image[64];
  const char* input_names[1] = {"image"};
  const dnntune_tensor* input_tensors[1];
  dnntune_graph* graph = NULL;
  dnntune_graph* untouched = NULL;
  dnntune_device *device = NULL, *described = NULL;
  dnntune_processor *processor = NULL, *candidate = NULL, *elsewhere = NULL;
  dnntune_processor_info processor_info;
  dnntune_session_options session_options;
  dnntune_threads* threads = NULL;
  dnntune_thread_state thread;
  dnntune_session *session = NULL, *unpinned = NULL;
  dnntune_tensor* input = NULL;
  dnntune_tensors* result = NULL;
  const dnntune_tensor* logits = NULL;
  const int64_t* shape = NULL;
  const void* data = NULL;
  dnntune_value_info info;
  dnntune_layer_info layer;
  dnntune_layer_profile row;
  dnntune_profile *here = NULL, *there = NULL, *copy = NULL;
  dnntune_profile_options profile_options;
  dnntune_link* link = NULL;
  dnntune_plan *plan = NULL, *late_plan = NULL;
  dnntune_plan_options plan_options;
  dnntune_plan_cost cost, late_cost;
  dnntune_memory_use memory;
  dnntune_waiting_time wait;
  dnntune_server* server = NULL;
  dnntune_split* split = NULL;
  dnntune_split_result* answer = NULL;
  dnntune_split_stats stats;
  dnntune_split_options split_options;
  dnntune_split_counts counts;
  dnntune_server_options server_options;
  dnntune_timeline* timeline = NULL;
  int hedged = -1;
  const dnntune_tensors* answer_outputs = NULL;
  const char *text = NULL, *url = NULL;
  size_t i;

  if (argc != 2) return 2;
  for (i = 0; i < 64; ++i) image[i] = (float)(i % 17) / 16.0f;
  snprintf(path, sizeof path, "%s/digits_cnn.onnx", argv[1]);

  /* Misuse: a status, a text, and nothing touched. */
  dnntune_set_error_callback(count_errors, &seen);
  EXPECT(dnntune_graph_load("no such file.onnx", NULL, &untouched) == DNNTUNE_NOT_FOUND);
  EXPECT(untouched == NULL && strstr(dnntune_last_error(), "no such file") != NULL);
  EXPECT(dnntune_graph_load(NULL, NULL, &untouched) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_graph_load(path, NULL, NULL) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_graph_parse("garbage", 7, NULL, &untouched) == DNNTUNE_INVALID_MODEL);
  EXPECT(seen == 4);
  dnntune_set_error_callback(NULL, NULL);
  EXPECT(strcmp(dnntune_status_name(DNNTUNE_NOT_FOUND), "not_found") == 0);

  /* Load and look. */
  EXPECT(dnntune_graph_load(path, NULL, &graph) == DNNTUNE_OK);
  EXPECT(dnntune_graph_counts(graph, &inputs, &outputs, &layers) == DNNTUNE_OK);
  EXPECT(inputs == 1 && outputs == 1 && layers > 3);
  EXPECT(dnntune_graph_input(graph, 0, &info) == DNNTUNE_OK);
  EXPECT(strcmp(info.name, "image") == 0 && info.type == DNNTUNE_FLOAT32 && info.rank == 4 && info.shape[0] == 1);
  EXPECT(dnntune_graph_input(graph, 1, &info) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_graph_layer(graph, 0, &layer) == DNNTUNE_OK && layer.macs > 0);
  EXPECT(dnntune_graph_hash(graph, &text) == DNNTUNE_OK && strlen(text) == 32);

  /* Devices and processors: this machine, its device file, one that is described. */
  EXPECT(dnntune_device_local(&device) == DNNTUNE_OK);
  EXPECT(dnntune_device_json(device, &text) == DNNTUNE_OK && strstr(text, "dnntune.device/1") != NULL && strstr(text, "clusters") != NULL);
  EXPECT(dnntune_device_from_json(text, &described) == DNNTUNE_OK);
  EXPECT(dnntune_device_candidate_count(device, &count) == DNNTUNE_OK && count >= 1);
  EXPECT(dnntune_device_candidate(device, count, &candidate) == DNNTUNE_INVALID_ARGUMENT && candidate == NULL);
  EXPECT(dnntune_device_candidate(device, count - 1, &candidate) == DNNTUNE_OK);
  EXPECT(dnntune_processor_describe(candidate, &processor_info) == DNNTUNE_OK);
  EXPECT(strcmp(processor_info.backend, "cpu") == 0 && processor_info.threads >= 1 && processor_info.core_count >= 1 && processor_info.active_power_w < 0);
  EXPECT(dnntune_device_processor(described, processor_info.name, &processor) == DNNTUNE_OK);
  dnntune_processor_destroy(processor);
  processor = NULL;
  EXPECT(dnntune_device_processor(device, "gpu:7", &processor) == DNNTUNE_NOT_FOUND && strstr(dnntune_last_error(), "cpu:all") != NULL);
  EXPECT(processor == NULL);
  dnntune_device_destroy(described);
  described = NULL;
  EXPECT(dnntune_device_from_json("{}", &described) == DNNTUNE_INVALID_ARGUMENT && described == NULL);
  EXPECT(dnntune_device_from_json("{\"schema\":\"dnntune.device/1\",\"name\":\"phone\",\"processors\":[{\"name\":\"cpu:big\",\"backend\":\"cpu\","
                                  "\"cores\":[8190,8191],\"threads\":2}]}", &described) == DNNTUNE_OK);
  EXPECT(dnntune_device_processor(described, "cpu:big", &elsewhere) == DNNTUNE_OK);

  /* A session on cores of another machine: refused, or with consent run on those of this one. */
  EXPECT(dnntune_session_create(graph, elsewhere, NULL, &unpinned) == DNNTUNE_NOT_FOUND && unpinned == NULL);
  EXPECT(strstr(dnntune_last_error(), "8190-8191") != NULL);
  dnntune_session_options_init(&session_options, sizeof session_options);
  EXPECT(session_options.allow_missing_cores == 0);
  session_options.allow_missing_cores = 1;
  EXPECT(dnntune_session_create(graph, elsewhere, &session_options, &unpinned) == DNNTUNE_OK);
  EXPECT(dnntune_session_threads(unpinned, &threads) == DNNTUNE_OK);
  EXPECT(dnntune_threads_count(threads, &count) == DNNTUNE_OK && count == 2);
  EXPECT(dnntune_threads_at(threads, 2, &thread) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_threads_at(threads, 1, &thread) == DNNTUNE_OK);
  EXPECT(thread.asked_core == 8191 && !thread.pinned && thread.core_count >= 1 && strstr(thread.problem, "core 8191 refused") != NULL);
  dnntune_threads_destroy(threads);

  /* What a session would hold, there too. */
  memory.arena_bytes = -1;
  EXPECT(dnntune_planned_memory(graph, elsewhere, NULL, &memory) == DNNTUNE_OK);
  EXPECT(memory.arena_bytes > 0 && memory.arena_bytes >= memory.arena_lower_bound_bytes && memory.packed_weight_bytes > 0);
  EXPECT(dnntune_planned_memory(NULL, elsewhere, NULL, &memory) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_planned_memory(graph, elsewhere, NULL, NULL) == DNNTUNE_INVALID_ARGUMENT);

  /* Run. */
  EXPECT(dnntune_tensor_create(DNNTUNE_FLOAT32, image_shape, 4, image, sizeof image, &input) == DNNTUNE_OK);
  EXPECT(dnntune_tensor_create(DNNTUNE_FLOAT32, image_shape, (size_t)-1, image, sizeof image, (dnntune_tensor**)&data) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_tensor_create(DNNTUNE_FLOAT32, image_shape, 4, image, 12, (dnntune_tensor**)&data) == DNNTUNE_INVALID_ARGUMENT);
  input_tensors[0] = input;
  EXPECT(dnntune_processor_local("cpu:all x1", &processor) == DNNTUNE_OK);
  EXPECT(dnntune_session_create(graph, processor, NULL, &session) == DNNTUNE_OK);
  EXPECT(dnntune_session_threads(session, &threads) == DNNTUNE_OK && dnntune_threads_at(threads, 0, &thread) == DNNTUNE_OK);
  EXPECT(thread.pinned && thread.core_count == 1 && thread.cores[0] == thread.asked_core && thread.problem[0] == '\0');
  EXPECT(dnntune_session_run(session, input_names, input_tensors, 1, &result) == DNNTUNE_OK);
  EXPECT(dnntune_session_run(session, input_names, input_tensors, 0, (dnntune_tensors**)&data) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_tensors_count(result, &count) == DNNTUNE_OK && count == 1);
  EXPECT(dnntune_tensors_find(result, "logits", &logits) == DNNTUNE_OK);
  EXPECT(dnntune_tensors_find(result, "nothing", &logits) == DNNTUNE_NOT_FOUND);
  EXPECT(dnntune_tensor_shape(logits, &shape, &rank) == DNNTUNE_OK && rank == 2 && shape[0] == 1 && shape[1] == 10);
  EXPECT(dnntune_tensor_data(logits, &data, &bytes) == DNNTUNE_OK && bytes == 40);

  /* Profile. */
  dnntune_profile_options_init(&profile_options, sizeof profile_options);
  profile_options.min_samples = 3;
  profile_options.energy = "model"; /* of a processor without a power: unknown, whatever meters the machine has */
  EXPECT(dnntune_session_profile(session, &profile_options, &here) == DNNTUNE_OK);
  EXPECT(dnntune_profile_layer_count(here, &count) == DNNTUNE_OK && count == layers);
  EXPECT(dnntune_profile_layer(here, 0, &row) == DNNTUNE_OK && row.latency_ns > 0 && row.energy_uj < 0);
  EXPECT(dnntune_profile_json(here, &text) == DNNTUNE_OK && dnntune_profile_from_json(text, &copy) == DNNTUNE_OK);
  EXPECT(dnntune_profile_from_json("{}", (dnntune_profile**)&data) == DNNTUNE_INVALID_ARGUMENT);

  /* Server, remote profile, plan, split. */
  EXPECT(dnntune_timeline_create("test", 0, &timeline) == DNNTUNE_OK);
  EXPECT(dnntune_timeline_create(NULL, 0, &timeline) == DNNTUNE_INVALID_ARGUMENT);
  dnntune_server_options_init(&server_options, sizeof server_options);
  EXPECT(server_options.max_waiting == 12 && server_options.connections == 16 && server_options.max_body_bytes == (int64_t)1 << 28);
  EXPECT(server_options.max_unread == 256 && server_options.max_suffixes == 32 && server_options.read_timeout_s == 10);
  EXPECT(server_options.max_batch == 1 && server_options.batch_delay_s == 0);
  server_options.max_batch = 0;
  EXPECT(dnntune_server_create(processor, &server_options, &server) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "max_batch") != NULL);
  server_options.max_batch = 2;
  server_options.max_suffixes = 0;
  EXPECT(dnntune_server_create(processor, &server_options, &server) == DNNTUNE_INVALID_ARGUMENT);
  server_options.max_suffixes = 2;
  server_options.max_waiting = 1;
  server_options.timeline = timeline;
  EXPECT(dnntune_server_create(processor, &server_options, &server) == DNNTUNE_OK);
  EXPECT(dnntune_server_remove_model(server, graph) == DNNTUNE_NOT_FOUND);
  EXPECT(dnntune_server_add_model(server, graph) == DNNTUNE_OK);
  EXPECT(dnntune_server_remove_model(server, graph) == DNNTUNE_OK);
  EXPECT(dnntune_server_add_model(server, graph) == DNNTUNE_OK);
  EXPECT(dnntune_server_start(server, &url) == DNNTUNE_OK);
  EXPECT(dnntune_remote_load(url, NULL, 1e6, 0.0, &wait) == DNNTUNE_OK);
  EXPECT(!wait.saturated && wait.mean_ns == 0 && wait.late_ns == 0 && wait.computing == 0 && wait.waiting == 0);
  EXPECT(dnntune_remote_load(url, NULL, 1e9, 2.0, &wait) == DNNTUNE_OK && wait.saturated && wait.utilisation > 1);
  EXPECT(dnntune_remote_load(NULL, NULL, 0.0, 0.0, &wait) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_profile_remote(url, NULL, graph, &there) == DNNTUNE_OK);
  EXPECT(dnntune_link_named("carrier pigeon", &link) == DNNTUNE_NOT_FOUND);
  EXPECT(dnntune_link_named("wifi", &link) == DNNTUNE_OK);
  EXPECT(dnntune_plan_create(graph, here, there, link, NULL, &plan) == DNNTUNE_OK);
  EXPECT(dnntune_plan_cost_of(plan, DNNTUNE_BEST_SPLIT, &cost) == DNNTUNE_OK && cost.feasible && cost.bytes_up > 0);
  EXPECT(dnntune_plan_cost_of(plan, DNNTUNE_CHOSEN, &cost) == DNNTUNE_OK && cost.latency_ns > 0);
  EXPECT(dnntune_plan_explain(plan, &text) == DNNTUNE_OK && strlen(text) > 100);
  dnntune_plan_options_init(&plan_options, sizeof plan_options);
  EXPECT(plan_options.cloud_wait_ns == 0);
  plan_options.cloud_wait_ns = 1e9;
  EXPECT(dnntune_plan_create(graph, here, there, link, &plan_options, &late_plan) == DNNTUNE_OK);
  EXPECT(dnntune_plan_cost_of(plan, DNNTUNE_CLOUD_ONLY, &cost) == DNNTUNE_OK);
  EXPECT(dnntune_plan_cost_of(late_plan, DNNTUNE_CLOUD_ONLY, &late_cost) == DNNTUNE_OK && late_cost.latency_ns - cost.latency_ns > 0.99e9);
  plan_options.cloud_wait_ns = -1;
  EXPECT(dnntune_plan_create(graph, here, there, link, &plan_options, &late_plan) == DNNTUNE_INVALID_ARGUMENT);
  dnntune_split_options_init(&split_options, sizeof split_options);
  EXPECT(split_options.longest_retry_after_s == 60 && split_options.probe_timeout_s == 1 && split_options.busy_patience_s == 0.25);
  EXPECT(split_options.hedge_after_s > 1e300 && split_options.timeline == NULL && split_options.prepare_fallback == 1);
  split_options.probe_timeout_s = 0;
  EXPECT(dnntune_split_create(graph, plan, url, &split_options, &split) == DNNTUNE_INVALID_ARGUMENT);
  split_options.probe_timeout_s = 2;
  split_options.hedge_after_s = 3600;
  split_options.timeline = timeline;
  split_options.prepare_fallback = 0;
  EXPECT(dnntune_split_create(graph, plan, url, &split_options, &split) == DNNTUNE_OK);
  EXPECT(dnntune_split_counters(split, &counts) == DNNTUNE_OK && counts.runs == 0);
  EXPECT(dnntune_split_run(split, input_names, input_tensors, 1, &answer) == DNNTUNE_OK);
  EXPECT(dnntune_split_result_stats(answer, &stats) == DNNTUNE_OK && stats.total_ns > 0);
  EXPECT(dnntune_split_result_hedged(answer, &hedged) == DNNTUNE_OK && hedged == 0);
  EXPECT(dnntune_split_counters(split, &counts) == DNNTUNE_OK && counts.runs == 1 && counts.bytes_up == stats.bytes_up);
  EXPECT(counts.device + counts.split + counts.cloud + counts.fallback == 1);
  EXPECT(dnntune_split_counters(NULL, &counts) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_split_result_outputs(answer, &answer_outputs) == DNNTUNE_OK);
  EXPECT(dnntune_tensors_find(answer_outputs, "logits", &logits) == DNNTUNE_OK);
  EXPECT(dnntune_tensor_data(logits, &data, &bytes) == DNNTUNE_OK && bytes == 40);
  check_routes(graph, layers, here, there, link, url, input_names, input_tensors);
  EXPECT(dnntune_server_drain(server, -1.0) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_server_drain(server, 60.0) == DNNTUNE_OK);
  EXPECT(dnntune_server_stop(server) == DNNTUNE_OK);
  EXPECT(dnntune_timeline_save(timeline, "/nowhere/at/all.json") == DNNTUNE_NOT_FOUND);
  dnntune_timeline_destroy(timeline); /* the split has its own hold on it */
  EXPECT(dnntune_split_result_hedged(NULL, &hedged) == DNNTUNE_INVALID_ARGUMENT);

  /* Any order, and NULL. */
  dnntune_graph_destroy(graph);
  dnntune_processor_destroy(processor);
  dnntune_session_destroy(session);
  dnntune_tensor_destroy(input);
  dnntune_tensors_destroy(result);
  dnntune_profile_destroy(here);
  dnntune_profile_destroy(there);
  dnntune_profile_destroy(copy);
  dnntune_link_destroy(link);
  dnntune_plan_destroy(plan);
  dnntune_plan_destroy(late_plan);
  dnntune_server_destroy(server);
  dnntune_split_destroy(split);
  dnntune_split_result_destroy(answer);
  dnntune_device_destroy(device);
  dnntune_device_destroy(described);
  dnntune_processor_destroy(candidate);
  dnntune_processor_destroy(elsewhere);
  dnntune_session_destroy(unpinned);
  dnntune_threads_destroy(threads);
  dnntune_timeline_destroy(NULL);
  dnntune_device_destroy(NULL);
  dnntune_threads_destroy(NULL);
  dnntune_graph_destroy(NULL);
  dnntune_tensors_destroy(NULL);
  if (failures == 0) puts("all C API expectations hold");
  return failures == 0 ? 0 : 1;
}
