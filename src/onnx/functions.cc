// SPDX-License-Identifier: Apache-2.0
#include "onnx/functions.h"

#include <algorithm>
#include <unordered_set>

#include <protozero/pbf_writer.hpp>

#include "onnx/node_proto.h"
#include "onnx/rewrite.h"
#include "onnx/schema.h"
#include "onnx/subgraph.h"

namespace dnntune::onnx {
namespace {

using namespace schema;

/// Functions within functions.
constexpr int kMaxCallDepth = 64;
constexpr std::size_t kMaxCalls = 100'000;
/// Of all bodies together, copied with their new names.
constexpr std::size_t kMaxBodyBytes = std::size_t{256} << 20;

std::string key_of(std::string_view domain, std::string_view name, std::string_view overload) {
  return fmt::format("{}\n{}\n{}", domain, name, overload);
}

struct Call {
  std::string_view domain, op_type, name, overload;
  std::vector<std::string_view> inputs, outputs;
  std::unordered_map<std::string_view, Bytes> attributes;
};

std::string_view attribute_name(Bytes attribute) {
  std::string_view name;
  pbf_reader reader = reader_of(attribute);
  while (reader.next(AttributeProto::name, protozero::pbf_wire_type::length_delimited)) name = read_name(reader, "the name of an attribute");
  return name;
}

Call read_call(Bytes node) {
  Call call;
  pbf_reader reader = reader_of(node);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_key(NodeProto::input): call.inputs.push_back(read_name(reader, "the name of a node's input")); break;
      case bytes_key(NodeProto::output): call.outputs.push_back(read_name(reader, "the name of a node's output")); break;
      case bytes_key(NodeProto::name): call.name = read_name(reader, "the name of a node"); break;
      case bytes_key(NodeProto::op_type): call.op_type = read_name(reader, "the operator of a node"); break;
      case bytes_key(NodeProto::domain): call.domain = read_name(reader, "the domain of a node"); break;
      case bytes_key(NodeProto::overload): call.overload = read_name(reader, "the overload of a node"); break;
      case bytes_key(NodeProto::attribute): {
        const Bytes attribute = read_bytes(reader);
        call.attributes[attribute_name(attribute)] = attribute;
        break;
      }
      default: reader.skip();
    }
  }
  return call;
}

std::optional<std::int64_t> default_opset(pbf_reader entry) {
  std::string_view domain;
  std::int64_t version = 0;
  while (entry.next()) {
    switch (entry.tag_and_type()) {
      case bytes_key(OperatorSetIdProto::domain): domain = read_name(entry, "an opset's domain"); break;
      case varint_key(OperatorSetIdProto::version): version = entry.get_int64(); break;
      default: entry.skip();
    }
  }
  return is_default_domain(domain) ? std::optional(version) : std::nullopt;
}

}  // namespace

void Functions::add(Bytes proto) {
  Function function;
  std::string_view domain, name, overload;
  pbf_reader reader = reader_of(proto);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_key(FunctionProto::name): name = read_name(reader, "the name of a function"); break;
      case bytes_key(FunctionProto::domain): domain = read_name(reader, "the domain of a function"); break;
      case bytes_key(FunctionProto::overload): overload = read_name(reader, "the overload of a function"); break;
      case bytes_key(FunctionProto::input): function.inputs.push_back(read_name(reader, "an input of a function")); break;
      case bytes_key(FunctionProto::output): function.outputs.push_back(read_name(reader, "an output of a function")); break;
      case bytes_key(FunctionProto::node): function.nodes.push_back(read_bytes(reader)); break;
      case bytes_key(FunctionProto::opset_import):
        if (const auto opset = default_opset(reader.get_message())) function.opset = opset;
        break;
      case bytes_key(FunctionProto::attribute_proto): {
        const Bytes attribute = read_bytes(reader);
        function.defaults[attribute_name(attribute)] = attribute;
        break;
      }
      default: reader.skip();
    }
  }
  require_count(functions_.size() + 1, kMaxEntries, "functions of the model");
  require_count(function.nodes.size(), kMaxNodes, fmt::format("nodes of function '{}'", name));
  if (is_default_domain(domain)) return;  // ONNX's own operators are what ONNX says
  if (!functions_.emplace(key_of(domain, name, overload), std::move(function)).second)
    throw Error(ErrorCode::invalid_model, fmt::format("function '{}' of domain '{}' is defined a second time", name, domain));
}

