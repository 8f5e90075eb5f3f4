// SPDX-License-Identifier: Apache-2.0
// dnntune check: runs folders laid out as ONNX's backend tests and compares with their expected outputs.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/tensors.h"

namespace dnntune::cli {
namespace {

namespace fs = std::filesystem;

struct CheckArguments {
  std::vector<std::string> folders;
  ProcessorOptions processor;
  double rtol = 1e-3;  // ONNX's own tolerances
  double atol = 1e-7;
  std::string expect, write_list;
  bool reference = false;
  bool quiet = false;
  bool json = false;
};

struct Outcome {
  std::string name;
  bool pass = false;
  std::string why;  ///< For a pass: the largest error.
};

/// A folder that holds model.onnx is one test; any other folder stands for the tests inside it.
std::vector<fs::path> find_tests(const std::vector<std::string>& folders) {
  std::vector<fs::path> tests;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder)) throw Error(ErrorCode::not_found, fmt::format("'{}' is not a folder", folder));
    if (fs::exists(fs::path(folder) / "model.onnx")) {
      tests.emplace_back(folder);
      continue;
    }
    std::vector<fs::path> inside;
    for (const auto& entry : fs::directory_iterator(folder))
      if (fs::exists(entry.path() / "model.onnx")) inside.push_back(entry.path());
    if (inside.empty()) throw Error(ErrorCode::not_found, fmt::format("'{}' has no model.onnx and no test folders", folder));
    std::sort(inside.begin(), inside.end());
    tests.insert(tests.end(), inside.begin(), inside.end());
  }
  return tests;
}

/// Files PREFIX0.pb, PREFIX1.pb, ... in number order.
std::vector<fs::path> numbered(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> files;
  for (int i = 0; fs::exists(folder / fmt::format("{}{}.pb", prefix, i)); ++i) files.push_back(folder / fmt::format("{}{}.pb", prefix, i));
  return files;
}

/// ONNX's test data has bfloat16 tensors as uint16 of the same bits.
Tensor as_type(Tensor tensor, DataType wanted) {
  if (wanted != DataType::bfloat16 || tensor.type() != DataType::uint16) return tensor;
  return Tensor::copy_of(wanted, tensor.shape(), tensor.data(), tensor.size_bytes());
}

/// Runs one test_data_set folder; returns the largest absolute error, throws Error with the reason.
double run_data_set(Session& session, const fs::path& data, const CheckArguments& options) {
  const Graph& graph = session.graph();
  Tensors inputs;
  std::size_t i = 0;
  for (const fs::path& file : numbered(data, "input_")) {
    std::string name;
    const Tensor tensor = load_tensor(file, &name);
    if (i >= graph.inputs().size()) throw Error(ErrorCode::invalid_argument, fmt::format("{} has more inputs than the model", data.filename().string()));
    const auto& infos = graph.inputs();
    const bool named = std::any_of(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == name; });
    if (!named) name = infos[i].name;
    const DataType wanted = std::find_if(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == name; })->type;
    inputs[name] = as_type(tensor, wanted);
    ++i;
  }
  const Tensors outputs = session.run(inputs);
  const std::vector<fs::path> expected = numbered(data, "output_");
  if (expected.empty() || expected.size() > graph.outputs().size())
    throw Error(ErrorCode::invalid_argument, fmt::format("{} expected outputs for {} graph outputs", expected.size(), graph.outputs().size()));
  double largest = 0.0;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const std::string& name = graph.outputs()[k].name;
    const Tensor& got = outputs.at(name);
    const Difference difference = compare(got, as_type(load_tensor(expected[k]), got.type()), options.rtol, options.atol);
    if (!difference.comparable) throw Error(ErrorCode::invalid_argument, fmt::format("output '{}': {}", name, difference.why));
    if (!difference.within)
      throw Error(ErrorCode::invalid_argument, fmt::format("output '{}' is off by {:.3g} (relative {:.3g}) at most, first at element {}", name,
                                                           difference.largest_absolute, difference.largest_relative, difference.first_bad));
    largest = std::max(largest, difference.largest_absolute);
  }
  return largest;
}

