// SPDX-License-Identifier: Apache-2.0
// dnntune run: runs a model, here or as a plan says.
#include <filesystem>
#include <memory>

#include <dnntune/adaptive.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <xxhash.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/plan_file.h"
#include "cli/tensors.h"

namespace dnntune::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RunArguments {
  ModelOptions model;
  ProcessorOptions processor;
  SessionOptions session;
  std::vector<std::string> inputs;
  std::string out_dir;
  std::string format = "npy";
  std::string plan, cloud, token, timeline;
  double deadline_s = 10.0;
  int repeat = 1;
  bool json = false;
  bool adaptive = false;
  std::string link = "lte", encoding = "raw", objective = "latency";
  double probe_after_s = AdaptiveOptions{}.probe_after_s;
};

/// A file name from a value name: what is not a letter, digit, dot, dash or underscore becomes '_'.
std::string file_name(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_') c = '_';
  return name;
}

void write_outputs(const RunArguments& options, const Tensors& outputs) {
  if (options.out_dir.empty()) return;
  std::error_code failure;
  std::filesystem::create_directories(options.out_dir, failure);
  if (failure) throw Error(ErrorCode::io, fmt::format("cannot create '{}': {}", options.out_dir, failure.message()));
  for (const auto& [name, tensor] : outputs) save_tensor(tensor, std::filesystem::path(options.out_dir) / (file_name(name) + "." + options.format), name);
}

/// Of its bytes: the same for the same bits, so that answers can be compared without being written.
std::string digest_of(const Tensor& tensor) {
  const XXH128_hash_t hash = XXH3_128bits(tensor.data(), tensor.size_bytes());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

Json describe(const SplitResult& answer) {
  Json outputs = Json::array();
  for (const auto& [name, tensor] : answer.outputs)
    outputs.push_back({{"name", name}, {"type", to_string(tensor.type())}, {"shape", tensor.shape()}, {"digest", digest_of(tensor)}});
  return {{"schema", "dnntune.result/1"}, {"path", to_string(answer.path)}, {"why", answer.why}, {"total_ns", answer.total_ns},
          {"device_ns", answer.device_ns}, {"exchange_ns", answer.exchange_ns}, {"cloud_ns", answer.cloud_ns},
          {"bytes_up", answer.bytes_up}, {"bytes_down", answer.bytes_down}, {"lossy", answer.lossy}, {"outputs", outputs}};
}

void print(const SplitResult& answer) {
  fmt::print("{:<9} {:>10} ms", to_string(answer.path), ms_text(answer.total_ns));
  if (answer.path != Path::device)
    fmt::print("  device {} + exchange {} (cloud {}), {} up, {} down", ms_text(answer.device_ns), ms_text(answer.exchange_ns),
               ms_text(answer.cloud_ns), bytes_text(static_cast<double>(answer.bytes_up)), bytes_text(static_cast<double>(answer.bytes_down)));
  fmt::print("\n");
  if (!answer.why.empty()) fmt::print("          {}\n", answer.why);
  for (const std::string& value : answer.lossy) fmt::print("          precision lost on the wire: {}\n", value);
}

/// Measures here, asks the server for its profile, and prepares plans for links around the expected one.
std::unique_ptr<AdaptiveSession> adaptive_session(const Graph& graph, const Processor& processor, const std::string& url, Link link, const std::string& encoding,
                                                  const std::string& objective, const AdaptiveOptions& options) {
  ProfileOptions profiling;
  profiling.max_total_s = 5.0;
  profiling.energy.meter = "model";
  PlanRequest request{.graph = graph};
  request.device = {Session(graph, processor).profile(profiling)};
  request.cloud = {remote_profile(url, graph, options.split.connect)};
  request.link = std::move(link);
  request.encoding = encoding == "int8" ? WireEncoding::int8 : encoding == "fp16" ? WireEncoding::fp16 : WireEncoding::raw;
  request.minimize = objective == "energy" ? Objective::energy() : Objective::latency();
  return std::make_unique<AdaptiveSession>(request, url, options);
}

Json describe(const AdaptiveResult& answer, const AdaptiveSession& session) {
  Json json = describe(answer.run);
  json["plan"] = session.plans()[answer.plan].chosen.name;
  json["plan_index"] = answer.plan;
  json["switched"] = answer.switched;
  json["predicted_ns"] = answer.predicted_ns;
  if (answer.energy_uj.provenance != Provenance::unknown) json["energy_uj"] = answer.energy_uj.value;
  json["estimate"] = {{"bandwidth_up_bps", answer.estimate.bandwidth_up_bps}, {"bandwidth_down_bps", answer.estimate.bandwidth_down_bps},
                      {"round_trip_s", answer.estimate.round_trip_s}, {"cloud_doubtful", answer.estimate.cloud_doubtful}};
  return json;
}

}  // namespace

