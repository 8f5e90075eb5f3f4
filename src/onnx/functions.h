// SPDX-License-Identifier: Apache-2.0
// Functions that a model brings along (ModelProto.functions): calls are replaced by the nodes of the body.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "onnx/unique_names.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

/// What the bodies of all calls of one file come to: limits hold for them together.
struct FunctionWork {
  std::size_t calls = 0;
  std::size_t bytes = 0;
};

class Functions {
 public:
  /// Throws invalid_model for damage and for a second function of the same name.
  void add(Bytes function);
  bool empty() const noexcept { return functions_.empty(); }

  /// Replaces calls among `nodes`, also those in bodies. Values and nodes of a body get the call's name
  /// in front; no value gets a name of `taken` or of `own`. What is written goes to `made`. A function
  /// for another opset than the model's stays a call. Throws invalid_model when a call has more operands
  /// than its function, limit_exceeded when functions call each other without end. `work` counts on.
  void expand(std::vector<Bytes>& nodes, std::optional<std::int64_t> opset, const UniqueNames& taken,
              const std::vector<std::string_view>& own, std::deque<std::string>& made, FunctionWork& work) const;

 private:
  struct Function {
    std::vector<std::string_view> inputs, outputs;
    std::vector<Bytes> nodes;
    std::unordered_map<std::string_view, Bytes> defaults;  ///< AttributeProtos by name.
    std::optional<std::int64_t> opset;                     ///< Of ONNX's own domain.
  };
  struct Expansion;

  /// By domain, name and overload.
  std::map<std::string, Function, std::less<>> functions_;
};

}  // namespace dnntune::onnx
