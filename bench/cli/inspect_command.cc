// SPDX-License-Identifier: Apache-2.0
// dnntune inspect: what a model contains, before anything runs.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArguments {
  ModelOptions model;
  ProcessorOptions processor;
  bool json = false;
  bool layers = false;
  bool cuts = false;
};

std::string shape_text(const TensorInfo& info) {
  std::string text = "[";
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    const bool named = i < info.dim_names.size() && !info.dim_names[i].empty();
    text += (i > 0 ? "," : "") + (info.shape[i] >= 0 ? fmt::to_string(info.shape[i]) : named ? info.dim_names[i] : "?");
  }
  return text + "]";
}

/// Whether it is known before a run how many bytes cross.
bool is_sized(const Graph& graph, const CutPoint& cut) {
  return std::none_of(cut.values.begin(), cut.values.end(), [&](const std::string& name) {
    const Shape& shape = graph.value(name).shape;
    return std::any_of(shape.begin(), shape.end(), [](std::int64_t dim) { return dim < 0; });
  });
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Json info_json(const std::vector<TensorInfo>& infos) {
  Json list = Json::array();
  for (const TensorInfo& info : infos)
    list.push_back({{"name", info.name}, {"type", to_string(info.type)}, {"shape", info.shape}, {"dim_names", info.dim_names}});
  return list;
}

/// What a session on that processor would hold; nothing, with the reason, where that cannot be told.
std::optional<MemoryUse> planned(const Graph& graph, const Processor& processor, std::string& why) {
  try {
    return planned_memory(graph, processor);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported && error.code() != ErrorCode::invalid_argument) throw;
    why = error.what();
    return std::nullopt;
  }
}

Json memory_json(const Graph& graph, const Processor& processor) {
  std::string why;
  const std::optional<MemoryUse> use = planned(graph, processor, why);
  if (!use) return {{"processor", processor.name}, {"threads", processor.threads}, {"unknown", why}};
  return {{"processor", processor.name}, {"threads", processor.threads}, {"arena_bytes", use->arena}, {"packed_weight_bytes", use->packed_weights}};
}

Json to_json(const Graph& graph, const Processor& processor) {
  Json layers = Json::array();
  for (const LayerInfo& layer : graph.layers())
    layers.push_back({{"name", layer.name},   {"op", layer.op},           {"nodes", layer.nodes},
                      {"inputs", layer.inputs}, {"outputs", layer.outputs}, {"macs", layer.macs},
                      {"parameters", layer.parameters}, {"output_bytes", layer.output_bytes}});
  Json cuts = Json::array();
  for (const CutPoint& cut : graph.cut_points()) {
    cuts.push_back({{"position", cut.position}, {"values", cut.values}, {"bytes", nullptr}});
    if (is_sized(graph, cut)) cuts.back()["bytes"] = cut.bytes;
  }
  return {{"schema", "dnntune.inspect/1"}, {"name", graph.name()}, {"hash", graph.hash()}, {"opset", graph.opset()},
          {"nodes", graph.node_count()}, {"parameters", graph.parameter_count()}, {"macs", graph.mac_count()},
          {"inputs", info_json(graph.inputs())}, {"outputs", info_json(graph.outputs())},
          {"unsupported", graph.unsupported()}, {"memory", memory_json(graph, processor)}, {"layers", layers}, {"cut_points", cuts}};
}

void print(const Graph& graph, const InspectArguments& options) {
  fmt::print("{}  hash {}\n", graph.name().empty() ? options.model.model : graph.name(), graph.hash());
  fmt::print("opset {}, {} nodes, {} layers after folding and fusion\n", graph.opset(), graph.node_count(), graph.layers().size());
  fmt::print("{} parameters, {} multiply-accumulates\n", count_text(static_cast<double>(graph.parameter_count())),
             count_text(static_cast<double>(graph.mac_count())));
  for (const TensorInfo& info : graph.inputs()) fmt::print("input   {}: {} {}\n", info.name, to_string(info.type), shape_text(info));
  for (const TensorInfo& info : graph.outputs()) fmt::print("output  {}: {} {}\n", info.name, to_string(info.type), shape_text(info));

  std::map<std::string, int> operators;
  for (const LayerInfo& layer : graph.layers()) ++operators[layer.op];
  std::vector<std::string> parts;
  for (const auto& [op, count] : operators) parts.push_back(count > 1 ? fmt::format("{} x{}", op, count) : op);
  fmt::print("layers: {}\n", joined(parts));
  const Processor processor = options.processor.pick();
  std::string why;
  if (const std::optional<MemoryUse> use = planned(graph, processor, why))
    fmt::print("memory on {}: arena {}, weights {} (planned: exact)\n", processor.name, bytes_text(static_cast<double>(use->arena)),
               bytes_text(static_cast<double>(use->packed_weights)));
  else if (graph.unsupported().empty())
    fmt::print("{}\n", wrapped("memory: not known before a run: " + why, 2));

  if (!graph.unsupported().empty()) {
    fmt::print("\nThese nodes cannot run in this build (they can be placed in the cloud):\n");
    for (const std::string& line : graph.unsupported()) fmt::print("  {}\n", line);
  }
  if (options.layers) {
    Table table({">#", "layer", "op", ">MACs", ">params", ">out"});
    int index = 0;
    for (const LayerInfo& layer : graph.layers())
      table.row({fmt::to_string(index++), layer.name, layer.op, count_text(static_cast<double>(layer.macs)),
                 count_text(static_cast<double>(layer.parameters)), bytes_text(static_cast<double>(layer.output_bytes))});
    fmt::print("\n{}", table.text());
  }
  if (options.cuts) {
    Table table({">before layer", ">bytes", "values that cross"});
    for (const CutPoint& cut : graph.cut_points())
      table.row({fmt::to_string(cut.position), is_sized(graph, cut) ? bytes_text(static_cast<double>(cut.bytes)) : "?", joined(cut.values)});
    fmt::print("\n{}", table.text());
  } else if (!graph.cut_points().empty()) {
    const CutPoint* smallest = nullptr;
    for (const CutPoint& cut : graph.cut_points())
      if (cut.position > 0 && !cut.values.empty() && is_sized(graph, cut) && (smallest == nullptr || cut.bytes < smallest->bytes)) smallest = &cut;
    fmt::print("{} cut points", graph.cut_points().size());
    if (smallest != nullptr)
      fmt::print("; the smallest crossing is {} before layer {} ({})", bytes_text(static_cast<double>(smallest->bytes)), smallest->position,
                 joined(smallest->values));
    fmt::print("\n");
  }
}

}  // namespace

void add_inspect(CLI::App& app, int& result) {
  auto options = std::make_shared<InspectArguments>();
  CLI::App* command = app.add_subcommand("inspect", "Show operators, sizes, unsupported nodes and cut points of a model");
  options->model.add_to(*command);
  options->processor.add_to(*command);
  command->add_flag("--layers", options->layers, "List every layer");
  command->add_flag("--cuts", options->cuts, "List every cut point with the bytes that would cross");
  command->add_flag("--json", options->json, "Everything, for programs");
  command->callback([options, &result] {
    const Graph graph = options->model.load(true);
    if (options->json) emit(to_json(graph, options->processor.pick()).dump(2), "");
    else print(graph, *options);
    result = graph.unsupported().empty() ? kOk : kBadModel;
  });
}

}  // namespace dnntune::cli
