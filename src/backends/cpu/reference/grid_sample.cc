// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/grid_sample.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::GridMode;
using kernels::reference::GridPadding;

GridMode read_mode(const LayerSpec& layer) {
  const std::string mode = layer.node.attributes.text("mode", "linear");
  if (mode == "linear" || mode == "bilinear") return GridMode::linear;
  if (mode == "nearest") return GridMode::nearest;
  if (mode == "cubic" || mode == "bicubic") return GridMode::cubic;
  throw_unsupported(layer, fmt::format("attribute 'mode' is '{}'", mode));
}

GridPadding read_padding(const LayerSpec& layer) {
  const std::string padding = layer.node.attributes.text("padding_mode", "zeros");
  if (padding == "zeros") return GridPadding::zeros;
  if (padding == "border") return GridPadding::border;
  if (padding == "reflection") return GridPadding::reflection;
  throw_unsupported(layer, fmt::format("attribute 'padding_mode' is '{}'", padding));
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_grid_sample(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &grid = input(layer, 1), &y = output(layer, 0);
  const std::size_t rank = x.shape.size();
  if (rank != 4 && rank != 5) throw_unsupported(layer, "only images of two or three spatial dimensions are sampled");
  require_type(layer, grid, x.type, "the grid");
  require_type(layer, y, x.type, "the output");
  const auto dimensions = static_cast<std::int64_t>(rank) - 2;
  require(grid.shape.size() == rank && grid.shape[0] == x.shape[0] && grid.shape.back() == dimensions, layer,
          "the grid must be [batch, height, width, 2], of a volume [batch, depth, height, width, 3]");
  Shape wanted = grid.shape;
  wanted.back() = x.shape.back();
  require_shape(layer, y, wanted, "the output");
  require(elements(x.shape) > 0 || elements(y.shape) == 0, layer, "the image is empty");
  const GridMode mode = read_mode(layer);
  const GridPadding padding = read_padding(layer);
  const bool align = layer.node.attributes.integer("align_corners", 0) != 0;
  const std::int64_t out_pixels = elements(grid.shape, 1, rank - 1);
  const auto kernel = require_kernel(layer, kernels::reference::grid_sample_kernel(x.type));
  const kernels::reference::GridSampleArgs args{.in_height = x.shape[rank - 3], .in_width = x.shape[rank - 2], .channels = x.shape.back(),
                                                .out_pixels = out_pixels, .in_depth = rank == 5 ? x.shape[1] : 1, .dimensions = dimensions, .mode = mode, .padding = padding, .align_corners = align};
  return make_layer({.kernel = "reference.grid_sample"}, [kernel, args, batch = x.shape[0]](const Buffers& buffers, base::ThreadPool& pool) {
    auto bound = args;
    bound.input = in<void>(buffers, 0);
    bound.grid = in<void>(buffers, 1);
    bound.output = out<void>(buffers, 0);
    run_parallel(pool, batch * args.out_pixels, grain(16 * args.channels), kernel, bound);
  });
}

}  // namespace dnntune::backends::cpu::reference
