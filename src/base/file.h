// SPDX-License-Identifier: Apache-2.0
// Files: mapped for reading, replaced by rename for writing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace dnntune::base {

/// A file mapped read-only; the mapping lives as long as the object.
class MappedFile {
 public:
  /// Throws not_found or io, naming the path.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  /// Gives the memory of pages that were read back to the system; reading them again brings them back from
  /// the file. May be called at any time, by any thread.
  void release_pages() const noexcept;
  /// The pages that `part`, of bytes(), lies in.
  void release_pages(std::span<const std::byte> part) const noexcept;

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Writes a temporary file beside `path`, syncs it and renames it over `path`; a device or pipe is written
/// to directly. Throws io, leaving no temporary file and the old `path` untouched.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, const std::string& text);
std::string read_text_file(const std::filesystem::path& path);

}  // namespace dnntune::base
