// SPDX-License-Identifier: Apache-2.0
// Coverage by operator: what results.txt says of ONNX's backend node tests, as a table by the operator that each test
// is for. Compares a file with it, or writes the file.
//   dnntune_coverage DATA/node RESULTS FILE [--write]
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "dnntune/error.h"
#include "graph/operators.h"
#include "onnx/model_proto.h"
#include "onnx/node_proto.h"

namespace {

namespace base = dnntune::base;
namespace fs = std::filesystem;

struct Row {
  int pass = 0, tests = 0;
  std::map<std::string, int> reasons;  ///< Of those that fail.
};

/// The operator of a test's last node: those before it make its operands.
std::string operator_of(const fs::path& test) {
  const std::string bytes = base::read_text_file(test / "model.onnx");
  const auto fields = dnntune::onnx::read_model_fields(std::as_bytes(std::span(bytes)));
  const auto node = dnntune::onnx::read_node(fields.nodes.back(), {});
  return std::string(node.op_type);
}

/// A test NAME_expanded has the nodes of a function in the place of the operator that NAME is for.
fs::path unexpanded(const fs::path& test) {
  constexpr std::string_view kSuffix = "_expanded";
  std::string path = test.string();
  if (!path.ends_with(kSuffix)) return test;
  path.resize(path.size() - kSuffix.size());
  return fs::exists(path) ? fs::path(path) : test;
}

/// Without what differs between tests that fail for one cause: names and counts of nodes.
std::string short_reason(const std::string& reason) {
  const auto opset = reason.find(", opset ");
  const auto colon = opset == std::string::npos ? opset : reason.find(": ", opset);
  std::string kept = colon == std::string::npos ? reason : reason.substr(colon + 2);
  const bool several = colon != std::string::npos && !reason.starts_with("1 nodes");
  if (const auto next = kept.find(": "); several && next != std::string::npos) kept.resize(kept.rfind(' ', next));  // the first says enough
  if (const auto input = kept.find("its input '"); input != std::string::npos) kept.replace(input, kept.find("' is", input) + 1 - input, "an input");
  if (const auto types = kept.find(" ("); kept.starts_with("Dropout '") && types != std::string::npos) kept = kept.substr(kept.rfind(": ") + 2);
  if (kept.starts_with("input '") && kept.find("the graph wants") != std::string::npos) kept = "the test's own " + kept;
  if (kept == "output 'output'") kept = "the test's own numbers are cut off, not rounded";
  return kept;
}

std::map<std::string, Row> rows_of(const fs::path& data, const fs::path& results) {
  std::map<std::string, Row> rows;
  std::istringstream lines(base::read_text_file(results));
  for (std::string line; std::getline(lines, line);) {
    const bool pass = line.starts_with("pass ");
    if (!pass && !line.starts_with("fail ")) continue;
    const auto end = pass ? line.size() : line.find(": ");
    Row& row = rows[operator_of(unexpanded(data / line.substr(5, end - 5)))];
    ++row.tests;
    if (pass) ++row.pass;
    else ++row.reasons[short_reason(line.substr(end + 2))];
  }
  return rows;
}

std::string table_of(const std::map<std::string, Row>& rows) {
  std::string whole, partial;
  int pass = 0, tests = 0, all_pass = 0;
  for (const auto& [name, row] : rows) {
    pass += row.pass;
    tests += row.tests;
    if (row.pass == row.tests) {
      ++all_pass;
      whole += fmt::format("| {} | {} |\n", name, row.tests);
      continue;
    }
    std::vector<std::string> reasons;
    for (const auto& [reason, count] : row.reasons) reasons.push_back(fmt::format("{} x {}", count, reason));
    partial += fmt::format("| {} | {} | {} | {} |\n", name, row.pass, row.tests, fmt::join(reasons, "; "));
  }
  std::set<std::string_view> untested;
  for (const auto& info : dnntune::graph::operators())
    if (!rows.contains(std::string(info.name)) && dnntune::graph::domain_of(info.op).empty()) untested.insert(info.name);
  return fmt::format(
      "# Coverage by operator\n\n"
      "ONNX's backend node tests (libonnx-testdata), by the operator that each is for: {} of {} pass, for {} of the {}\n"
      "operators all. A test of an operator's function body (`_expanded`) counts for that operator. Made of `tests/conformance/results.txt` by\n"
      "`dnntune_coverage DATA/node tests/conformance/results.txt src/onnx/OPERATORS.md --write`; a test compares.\n\n"
      "## Operators with tests that do not pass\n\n"
      "| operator | pass | tests | why not |\n|---|---|---|---|\n{}\n"
      "## Operators whose tests all pass\n\n| operator | tests |\n|---|---|\n{}\n"
      "## Others that run\n\n"
      "The tests have none for: {}.\n",
      pass, tests, all_pass, rows.size(), partial, whole, fmt::join(untested, ", "));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("dnntune_coverage DATA/node RESULTS FILE [--write]\n", stderr);
    return 2;
  }
  try {
    const std::string table = table_of(rows_of(argv[1], argv[2]));
    if (argc > 4 && std::string_view(argv[4]) == "--write") {
      base::write_file(argv[3], table);
      return 0;
    }
    if (base::read_text_file(argv[3]) == table) return 0;
    fmt::print(stderr, "'{}' is not what the tests say now; --write makes it anew\n", argv[3]);
  } catch (const dnntune::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  return 1;
}
