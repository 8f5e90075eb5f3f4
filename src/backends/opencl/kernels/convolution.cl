// SPDX-License-Identifier: Apache-2.0
// Convolutions and products with constant weights, as a product in registers: a work-item computes TM pixels (rows)
// times VN output channels, reading four input channels of each pixel and four rows of weights at a time.
//
// Neighbours in dimension 0 have neighbouring channels: they read one address of the input and, with weights in the
// order [k][channel], lines of the weights side by side, which is what GPUs coalesce. CPUs want each work-item's
// weights in one run, [panel][k][VN]: the order is in `weight_strides`.
//
// POINTWISE: every pixel is its own window, in one piece. FLOAT_INPUT, FLOAT_OUTPUT: that is float32 whatever the storage
// (inside Winograd's method, and before a recurrence). WEIGHT_IMAGE: weights are texels [k][panel] of an image, read through
// the texture cache (Adreno and Mali have one; VN is 4).
#define FN JOIN(float, VN)

#ifdef FLOAT_INPUT
#define in_element float
#else
#define in_element element
#endif
#ifdef FLOAT_OUTPUT
#define out_element float
#else
#define out_element element
#endif
#define VALUE(p, i) JOIN(LOAD_, in_element)(p, i)
#define VALUE4(p, i) JOIN(LOAD4_, in_element)(p, i)

#define LOADN_float(p, i) JOIN(vload, VN)(0, (p) + (i))
#define LOADN_half(p, i) JOIN(vload_half, VN)(0, (p) + (i))
#define STOREN_float(v, p, i) JOIN(vstore, VN)((v), 0, (p) + (i))
#define STOREN_half(v, p, i) JOIN(JOIN(vstore_half, VN), _rte)((v), 0, (p) + (i))

#ifdef WEIGHT_IMAGE
__constant sampler_t kTexel = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_NONE | CLK_FILTER_NEAREST;
#define WEIGHTS __read_only image2d_t
#define WEIGHT(k) read_imagef(weights, kTexel, (int2)(panel, (k)))
#else
#define WEIGHTS const __global element*
#define WEIGHT(k) JOIN(LOADN_, element)(weights, weight_at + (k) * weight_strides.y)
#endif

FN activate(FN x, int kind, float a, float b) { ACTIVATE(FN) }

// `count` of VN.
void store_channels(FN v, __global out_element* output, int at, int count) {
  if (count >= VN) {
    JOIN(STOREN_, out_element)(v, output, at);
    return;
  }
  float lanes[VN];
  JOIN(vstore, VN)(v, 0, lanes);
  for (int i = 0; i < count; ++i) JOIN(STORE_, out_element)(lanes[i], output, at + i);
}

#define MULTIPLY(lane, k)                                                              \
  {                                                                                    \
    const FN w = WEIGHT(k);                                                            \
    for (int m = 0; m < TM; ++m) sum[m] = mad((FN)(a[m].lane), w, sum[m]);             \
  }

#ifdef POINTWISE

// sizes: rows, k, channels of the output, panels. strides: from row to row of the input and the output, from batch
// (dimension 2) to batch of them. weight_strides: of a panel, of a k, of a batch. bias: float32, VN a panel of each batch.
__kernel void product(const __global in_element* input, WEIGHTS weights, const __global float* bias, __global out_element* output,
                      int4 sizes, int4 strides, int4 weight_strides, int has_bias, int kind, float2 bounds) {
  const int panel = get_global_id(0);
  const int first = get_global_id(1) * TM;
  const int batch = get_global_id(2);
  if (panel >= sizes.w || first >= sizes.x) return;
  const int weight_at = panel * weight_strides.x + batch * weight_strides.z;
  int at[TM];
  FN sum[TM];
#pragma unroll
  for (int m = 0; m < TM; ++m) {
    at[m] = batch * strides.z + min(first + m, sizes.x - 1) * strides.x;
    sum[m] = has_bias ? JOIN(vload, VN)(batch * sizes.w + panel, bias) : (FN)(0.0f);
  }
  int k = 0;
  for (; k + 4 <= sizes.y; k += 4) {
    float4 a[TM];
#pragma unroll
    for (int m = 0; m < TM; ++m) a[m] = VALUE4(input, at[m] + k);
    MULTIPLY(s0, k)
    MULTIPLY(s1, k + 1)
    MULTIPLY(s2, k + 2)
    MULTIPLY(s3, k + 3)
  }
  for (; k < sizes.y; ++k) {
    const FN w = WEIGHT(k);
#pragma unroll
    for (int m = 0; m < TM; ++m) sum[m] = mad((FN)(VALUE(input, at[m] + k)), w, sum[m]);
  }
  const int channel = panel * VN;
  for (int m = 0; m < TM; ++m)
    if (first + m < sizes.x)
      store_channels(activate(sum[m], kind, bounds.x, bounds.y), output, batch * strides.w + (first + m) * strides.y + channel,
                     sizes.z - channel);
}

