// SPDX-License-Identifier: Apache-2.0
// The maximum or the average of a window: a work-item computes four channels of a pixel.

// in, out: height, width; window: kernel height and width, strides; place: dilations, padding at the top and left; end:
// padding at the bottom and right. AVERAGE: with `count_padding` the padding counts as zeros, what is beyond never.
__kernel void pool(const __global element* input, __global element* output, int2 in, int2 out, int4 window, int4 place, int2 end,
                   int channels, int rows, int count_padding) {
  const int channel = get_global_id(0) * 4;
  const int out_x = get_global_id(1);
  const int row = get_global_id(2);
  if (channel >= channels || out_x >= out.y || row >= rows) return;
  const int n = channels - channel;
  const int image = row / out.x * in.x;
  const int top = row % out.x * window.z - place.z;
  const int left = out_x * window.w - place.w;
#ifdef AVERAGE
  float4 result = (float4)(0.0f);
#else
  float4 result = (float4)(-INFINITY);
#endif
  int taps = 0;
  for (int ky = 0; ky < window.x; ++ky) {
    const int y = top + ky * place.x;
    for (int kx = 0; kx < window.y; ++kx) {
      const int x = left + kx * place.y;
      const bool inside = y >= 0 && y < in.x && x >= 0 && x < in.y;
      if (inside || (count_padding && y < in.x + end.x && x < in.y + end.y)) ++taps;
      if (!inside) continue;
      const float4 v = load_part(input, ((image + y) * in.y + x) * channels + channel, n);
#ifdef AVERAGE
      result += v;
#else
      result = v > result ? v : result;
#endif
    }
  }
#ifdef AVERAGE
  result /= (float)(taps);
#endif
  store_part(result, output, (row * out.y + out_x) * channels + channel, n);
}
