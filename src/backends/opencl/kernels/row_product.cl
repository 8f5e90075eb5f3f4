// SPDX-License-Identifier: Apache-2.0
// A row times a matrix of constant weights, for GPUs: too few results for a work-item each, so a work-group sums up
// four channels, its work-items taking every SPLIT-th row of weights.
float4 activate(float4 x, int kind, float a, float b) { ACTIVATE(float4) }

// Weights are [panel][k][4]: neighbouring work-items read neighbouring addresses. sizes: rows, k, channels, panels.
__kernel __attribute__((reqd_work_group_size(SPLIT, 1, 1)))
void row_product(const __global element* input, const __global element* weights, const __global float* bias,
                 __global element* output, int4 sizes, int has_bias, int kind, float2 bounds) {
  __local float4 room[SPLIT];
  const int lane = get_local_id(0);
  const int panel = get_group_id(0);
  const int row = get_group_id(1);
  const int weight_at = panel * sizes.y * 4;
  const int at = row * sizes.y;
  float4 sum = (float4)(0.0f);
  for (int k = lane; k < sizes.y; k += SPLIT) sum = mad((float4)(LOAD(input, at + k)), LOAD4(weights, weight_at + k * 4), sum);
  room[lane] = sum;
  for (int step = SPLIT / 2; step > 0; step /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < step) room[lane] += room[lane + step];
  }
  if (lane != 0) return;
  sum = room[0] + (has_bias ? vload4(panel, bias) : (float4)(0.0f));
  store_part(activate(sum, kind, bounds.x, bounds.y), output, row * sizes.z + panel * 4, sizes.z - panel * 4);
}
