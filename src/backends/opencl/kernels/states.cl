// SPDX-License-Identifier: Apache-2.0
// States of recurrences, in and out: their rows are [direction][sequence], float32. sizes: units, batch, steps, directions.

// A state operand, [direction][sequence] or the other way round, to or from rows of float32. has_value 0: zeros.
__kernel void load_state(const __global element* from, __global float* to, int4 sizes, int batch_first, int has_value) {
  const int unit = get_global_id(0), row = get_global_id(1);
  if (unit >= sizes.x || row >= sizes.y * sizes.w) return;
  const int direction = row / sizes.y, sequence = row % sizes.y;
  const int at = batch_first ? sequence * sizes.w + direction : row;
  to[row * sizes.x + unit] = has_value ? LOAD(from, at * sizes.x + unit) : 0.0f;
}

__kernel void store_state(const __global float* from, __global element* to, int4 sizes, int batch_first) {
  const int unit = get_global_id(0), row = get_global_id(1);
  if (unit >= sizes.x || row >= sizes.y * sizes.w) return;
  const int direction = row / sizes.y, sequence = row % sizes.y;
  const int at = batch_first ? sequence * sizes.w + direction : row;
  STORE(from[row * sizes.x + unit], to, at * sizes.x + unit);
}
