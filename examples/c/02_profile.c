/* SPDX-License-Identifier: Apache-2.0
 * 2. Measure every layer. */
#include <dnntune/c_api.h>

#include <stdio.h>

/* Leaves through `done` at the first failure. */
#define TRY(call) \
  if ((call) != DNNTUNE_OK) goto done

int main(int argc, char** argv) {
  char path[1024];
  dnntune_graph* graph = NULL;
  dnntune_processor* processor = NULL;
  dnntune_session* session = NULL;
  dnntune_profile* profile = NULL;
  dnntune_layer_profile layer;
  const char* table = NULL;
  size_t count = 0, slowest = 0, i;
  double longest = 0;
  int ok = 0;

  snprintf(path, sizeof path, "%s/digits_lstm.onnx", argc > 1 ? argv[1] : "examples/digits");
  TRY(dnntune_graph_load(path, NULL, &graph));
  TRY(dnntune_processor_local("cpu:all x1", &processor));
  TRY(dnntune_session_create(graph, processor, NULL, &session));
  TRY(dnntune_session_profile(session, NULL, &profile));
  TRY(dnntune_profile_table(profile, &table));
  puts(table);
  TRY(dnntune_profile_layer_count(profile, &count));
  for (i = 0; i < count; ++i) {
    TRY(dnntune_profile_layer(profile, i, &layer));
    if (layer.latency_ns > longest) {
      longest = layer.latency_ns;
      slowest = i;
    }
  }
  TRY(dnntune_profile_layer(profile, slowest, &layer));
  printf("slowest layer: %s (%s), %.1f us\n", layer.name, layer.kernel, layer.latency_ns * 1e-3);
  ok = 1;

done:
  if (!ok) fprintf(stderr, "%s\n", dnntune_last_error());
  dnntune_profile_destroy(profile);
  dnntune_session_destroy(session);
  dnntune_processor_destroy(processor);
  dnntune_graph_destroy(graph);
  return ok ? 0 : 1;
}
