/* SPDX-License-Identifier: Apache-2.0
 * Adaptive sessions and streams of the C API, compiled as C99: used as they are meant to be, and misused. */
#include <dnntune/c_api.h>

#include <math.h>
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

enum { kFrames = 6, kPixels = 64 };

static const char* const input_names[1] = {"image"};

/* What all checks have in common. */
struct setting {
  dnntune_graph* graph;
  dnntune_plans* plans;
  const char* url;
  dnntune_tensor* frames[kFrames];
  dnntune_tensors* expected[kFrames]; /* of the device alone */
};

static int same_logits(const dnntune_tensors* a, const dnntune_tensors* b) {
  const dnntune_tensor *x = NULL, *y = NULL;
  const void *p = NULL, *q = NULL;
  size_t m = 0, n = 0;
  if (dnntune_tensors_find(a, "logits", &x) != DNNTUNE_OK || dnntune_tensors_find(b, "logits", &y) != DNNTUNE_OK) return 0;
  if (dnntune_tensor_data(x, &p, &m) != DNNTUNE_OK || dnntune_tensor_data(y, &q, &n) != DNNTUNE_OK) return 0;
  return m == n && memcmp(p, q, n) == 0;
}

static const dnntune_tensor* const* frame(const struct setting* s, size_t i) { return (const dnntune_tensor* const*)&s->frames[i]; }

static double count_calls(void* user) {
  double* now = (double*)user;
  *now += 0.001;
  return *now;
}

static void check_plans(const struct setting* s, const dnntune_profile* here, const dnntune_profile* there, const dnntune_link* link) {
  dnntune_plans *ends = NULL, *none = NULL, *copy = NULL;
  const dnntune_plan* plan = NULL;
  const dnntune_plan* both[2] = {NULL, NULL};
  dnntune_plan_cost cost;
  size_t count = 0;
  EXPECT(dnntune_plans_for_links(s->graph, here, there, link, NULL, 0, &ends) == DNNTUNE_OK);
  EXPECT(dnntune_plans_count(ends, &count) == DNNTUNE_OK && count == 2);
  EXPECT(dnntune_plans_at(ends, 0, &plan) == DNNTUNE_OK && dnntune_plan_cost_of(plan, DNNTUNE_CHOSEN, &cost) == DNNTUNE_OK);
  EXPECT(strcmp(cost.name, "mobile-only") == 0);
  both[0] = plan;
  EXPECT(dnntune_plans_at(ends, 1, &both[1]) == DNNTUNE_OK && dnntune_plans_at(ends, 2, &plan) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_plans_create(both, 2, &copy) == DNNTUNE_OK);
  both[1] = NULL;
  EXPECT(dnntune_plans_create(both, 2, &none) == DNNTUNE_INVALID_ARGUMENT && none == NULL);
  dnntune_plans_destroy(ends); /* the copy is one */
  EXPECT(dnntune_plans_count(copy, &count) == DNNTUNE_OK && count == 2);
  EXPECT(dnntune_plans_at(copy, 1, &plan) == DNNTUNE_OK && dnntune_plan_cost_of(plan, DNNTUNE_CHOSEN, &cost) == DNNTUNE_OK && strcmp(cost.name, "cloud-only") == 0);
  EXPECT(dnntune_plans_create(NULL, 1, &none) == DNNTUNE_INVALID_ARGUMENT && none == NULL);
  EXPECT(dnntune_plans_for_links(s->graph, here, there, link, NULL, 17, &none) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "most_cuts") != NULL);
  EXPECT(dnntune_plans_for_links(s->graph, here, there, NULL, NULL, 1, &none) == DNNTUNE_INVALID_ARGUMENT && none == NULL);
  dnntune_plans_destroy(copy);
  dnntune_plans_destroy(NULL);
}

