// SPDX-License-Identifier: Apache-2.0
// Local response normalisation across channels: x / (bias + factor * sum of squares)^beta over [c - before, c + after].
__kernel void lrn(const __global element* input, __global element* output, int channels, int pixels, int before, int after,
                  float factor, float beta, float bias) {
  const int channel = get_global_id(0);
  const int pixel = get_global_id(1);
  if (channel >= channels || pixel >= pixels) return;
  const int at = pixel * channels;
  float sum = 0.0f;
  for (int c = max(channel - before, 0); c <= min(channel + after, channels - 1); ++c) {
    const float x = LOAD(input, at + c);
    sum = mad(x, x, sum);
  }
  STORE(LOAD(input, at + channel) * pow(bias + factor * sum, -beta), output, at + channel);
}
