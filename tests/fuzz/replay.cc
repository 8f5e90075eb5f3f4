// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target as an ordinary test: over every file of a corpus, every truncation of the small ones
// and seeded mutations of all. A crash, a sanitizer report or an exception that is no dnntune::Error fails.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutations = 400;
constexpr std::size_t kSmallBytes = 1024;

void run(const std::string& bytes) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()); }

std::string mutate(std::string bytes, std::mt19937& random) {
  for (unsigned edits = 1 + random() % 4; edits > 0 && !bytes.empty(); --edits) {
    const std::size_t at = random() % bytes.size(), length = random() % 9;
    switch (random() % 4) {
      case 0: bytes[at] ^= static_cast<char>(1u << random() % 8); break;
      case 1: bytes[at] = static_cast<char>(random()); break;
      case 2: bytes.erase(at, length); break;
      default: bytes.insert(at, bytes.substr(random() % bytes.size(), length));
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: replay CORPUS_FOLDER\n", stderr), 2;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());  // the seeds below must not depend on the file system
  if (files.empty()) return std::fprintf(stderr, "%s is empty\n", argv[1]), 2;
  std::size_t runs = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::ifstream stream(files[i], std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(stream), {}};
    run(whole);
    const std::size_t truncations = whole.size() <= kSmallBytes ? whole.size() : 0;
    for (std::size_t length = 0; length < truncations; ++length) run(whole.substr(0, length));
    std::mt19937 random(static_cast<unsigned>(i));
    for (int m = 0; m < kMutations; ++m) run(mutate(whole, random));
    runs += 1 + truncations + kMutations;
  }
  std::printf("%zu inputs from %zu files\n", runs, files.size());
  return 0;
}
