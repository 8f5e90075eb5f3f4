// SPDX-License-Identifier: Apache-2.0
// Functions of one, two or three elements. FUNCTION is an expression of float4: of x, a and b (unary), of x and y
// (binary). A work-item computes four elements of a row.
#ifdef UNARY

__kernel void unary(const __global element* input, __global element* output, int count, float a, float b) {
  const int i = get_global_id(0) * 4;
  if (i >= count) return;
  const float4 x = load_part(input, i, count - i);
  store_part(FUNCTION, output, i, count - i);
}

#elif defined(BINARY)

float4 operand(const __global element* from, int at, int step, int n) {
  return step == 0 ? (float4)(LOAD(from, at)) : load_part(from, at, n);
}

// walk: the number of dimensions, then size and steps of both operands (0: repeated) of each, innermost first; the
// innermost ones are 0 or 1. `items`: rows times fours of a row.
__kernel void binary(const __global element* first, const __global element* second, __global element* output,
                     const __global int* walk, int items) {
  const int item = get_global_id(0);
  if (item >= items) return;
  const int size = walk[1], fours = (size + 3) / 4;
  const int column = item % fours * 4;
  int rest = item / fours;
  const int to = rest * size + column;
  int x_at = column * walk[2], y_at = column * walk[3];
  for (int d = 1; d < walk[0]; ++d) {
    const int dim = walk[3 * d + 1], i = rest % dim;
    rest /= dim;
    x_at += i * walk[3 * d + 2];
    y_at += i * walk[3 * d + 3];
  }
  const int n = size - column;
  const float4 x = operand(first, x_at, walk[2], n), y = operand(second, y_at, walk[3], n);
  store_part(FUNCTION, output, to, n);
}

#else

// y = x * scale[c] + shift[c] for rows of channels.
__kernel void channel_affine(const __global element* input, const __global float* scale, const __global float* shift,
                             __global element* output, int channels, int rows) {
  const int channel = get_global_id(0) * 4;
  const int row = get_global_id(1);
  if (channel >= channels || row >= rows) return;
  const int at = row * channels + channel;
  const float4 x = load_part(input, at, channels - channel);
  store_part(mad(x, vload4(channel / 4, scale), vload4(channel / 4, shift)), output, at, channels - channel);
}

#endif
