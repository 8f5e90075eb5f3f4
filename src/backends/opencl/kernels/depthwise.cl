// SPDX-License-Identifier: Apache-2.0
// Convolutions with one input and one output channel a group: a work-item computes four channels of a pixel.
float4 activate(float4 x, int kind, float a, float b) { ACTIVATE(float4) }

// TRANSPOSED: of a transposed convolution, whose taps reach an output where the distance is a multiple of the stride.
//
// weights: [tap][channel]. in, out: height, width; window: kernel height and width, strides; place: dilations, padding.
__kernel void depthwise(const __global element* input, const __global element* weights, const __global float* bias,
                        __global element* output, int2 in, int2 out, int4 window, int4 place, int channels, int rows,
                        int has_bias, int kind, float2 bounds) {
  const int channel = get_global_id(0) * 4;
  const int out_x = get_global_id(1);
  const int row = get_global_id(2);  // of all images
  if (channel >= channels || out_x >= out.y || row >= rows) return;
  const int n = channels - channel;
  const int image = row / out.x * in.x;
#ifdef TRANSPOSED
  const int top = row % out.x + place.z;
  const int left = out_x + place.w;
#else
  const int top = row % out.x * window.z - place.z;
  const int left = out_x * window.w - place.w;
#endif
  float4 sum = (float4)(0.0f);
  if (has_bias) sum = vload4(channel / 4, bias);
  for (int ky = 0; ky < window.x; ++ky) {
#ifdef TRANSPOSED
    const int from_y = top - ky * place.x;
    if (from_y < 0 || from_y % window.z != 0) continue;
    const int y = from_y / window.z;
#else
    const int y = top + ky * place.x;
#endif
    if (y < 0 || y >= in.x) continue;
    for (int kx = 0; kx < window.y; ++kx) {
#ifdef TRANSPOSED
      const int from_x = left - kx * place.y;
      if (from_x < 0 || from_x % window.w != 0) continue;
      const int x = from_x / window.w;
#else
      const int x = left + kx * place.y;
#endif
      if (x < 0 || x >= in.y) continue;
      sum = mad(load_part(input, ((image + y) * in.y + x) * channels + channel, n),
                load_part(weights, (ky * window.y + kx) * channels + channel, n), sum);
    }
  }
  store_part(activate(sum, kind, bounds.x, bounds.y), output, (row * out.y + out_x) * channels + channel, n);
}
