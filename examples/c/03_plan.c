/* SPDX-License-Identifier: Apache-2.0
 * 3. Plan from two profiles and a link. */
#include <dnntune/c_api.h>

#include <stdio.h>

/* Leaves through `done` at the first failure. */
#define TRY(call) \
  if ((call) != DNNTUNE_OK) goto done

int main(int argc, char** argv) {
  char path[1024];
  dnntune_graph* graph = NULL;
  dnntune_processor *one = NULL, *all = NULL;
  dnntune_session *slow = NULL, *fast = NULL;
  dnntune_profile *here = NULL, *there = NULL;
  dnntune_link* link = NULL;
  dnntune_plan* plan = NULL;
  dnntune_plan_options options;
  dnntune_plan_cost cost;
  const char* text = NULL;
  int ok = 0;

  snprintf(path, sizeof path, "%s/digits_cnn.onnx", argc > 1 ? argv[1] : "examples/digits");
  TRY(dnntune_graph_load(path, NULL, &graph));
  TRY(dnntune_processor_local("cpu:all x1", &one));
  TRY(dnntune_processor_local("cpu:all", &all));
  TRY(dnntune_session_create(graph, one, NULL, &slow));
  TRY(dnntune_session_create(graph, all, NULL, &fast));
  TRY(dnntune_session_profile(slow, NULL, &here));
  TRY(dnntune_session_profile(fast, NULL, &there));
  TRY(dnntune_link_named("wifi", &link));
  dnntune_plan_options_init(&options, sizeof options);
  options.encoding = DNNTUNE_WIRE_FP16;
  TRY(dnntune_plan_create(graph, here, there, link, &options, &plan));
  TRY(dnntune_plan_explain(plan, &text));
  puts(text);
  TRY(dnntune_plan_cost_of(plan, DNNTUNE_CHOSEN, &cost));
  printf("chosen: %s, %.3f ms predicted\n", cost.name, cost.latency_ns * 1e-6);
  ok = 1;

done:
  if (!ok) fprintf(stderr, "%s\n", dnntune_last_error());
  dnntune_plan_destroy(plan);
  dnntune_link_destroy(link);
  dnntune_profile_destroy(there);
  dnntune_profile_destroy(here);
  dnntune_session_destroy(fast);
  dnntune_session_destroy(slow);
  dnntune_processor_destroy(all);
  dnntune_processor_destroy(one);
  dnntune_graph_destroy(graph);
  return ok ? 0 : 1;
}
