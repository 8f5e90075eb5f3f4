// SPDX-License-Identifier: Apache-2.0
// Hand-made ONNX messages for tests, written with protozero's writer and nothing of the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <protozero/pbf_writer.hpp>

namespace proto {

using protozero::pbf_writer;
using Dims = std::vector<std::int64_t>;

inline std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

/// The elements of `values` as raw_data.
template <typename T>
std::string raw(const std::vector<T>& values) {
  std::string text(values.size() * sizeof(T), '\0');
  if (!text.empty()) std::memcpy(text.data(), values.data(), text.size());
  return text;
}

/// TensorProto with raw_data; `type` is ONNX's number.
inline std::string tensor(const std::string& name, const Dims& dims, int type, const std::string& raw_data) {
  std::string out;
  pbf_writer w(out);
  for (const std::int64_t d : dims) w.add_int64(1, d);
  w.add_int32(2, type);
  w.add_string(8, name);
  w.add_bytes(9, raw_data);
  return out;
}
inline std::string floats(const std::string& name, const Dims& dims, const std::vector<float>& values) {
  return tensor(name, dims, 1, raw(values));
}
inline std::string ints(const std::string& name, const std::vector<std::int64_t>& values) {
  return tensor(name, {static_cast<std::int64_t>(values.size())}, 7, raw(values));
}

/// AttributeProto, one function a kind.
inline std::string attr(const std::string& name, std::int64_t i) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_int64(3, i);
  w.add_enum(20, 2);
  return out;
}
inline std::string attr(const std::string& name, float f) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_float(2, f);
  w.add_enum(20, 1);
  return out;
}
inline std::string attr(const std::string& name, const std::string& s) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_bytes(4, s);
  w.add_enum(20, 3);
  return out;
}
inline std::string attr(const std::string& name, const char* s) { return attr(name, std::string(s)); }
inline std::string attr(const std::string& name, const std::vector<std::int64_t>& ints) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  for (const std::int64_t i : ints) w.add_int64(8, i);
  w.add_enum(20, 7);
  return out;
}
inline std::string attr(const std::string& name, const std::vector<float>& floats) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_packed_float(7, floats.begin(), floats.end());
  w.add_enum(20, 6);
  return out;
}
inline std::string attr_tensor(const std::string& name, const std::string& tensor_proto) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_message(5, tensor_proto);
  w.add_enum(20, 4);
  return out;
}
inline std::string attr_graph(const std::string& name, const std::string& graph_proto) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_message(6, graph_proto);
  w.add_enum(20, 5);
  return out;
}

/// NodeProto.
inline std::string node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                        const std::vector<std::string>& attributes = {}, const std::string& name = "", const std::string& domain = "") {
  std::string out;
  pbf_writer w(out);
  for (const auto& input : inputs) w.add_string(1, input);
  for (const auto& output : outputs) w.add_string(2, output);
  if (!name.empty()) w.add_string(3, name);
  w.add_string(4, op);
  for (const auto& attribute : attributes) w.add_message(5, attribute);
  if (!domain.empty()) w.add_string(7, domain);
  return out;
}

/// A dimension: a number, or a symbol ("" = neither).
struct Dim {
  Dim(std::int64_t v) : value(v) {}           // NOLINT: implicit on purpose
  Dim(int v) : value(v) {}                    // NOLINT
  Dim(const char* s) : value(-1), symbol(s) {}  // NOLINT
  std::int64_t value;
  std::string symbol;
};

/// ValueInfoProto of a tensor.
inline std::string value(const std::string& name, int type, const std::vector<Dim>& dims) {
  std::string shape;
  pbf_writer shape_writer(shape);
  for (const Dim& dim : dims) {
    std::string text;
    pbf_writer w(text);
    if (dim.value >= 0) w.add_int64(1, dim.value);
    else if (!dim.symbol.empty()) w.add_string(2, dim.symbol);
    shape_writer.add_message(1, text);
  }
  std::string tensor_type;
  pbf_writer tensor_writer(tensor_type);
  tensor_writer.add_int32(1, type);
  tensor_writer.add_message(2, shape);
  std::string type_proto;
  pbf_writer(type_proto).add_message(1, tensor_type);
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_message(2, type_proto);
  return out;
}
/// ValueInfoProto with a name alone.
inline std::string value(const std::string& name) {
  std::string out;
  pbf_writer(out).add_string(1, name);
  return out;
}
/// ValueInfoProto of a sequence of tensors.
inline std::string sequence(const std::string& name) {
  std::string type_proto;
  pbf_writer(type_proto).add_message(4, std::string());
  std::string out;
  pbf_writer w(out);
  w.add_string(1, name);
  w.add_message(2, type_proto);
  return out;
}

struct Graph {
  std::vector<std::string> nodes, initialisers, inputs, outputs, value_infos;
  std::string name = "g";
  std::string extra;  ///< More GraphProto fields.

  std::string bytes() const {
    std::string out;
    pbf_writer w(out);
    for (const auto& n : nodes) w.add_message(1, n);
    w.add_string(2, name);
    for (const auto& t : initialisers) w.add_message(5, t);
    for (const auto& v : inputs) w.add_message(11, v);
    for (const auto& v : outputs) w.add_message(12, v);
    for (const auto& v : value_infos) w.add_message(13, v);
    return out + extra;
  }
};

struct Model : Graph {
  std::int64_t opset = 17;
  std::int64_t ir_version = 8;
  std::vector<std::pair<std::string, std::int64_t>> other_opsets;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string model_extra;  ///< More ModelProto fields.

  std::string bytes() const {
    std::string out;
    pbf_writer w(out);
    w.add_int64(1, ir_version);
    w.add_string(2, "test");
    w.add_message(7, Graph::bytes());
    if (opset > 0) w.add_message(8, opset_entry("", opset));
    for (const auto& [domain, version] : other_opsets) w.add_message(8, opset_entry(domain, version));
    for (const auto& [key, text] : metadata) {
      std::string entry;
      pbf_writer e(entry);
      e.add_string(1, key);
      e.add_string(2, text);
      w.add_message(14, entry);
    }
    return out + model_extra;
  }

 private:
  static std::string opset_entry(const std::string& domain, std::int64_t version) {
    std::string out;
    pbf_writer w(out);
    w.add_string(1, domain);
    w.add_int64(2, version);
    return out;
  }
};

/// A network with a convolution, a normalisation and a dense layer: what most tests start from.
inline Model small_model() {
  Model m;
  m.inputs = {value("x", 1, {"batch", 2, 4, 4})};
  m.initialisers = {floats("w", {3, 2, 1, 1}, {1, 2, 3, 4, 5, 6}), floats("b", {3}, {0.5f, 0.25f, 0.125f}),
                    floats("fc", {3, 2}, {1, 0, 0, 1, 1, 1})};
  m.nodes = {node("Conv", {"x", "w", "b"}, {"c"}, {attr("kernel_shape", std::vector<std::int64_t>{1, 1})}, "conv"),
             node("Relu", {"c"}, {"r"}, {}, "relu"),
             node("GlobalAveragePool", {"r"}, {"p"}, {}, "pool"),
             node("Flatten", {"p"}, {"f"}, {attr("axis", std::int64_t{1})}),
             node("MatMul", {"f", "fc"}, {"y"}, {}, "dense")};
  m.outputs = {value("y", 1, {"batch", 2})};
  m.metadata = {{"seed", "42"}};
  return m;
}

}  // namespace proto
