// SPDX-License-Identifier: Apache-2.0
#include "onnx/external_data.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/checked.h"

namespace dnntune::onnx {
namespace {

std::int64_t parse_count(std::string_view text, std::string_view key, std::string_view what) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw Error(ErrorCode::invalid_model, fmt::format("{}: external data {} '{}' is not a byte count", what, key, text.substr(0, 40)));
  return value;
}

}  // namespace

void ExternalReference::set(std::string_view key, std::string_view value, std::string_view what) {
  if (key == "location") location = value;
  else if (key == "offset") offset = parse_count(value, key, what);
  else if (key == "length") length = parse_count(value, key, what);
}

std::shared_ptr<const base::MappedFile> ExternalFiles::open(const std::string& location, std::string_view what) {
  if (const auto known = open_.find(location); known != open_.end()) return known->second;
  const auto refuse = [&](const char* why) {
    throw Error(ErrorCode::invalid_model, fmt::format("{}: external data location '{}' {}", what, location, why));
  };
  namespace fs = std::filesystem;
  const fs::path relative(location);
  if (location.empty()) refuse("is empty");
  if (relative.is_absolute()) refuse("is an absolute path");
  if (std::find(relative.begin(), relative.end(), "..") != relative.end()) refuse("contains '..'");
  // Symbolic links are followed here, so that none can lead out of the model's folder.
  std::error_code error;
  const fs::path base = fs::canonical(directory_, error);
  if (error) throw Error(ErrorCode::io, fmt::format("{}: cannot resolve folder '{}'", what, directory_.string()));
  const fs::path target = fs::canonical(base / relative, error);
  if (error) throw Error(ErrorCode::not_found, fmt::format("{}: external data file '{}' does not exist", what, location));
  const auto [base_end, rest] = std::mismatch(base.begin(), base.end(), target.begin(), target.end());
  if (base_end != base.end()) refuse("leads out of the model's folder");
  return open_[location] = base::MappedFile::open(target);
}

std::vector<std::shared_ptr<const base::MappedFile>> ExternalFiles::files() const {
  std::vector<std::shared_ptr<const base::MappedFile>> files;
  for (const auto& [location, file] : open_) files.push_back(file);
  return files;
}

ExternalFiles::Slice ExternalFiles::read(const ExternalReference& reference, std::int64_t expected_bytes, std::string_view what) {
  if (reference.length && *reference.length != expected_bytes)
    throw Error(ErrorCode::invalid_model, fmt::format("{}: external data has {} bytes, type and shape take {}", what,
                                                      *reference.length, expected_bytes));
  const auto file = open(reference.location, what);
  const auto size = static_cast<std::int64_t>(file->bytes().size());
  if (base::checked_add(reference.offset, expected_bytes, what) > size)
    throw Error(ErrorCode::invalid_model, fmt::format("{}: external data [{}, +{}) lies beyond the {} bytes of '{}'", what,
                                                      reference.offset, expected_bytes, size, reference.location));
  return {file->bytes().subspan(static_cast<std::size_t>(reference.offset), static_cast<std::size_t>(expected_bytes)), file};
}

}  // namespace dnntune::onnx
