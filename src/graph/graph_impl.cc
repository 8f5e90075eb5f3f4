// SPDX-License-Identifier: Apache-2.0
#include "graph/graph_impl.h"

#include <fmt/ranges.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "graph/layer_info.h"
#include "graph/lower/inline_if.h"
#include "graph/validate.h"

namespace dnntune::graph {
namespace {

/// A value's public description at the default shapes. An open dimension keeps its symbol, "?" when the
/// file gives it none. An unknown rank becomes [-1], so that nobody takes the value for a scalar.
TensorInfo tensor_info(const Value& value, const InferredType& inferred) {
  TensorInfo info{value.name, inferred.type, inferred.shape.value_or(Shape{-1}), value.dim_names};
  info.dim_names.resize(info.shape.size());
  if (!value.shape) return info;
  for (std::size_t i = 0; i < value.shape->size() && i < info.shape.size(); ++i)
    if ((*value.shape)[i] < 0 && info.dim_names[i].empty()) info.dim_names[i].push_back('?');
  return info;
}

void describe_values(GraphImpl& impl) {
  for (std::size_t i = 0; i < impl.source.values.size(); ++i) {
    const Value& value = impl.source.values[i];
    impl.source_ids.emplace(value.name, static_cast<ValueId>(i));
    if (!value.is_constant()) impl.values.emplace(value.name, tensor_info(value, impl.lowered.inferred[i]));
  }
  const auto info = [&](ValueId id) { return tensor_info(impl.source.value(id), impl.lowered.inferred[static_cast<std::size_t>(id)]); };
  for (const ValueId id : impl.source.inputs) impl.inputs.push_back(info(id));
  for (const ValueId id : impl.source.outputs) impl.outputs.push_back(info(id));
}

/// What to say when a network does not fit the sizes that nobody asked for; empty when all were given.
std::string open_sizes_hint(const Ir& source, const Bindings& bindings) {
  std::string inputs;
  for (const ValueId id : source.inputs) {
    const Value& value = source.value(id);
    if (!value.shape || value.is_static() || bindings.input_shapes.contains(value.name)) continue;
    inputs += fmt::format("{}'{}' {}", inputs.empty() ? "" : ", ", value.name, to_string(*value.shape));
  }
  if (inputs.empty()) return {};
  return fmt::format("; open dimensions (?) were taken as 1: {}; LoadOptions::dims or the command's --dim gives them sizes", inputs);
}

/// lower(), with that hint where the shapes do not fit.
Lowered lower_or_explain(const Ir& source, const Bindings& bindings, const Evaluator* evaluator) {
  try {
    return lower(source, bindings, evaluator);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_model) throw;
    throw Error(error.code(), error.what() + open_sizes_hint(source, bindings));
  }
}

}  // namespace

std::shared_ptr<const GraphImpl> make_graph_impl(Ir source, ModelInfo model, Bindings bindings, const Evaluator* evaluator,
                                                 Storage storage, bool allow_unsupported) {
  auto impl = std::make_shared<GraphImpl>();
  lowering::inline_constant_ifs(source, evaluator);
  impl->unsupported = mark_unsupported(source, model);
  validate(source);
  if (!impl->unsupported.empty() && !allow_unsupported)
    throw Error(ErrorCode::unsupported, fmt::format("{} nodes cannot run here:\n{}", impl->unsupported.size(), fmt::join(impl->unsupported, "\n")));
  impl->source = std::move(source);
  impl->model = std::move(model);
  impl->bindings = std::move(bindings);
  impl->evaluator = evaluator;
  impl->storage = std::move(storage);
  impl->lowered = lower_or_explain(impl->source, impl->bindings, evaluator);
  describe_values(*impl);
  impl->layers = describe_layers(impl->source, impl->lowered);
  impl->cut_points = find_cut_points(impl->lowered.ir);
  impl->parameters = count_parameters(impl->lowered.ir);
  for (std::size_t i = 0; i < impl->layers.size(); ++i) {
    impl->layer_ids.emplace(impl->layers[i].name, static_cast<int>(i));
    impl->macs = base::checked_add(impl->macs, impl->layers[i].macs, "multiply-accumulates of the graph");
  }
  impl->storage.release_pages();
  return impl;
}

}  // namespace dnntune::graph