/// One pass over a graph's nodes.
struct Functions::Expansion {
  const std::map<std::string, Function, std::less<>>& functions;
  std::optional<std::int64_t> opset;
  const UniqueNames& taken;
  UniqueNames own;
  std::deque<std::string>& made;
  std::vector<Bytes> nodes;
  FunctionWork& work;

  Bytes keep(std::string text) {
    work.bytes += text.size();
    require_count(work.bytes, kMaxBodyBytes, "bytes of function bodies");
    made.push_back(std::move(text));
    return std::as_bytes(std::span(made.back()));
  }

  std::string unique(const std::string& wanted) {
    std::string name = own.make(wanted);
    while (taken.is_taken(name)) name = own.make(wanted);
    return name;
  }

  void add(Bytes node, int depth) {
    const Call call = read_call(node);
    const auto found = functions.find(key_of(call.domain, call.op_type, call.overload));
    if (found == functions.end() || found->second.opset.value_or(opset.value_or(0)) != opset.value_or(0)) {
      require_count(nodes.size() + 1, kMaxNodes, "nodes of the graph");
      nodes.push_back(node);
      return;
    }
    if (depth >= kMaxCallDepth)
      throw Error(ErrorCode::limit_exceeded, fmt::format("function '{}' of domain '{}': calls are nested deeper than {} levels", call.op_type,
                                                         call.domain, kMaxCallDepth));
    inline_call(call, found->second, depth);
  }

  void inline_call(const Call& call, const Function& function, int depth) {
    require_count(++work.calls, kMaxCalls, "calls of functions");
    if (call.inputs.size() > function.inputs.size() || call.outputs.size() > function.outputs.size())
      throw Error(ErrorCode::invalid_model,
                  fmt::format("node '{}' calls function '{}' with {} inputs and {} outputs; it has {} and {}", call.name, call.op_type,
                              call.inputs.size(), call.outputs.size(), function.inputs.size(), function.outputs.size()));
    const std::string prefix(call.name.empty() ? call.op_type : call.name);
    std::unordered_map<std::string_view, Bytes> attributes = call.attributes;
    attributes.insert(function.defaults.begin(), function.defaults.end());
    Rewriting rewriting{{}, &attributes};
    for (std::size_t i = 0; i < function.inputs.size(); ++i)
      rewriting.values[function.inputs[i]] = i < call.inputs.size() ? std::string(call.inputs[i]) : std::string();
    std::vector<std::string> copies;  // outputs that no node of the body may write directly
    for (std::size_t i = 0; i < call.outputs.size(); ++i) {
      if (call.outputs[i].empty()) continue;
      const auto [entry, is_new] = rewriting.values.try_emplace(function.outputs[i], call.outputs[i]);
      if (is_new) continue;
      std::string copy;
      protozero::pbf_writer writer(copy);
      writer.add_string(NodeProto::input, entry->second);
      writer.add_string(NodeProto::output, std::string(call.outputs[i]));
      writer.add_string(NodeProto::op_type, "Identity");
      copies.push_back(std::move(copy));
    }
    for (const Bytes node : function.nodes)
      for (const std::string_view output : read_call(node).outputs)
        if (!output.empty() && !rewriting.values.contains(output)) rewriting.values[output] = unique(fmt::format("{}/{}", prefix, output));
    for (const Bytes node : function.nodes) {
      uses_of_node(node);  // refuses what is nested too deeply
      const std::string_view name = read_call(node).name;
      add(keep(rewrite_node(node, rewriting, name.empty() ? std::string() : fmt::format("{}/{}", prefix, name))), depth + 1);
    }
    for (std::string& copy : copies) nodes.push_back(keep(std::move(copy)));
  }
};

void Functions::expand(std::vector<Bytes>& nodes, std::optional<std::int64_t> opset, const UniqueNames& taken,
                       const std::vector<std::string_view>& own, std::deque<std::string>& made, FunctionWork& work) const {
  if (functions_.empty()) return;
  Expansion expansion{functions_, opset, taken, {}, made, {}, work};
  for (const std::string_view name : own) expansion.own.take(name);
  for (const Bytes node : nodes) expansion.add(node, 0);
  nodes = std::move(expansion.nodes);
}

}  // namespace dnntune::onnx