static void check_adaptive(const struct setting* s) {
  dnntune_adaptive_options options;
  dnntune_split_options split;
  dnntune_adaptive *adaptive = NULL, *refused = NULL;
  dnntune_adaptive_result *result = NULL, *untouched = NULL;
  const dnntune_split_result* run = NULL;
  const dnntune_tensors* outputs = NULL;
  dnntune_adaptive_choice choice;
  dnntune_split_stats stats;
  dnntune_link_estimate estimate;
  dnntune_adaptive_counts counts;
  dnntune_plans* nothing = NULL;
  double now = 0.0;
  size_t i, plans = 0;

  dnntune_adaptive_options_init(&options, sizeof options);
  EXPECT(options.margin == 0.05 && options.patience == 0.3 && options.probe_after_s == 2 && options.most_probe_bytes == 16384 && options.hedge_deviations == 2);
  EXPECT(options.split == NULL && options.clock == NULL);
  options.margin = -1;
  EXPECT(dnntune_adaptive_create(s->graph, s->plans, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "margin") != NULL);
  options.margin = 0.05;
  dnntune_split_options_init(&split, sizeof split);
  split.deadline_s = -1;
  options.split = &split;
  EXPECT(dnntune_adaptive_create(s->graph, s->plans, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && refused == NULL);
  split.deadline_s = 60;
  options.hedge_deviations = INFINITY;
  options.probe_after_s = INFINITY;
  options.clock = count_calls;
  options.clock_user = &now;
  EXPECT(dnntune_plans_create(NULL, 0, &nothing) == DNNTUNE_OK);
  EXPECT(dnntune_adaptive_create(s->graph, nothing, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "one plan") != NULL);
  EXPECT(dnntune_adaptive_create(s->graph, s->plans, NULL, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && refused == NULL);
  dnntune_plans_destroy(nothing);

  EXPECT(dnntune_adaptive_create(s->graph, s->plans, s->url, &options, &adaptive) == DNNTUNE_OK);
  EXPECT(dnntune_adaptive_warm_up(adaptive, input_names, frame(s, 0), 1) == DNNTUNE_OK);
  EXPECT(dnntune_plans_count(s->plans, &plans) == DNNTUNE_OK);
  EXPECT(dnntune_adaptive_counters(adaptive, &counts) == DNNTUNE_OK && counts.requests == (int64_t)plans && counts.cloud >= 1 && counts.device >= 1);
  for (i = 0; i < kFrames; ++i) {
    EXPECT(dnntune_adaptive_run(adaptive, input_names, frame(s, i), 1, &result) == DNNTUNE_OK);
    EXPECT(dnntune_adaptive_result_choice(result, &choice) == DNNTUNE_OK && choice.plan < plans && choice.predicted_ns > 0);
    EXPECT(choice.estimate.bandwidth_up_bps > 0 && choice.estimate.round_trip_s > 0 && choice.estimate.cloud_factor > 0);
    EXPECT(dnntune_adaptive_result_run(result, &run) == DNNTUNE_OK);
    EXPECT(dnntune_split_result_stats(run, &stats) == DNNTUNE_OK && stats.total_ns > 0 && stats.path != DNNTUNE_PATH_FALLBACK);
    EXPECT(dnntune_split_result_outputs(run, &outputs) == DNNTUNE_OK && same_logits(outputs, s->expected[i]));
    dnntune_adaptive_result_destroy(result);
  }
  EXPECT(now > 0.0);
  EXPECT(dnntune_adaptive_estimate(adaptive, &estimate) == DNNTUNE_OK && estimate.round_trip_s > 0 && !estimate.cloud_doubtful);
  EXPECT(dnntune_adaptive_counters(adaptive, &counts) == DNNTUNE_OK && counts.requests == (int64_t)plans + kFrames && counts.fallback == 0 && counts.probes == 0);
  EXPECT(counts.device + counts.split + counts.cloud == counts.requests);
  EXPECT(dnntune_adaptive_run(adaptive, input_names, frame(s, 0), 0, &untouched) == DNNTUNE_INVALID_ARGUMENT && untouched == NULL);
  EXPECT(dnntune_adaptive_run(NULL, input_names, frame(s, 0), 1, &untouched) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_adaptive_result_choice(NULL, &choice) == DNNTUNE_INVALID_ARGUMENT && dnntune_adaptive_estimate(adaptive, NULL) == DNNTUNE_INVALID_ARGUMENT);
  dnntune_adaptive_destroy(adaptive);
  dnntune_adaptive_destroy(NULL);
  dnntune_adaptive_result_destroy(NULL);
}

static void check_stream(const struct setting* s) {
  dnntune_stream_options options;
  dnntune_adaptive_options adaptive;
  dnntune_stream *stream = NULL, *refused = NULL;
  dnntune_frame_result* result = NULL;
  const dnntune_adaptive_result* answer = NULL;
  const dnntune_split_result* run = NULL;
  const dnntune_tensors* outputs = NULL;
  dnntune_frame_info info;
  dnntune_stream_counts counts;
  dnntune_adaptive_counts session;
  dnntune_state_loop loop = {"logits", "image", NULL};
  uint64_t number = 99;
  int taken = -1;
  size_t i;

  dnntune_stream_options_init(&options, sizeof options);
  EXPECT(options.most_in_flight == 4 && options.most_unread == 256 && options.when_full == DNNTUNE_FULL_BLOCK && options.adaptive == NULL && options.state_count == 0);
  options.when_full = 3;
  EXPECT(dnntune_stream_create(s->graph, s->plans, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "when_full 3") != NULL);
  options.when_full = DNNTUNE_FULL_BLOCK;
  options.state_count = 1;
  EXPECT(dnntune_stream_create(s->graph, s->plans, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "states") != NULL);
  options.states = &loop;
  EXPECT(dnntune_stream_create(s->graph, s->plans, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "state loop") != NULL);
  options.state_count = 0;
  options.most_in_flight = 0;
  EXPECT(dnntune_stream_create(s->graph, s->plans, s->url, &options, &refused) == DNNTUNE_INVALID_ARGUMENT && refused == NULL);
  options.most_in_flight = kFrames;
  dnntune_adaptive_options_init(&adaptive, sizeof adaptive);
  adaptive.hedge_deviations = INFINITY;
  options.adaptive = &adaptive;
  EXPECT(dnntune_stream_create(s->graph, s->plans, s->url, &options, &stream) == DNNTUNE_OK);
  for (i = 0; i < kFrames; ++i) {
    EXPECT(dnntune_stream_submit(stream, input_names, frame(s, i), 1, &taken, i == 0 ? NULL : &number) == DNNTUNE_OK && taken == 1);
    EXPECT(i == 0 || number == i);
  }
  EXPECT(dnntune_stream_submit(stream, input_names, frame(s, 0), 0, &taken, NULL) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_stream_close(stream) == DNNTUNE_OK);
  EXPECT(dnntune_stream_submit(stream, input_names, frame(s, 0), 1, &taken, NULL) == DNNTUNE_INVALID_ARGUMENT && strstr(dnntune_last_error(), "closed") != NULL);
  for (i = 0; i < kFrames; ++i) {
    EXPECT(dnntune_stream_next(stream, &result) == DNNTUNE_OK && result != NULL);
    EXPECT(dnntune_frame_result_describe(result, &info) == DNNTUNE_OK && info.frame == i && !info.dropped && info.latency_ns > 0);
    EXPECT(dnntune_frame_result_answer(result, &answer) == DNNTUNE_OK && dnntune_adaptive_result_run(answer, &run) == DNNTUNE_OK);
    EXPECT(dnntune_split_result_outputs(run, &outputs) == DNNTUNE_OK && same_logits(outputs, s->expected[i]));
    dnntune_frame_result_destroy(result);
  }
  EXPECT(dnntune_stream_next(stream, &result) == DNNTUNE_OK && result == NULL);
  EXPECT(dnntune_stream_counters(stream, &counts) == DNNTUNE_OK && counts.taken == kFrames && counts.answered == kFrames && counts.begun == kFrames);
  EXPECT(counts.dropped == 0 && counts.refused == 0);
  EXPECT(dnntune_stream_session_counters(stream, &session) == DNNTUNE_OK && session.requests == kFrames);
  EXPECT(dnntune_stream_next(NULL, &result) == DNNTUNE_INVALID_ARGUMENT && dnntune_stream_next(stream, NULL) == DNNTUNE_INVALID_ARGUMENT);
  EXPECT(dnntune_frame_result_describe(NULL, &info) == DNNTUNE_INVALID_ARGUMENT);
  dnntune_stream_destroy(stream);
  dnntune_stream_destroy(NULL);
  dnntune_frame_result_destroy(NULL);
}

int main(int argc, char** argv) {
  const int64_t shape[4] = {1, 1, 8, 8};
  float image[kPixels];
  char path[1024];
  struct setting s = {NULL, NULL, NULL, {NULL}, {NULL}};
  dnntune_processor* processor = NULL;
  dnntune_session* session = NULL;
  dnntune_profile *here = NULL, *there = NULL;
  dnntune_profile_options profiling;
  dnntune_link* link = NULL;
  dnntune_server* server = NULL;
  size_t i, k;

  if (argc != 2) return 2;
  snprintf(path, sizeof path, "%s/digits_cnn.onnx", argv[1]);
  EXPECT(dnntune_graph_load(path, NULL, &s.graph) == DNNTUNE_OK);
  EXPECT(dnntune_processor_local("cpu:all x1", &processor) == DNNTUNE_OK);
  EXPECT(dnntune_session_create(s.graph, processor, NULL, &session) == DNNTUNE_OK);
  for (i = 0; i < kFrames; ++i) {
    for (k = 0; k < kPixels; ++k) image[k] = (float)((k * (i + 3)) % 17) / 16.0f;
    EXPECT(dnntune_tensor_create(DNNTUNE_FLOAT32, shape, 4, image, sizeof image, &s.frames[i]) == DNNTUNE_OK);
    EXPECT(dnntune_session_run(session, input_names, frame(&s, i), 1, &s.expected[i]) == DNNTUNE_OK);
  }
  dnntune_profile_options_init(&profiling, sizeof profiling);
  profiling.min_samples = 3;
  profiling.energy = "model";
  EXPECT(dnntune_session_profile(session, &profiling, &here) == DNNTUNE_OK);
  EXPECT(dnntune_server_create(processor, NULL, &server) == DNNTUNE_OK);
  EXPECT(dnntune_server_add_model(server, s.graph) == DNNTUNE_OK && dnntune_server_start(server, &s.url) == DNNTUNE_OK);
  EXPECT(dnntune_profile_remote(s.url, NULL, s.graph, &there) == DNNTUNE_OK);
  EXPECT(dnntune_link_named("wifi", &link) == DNNTUNE_OK);
  EXPECT(dnntune_plans_for_links(s.graph, here, there, link, NULL, 2, &s.plans) == DNNTUNE_OK);
  if (failures == 0) {
    check_plans(&s, here, there, link);
    check_adaptive(&s);
    check_stream(&s);
  }
  dnntune_server_destroy(server);
  dnntune_plans_destroy(s.plans);
  dnntune_graph_destroy(s.graph);
  dnntune_link_destroy(link);
  dnntune_profile_destroy(here);
  dnntune_profile_destroy(there);
  dnntune_session_destroy(session);
  dnntune_processor_destroy(processor);
  for (i = 0; i < kFrames; ++i) {
    dnntune_tensor_destroy(s.frames[i]);
    dnntune_tensors_destroy(s.expected[i]);
  }
  if (failures == 0) puts("all expectations of adaptive sessions and streams hold");
  return failures == 0 ? 0 : 1;
}
