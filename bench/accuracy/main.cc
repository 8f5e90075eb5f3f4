// SPDX-License-Identifier: Apache-2.0
// dnntune_accuracy: the table of src/split/README.md, or whether the one there is what is measured here.
#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "accuracy/accuracy.h"

namespace {

using namespace dnntune;

/// Images more or less than the table says.
constexpr int kAllowance = 2;

int compare(const std::string& made, const std::string& file) {
  std::vector<std::string> ours;
  std::istringstream stream(made);
  for (std::string line; std::getline(stream, line);) ours.push_back(line);
  const std::vector<std::string> theirs = accuracy::table_in(file);
  int differences = 0;
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    const std::string what = accuracy::difference(i < ours.size() ? ours[i] : "", i < theirs.size() ? theirs[i] : "", kAllowance);
    if (what.empty()) continue;
    ++differences;
    fmt::print("line {} here and in the file: {}\n", i + 1, what);
  }
  fmt::print("{} lines, {} of them differ from those of {}\n", ours.size(), differences, file);
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Accuracy of the trained digit networks for every cut and encoding of the wire, in Markdown.");
  std::string digits, check;
  app.add_option("--digits", digits, "Folder with the digit networks, images and labels")->required()->check(CLI::ExistingDirectory);
  app.add_option("--check", check, "Compare with the table in this file instead of printing it; 1: they differ")->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  try {
    const std::string made = accuracy::markdown(accuracy::measure(digits));
    if (!check.empty()) return compare(made, check);
    std::fputs(made.c_str(), stdout);
    return 0;
  } catch (const Error& e) {
    fmt::print(stderr, "accuracy: {}: {}\n", to_string(e.code()), e.what());
    return 2;
  }
}
