// SPDX-License-Identifier: Apache-2.0
// Layers whose work-groups reduce: reductions, global pooling, softmax, layer, instance and group normalisation. Their
// work-groups have columns, side by side along `inner`, and rows that share a column's elements.
#include <algorithm>
#include <bit>

#include "backends/opencl/binders.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {
namespace {

using graph::Op;

/// Adds the local memory, and sets the sizes for `columns` results, `outer` times.
void shape_groups(LayerBuilder& builder, Launch& launch, std::int64_t columns, std::int64_t outer) {
  const OpenClContext& context = builder.context();
  // 64 work-items keep a GPU's warps whole. A CPU has one shape for many columns and one for few: PoCL compiles for each.
  const std::size_t all = std::bit_floor(std::min<std::size_t>(context.is_gpu ? 64 : 16, context.device.info.max_work_group));
  const std::size_t fitting = std::min(all, std::bit_floor(size_of_count(columns)));
  const std::size_t width = context.is_gpu || fitting == all ? fitting : 1, rows = all / width;
  launch.local(all * sizeof(cl_float));
  launch.over(columns, static_cast<std::int64_t>(rows), outer);
  launch.in_groups({width, rows, 1});
}

struct Reduction {
  Op op;
  const char* term;
  const char* start;
  const char* combined;
  const char* result;
};
constexpr Reduction kReductions[] = {
    {Op::ReduceSum, "x", "0.0f", "u + v", "total"},
    {Op::ReduceMean, "x", "0.0f", "u + v", "total / size"},
    {Op::ReduceMax, "x", "-INFINITY", "fmax(u, v)", "total"},
    {Op::ReduceMin, "x", "INFINITY", "fmin(u, v)", "total"},
    {Op::ReduceProd, "x", "1.0f", "u * v", "total"},
    {Op::ReduceL1, "fabs(x)", "0.0f", "u + v", "total"},
    {Op::ReduceL2, "x * x", "0.0f", "u + v", "sqrt(total)"},
    {Op::ReduceLogSum, "x", "0.0f", "u + v", "log(total)"},
    {Op::ReduceSumSquare, "x * x", "0.0f", "u + v", "total"},
};

/// [outer, size, inner] -> [outer, inner]
Prepared make_reduce(OpenClContext& context, const LayerSpec& layer, std::string_view name, Op op, std::int64_t outer, std::int64_t size,
                     std::int64_t inner) {
  take_if(size > 0, "it reduces nothing");
  std::string definitions = "#define LOG_SUM_EXP\n";
  for (const Reduction& row : kReductions)
    if (row.op == op)
      definitions = fmt::format("#define TERM {}\n#define START {}\n#define COMBINED {}\n#define RESULT {}\n", row.term, row.start,
                                row.combined, row.result);
  LayerBuilder builder(context, layer, name);
  builder.hold(1);
  Launch& launch = builder.launch(definitions, {texts::group(), texts::reduce()}, "reduce");
  builder.operand(launch, 0);
  launch.output(0).value(int_of(size)).value(int_of(inner));
  shape_groups(builder, launch, inner, outer);
  return builder.finish();
}

}  // namespace

Prepared prepare_global_pool(OpenClContext& context, const LayerSpec& layer) {
  const Shape& in = layer.inputs[0].shape;
  const bool average = layer.node.op == Op::GlobalAveragePool;
  return make_reduce(context, layer, average ? "opencl.global_average_pool" : "opencl.global_max_pool", average ? Op::ReduceMean : Op::ReduceMax,
                     in.front(), backends::elements(in, 1, in.size() - 1), in.back());
}

Prepared prepare_reduce(OpenClContext& context, const LayerSpec& layer) {
  const Shape& in = layer.inputs[0].shape;
  const std::vector<std::int64_t> axes = input(layer, 1).present() ? constant_integers(layer, 1) : layer.node.attributes.integers("axes");
  const bool none = axes.empty() && layer.node.attributes.integer("noop_with_empty_axes", 0) != 0;
  std::vector<bool> reduced(in.size(), axes.empty() && !none);
  for (const std::int64_t axis : axes) reduced[normalized_axis(layer, axis, in.size())] = true;
  // Dimensions of one element may count as either; those that go must lie side by side.
  std::int64_t outer = 1, size = 1, inner = 1;
  for (std::size_t d = 0; d < in.size(); ++d) {
    if (in[d] == 1) continue;
    if (!reduced[d]) {
      inner *= in[d];
    } else {
      take_if(size == 1 || inner == 1, "the dimensions that are reduced do not lie side by side");
      if (size == 1) outer = std::exchange(inner, 1);
      size *= in[d];
    }
  }
  return make_reduce(context, layer, "opencl.reduce", layer.node.op, outer, size, inner);
}

