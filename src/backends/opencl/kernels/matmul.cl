// SPDX-License-Identifier: Apache-2.0
// Products of two matrices that are both computed by other layers: a work-item computes four rows times four columns.
float4 activate(float4 x, int kind, float a, float b) { ACTIVATE(float4) }

// sizes: m, n, k of one product. a_step, b_step: from row to row and from column to column. batches: for each product
// where a and b begin.
__kernel void matmul(const __global element* a, const __global element* b, const __global element* bias, __global element* output,
                     const __global int* batches, int4 sizes, int2 a_step, int2 b_step, int has_bias, int kind, float2 bounds) {
  const int column = get_global_id(0) * 4;
  const int row = get_global_id(1) * 4;
  const int batch = get_global_id(2);
  if (column >= sizes.y || row >= sizes.x) return;
  const int n = sizes.y - column;
  int at[4];
  float4 sum[4];
#pragma unroll
  for (int m = 0; m < 4; ++m) {
    at[m] = batches[2 * batch] + min(row + m, sizes.x - 1) * a_step.x;
    sum[m] = has_bias ? load_part(bias, column, n) : (float4)(0.0f);
  }
  const int b_at = batches[2 * batch + 1] + column * b_step.y;
  for (int k = 0; k < sizes.z; ++k) {
    const int b_row = b_at + k * b_step.x;
    float4 w;
    if (b_step.y == 1) {
      w = load_part(b, b_row, n);
    } else {
      w = (float4)(LOAD(b, b_row), n > 1 ? LOAD(b, b_row + b_step.y) : 0.0f, n > 2 ? LOAD(b, b_row + 2 * b_step.y) : 0.0f,
                   n > 3 ? LOAD(b, b_row + 3 * b_step.y) : 0.0f);
    }
#pragma unroll
    for (int m = 0; m < 4; ++m) sum[m] = mad((float4)(LOAD(a, at[m] + k * a_step.y)), w, sum[m]);
  }
  for (int m = 0; m < 4; ++m)
    if (row + m < sizes.x)
      store_part(activate(sum[m], kind, bounds.x, bounds.y), output, (batch * sizes.x + row + m) * sizes.y + column, n);
}
