// SPDX-License-Identifier: Apache-2.0
// Resize of up to four dimensions: each element is a sum over the taps of each dimension. places: for each dimension,
// innermost first, the taps of each coordinate as offsets in the input; factors likewise. taps, lists: how many taps a
// dimension has, and where its list begins.
__kernel void resize(const __global element* input, __global element* output, const __global int* places,
                     const __global float* factors, int4 sizes, int4 taps, int4 lists) {
  const int i0 = get_global_id(0);
  const int i1 = get_global_id(1);
  const int outer = get_global_id(2);
  if (i0 >= sizes.s0 || i1 >= sizes.s1 || outer >= sizes.s2 * sizes.s3) return;
  const int list0 = lists.s0 + i0 * taps.s0, list1 = lists.s1 + i1 * taps.s1;
  const int list2 = lists.s2 + outer % sizes.s2 * taps.s2, list3 = lists.s3 + outer / sizes.s2 * taps.s3;
  float sum = 0.0f;
  for (int t3 = list3; t3 < list3 + taps.s3; ++t3)
    for (int t2 = list2; t2 < list2 + taps.s2; ++t2)
      for (int t1 = list1; t1 < list1 + taps.s1; ++t1) {
        const float factor = factors[t3] * factors[t2] * factors[t1];
        const int at = places[t3] + places[t2] + places[t1];
        for (int t0 = list0; t0 < list0 + taps.s0; ++t0) sum = mad(LOAD(input, at + places[t0]), factor * factors[t0], sum);
      }
  STORE(sum, output, (outer * sizes.s1 + i1) * sizes.s0 + i0);
}
