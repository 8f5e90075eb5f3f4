/* SPDX-License-Identifier: Apache-2.0
 * 4. Serve a network, plan against the server, carry the plan out. */
#include <dnntune/c_api.h>

#include <stdio.h>
#include <string.h>

/* Leaves through `done` at the first failure. */
#define TRY(call) \
  if ((call) != DNNTUNE_OK) goto done

int main(int argc, char** argv) {
  char path[1024];
  float image[64] = {0};
  const int64_t shape[4] = {1, 1, 8, 8};
  const char* names[1] = {"image"};
  const dnntune_tensor* inputs[1];
  dnntune_graph* graph = NULL;
  dnntune_processor* processor = NULL;
  dnntune_server* server = NULL;
  dnntune_session* session = NULL;
  dnntune_profile *here = NULL, *there = NULL;
  dnntune_link* link = NULL;
  dnntune_plan* plan = NULL;
  dnntune_split* split = NULL;
  dnntune_split_result* result = NULL;
  dnntune_split_stats stats;
  dnntune_tensor* input = NULL;
  const char* url = NULL;
  int ok = 0;

  snprintf(path, sizeof path, "%s/digits_cnn.onnx", argc > 1 ? argv[1] : "examples/digits");
  TRY(dnntune_graph_load(path, NULL, &graph));
  TRY(dnntune_processor_local("cpu:all x1", &processor));
  TRY(dnntune_server_create(processor, NULL, &server)); /* elsewhere: `dnntune serve digits_cnn.onnx` */
  TRY(dnntune_server_add_model(server, graph));
  TRY(dnntune_server_start(server, &url));

  TRY(dnntune_session_create(graph, processor, NULL, &session));
  TRY(dnntune_session_profile(session, NULL, &here));
  TRY(dnntune_profile_remote(url, NULL, graph, &there));
  TRY(dnntune_link_named("wifi", &link));
  TRY(dnntune_plan_create(graph, here, there, link, NULL, &plan));
  TRY(dnntune_split_create(graph, plan, url, NULL, &split));

  TRY(dnntune_tensor_create(DNNTUNE_FLOAT32, shape, 4, image, sizeof image, &input));
  inputs[0] = input;
  TRY(dnntune_split_run(split, names, inputs, 1, &result)); /* fine without the server, too */
  TRY(dnntune_split_result_stats(result, &stats));
  printf("path %d, %.3f ms, %s\n", (int)stats.path, stats.total_ns * 1e-6, strlen(stats.why) > 0 ? stats.why : "as planned");
  ok = 1;

done:
  if (!ok) fprintf(stderr, "%s\n", dnntune_last_error());
  dnntune_split_result_destroy(result);
  dnntune_split_destroy(split);
  dnntune_tensor_destroy(input);
  dnntune_plan_destroy(plan);
  dnntune_link_destroy(link);
  dnntune_profile_destroy(there);
  dnntune_profile_destroy(here);
  dnntune_session_destroy(session);
  dnntune_server_destroy(server);
  dnntune_processor_destroy(processor);
  dnntune_graph_destroy(graph);
  return ok ? 0 : 1;
}
