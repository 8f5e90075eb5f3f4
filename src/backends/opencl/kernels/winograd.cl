// SPDX-License-Identifier: Apache-2.0
// Winograd's method for 3x3 convolutions of stride 1 (Lavin and Gray 2016): F(TILE x TILE, 3 x 3), TILE 2 or 4, with
// SIDE = TILE + 2. Transformed tiles are [SIDE * SIDE][tile][channel], float32: their values are sums of many inputs,
// which float16 would round too coarsely. Neighbouring work-items have neighbouring channels.
float activate(float x, int kind, float a, float b) { ACTIVATE(float) }

// One row of B^T: the matrices are those of the paper.
void transform_input(const float* from, int step, float* to, int to_step) {
#define X(i) from[(i) * step]
#define Y(i) to[(i) * to_step]
#if TILE == 2
  Y(0) = X(0) - X(2);
  Y(1) = X(1) + X(2);
  Y(2) = X(2) - X(1);
  Y(3) = X(1) - X(3);
#else
  Y(0) = 4.0f * X(0) - 5.0f * X(2) + X(4);
  Y(1) = -4.0f * (X(1) + X(2)) + X(3) + X(4);
  Y(2) = 4.0f * (X(1) - X(2)) - X(3) + X(4);
  Y(3) = 2.0f * (X(3) - X(1)) - X(2) + X(4);
  Y(4) = 2.0f * (X(1) - X(3)) - X(2) + X(4);
  Y(5) = 4.0f * X(1) - 5.0f * X(3) + X(5);
#endif
}

// One row of A^T.
void transform_output(const float* from, int step, float* to, int to_step) {
#if TILE == 2
  Y(0) = X(0) + X(1) + X(2);
  Y(1) = X(1) - X(2) - X(3);
#else
  Y(0) = X(0) + X(1) + X(2) + X(3) + X(4);
  Y(1) = X(1) - X(2) + 2.0f * (X(3) - X(4));
  Y(2) = X(1) + X(2) + 4.0f * (X(3) + X(4));
  Y(3) = X(1) - X(2) + 8.0f * (X(3) - X(4)) + X(5);
#endif
#undef X
#undef Y
}

// in: height, width, channels, padding (top, left in pad). tiles: down, across, all of all images.
__kernel void winograd_input(const __global element* input, __global float* transformed, int4 in, int2 pad, int4 tiles) {
  const int channel = get_global_id(0);
  const int tile = get_global_id(1);
  if (channel >= in.z || tile >= tiles.z) return;
  const int across = tile % tiles.y;
  const int down = tile / tiles.y % tiles.x;
  const int image = tile / (tiles.x * tiles.y);
  float x[SIDE * SIDE], half_way[SIDE * SIDE];
#pragma unroll
  for (int i = 0; i < SIDE; ++i) {
#pragma unroll
    for (int j = 0; j < SIDE; ++j) {
      const int row = down * TILE + i - pad.x, column = across * TILE + j - pad.y;
      const bool inside = row >= 0 && row < in.x && column >= 0 && column < in.y;
      x[i * SIDE + j] = inside ? LOAD(input, ((image * in.x + row) * in.y + column) * in.z + channel) : 0.0f;
    }
  }
#pragma unroll
  for (int j = 0; j < SIDE; ++j) transform_input(x + j, SIDE, half_way + j, SIDE);
#pragma unroll
  for (int i = 0; i < SIDE; ++i) transform_input(half_way + i * SIDE, 1, x + i * SIDE, 1);
#pragma unroll
  for (int i = 0; i < SIDE * SIDE; ++i) transformed[(i * tiles.z + tile) * in.z + channel] = x[i];
}

// out: height, width, channels.
__kernel void winograd_output(const __global float* products, const __global float* bias, __global element* output, int4 out,
                              int4 tiles, int has_bias, int kind, float2 bounds) {
  const int channel = get_global_id(0);
  const int tile = get_global_id(1);
  if (channel >= out.z || tile >= tiles.z) return;
  float x[SIDE * SIDE], half_way[TILE * SIDE], y[TILE * TILE];
#pragma unroll
  for (int i = 0; i < SIDE * SIDE; ++i) x[i] = products[(i * tiles.z + tile) * out.z + channel];
#pragma unroll
  for (int j = 0; j < SIDE; ++j) transform_output(x + j, SIDE, half_way + j, SIDE);
#pragma unroll
  for (int i = 0; i < TILE; ++i) transform_output(half_way + i * SIDE, 1, y + i * TILE, 1);
  const int row = tile / tiles.y % tiles.x * TILE, column = tile % tiles.y * TILE;
  const int image = tile / (tiles.x * tiles.y);
  const float offset = has_bias ? bias[channel] : 0.0f;
#pragma unroll
  for (int i = 0; i < TILE; ++i) {
#pragma unroll
    for (int j = 0; j < TILE; ++j) {
      if (row + i >= out.x || column + j >= out.y) continue;
      STORE(activate(y[i * TILE + j] + offset, kind, bounds.x, bounds.y), output,
            ((image * out.x + row + i) * out.y + column + j) * out.z + channel);
    }
  }
}
