/* SPDX-License-Identifier: Apache-2.0
 * 1. Load a network and run it on a tensor. */
#include <dnntune/c_api.h>

#include <stdio.h>

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
  dnntune_session* session = NULL;
  dnntune_tensor* input = NULL;
  dnntune_tensors* outputs = NULL;
  const dnntune_tensor* logits = NULL;
  const void* data = NULL;
  size_t bytes = 0, i;
  int ok = 0;

  image[27] = image[28] = image[35] = image[36] = 1.0f;
  snprintf(path, sizeof path, "%s/digits_cnn.onnx", argc > 1 ? argv[1] : "examples/digits");
  TRY(dnntune_graph_load(path, NULL, &graph));
  TRY(dnntune_processor_local("cpu:all", &processor));
  TRY(dnntune_session_create(graph, processor, NULL, &session));
  TRY(dnntune_tensor_create(DNNTUNE_FLOAT32, shape, 4, image, sizeof image, &input));
  inputs[0] = input;
  TRY(dnntune_session_run(session, names, inputs, 1, &outputs));
  TRY(dnntune_tensors_find(outputs, "logits", &logits));
  TRY(dnntune_tensor_data(logits, &data, &bytes));
  for (i = 0; i < bytes / sizeof(float); ++i) printf("digit %d: %7.3f\n", (int)i, (double)((const float*)data)[i]);
  ok = 1;

done:
  if (!ok) fprintf(stderr, "%s\n", dnntune_last_error());
  dnntune_tensors_destroy(outputs);
  dnntune_tensor_destroy(input);
  dnntune_session_destroy(session);
  dnntune_processor_destroy(processor);
  dnntune_graph_destroy(graph);
  return ok ? 0 : 1;
}
