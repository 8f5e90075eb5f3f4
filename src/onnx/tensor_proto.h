// SPDX-License-Identifier: Apache-2.0
// TensorProto in and out: every storage form of ONNX on reading, raw_data on writing.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dnntune/tensor.h"
#include "graph/weights.h"
#include "onnx/external_data.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

/// What the bytes of a tensor belong to.
struct TensorSource {
  /// Keeps the TensorProto's bytes alive. Null: elements are always copied.
  std::shared_ptr<const void> owner;
  /// Null: external data is refused.
  ExternalFiles* external = nullptr;
  /// What the bytes are mapped from; null when they lie in memory.
  const base::MappedFile* file = nullptr;
  /// Whether large float32 elements may stay where they lie: then `ParsedTensor::weights` is set.
  bool defers_weights = false;
};

struct ParsedTensor {
  std::string_view name;
  Tensor tensor;            ///< Undefined when `unsupported` says why, or `weights` is set.
  graph::Weights weights;
  std::string unsupported;  ///< A valid tensor of a kind the library does not have.
  bool external = false;    ///< The elements are not in the TensorProto itself.
};

/// Elements are borrowed where they lie aligned for their type, else copied. `what` names the tensor's
/// place ("initialiser", "attribute 'value' of node 'c'"). Throws invalid_model or limit_exceeded.
ParsedTensor read_tensor(Bytes proto, const TensorSource& source, std::string_view what);

/// A TensorProto up to and with the length of its raw_data: the elements themselves must follow.
std::string tensor_header(DataType type, const Shape& shape, std::size_t bytes, std::string_view name);
inline std::string tensor_header(const Tensor& tensor, std::string_view name) {
  return tensor_header(tensor.type(), tensor.shape(), tensor.size_bytes(), name);
}

}  // namespace dnntune::onnx
