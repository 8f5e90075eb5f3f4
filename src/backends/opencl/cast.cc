// SPDX-License-Identifier: Apache-2.0
// Casts between float32 and float16.
#include "backends/opencl/binders.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {

Prepared prepare_cast(OpenClContext& context, const LayerSpec& layer) {
  const DataType from = layer.inputs[0].type, to = layer.outputs[0].type;
  if (from == to) return prepare_view(context, layer);
  take_if(from == DataType::float32 || from == DataType::float16, "its input is neither float32 nor float16");
  take_if(!layer.inputs[0].is_constant(), "its input is constant");
  const std::int64_t count = backends::elements(layer.outputs[0].shape);
  LayerBuilder builder(context, layer, "opencl.cast");
  Launch& launch = builder.launch("", {texts::convert()}, to == DataType::float16 ? "to_half" : "to_float");
  launch.input(0).output(0).value(int_of(count));
  launch.over(count);
  return builder.finish();
}

}  // namespace dnntune::backends::opencl
