// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/winograd.h"

#include <span>

#include "backends/opencl/product.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {
namespace {

// G of Lavin and Gray 2016, for F(2, 3) and F(4, 3).
constexpr double kG2[][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
constexpr double kG4[][3] = {{1.0 / 4, 0, 0},          {-1.0 / 6, -1.0 / 6, -1.0 / 6}, {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                             {1.0 / 24, 1.0 / 12, 1.0 / 6}, {1.0 / 24, -1.0 / 12, 1.0 / 6}, {0, 0, 1}};

/// (G g G^T)[i][j]
double transformed(std::span<const double[3]> g, const float* taps, std::size_t i, std::size_t j) {
  double sum = 0.0;
  for (std::size_t y = 0; y < 3; ++y)
    for (std::size_t x = 0; x < 3; ++x) sum += g[i][y] * static_cast<double>(taps[y * 3 + x]) * g[j][x];
  return sum;
}

}  // namespace

Prepared make_winograd(OpenClContext& context, const LayerSpec& layer, const cpu::simd::ImageWindow& image, std::int64_t tile,
                       std::string_view kernel, const std::vector<float>& weights, const std::vector<float>& bias) {
  const std::span<const double[3]> g = tile == 2 ? std::span<const double[3]>(kG2) : std::span<const double[3]>(kG4);
  const std::int64_t side = tile + 2, places = side * side, channels = image.in_channels, outputs = image.out_channels;
  const std::int64_t down = (image.out_h + tile - 1) / tile, across = (image.out_w + tile - 1) / tile, tiles = image.batch * down * across;
  const Tiling tiling = tiling_for(context, tiles, outputs);
  // A matrix of weights for each place in a tile.
  std::vector<float> all;
  cl_int4 strides{};
  PanelWeights panels(tiling, channels, outputs);
  for (std::size_t place = 0; place < static_cast<std::size_t>(places); ++place) {
    const auto width = static_cast<std::size_t>(side);
    for (std::int64_t out = 0; out < outputs; ++out)
      for (std::int64_t channel = 0; channel < channels; ++channel)
        panels.at(0, channel, out) =
            static_cast<float>(transformed(g, &weights[static_cast<std::size_t>((out * channels + channel) * 9)], place / width, place % width));
    strides = panels.strides();
    all.insert(all.end(), panels.values().begin(), panels.values().end());
  }

  LayerBuilder builder(context, layer, kernel);
  builder.hold(1);
  builder.hold(2);
  constexpr std::size_t kTiles = 0, kProducts = 1;
  builder.reserve_scratch(kTiles, places * tiles * channels);
  builder.reserve_scratch(kProducts, places * tiles * outputs);
  const std::string definitions = fmt::format("#define TILE {}\n#define SIDE {}\n", tile, side);
  const cl_int4 tile_counts = int4(down, across, tiles, 0);

  Launch& in = builder.launch(definitions, {texts::winograd()}, "winograd_input");
  in.input(0).scratch(kTiles).value(int4(image.in_h, image.in_w, channels, 0)).value(int2(image.pad_top, image.pad_left)).value(tile_counts);
  in.over(channels, tiles);

  Launch& product = builder.launch("#define POINTWISE\n#define FLOAT_INPUT\n#define FLOAT_OUTPUT\n" + tiling.definitions(), {texts::convolution()}, "product");
  const cl_mem padded_bias = builder.floats(bias);
  product.scratch(kTiles).memory(builder.elements(all)).memory(padded_bias).scratch(kProducts);
  product.value(int4(tiles, channels, outputs, panels.panels())).value(int4(channels, outputs, tiles * channels, tiles * outputs));
  product.value(strides).value(cl_int{0}).activation({});
  product.over(panels.panels(), (tiles + tiling.rows - 1) / tiling.rows, places);

  Launch& out = builder.launch(definitions, {texts::winograd()}, "winograd_output");
  out.scratch(kProducts).memory(padded_bias).output(0).value(int4(image.out_h, image.out_w, outputs, 0)).value(tile_counts);
  out.value(cl_int{bias.empty() ? 0 : 1}).activation(fused_activation(layer));
  out.over(outputs, tiles);
  return builder.finish();
}

}  // namespace dnntune::backends::opencl
