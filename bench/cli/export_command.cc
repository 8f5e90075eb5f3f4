// SPDX-License-Identifier: Apache-2.0
// dnntune export: a network, or one side of a cut, as an ONNX file that any engine runs; suffixes as another server's model repository.
#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/plan_file.h"

namespace dnntune::cli {
namespace {

struct ExportArguments {
  ModelOptions model;
  std::string out;
  std::vector<int> cuts;
  std::string side = "suffix";
  std::vector<std::string> plans;
  std::string encoding = "raw";
  std::string target;  ///< Empty: one file.
  RepositoryOptions repository;
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

std::vector<Deployment> deployments_of(const Graph& graph, const ExportArguments& options) {
  std::vector<Deployment> deployments;
  for (const int cut : options.cuts) deployments.push_back(deployment_at(graph, cut, encoding_named(options.encoding)));
  for (const std::string& plan : options.plans) {
    deployments.push_back(read_plan(plan, graph).chosen);
    if (deployments.back().tiers.size() != graph.layers().size()) throw Error(ErrorCode::invalid_argument, fmt::format("the plan '{}' is not of this model", plan));
  }
  return deployments;
}

void write_one(const Graph& graph, const ExportArguments& options) {
  const std::vector<Deployment> deployments = deployments_of(graph, options);
  if (deployments.size() > 1) throw Error(ErrorCode::invalid_argument, "several cuts need --target: each becomes a model of its own");
  Graph written = graph;
  std::string name = graph.name();
  if (!deployments.empty()) {
    const bool suffix = options.side == "suffix";
    written = suffix ? suffix_graph(graph, deployments.front()) : prefix_graph(graph, deployments.front());
    if (suffix) name = suffix_name(graph, deployments.front());
  }
  save_onnx(written, options.out);
  fmt::print("wrote {} ({} nodes, {} parameters)\nserve it under the name {}\n", options.out, written.node_count(),
             count_text(static_cast<double>(written.parameter_count())), name);
}

void write_repository(const Graph& graph, ExportArguments& options) {
  options.repository.engine = engine_named(options.target);
  for (const RepositoryModel& model : write_model_repository(graph, deployments_of(graph, options), options.out, options.repository))
    fmt::print("wrote {}\nserved under the name {}\n", model.file.string(), model.name);
}

}  // namespace

void add_export(CLI::App& app, int& result) {
  auto options = std::make_shared<ExportArguments>();
  CLI::App* command = app.add_subcommand("export", "Write a model, or one side of a cut, as an ONNX file for any engine, or suffixes for another server");
  options->model.add_to(*command);
  command->add_option("--out", options->out, "The file to write, or with --target the folder")->required();
  CLI::Option* cut = command->add_option("--cut", options->cuts, "Cut before this layer (dnntune inspect --cuts lists them)")->check(CLI::NonNegativeNumber)->allow_extra_args(false);
  CLI::Option* plan = command->add_option("--plan", options->plans, "Cut where this plan (JSON) does")->allow_extra_args(false);
  cut->excludes(plan);
  CLI::Option* side = command->add_option("--side", options->side, "Which half of the cut")->check(CLI::IsMember({"prefix", "suffix"}))->capture_default_str();
  CLI::Option* encoding = command->add_option("--encoding", options->encoding, "How floats enter the suffix of --cut")->check(CLI::IsMember({"raw", "fp16", "int8"}))->capture_default_str();
  encoding->needs(cut)->excludes(plan);  // a plan says how its values are encoded
  CLI::Option* target = command->add_option("--target", options->target, "Write suffixes as this server reads them: plain, triton, kserve or ovms; --cut and --plan may be repeated")
                            ->check(CLI::IsMember({"plain", "triton", "kserve", "ovms"}));
  target->excludes(side);
  command->add_flag("--replace", options->repository.replace, "Replace models and manifests that are there already")->needs(target);
  command->add_option("--storage-uri", options->repository.storage_uri, "kserve: where the folder `models` will lie")->needs(target)->capture_default_str();
  command->add_option("--min-replicas", options->repository.min_replicas, "kserve: replicas when idle")->needs(target)->capture_default_str();
  command->add_option("--max-replicas", options->repository.max_replicas, "kserve: replicas at most")->needs(target)->capture_default_str();
  command->add_option("--requests-per-replica", options->repository.requests_per_replica, "kserve: requests in hand that a replica is meant to have")->needs(target)->capture_default_str();
  command->callback([options, side, &result] {
    const bool cut_somewhere = !options->cuts.empty() || !options->plans.empty();
    if (!side->empty() && !cut_somewhere) throw CLI::RequiredError("--side: --cut or --plan");
    if (!options->target.empty() && !cut_somewhere) throw CLI::RequiredError("--target: --cut or --plan");
    const Graph graph = options->model.load(true);
    if (options->target.empty()) write_one(graph, *options);
    else write_repository(graph, *options);
    result = kOk;
  });
}

}  // namespace dnntune::cli
