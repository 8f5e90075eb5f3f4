// SPDX-License-Identifier: Apache-2.0
// load_onnx, parse_onnx, save_onnx, serialize_onnx: the public face of reader and writer.
#include "dnntune/onnx.h"

#include <cstring>
#include <new>
#include <set>

#include <fmt/format.h>

#include "backends/cpu/cpu_backend.h"
#include "base/aligned.h"
#include "base/file.h"
#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "onnx/model_reader.h"
#include "onnx/model_writer.h"

namespace dnntune {
namespace {

using graph::Ir;
using graph::Value;

const Value* find_input(const Ir& ir, const std::string& name) {
  for (const graph::ValueId id : ir.inputs)
    if (ir.value(id).name == name) return &ir.value(id);
  return nullptr;
}

std::set<std::string> symbols_of(const Ir& ir) {
  std::set<std::string> symbols;
  for (const graph::ValueId id : ir.inputs)
    for (const std::string& symbol : ir.value(id).dim_names)
      if (!symbol.empty()) symbols.insert(symbol);
  return symbols;
}

void check_dims(const Ir& ir, const std::map<std::string, std::int64_t>& dims) {
  const std::set<std::string> symbols = symbols_of(ir);
  for (const auto& [symbol, size] : dims) {
    if (!symbols.contains(symbol)) {
      std::string list;
      for (const std::string& s : symbols) list += (list.empty() ? "" : ", ") + s;
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("no input has a dimension '{}'; the open dimensions are: {}", symbol, list.empty() ? "none" : list));
    }
    if (size < 1) throw Error(ErrorCode::invalid_argument, fmt::format("dimension '{}' is {}; it must be at least 1", symbol, size));
  }
}

void check_input_shape(const Ir& ir, const std::string& name, const Shape& shape) {
  const Value* input = find_input(ir, name);
  if (input == nullptr) throw Error(ErrorCode::invalid_argument, fmt::format("the network has no input '{}'", name));
  if (input->shape && input->shape->size() != shape.size())
    throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' is {}; shape {} has another rank", name, to_string(*input->shape),
                                                         to_string(shape)));
  for (const std::int64_t dim : shape)
    if (dim < 0) throw Error(ErrorCode::invalid_argument, fmt::format("shape {} for input '{}' has a negative dimension", to_string(shape), name));
}

/// The default shape of an input whose symbols `dims` names; other open dimensions are 1.
Shape bound_shape(const Value& input, const std::map<std::string, std::int64_t>& dims) {
  Shape shape = *input.shape;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] >= 0) continue;
    const auto bound = i < input.dim_names.size() ? dims.find(input.dim_names[i]) : dims.end();
    shape[i] = bound == dims.end() ? 1 : bound->second;
  }
  return shape;
}

graph::Bindings bind(const Ir& ir, const LoadOptions& options) {
  graph::Bindings bindings;
  check_dims(ir, options.dims);
  if (!options.dims.empty())
    for (const graph::ValueId id : ir.inputs)
      if (ir.value(id).shape) bindings.input_shapes[ir.value(id).name] = bound_shape(ir.value(id), options.dims);
  for (const auto& [name, shape] : options.input_shapes) {
    check_input_shape(ir, name, shape);
    bindings.input_shapes[name] = shape;
  }
  return bindings;
}

Graph make_graph(const onnx::ModelBytes& file, const std::string& default_name, const LoadOptions& options) {
  try {
    onnx::Source source = onnx::read_model(file);
    if (source.ir.name.empty()) source.ir.name = default_name;
    graph::Bindings bindings = bind(source.ir, options);
    return Graph(graph::make_graph_impl(std::move(source.ir), std::move(source.model), std::move(bindings), &backends::cpu::evaluator(),
                                        std::move(source.storage), options.allow_unsupported));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, fmt::format("not enough memory to load {}", file.label));
  }
}

}  // namespace

Graph load_onnx(const std::filesystem::path& path, const LoadOptions& options) {
  const auto file = base::MappedFile::open(path);
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  return make_graph({file->bytes(), file, directory, fmt::format("'{}'", path.string()), file}, path.stem().string(), options);
}

Graph parse_onnx(std::span<const std::byte> bytes, const LoadOptions& options) {
  const auto copy = std::make_shared<base::AlignedBuffer>(bytes.size());
  if (!bytes.empty()) std::memcpy(copy->data(), bytes.data(), bytes.size());
  return make_graph({{copy->data(), bytes.size()}, copy, std::nullopt, "ONNX model in memory"}, "model", options);
}

std::vector<std::byte> serialize_onnx(const Graph& graph) {
  try {
    return onnx::write_model(graph.impl().source, graph.impl().model);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, fmt::format("not enough memory to write network '{}'", graph.name()));
  }
}

void save_onnx(const Graph& graph, const std::filesystem::path& path) { base::write_file(path, serialize_onnx(graph)); }

}  // namespace dnntune
