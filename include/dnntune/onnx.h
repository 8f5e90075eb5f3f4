// SPDX-License-Identifier: Apache-2.0
// Networks and tensors in and out of files: ONNX models, ONNX TensorProto (.pb), NumPy (.npy).
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dnntune/graph.h"

namespace dnntune {

struct LoadOptions {
  /// Values for symbolic dimensions, by symbol: {{"batch", 1}, {"sequence", 576}}.
  std::map<std::string, std::int64_t> dims = {};
  /// Shapes for inputs by name; stronger than `dims`.
  std::map<std::string, Shape> input_shapes = {};
  /// Load even when some layers cannot run here, so that a plan may place them in the cloud.
  bool allow_unsupported = false;
};

/// Reads an ONNX model (opsets 1 to 25, external data beside the file included). The file is mapped;
/// weights are not copied where their alignment allows. Throws not_found / io for the file,
/// invalid_model for damage, limit_exceeded for absurd sizes, and unsupported with *every* node that
/// cannot run listed by name, operator, opset and reason.
DNNTUNE_API Graph load_onnx(const std::filesystem::path& path, const LoadOptions& options = {});
/// The same from memory; the bytes are copied. External data is refused.
DNNTUNE_API Graph parse_onnx(std::span<const std::byte> bytes, const LoadOptions& options = {});

/// The whole graph as one ONNX file. A graph that came from ONNX is written losslessly: nodes, weights
/// and metadata are the original bytes. Written by rename: a crash leaves the old file or the new one.
DNNTUNE_API void save_onnx(const Graph& graph, const std::filesystem::path& path);
DNNTUNE_API std::vector<std::byte> serialize_onnx(const Graph& graph);

/// One tensor from a `.npy` or `.pb` (TensorProto) file, by its extension. `name` receives the
/// TensorProto's name when it is not null.
DNNTUNE_API Tensor load_tensor(const std::filesystem::path& path, std::string* name = nullptr);
/// Writes `.npy` or `.pb` by extension; by rename.
DNNTUNE_API void save_tensor(const Tensor& tensor, const std::filesystem::path& path, const std::string& name = "");

}  // namespace dnntune
