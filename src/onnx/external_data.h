// SPDX-License-Identifier: Apache-2.0
// Weights kept in files beside the model (TensorProto.external_data), mapped once each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

/// The entries of one tensor.
struct ExternalReference {
  std::string location;
  std::int64_t offset = 0;
  std::optional<std::int64_t> length;

  /// Takes one key and value; unknown keys (checksum) are ignored. Throws invalid_model.
  void set(std::string_view key, std::string_view value, std::string_view what);
};

class ExternalFiles {
 public:
  /// Files must lie in `directory` or below it.
  explicit ExternalFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

  struct Slice {
    Bytes bytes;
    std::shared_ptr<const base::MappedFile> file;
  };
  /// The `expected_bytes` of the reference. Throws invalid_model when the location is absolute, leaves
  /// the directory (by ".." or a symbolic link) or the range does not fit; not_found or io for the file.
  Slice read(const ExternalReference& reference, std::int64_t expected_bytes, std::string_view what);
  /// All that were read from.
  std::vector<std::shared_ptr<const base::MappedFile>> files() const;

 private:
  std::shared_ptr<const base::MappedFile> open(const std::string& location, std::string_view what);

  std::filesystem::path directory_;
  std::map<std::string, std::shared_ptr<const base::MappedFile>> open_;
};

}  // namespace dnntune::onnx