Prepared prepare_softmax(OpenClContext& context, const LayerSpec& layer) {
  const Shape& shape = layer.inputs[0].shape;
  const bool flattens = layer.node.attributes.integer("flatten_axis_semantics", 0) != 0;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", flattens ? 1 : -1), shape.size());
  const std::int64_t outer = backends::elements(shape, 0, axis);
  const std::int64_t size = flattens ? backends::elements(shape, axis, shape.size()) : shape[axis];
  const std::int64_t inner = flattens ? 1 : backends::elements(shape, axis + 1, shape.size());
  const bool log = layer.node.op == Op::LogSoftmax;
  LayerBuilder builder(context, layer, log ? "opencl.log_softmax" : "opencl.softmax");
  builder.set_in_place();
  Launch& launch = builder.launch(log ? "#define LOG\n" : "", {texts::group(), texts::softmax()}, "softmax");
  launch.input(0).output(0).value(int_of(size)).value(int_of(inner));
  shape_groups(builder, launch, inner, outer);
  return builder.finish();
}

Prepared prepare_normalization(OpenClContext& context, const LayerSpec& layer) {
  const Shape& shape = layer.inputs[0].shape;
  take_if(!output(layer, 1).present() && !output(layer, 2).present(), "mean or deviation is asked for");
  take_if(input(layer, 1).is_constant() && (!input(layer, 2).present() || input(layer, 2).is_constant()), "scale or bias is not constant");
  const graph::Attributes& attributes = layer.node.attributes;
  std::int64_t outer = shape.front(), positions = 1, groups = 1, width = 1;
  if (layer.node.op == Op::LayerNormalization) {
    const std::size_t axis = normalized_axis(layer, attributes.integer("axis", -1), shape.size());
    outer = backends::elements(shape, 0, axis);
    width = backends::elements(shape, axis, shape.size());
  } else {
    positions = backends::elements(shape, 1, shape.size() - 1);
    groups = layer.node.op == Op::GroupNormalization ? attributes.integer("num_groups", 1) : shape.back();
    width = shape.back() / groups;
  }
  const std::vector<float> scale = constant_floats(layer.inputs[1]);
  const std::vector<float> shift = input(layer, 2).present() ? constant_floats(layer.inputs[2]) : std::vector<float>{};
  const auto channels = static_cast<std::size_t>(groups * width);
  take_if(scale.size() == channels && (shift.empty() || shift.size() == channels), "scale or bias is repeated");
  LayerBuilder builder(context, layer, "opencl.normalization");
  builder.hold(1);
  builder.hold(2);
  builder.set_in_place();
  Launch& launch = builder.launch("", {texts::group(), texts::normalize()}, "normalize_groups");
  launch.input(0).memory(builder.floats(scale)).memory(builder.floats(shift)).output(0);
  launch.value(int_of(positions)).value(int_of(groups)).value(int_of(width)).value(cl_int{!shift.empty()});
  launch.value(attributes.number("epsilon", 1e-5f));
  shape_groups(builder, launch, groups, outer);
  return builder.finish();
}

Prepared prepare_lrn(OpenClContext& context, const LayerSpec& layer) {
  const graph::Attributes& attributes = layer.node.attributes;
  const Shape& shape = layer.inputs[0].shape;
  const std::int64_t size = attributes.integer("size", 1), channels = shape.back(), pixels = backends::elements(shape) / channels;
  LayerBuilder builder(context, layer, "opencl.lrn");
  Launch& launch = builder.launch("", {texts::lrn()}, "lrn");
  launch.input(0).output(0).value(int_of(channels)).value(int_of(pixels)).value(int_of((size - 1) / 2)).value(int_of(size / 2));
  launch.value(attributes.number("alpha", 1e-4f) / static_cast<float>(size)).value(attributes.number("beta", 0.75f));
  launch.value(attributes.number("bias", 1.0f));
  launch.over(channels, pixels);
  return builder.finish();
}

}  // namespace dnntune::backends::opencl
