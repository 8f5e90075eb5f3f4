// SPDX-License-Identifier: Apache-2.0
// dnntune export: a network, or one side of a cut, as an ONNX file that any engine runs.
#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/plan_file.h"

namespace dnntune::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string out;
  int cut = -1;
  std::string side = "suffix";
  std::string plan;
  std::string encoding = "raw";
};

/// The deployment that runs the first `position` layers on the device.
Deployment deployment_at(const Graph& graph, int position, WireEncoding encoding) {
  const auto& cuts = graph.cut_points();
  const auto it = std::find_if(cuts.begin(), cuts.end(), [&](const CutPoint& c) { return c.position == position; });
  if (it == cuts.end())
    throw Error(ErrorCode::invalid_argument, fmt::format("--cut {} is not a position from 0 to {}", position, graph.layers().size()));
  Deployment deployment;
  deployment.tiers.assign(graph.layers().size(), Tier::cloud);
  std::fill_n(deployment.tiers.begin(), position, Tier::device);
  for (const std::string& value : it->values) {
    const TensorInfo& info = graph.value(value);
    const WireEncoding used = info.type == DataType::float32 ? encoding : WireEncoding::raw;
    deployment.crossings.push_back({.value = value, .encoding = used});  // a file does not depend on how many bytes cross
  }
  return deployment;
}

/// The device half: what crosses, and the graph outputs that the device makes itself.
Graph prefix_graph(const Graph& graph, const Deployment& deployment) {
  std::set<std::string> made;
  for (std::size_t i = 0; i < graph.layers().size(); ++i)
    if (deployment.tiers[i] == Tier::device) made.insert(graph.layers()[i].outputs.begin(), graph.layers()[i].outputs.end());
  std::vector<std::string> inputs, outputs;
  for (const TensorInfo& info : graph.inputs()) inputs.push_back(info.name);
  for (const Crossing& crossing : deployment.crossings)
    if (made.contains(crossing.value)) outputs.push_back(crossing.value);
  for (const TensorInfo& info : graph.outputs())
    if (made.contains(info.name) && std::find(outputs.begin(), outputs.end(), info.name) == outputs.end()) outputs.push_back(info.name);
  if (outputs.empty()) throw Error(ErrorCode::invalid_argument, "nothing runs on the device at this cut: there is no prefix");
  return graph.extract(inputs, outputs);
}

}  // namespace

void add_export(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "Write a model, or one side of a cut, as an ONNX file for any engine");
  options->model.add_to(*command);
  command->add_option("--out", options->out, "The file to write")->required();
  CLI::Option* cut = command->add_option("--cut", options->cut, "Cut before this layer (dnntune inspect --cuts lists them)")->check(CLI::NonNegativeNumber);
  CLI::Option* plan = command->add_option("--plan", options->plan, "Cut where this plan (JSON) does");
  cut->excludes(plan);
  CLI::Option* side = command->add_option("--side", options->side, "Which half of the cut")->check(CLI::IsMember({"prefix", "suffix"}))->capture_default_str();
  CLI::Option* encoding = command->add_option("--encoding", options->encoding, "How floats enter the suffix of --cut")->check(CLI::IsMember({"raw", "fp16", "int8"}))->capture_default_str();
  encoding->needs(cut)->excludes(plan);  // a plan says how its values are encoded
  command->callback([options, side, &result] {
    if (!side->empty() && options->cut < 0 && options->plan.empty())
      throw CLI::RequiredError("--side: --cut or --plan");
    const Graph graph = options->model.load(true);
    Graph written = graph;
    std::string name = graph.name();
    if (options->cut >= 0 || !options->plan.empty()) {
      const Deployment deployment =
          options->plan.empty()
              ? deployment_at(graph, options->cut, encoding_named(options->encoding))
              : read_plan(options->plan, graph).chosen;
      if (deployment.tiers.size() != graph.layers().size()) throw Error(ErrorCode::invalid_argument, "the plan is not of this model");
      const bool suffix = options->side == "suffix";
      written = suffix ? suffix_graph(graph, deployment) : prefix_graph(graph, deployment);
      if (suffix) name = suffix_name(graph, deployment);
    }
    save_onnx(written, options->out);
    fmt::print("wrote {} ({} nodes, {} parameters)\nserve it under the name {}\n", options->out, written.node_count(),
               count_text(static_cast<double>(written.parameter_count())), name);
    result = kOk;
  });
}

}  // namespace dnntune::cli
