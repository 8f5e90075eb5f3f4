// SPDX-License-Identifier: Apache-2.0
// float32 to float16, rounded to nearest even, and back.
__kernel void to_half(const __global float* input, __global half* output, int count) {
  const int i = get_global_id(0);
  if (i < count) vstore_half_rte(input[i], i, output);
}

__kernel void to_float(const __global half* input, __global float* output, int count) {
  const int i = get_global_id(0);
  if (i < count) output[i] = vload_half(i, input);
}
