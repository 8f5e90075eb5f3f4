// SPDX-License-Identifier: Apache-2.0
// Reads hand-made models for tests, and looks things up in what came out.
#pragma once

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "onnx/model_reader.h"
#include "onnx/proto.h"

namespace dnntune::onnx {

/// A model from memory, its bytes at an aligned address.
inline Source read_bytes_of(const std::string& text) {
  const auto copy = std::make_shared<std::vector<std::uint64_t>>(text.size() / 8 + 1);
  if (!text.empty()) std::memcpy(copy->data(), text.data(), text.size());
  return read_model({Bytes(reinterpret_cast<const std::byte*>(copy->data()), text.size()), copy, std::nullopt, "test model"});
}
inline Source read(const proto::Model& model) { return read_bytes_of(model.bytes()); }

inline const graph::Value& value_of(const graph::Ir& ir, const std::string& name) {
  for (const graph::Value& value : ir.values)
    if (value.name == name) return value;
  FAIL("no value " << name);
  throw 0;
}
inline const graph::Node& node_of(const graph::Ir& ir, const std::string& name) {
  for (const graph::Node& node : ir.nodes)
    if (node.name == name) return node;
  FAIL("no node " << name);
  throw 0;
}
/// Name of operand `i`; "" when it is left out, "-" when there is none.
inline std::string input_name(const graph::Ir& ir, const graph::Node& node, std::size_t i) {
  if (i >= node.inputs.size()) return "-";
  return node.inputs[i] == graph::kAbsent ? "" : ir.value(node.inputs[i]).name;
}
inline bool absent(const graph::Node& node, std::size_t i) { return i >= node.inputs.size() || node.inputs[i] == graph::kAbsent; }

/// The error that `body` ends with; fails the test when it ends without.
template <typename Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  return Error(ErrorCode::internal, "");
}

inline bool says(const Error& error, const std::string& text) { return std::string(error.what()).find(text) != std::string::npos; }

}  // namespace dnntune::onnx
