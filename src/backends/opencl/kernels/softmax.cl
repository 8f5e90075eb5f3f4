// SPDX-License-Identifier: Apache-2.0
// Softmax and (LOG) LogSoftmax along the middle dimension of [outer, size, inner]: a column of a work-group a vector.
__kernel void softmax(const __global element* input, __global element* output, int size, int inner, __local float* room) {
  const int i = get_global_id(0);
  const int outer = get_global_id(2);
  const int rows = get_local_size(1);
  const int at = outer * size * inner + min(i, inner - 1);
  float largest = -INFINITY;
  for (int k = get_local_id(1); k < size; k += rows) largest = fmax(largest, LOAD(input, at + k * inner));
  largest = group_max(room, largest);
  float sum = 0.0f;
  for (int k = get_local_id(1); k < size; k += rows) sum += exp(LOAD(input, at + k * inner) - largest);
  sum = group_sum(room, sum);
  if (i >= inner) return;
#ifdef LOG
  const float shift = largest + log(sum);
  for (int k = get_local_id(1); k < size; k += rows) STORE(LOAD(input, at + k * inner) - shift, output, at + k * inner);
#else
  const float scale = 1.0f / sum;
  for (int k = get_local_id(1); k < size; k += rows)
    STORE(exp(LOAD(input, at + k * inner) - largest) * scale, output, at + k * inner);
#endif
}
