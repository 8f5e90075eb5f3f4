// SPDX-License-Identifier: Apache-2.0
// Pooling by windows.
#include "backends/cpu/simd/conv_window.h"
#include "backends/opencl/binders.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {

Prepared prepare_pool(OpenClContext& context, const LayerSpec& layer) {
  take_if(!output(layer, 1).present(), "the places of maxima are asked for");
  const Shape kernel = layer.node.attributes.integers("kernel_shape");
  take_if(kernel.size() == 1 || kernel.size() == 2, "it has neither one nor two spatial dimensions");
  const std::optional<cpu::simd::ImageWindow> window = cpu::simd::image_window(layer, kernel);
  take_if(window.has_value(), "an operand is empty");
  const bool average = layer.node.op == graph::Op::AveragePool;
  const std::int64_t channels = window->in_channels, rows = window->batch * window->out_h;
  LayerBuilder builder(context, layer, average ? "opencl.average_pool" : "opencl.max_pool");
  Launch& launch = builder.launch(average ? "#define AVERAGE\n" : "", {texts::pool()}, "pool");
  launch.input(0).output(0).value(int2(window->in_h, window->in_w)).value(int2(window->out_h, window->out_w));
  launch.value(int4(window->kernel_h, window->kernel_w, window->stride_h, window->stride_w));
  launch.value(int4(window->dilation_h, window->dilation_w, window->pad_top, window->pad_left));
  launch.value(int2(window->pad_bottom, window->pad_right)).value(int_of(channels)).value(int_of(rows));
  launch.value(cl_int{layer.node.attributes.integer("count_include_pad", 0) != 0});
  launch.over((channels + 3) / 4, window->out_w, rows);
  return builder.finish();
}

}  // namespace dnntune::backends::opencl
