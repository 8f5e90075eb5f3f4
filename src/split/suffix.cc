// SPDX-License-Identifier: Apache-2.0
#include "split/suffix.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/half.h"
#include "dnntune/error.h"
#include "dnntune/split.h"
#include "graph/graph_impl.h"

namespace dnntune {
namespace split {
namespace {

/// Puts `Cast(value.fp16) -> value` in front of the suffix and makes value.fp16 the input.
void add_decoder(graph::Ir& ir, graph::Bindings& bindings, const Crossing& crossing) {
  const auto input = std::find_if(ir.inputs.begin(), ir.inputs.end(), [&](graph::ValueId id) { return ir.value(id).name == crossing.value; });
  if (ir.value(*input).type != DataType::float32)
    throw Error(ErrorCode::invalid_argument, fmt::format("value '{}' is {} and cannot cross as fp16", crossing.value, to_string(ir.value(*input).type)));
  graph::Value encoded = ir.value(*input);
  encoded.name = entry_name(crossing);
  encoded.type = DataType::float16;
  const graph::ValueId decoded_id = *input;
  const graph::ValueId encoded_id = ir.add_value(std::move(encoded));
  *input = encoded_id;
  if (const auto shape = bindings.input_shapes.extract(crossing.value); !shape.empty())
    bindings.input_shapes[entry_name(crossing)] = shape.mapped();

  graph::Node cast;
  cast.op = graph::Op::Cast;
  cast.op_type = "Cast";
  cast.name = "dnntune_decode_" + crossing.value;
  cast.attributes = graph::Attributes({{"to", static_cast<std::int64_t>(DataType::float32)}});
  cast.inputs = {encoded_id};
  cast.outputs = {decoded_id};
  ir.nodes.insert(ir.nodes.begin(), std::move(cast));
}

}  // namespace

SuffixSpec suffix_spec(const Graph& graph, const Deployment& deployment) {
  if (deployment.tiers.size() != graph.layers().size())
    throw Error(ErrorCode::invalid_argument, fmt::format("the deployment has {} layers, the graph {}", deployment.tiers.size(), graph.layers().size()));
  for (const Crossing& crossing : deployment.crossings)
    if (crossing.encoding != WireEncoding::raw && crossing.encoding != WireEncoding::fp16)
      throw Error(ErrorCode::unsupported, fmt::format("the deployment lets '{}' cross as {}; a suffix reads raw and fp16", crossing.value, to_string(crossing.encoding)));
  std::set<std::string> made_in_cloud;
  for (std::size_t i = 0; i < deployment.tiers.size(); ++i)
    if (deployment.tiers[i] == Tier::cloud) made_in_cloud.insert(graph.layers()[i].outputs.begin(), graph.layers()[i].outputs.end());
  if (made_in_cloud.empty()) throw Error(ErrorCode::invalid_argument, "nothing runs in the cloud: there is no suffix");
  SuffixSpec spec{deployment.crossings, {}};
  for (const TensorInfo& info : graph.outputs())
    if (made_in_cloud.contains(info.name)) spec.outputs.push_back(info.name);
  return spec;
}

std::string identity(const Graph& graph) {
  static constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  static constexpr std::size_t kMaxName = 100;  // some servers make folders of names
  std::string name = graph.name().empty() ? "model" : graph.name().substr(0, kMaxName);
  for (char& c : name)
    if (kSafe.find(c) == std::string_view::npos) c = '_';
  return fmt::format("{}.{}", name, graph.hash().substr(0, 8));
}

std::string suffix_name(const Graph& graph, const SuffixSpec& spec) {
  std::vector<std::string> parts;
  bool half = false;
  for (const Crossing& crossing : spec.crossings) {
    parts.push_back(entry_name(crossing));
    half = half || crossing.encoding == WireEncoding::fp16;
  }
  std::sort(parts.begin(), parts.end());
  parts.insert(parts.end(), spec.outputs.begin(), spec.outputs.end());
  std::string text;
  for (const std::string& part : parts) text += fmt::format("{}:{};", part.size(), part);
  return fmt::format("{}.{:08x}{}", identity(graph), static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size())), half ? ".fp16" : "");
}

Graph suffix_graph(const Graph& graph, const SuffixSpec& spec) {
  std::vector<std::string> values;
  for (const Crossing& crossing : spec.crossings) values.push_back(crossing.value);
  const Graph raw = graph.extract(values, spec.outputs);
  if (std::all_of(spec.crossings.begin(), spec.crossings.end(), [](const Crossing& c) { return c.encoding == WireEncoding::raw; })) return raw;
  const graph::GraphImpl& impl = raw.impl();
  graph::Ir ir = impl.source;
  graph::Bindings bindings = impl.bindings;
  for (const Crossing& crossing : spec.crossings)
    if (crossing.encoding == WireEncoding::fp16) add_decoder(ir, bindings, crossing);
  return Graph(graph::make_graph_impl(std::move(ir), impl.model, std::move(bindings), impl.evaluator, impl.storage, true));
}

std::string entry_name(const Crossing& crossing) { return crossing.encoding == WireEncoding::fp16 ? crossing.value + ".fp16" : crossing.value; }

Tensor encode(const Tensor& value, WireEncoding encoding) {
  if (encoding == WireEncoding::raw) return value;
  const auto floats = value.as<float>();
  Tensor halves(DataType::float16, value.shape());
  auto* out = static_cast<std::uint16_t*>(halves.mutable_data());
  std::transform(floats.begin(), floats.end(), out, base::float_to_float16);
  return halves;
}

}  // namespace split

std::string suffix_name(const Graph& graph, const Deployment& deployment) { return split::suffix_name(graph, split::suffix_spec(graph, deployment)); }
Graph suffix_graph(const Graph& graph, const Deployment& deployment) { return split::suffix_graph(graph, split::suffix_spec(graph, deployment)); }

}  // namespace dnntune
