// SPDX-License-Identifier: Apache-2.0
// Resize. Nearest only moves elements; the other modes sum over the taps that kernels/reference/resize_taps.h gives.
#include <algorithm>

#include "backends/cpu/reference/resize_attributes.h"
#include "backends/opencl/binders.h"
#include "backends/opencl/move.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {

using kernels::reference::ResizeTaps;

Prepared prepare_resize(OpenClContext& context, const LayerSpec& layer) {
  const auto rule = cpu::reference::read_resize_rule(layer);
  const auto spans = cpu::reference::read_resize_spans(layer, rule.coordinates);
  const std::vector<std::int64_t> from = dense_strides(layer.inputs[0].shape), to = dense_strides(layer.outputs[0].shape);
  std::vector<ResizeTaps> taps;
  bool moves = true;
  for (const auto& span : spans) {
    taps.push_back(resize_taps(rule, span));
    take_if(taps.back().outside.empty(), "coordinates leave the input");
    moves = moves && taps.back().taps == 1;
  }
  LayerBuilder builder(context, layer, moves ? "opencl.resize_nearest" : "opencl.resize");
  for (const std::size_t i : {1u, 2u, 3u}) builder.hold(i);
  if (moves) {
    Move move;
    for (std::size_t d = 0; d < taps.size(); ++d) {
      MoveDim dim{spans[d].out_size, from[d], to[d], {}};
      if (spans[d].out_size != spans[d].in_size)
        for (const std::int64_t at : taps[d].index) dim.list.push_back(at * from[d]);
      move.dims.push_back(std::move(dim));
    }
    add_move(builder, move);
    return builder.finish();
  }

  take_if(taps.size() <= 4, "it has more than four dimensions");
  std::vector<cl_int> places;
  std::vector<float> factors;
  std::int64_t sizes[4] = {1, 1, 1, 1}, counts[4] = {1, 1, 1, 1}, lists[4] = {};
  for (std::size_t i = 0; i < 4; ++i) {  // innermost first
    lists[i] = static_cast<std::int64_t>(places.size());
    if (i >= taps.size()) {
      places.push_back(0);
      factors.push_back(1.0f);
      continue;
    }
    const std::size_t d = taps.size() - 1 - i;
    sizes[i] = spans[d].out_size;
    counts[i] = taps[d].taps;
    for (const std::int64_t at : taps[d].index) places.push_back(int_of(at * from[d]));
    for (const double weight : taps[d].weight) factors.push_back(static_cast<float>(weight));
  }
  const auto packed = [](const std::int64_t (&of)[4]) { return int4(of[0], of[1], of[2], of[3]); };
  Launch& launch = builder.launch("", {texts::resize()}, "resize");
  launch.input(0).output(0).memory(builder.ints(places)).memory(builder.floats(factors)).value(packed(sizes)).value(packed(counts)).value(packed(lists));
  launch.over(sizes[0], sizes[1], sizes[2] * sizes[3]);
  return builder.finish();
}

}  // namespace dnntune::backends::opencl