#else

// in: height, width, channels of all groups, channels of a group. out: height, width, channels of all groups, channels
// of a group. window: kernel height and width, strides. place: dilations, padding at the top and left. Panels do not
// cross groups; there are `panels` of a group. bias: float32, VN a panel. pixels: of the output.
//
// TRANSPOSED: dimension 2 are the phases, outputs whose positions leave the same rests modulo the strides. The same taps
// reach all pixels of a phase, so a work-item passes over the others for all of its pixels at once.
__kernel void convolution(const __global in_element* input, WEIGHTS weights, const __global float* bias, __global out_element* output,
                          int4 in, int4 out, int4 window, int4 place, int pixels, int panels, int groups,
                          int4 weight_strides, int has_bias, int kind, float2 bounds) {
  const int panel = get_global_id(0);
  const int first = get_global_id(1) * TM;
#ifdef TRANSPOSED
  const int phase = get_global_id(2);
  if (phase >= window.z * window.w) return;
  const int2 rest = (int2)(phase / window.w, phase % window.w);
  const int2 size = (out.xy - rest + window.zw - 1) / window.zw;
  pixels = pixels / (out.x * out.y) * (size.x * size.y);
#else
  const int2 size = out.xy;
#endif
  if (panel >= panels * groups || first >= pixels) return;
  const int group = panel / panels;
  const int weight_at = panel * weight_strides.x;
  int image[TM], top[TM], left[TM];
  FN sum[TM];
#pragma unroll
  for (int m = 0; m < TM; ++m) {
    const int pixel = min(first + m, pixels - 1);
    const int row = pixel / size.y;
    image[m] = row / size.x * in.x;
#ifdef TRANSPOSED
    top[m] = row % size.x;
    left[m] = pixel - row * size.y;
#else
    top[m] = row % size.x * window.z - place.z;
    left[m] = (pixel - row * size.y) * window.w - place.w;
#endif
    sum[m] = has_bias ? JOIN(vload, VN)(panel, bias) : (FN)(0.0f);
  }
  for (int ky = 0; ky < window.x; ++ky) {
    for (int kx = 0; kx < window.y; ++kx) {
#ifdef TRANSPOSED
      const int2 from = rest + place.zw - (int2)(ky, kx) * place.xy;
      if (from.x % window.z != 0 || from.y % window.w != 0) continue;
      const int2 tap = from / window.zw;
#else
      const int2 tap = (int2)(ky, kx) * place.xy;
#endif
      int k = (ky * window.y + kx) * in.w;
      int at[TM];  // -1: in the padding
#pragma unroll
      for (int m = 0; m < TM; ++m) {
        const int y = top[m] + tap.x;
        const int x = left[m] + tap.y;
        const bool inside = y >= 0 && y < in.x && x >= 0 && x < in.y;
        at[m] = inside ? ((image[m] + y) * in.y + x) * in.z + group * in.w : -1;
      }
      int c = 0;
      for (; c + 4 <= in.w; c += 4, k += 4) {
        float4 a[TM];
#pragma unroll
        for (int m = 0; m < TM; ++m) {
          a[m] = (float4)(0.0f);
          if (at[m] >= 0) a[m] = VALUE4(input, at[m] + c);
        }
        MULTIPLY(s0, k)
        MULTIPLY(s1, k + 1)
        MULTIPLY(s2, k + 2)
        MULTIPLY(s3, k + 3)
      }
      for (; c < in.w; ++c, ++k) {
        const FN w = WEIGHT(k);
#pragma unroll
        for (int m = 0; m < TM; ++m)
          if (at[m] >= 0) sum[m] = mad((FN)(VALUE(input, at[m] + c)), w, sum[m]);
      }
    }
  }
  const int channel = panel % panels * VN;
  for (int m = 0; m < TM; ++m) {
    if (first + m >= pixels) continue;
#ifdef TRANSPOSED
    const int to = (image[m] / in.x * out.x + top[m] * window.z + rest.x) * out.y + left[m] * window.w + rest.y;
#else
    const int to = first + m;
#endif
    store_channels(activate(sum[m], kind, bounds.x, bounds.y), output, to * out.z + group * out.w + channel, out.w - channel);
  }
}

#endif