void add_run(CLI::App& app, int& result) {
  auto options = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run a model on tensors from files, here or as a plan says");
  options->model.add_to(*command);
  options->processor.add_to(*command);
  CLI::Option* weights = add_weights_option(*command, options->session.weights);
  CLI::Option* math = add_math_option(*command, options->session.math);
  command->add_option("--input", options->inputs, "Tensor for an input (.npy or .pb); inputs left out are seeded random")->type_name("[NAME=]FILE");
  command->add_option("--out-dir", options->out_dir, "Write every output into this folder");
  command->add_option("--format", options->format, "Format of the outputs")->check(CLI::IsMember({"npy", "pb"}))->capture_default_str();
  CLI::Option* plan = command->add_option("--plan", options->plan, "Carry out this plan or route plan (JSON, from dnntune plan --out)");
  CLI::Option* cloud = command->add_option("--cloud", options->cloud, "URL of the server for the plan's cloud half");
  plan->needs(cloud)->excludes(weights)->excludes(math);  // a SplitSession keeps them as they are
  CLI::Option* adapt = command->add_flag("--adaptive", options->adaptive, "Measure here and ask --cloud for its profile, prepare several plans, and run each request by the one "
                                                                             "that the link of the moment asks for");
  adapt->needs(cloud)->excludes(plan)->excludes(weights)->excludes(math);
  command->add_option("--link", options->link, "The link that is expected at first, by name")->needs(adapt)->capture_default_str();
  command->add_option("--encoding", options->encoding, "How floats cross; fp16 and int8 lose precision")->needs(adapt)->check(CLI::IsMember({"raw", "fp16", "int8"}))->capture_default_str();
  command->add_option("--objective", options->objective, "What to minimise")->needs(adapt)->check(CLI::IsMember({"latency", "energy"}))->capture_default_str();
  command->add_option("--probe-after", options->probe_after_s, "Seconds without the network after which it is probed")->needs(adapt)->check(at_least(0.0))->capture_default_str();
  command->add_option("--token", options->token, "Bearer token for the server");
  command->add_option("--deadline", options->deadline_s, "Seconds to wait for the cloud before finishing here")->check(above_zero())->capture_default_str();
  command->add_option("--timeline", options->timeline, "With --plan or --adaptive: write what each run spent its time on into this file, as a trace that browsers show");
  command->add_option("--repeat", options->repeat, "Run this many times; with --adaptive each plan has been carried out once before")->check(CLI::Range(1, 1000000))->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON object a run; \"digest\" of an output is the 128-bit XXH3 of its bytes, row-major and little-endian");
  command->callback([options, &result] {
    if (!options->cloud.empty() && options->plan.empty() && !options->adaptive) throw CLI::RequiresError("--cloud", "--plan or --adaptive");
    if (!options->timeline.empty() && options->plan.empty() && !options->adaptive) throw CLI::RequiresError("--timeline", "--plan or --adaptive");
    const Graph graph = options->model.load(!options->plan.empty());
    const Tensors inputs = read_inputs(graph, options->inputs, options->model.seed);
    std::shared_ptr<Timeline> timeline;
    std::unique_ptr<SplitSession> split;
    std::unique_ptr<AdaptiveSession> adaptive;
    std::unique_ptr<Session> local;
    SplitOptions split_options;
    split_options.connect.bearer_token = options->token;
    split_options.deadline_s = options->deadline_s;
    if (!options->timeline.empty()) split_options.timeline = timeline = std::make_shared<Timeline>("device");
    if (options->adaptive) {
      AdaptiveOptions adaptive_options;
      adaptive_options.split = split_options;
      adaptive_options.probe_after_s = options->probe_after_s;
      adaptive = adaptive_session(graph, options->processor.pick(), options->cloud, Link::named(options->link), options->encoding, options->objective, adaptive_options);
      if (options->repeat > 1) adaptive->warm_up(inputs);
    } else if (!options->plan.empty()) {
      split = std::make_unique<SplitSession>(graph, read_plan(options->plan, graph), options->cloud, split_options);
    } else {
      local = std::make_unique<Session>(graph, options->processor.pick(), options->session);
    }
    Progress progress("running");
    for (int i = 0; i < options->repeat; ++i) {
      SplitResult answer;
      AdaptiveResult chosen;
      if (adaptive) {
        chosen = adaptive->run(inputs);
        answer = chosen.run;
      } else if (split) {
        answer = split->run(inputs);
      } else {
        const auto start = std::chrono::steady_clock::now();
        answer.outputs = local->run(inputs);
        answer.total_ns = answer.device_ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
      }
      if (i + 1 == options->repeat) write_outputs(*options, answer.outputs);
      if (options->json) emit((adaptive ? describe(chosen, *adaptive) : describe(answer)).dump(), "");
      else print(answer);
      if (adaptive && !options->json)
        fmt::print("          plan {} of {}: {}, {} ms predicted{}\n", chosen.plan + 1, adaptive->plans().size(), adaptive->plans()[chosen.plan].chosen.name,
                   ms_text(chosen.predicted_ns), chosen.switched ? ", switched" : "");
      progress.update(static_cast<double>(i + 1) / options->repeat);
    }
    if (timeline) timeline->save(options->timeline);
    result = kOk;
  });
}

}  // namespace dnntune::cli
