// SPDX-License-Identifier: Apache-2.0
// Copies that move elements: Transpose, Concat, Split, Slice, Pad, Gather, Tile, nearest Resize... UNIT is a type as
// large as an element, or as several that always move together.

// walk: the number of dimensions, then of each, innermost first: size, step in the input, step in the output, and
// where in `walk` the places in the input are listed (0: they follow from the step; -1 in a list: `fill`).
__kernel void move(const __global UNIT* input, __global UNIT* output, const __global int* walk, const __global UNIT* fill,
                   int count, int input_offset, int output_offset) {
  const int item = get_global_id(0);
  if (item >= count) return;
  int rest = item, from = input_offset, to = output_offset;
  bool padded = false;
  for (int d = 0; d < walk[0]; ++d) {
    const int dim = walk[4 * d + 1], list = walk[4 * d + 4], i = rest % dim;
    rest /= dim;
    const int step = list == 0 ? i * walk[4 * d + 2] : walk[list + i];
    padded = padded || step < 0 && list != 0;
    from += step;
    to += i * walk[4 * d + 3];
  }
  output[to] = padded ? fill[0] : input[from];
}
