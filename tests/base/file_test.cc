// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "throws.h"

using namespace dnntune;
namespace fs = std::filesystem;

namespace {

/// A fresh folder, removed at the end.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "dnntune_file_test.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

std::size_t entries(const fs::path& folder) { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {})); }

}  // namespace

TEST_CASE("files: written by rename, read back by mapping") {
  const Folder folder;
  const fs::path path = folder.path / "a.txt";
  base::write_file(path, std::string("first"));
  CHECK(base::read_text_file(path) == "first");
  const auto mapped = base::MappedFile::open(path);
  base::write_file(path, std::string("second, longer"));
  CHECK(base::read_text_file(path) == "second, longer");
  // The old mapping still sees the old file.
  REQUIRE(mapped->bytes().size() == 5);
  CHECK(std::memcmp(mapped->bytes().data(), "first", 5) == 0);
  // Pages that were given back come again.
  mapped->release_pages();
  CHECK(std::memcmp(mapped->bytes().data(), "first", 5) == 0);
  CHECK(entries(folder.path) == 1);

  base::write_file(path, std::string());
  CHECK(base::MappedFile::open(path)->bytes().empty());
  base::MappedFile::open(path)->release_pages();
}

TEST_CASE("files: errors name the path and leave nothing behind") {
  const Folder folder;
  CHECK_ERROR(base::MappedFile::open(folder.path / "none"), ErrorCode::not_found, "none");
  CHECK_ERROR(base::MappedFile::open(folder.path), ErrorCode::io, folder.path.string());
  CHECK_ERROR(base::write_file(folder.path / "no" / "such", std::string("x")), ErrorCode::not_found, "such");
  // A folder in the way: the temporary file cannot be renamed over it.
  fs::create_directory(folder.path / "taken");
  fs::create_directory(folder.path / "taken" / "inside");
  CHECK_ERROR(base::write_file(folder.path / "taken", std::string("x")), ErrorCode::io, "taken");
  CHECK(entries(folder.path) == 1);
  // A pipe nobody writes to must not block.
  REQUIRE(mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  CHECK_ERROR(base::MappedFile::open(folder.path / "pipe"), ErrorCode::io, "pipe");
}

TEST_CASE("a device is written to, not replaced") {
  dnntune::base::write_file("/dev/null", std::string("gone"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
}
