// SPDX-License-Identifier: Apache-2.0
// The house plan as a test: a room includes only the rooms it may, and those outside src/ only the public API.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path kRoot = DNNTUNE_SOURCE_DIR;

/// Rooms that may be included directly; what those may include is added by `closure`.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"graph", {"base"}},
    {"kernels", {"base"}},
    {"device", {"base"}},
    {"backends", {"graph", "kernels", "device"}},
    {"onnx", {"graph", "backends"}},
    {"runtime", {"backends"}},
    {"cost", {"graph", "device"}},
    {"calibrate", {"runtime", "onnx", "cost"}},
    {"plan", {"cost"}},
    {"split", {"runtime", "onnx", "plan"}},
};

std::set<std::string> closure(const std::string& room) {
  std::set<std::string> rooms = {room};
  for (const std::string& next : kMayInclude.at(room)) rooms.merge(closure(next));
  return rooms;
}

struct Include {
  fs::path file;
  std::string target;
};

std::vector<Include> includes_under(const fs::path& folder) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*"([^"]+)")re");
  std::vector<Include> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc" && extension != ".c" && extension != ".inc") continue;
    std::ifstream stream(entry.path());
    std::string line;
    std::smatch match;
    while (std::getline(stream, line))
      if (std::regex_search(line, match, pattern)) found.push_back({entry.path(), match[1]});
  }
  return found;
}

/// Checks one folder outside src/: its own files, the public headers, and `extra` source rooms.
void check_public_only(const std::string& folder, const std::set<std::string>& extra = {}) {
  if (!fs::exists(kRoot / folder)) return;
  for (const Include& include : includes_under(kRoot / folder)) {
    const std::string room = include.target.substr(0, include.target.find('/'));
    CAPTURE(include.file.string());
    CAPTURE(include.target);
    CHECK((!kMayInclude.contains(room) || extra.contains(room)));
    CHECK(include.target.find("..") == std::string::npos);
  }
}

}  // namespace

TEST_CASE("rooms include only along the edges of the plan") {
  int seen = 0;
  for (const auto& [room, unused] : kMayInclude) {
    const std::set<std::string> allowed = closure(room);
    for (const Include& include : includes_under(kRoot / "src" / room)) {
      const std::string target = include.target.substr(0, include.target.find('/'));
      ++seen;
      if (!kMayInclude.contains(target)) continue;  // dnntune/..., generated or local
      CAPTURE(include.file.string());
      CAPTURE(include.target);
      CHECK(allowed.contains(target));
    }
  }
  CHECK(seen > 50);
}

TEST_CASE("every folder of src is a room of the plan") {
  for (const auto& entry : fs::directory_iterator(kRoot / "src"))
    if (entry.is_directory()) CHECK(kMayInclude.contains(entry.path().filename().string()));
}

TEST_CASE("public headers need the standard library and each other only") {
  for (const Include& include : includes_under(kRoot / "include")) {
    CAPTURE(include.file.string());
    CHECK(include.target.starts_with("dnntune/"));
  }
}

TEST_CASE("the C API, the bench and the examples use the public API only") {
  check_public_only("capi");
  check_public_only("examples");
  for (const char* folder : {"bench/harness", "bench/zoo", "bench/cli", "bench/report", "bench/demo", "bench/peers", "bench/plan", "bench/accuracy", "bench/faults", "bench/fleet", "bench/live", "bench/drive", "bench/overhead"}) check_public_only(folder);
  check_public_only("bench/kernels", {"kernels", "base"});
}