Outcome run_test(const fs::path& folder, const Processor& processor, const CheckArguments& options) {
  Outcome outcome;
  outcome.name = folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
  try {
    SessionOptions session_options;
    session_options.reference_kernels = options.reference;
    Session session(load_onnx(folder / "model.onnx"), processor, session_options);
    double largest = 0.0;
    int sets = 0;
    for (; fs::is_directory(folder / fmt::format("test_data_set_{}", sets)); ++sets)
      largest = std::max(largest, run_data_set(session, folder / fmt::format("test_data_set_{}", sets), options));
    outcome.pass = sets > 0;
    outcome.why = sets > 0 ? fmt::format("largest error {:.3g}", largest) : "no test_data_set_0";
  } catch (const Error& e) {
    outcome.why = e.what();
    std::replace(outcome.why.begin(), outcome.why.end(), '\n', ' ');
  }
  return outcome;
}

/// A line of a list of results: "pass NAME", or "fail NAME: reason". How far off an output is differs between
/// processors; the reason then ends where the figures begin.
std::string line_of(const Outcome& outcome) {
  if (outcome.pass) return "pass " + outcome.name;
  constexpr std::size_t kMostReason = 200;
  std::string reason = outcome.why.substr(0, outcome.why.find(" is off by "));
  if (reason.size() > kMostReason) reason = reason.substr(0, kMostReason) + "...";
  return fmt::format("fail {}: {}", outcome.name, reason);
}

/// Such lines; '#' begins a comment line.
std::set<std::string> read_list(const std::string& path) {
  std::istringstream text(read_file(path));
  std::set<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (!line.empty() && line.front() != '#') lines.insert(line);
  }
  return lines;
}

/// `expected`: the lines that must come out, and no others; null: all must pass.
int report(const std::vector<Outcome>& outcomes, const CheckArguments& options, std::set<std::string>* expected) {
  const auto passes = static_cast<std::size_t>(std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return o.pass; }));
  bool good = passes == outcomes.size();
  if (options.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Outcome& o : outcomes) list.push_back({{"name", o.name}, {"pass", o.pass}, {"detail", o.why}});
    emit(nlohmann::ordered_json({{"schema", "dnntune.check/1"}, {"tests", outcomes.size()}, {"passes", passes}, {"results", list}}).dump(2), "");
  } else {
    if (!options.quiet)
      for (const Outcome& o : outcomes) fmt::print("{} {}: {}\n", o.pass ? "pass" : "FAIL", o.name, o.why);
    fmt::print("{} of {} pass\n", passes, outcomes.size());
  }
  if (!options.write_list.empty()) {
    std::string text = fmt::format("# {} of {} pass. Written by dnntune check --write-list.\n", passes, outcomes.size());
    for (const Outcome& o : outcomes) text += line_of(o) + "\n";
    emit(text, options.write_list);
    good = true;
  }
  if (expected != nullptr) {
    good = true;
    for (const Outcome& o : outcomes) {
      if (expected->erase(line_of(o)) > 0) continue;
      good = false;
      fmt::print(stderr, "not in {}: {}\n", options.expect, line_of(o));
    }
    for (const std::string& line : *expected) {
      good = false;
      fmt::print(stderr, "only in {}: {}\n", options.expect, line);
    }
  }
  return good ? kOk : kCheckFailed;
}

}  // namespace

void add_check(CLI::App& app, int& result) {
  auto options = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand("check", "Run folders laid out as ONNX's backend tests and compare outputs");
  command->add_option("folders", options->folders, "Test folders (model.onnx, test_data_set_*/), or folders of them")->required();
  options->processor.add_to(*command);
  command->add_option("--rtol", options->rtol, "Relative tolerance")->check(at_least(0.0))->capture_default_str();
  command->add_option("--atol", options->atol, "Absolute tolerance")->check(at_least(0.0))->capture_default_str();
  command->add_option("--expect", options->expect, "A list of results: exactly these must come out");
  command->add_option("--write-list", options->write_list, "Write a list of results: names that pass, reasons of those that do not");
  command->add_flag("--reference", options->reference, "Use the plain reference kernels");
  command->add_flag("--quiet", options->quiet, "Only the last line");
  command->add_flag("--json", options->json, "For programs");
  command->callback([options, &result] {
    std::set<std::string> expected;  // read first: a wrong path should not cost a whole run
    if (!options->expect.empty()) expected = read_list(options->expect);
    const std::vector<fs::path> tests = find_tests(options->folders);
    const Processor processor = options->processor.pick();
    std::vector<Outcome> outcomes;
    Progress progress("checking");
    for (const fs::path& test : tests) {
      outcomes.push_back(run_test(test, processor, *options));
      progress.update(static_cast<double>(outcomes.size()) / static_cast<double>(tests.size()), outcomes.back().name);
    }
    result = report(outcomes, *options, options->expect.empty() ? nullptr : &expected);
  });
}

}  // namespace dnntune::cli
