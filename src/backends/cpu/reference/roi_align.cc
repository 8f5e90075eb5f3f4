// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/roi_align.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {

std::unique_ptr<PreparedLayer> prepare_roi_align(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &regions = input(layer, 1), &batch_index = input(layer, 2), &y = output(layer, 0);
  require(x.shape.size() == 4 && elements(x.shape, 1, 4) > 0, layer, "needs images");
  require_type(layer, regions, x.type, "the regions");
  require_type(layer, batch_index, DataType::int64, "the batch indices");
  require_type(layer, y, x.type, "the output");
  require(regions.shape.size() == 2 && regions.shape[1] == 4, layer, "the regions must be [count, 4]");
  require_shape(layer, batch_index, {regions.shape[0]}, "the batch indices");
  const graph::Attributes& attributes = layer.node.attributes;
  const std::string mode = attributes.text("mode", "avg"), coordinates = attributes.text("coordinate_transformation_mode", "half_pixel");
  if (mode != "avg" && mode != "max") throw_unsupported(layer, fmt::format("attribute 'mode' is '{}'", mode));
  if (coordinates != "half_pixel" && coordinates != "output_half_pixel")
    throw_unsupported(layer, fmt::format("attribute 'coordinate_transformation_mode' is '{}'", coordinates));
  const std::int64_t samples = attributes.integer("sampling_ratio", 0);
  require(samples >= 0 && samples <= 1024, layer, "attribute 'sampling_ratio' must be from 0 to 1024");
  const Shape wanted{regions.shape[0], attributes.integer("output_height", 1), attributes.integer("output_width", 1), x.shape[3]};
  require_shape(layer, y, wanted, "the output");
  const auto kernel = require_kernel(layer, kernels::reference::roi_align_kernel(x.type));
  const kernels::reference::RoiAlignArgs args{.in_height = x.shape[1],
                                              .in_width = x.shape[2],
                                              .channels = x.shape[3],
                                              .out_height = wanted[1],
                                              .out_width = wanted[2],
                                              .samples = samples,
                                              .scale = static_cast<double>(attributes.number("spatial_scale", 1.0f)),
                                              .half_pixel = coordinates == "half_pixel",
                                              .maximum = mode == "max"};
  return make_layer({.kernel = "reference.roi_align"}, [kernel, args, name = layer_name(layer), batch = x.shape[0], count = wanted[0]](
                                                           const Buffers& buffers, base::ThreadPool& pool) {
    auto bound = args;
    bound.input = in<void>(buffers, 0);
    bound.regions = in<void>(buffers, 1);
    bound.batch_index = in<std::int64_t>(buffers, 2);
    bound.output = out<void>(buffers, 0);
    for (std::int64_t i = 0; i < count; ++i)
      if (bound.batch_index[i] < 0 || bound.batch_index[i] >= batch)
        throw_contents(name, fmt::format("batch index {} at position {} is outside a batch of {}", bound.batch_index[i], i, batch));
    run_parallel(pool, count * args.out_height * args.out_width, grain(16 * args.channels), kernel, bound);
  });
}

}  // namespace dnntune::backends::cpu::reference
