// SPDX-License-Identifier: Apache-2.0
// Layer, instance and group normalisation: of [outer, positions, groups, width] each (outer, group) is made to have mean
// 0 and variance 1, then scaled and shifted by [groups, width]. A column of a work-group a group; two passes for the
// moments, because squares of float32 lose what a large mean leaves of the variance.
// "normalize" is a function of OpenCL.
__kernel void normalize_groups(const __global element* input, const __global float* scale, const __global float* shift,
                        __global element* output, int positions, int groups, int width, int has_shift, float epsilon,
                        __local float* room) {
  const int group = get_global_id(0);
  const int outer = get_global_id(2);
  const int rows = get_local_size(1);
  const int channels = groups * width;
  const int count = positions * width;
  const int own = min(group, groups - 1) * width;
  const int at = outer * positions * channels + own;
  float sum = 0.0f;
  for (int k = get_local_id(1); k < count; k += rows) sum += LOAD(input, at + k / width * channels + k % width);
  const float mean = group_sum(room, sum) / count;
  sum = 0.0f;
  for (int k = get_local_id(1); k < count; k += rows) {
    const float apart = LOAD(input, at + k / width * channels + k % width) - mean;
    sum += apart * apart;
  }
  const float factor = 1.0f / sqrt(group_sum(room, sum) / count + epsilon);
  if (group >= groups) return;
  for (int k = get_local_id(1); k < count; k += rows) {
    const int i = at + k / width * channels + k % width, c = own + k % width;
    STORE((LOAD(input, i) - mean) * factor * scale[c] + (has_shift ? shift[c] : 0.0f), output, i);
  }
}
