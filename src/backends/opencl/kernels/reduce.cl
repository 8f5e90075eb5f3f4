// SPDX-License-Identifier: Apache-2.0
// Reductions of the middle dimension of [outer, size, inner]: a column of a work-group computes one result. TERM is an
// expression of x, START, COMBINED one of u and v, RESULT one of the `total`, LOG_SUM_EXP stands in their place.
#ifndef LOG_SUM_EXP
GROUP_REDUCTION(group_total, COMBINED)
#endif

__kernel void reduce(const __global element* input, __global element* output, int size, int inner, __local float* room) {
  const int i = get_global_id(0);
  const int outer = get_global_id(2);
  const int rows = get_local_size(1);
  const int at = outer * size * inner + min(i, inner - 1);
#ifdef LOG_SUM_EXP
  float largest = -INFINITY;
  for (int k = get_local_id(1); k < size; k += rows) largest = fmax(largest, LOAD(input, at + k * inner));
  largest = group_max(room, largest);
  const float base = isinf(largest) ? 0.0f : largest;
  float sum = 0.0f;
  for (int k = get_local_id(1); k < size; k += rows) sum += exp(LOAD(input, at + k * inner) - base);
  const float result = log(group_sum(room, sum)) + base;
#else
  float mine = START;
  for (int k = get_local_id(1); k < size; k += rows) {
    const float x = LOAD(input, at + k * inner);
    const float u = mine, v = TERM;
    mine = COMBINED;
  }
  const float total = group_total(room, mine);
  const float result = RESULT;
#endif
  if (i < inner && get_local_id(1) == 0) STORE(result, output, outer * inner + i);
}
