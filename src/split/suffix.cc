// SPDX-License-Identifier: Apache-2.0
#include "split/suffix.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <xxhash.h>

#include "dnntune/error.h"
#include "dnntune/split.h"
#include "graph/graph_impl.h"
#include "split/codec.h"

namespace dnntune {
namespace split {

SuffixSpec suffix_spec(const Graph& graph, const Deployment& deployment) {
  if (deployment.tiers.size() != graph.layers().size())
    throw Error(ErrorCode::invalid_argument, fmt::format("the deployment has {} layers, the graph {}", deployment.tiers.size(), graph.layers().size()));
  for (const Crossing& crossing : deployment.crossings)
    if (!carries(crossing.encoding))
      throw Error(ErrorCode::unsupported, fmt::format("the deployment lets '{}' cross as {}; a suffix reads raw, fp16 and int8", crossing.value, to_string(crossing.encoding)));
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
  std::set<std::string> codecs;
  for (const Crossing& crossing : spec.crossings) {
    parts.push_back(entry_name(crossing));
    codecs.insert(entry_ending(crossing.encoding));
  }
  std::sort(parts.begin(), parts.end());
  parts.insert(parts.end(), spec.outputs.begin(), spec.outputs.end());
  std::string text;
  for (const std::string& part : parts) text += fmt::format("{}:{};", part.size(), part);
  std::string name = fmt::format("{}.{:08x}", identity(graph), static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size())));
  for (const std::string& codec : codecs) name += codec;
  return name;
}

Graph suffix_graph(const Graph& graph, const SuffixSpec& spec) {
  std::vector<std::string> values;
  for (const Crossing& crossing : spec.crossings) values.push_back(crossing.value);
  const Graph raw = graph.extract(values, spec.outputs);
  if (std::all_of(spec.crossings.begin(), spec.crossings.end(), [](const Crossing& c) { return c.encoding == WireEncoding::raw; })) return raw;
  const graph::GraphImpl& impl = raw.impl();
  graph::Ir ir = impl.source;
  graph::Bindings bindings = impl.bindings;
  check_decoders(spec.crossings, impl.model.opset);
  for (const Crossing& crossing : spec.crossings)
    if (crossing.encoding != WireEncoding::raw) add_decoder(ir, bindings, crossing);
  return Graph(graph::make_graph_impl(std::move(ir), impl.model, std::move(bindings), impl.evaluator, impl.storage, true));
}

}  // namespace split

std::string suffix_name(const Graph& graph, const Deployment& deployment) { return split::suffix_name(graph, split::suffix_spec(graph, deployment)); }
Graph suffix_graph(const Graph& graph, const Deployment& deployment) { return split::suffix_graph(graph, split::suffix_spec(graph, deployment)); }

}  // namespace dnntune
