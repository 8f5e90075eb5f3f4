// SPDX-License-Identifier: Apache-2.0
#include "split/engine_config.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/json.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "split/suffix.h"
#include "split/wire.h"

namespace dnntune {
namespace split {
namespace {

constexpr const char* kOvmsList = "model_config_list";

/// Text for protobuf's text format and, having the same escapes, for YAML's double quotes.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else out += c;
  }
  return out + "\"";
}

std::string triton_dims(const TensorInfo& info) {
  std::string dims;
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    const bool open = info.shape[i] < 0 || (i < info.dim_names.size() && !info.dim_names[i].empty());
    dims += fmt::format("{}{}", i == 0 ? "" : ", ", open ? -1 : info.shape[i]);
  }
  return dims;
}

void add_tensors(std::string& text, const char* field, const std::vector<TensorInfo>& infos) {
  for (const TensorInfo& info : infos)
    text += fmt::format("{} {{\n  name: {}\n  data_type: TYPE_{}\n  dims: [ {} ]\n}}\n", field, quoted(info.name), wire_type(info.type), triton_dims(info));
}

/// A name as Kubernetes takes it: lower case, digits and '-', a letter first, 63 at most.
std::string kubernetes_name(const std::string& identity) {
  static constexpr std::size_t kHashAndDot = 9, kMost = 63;
  std::string name = identity.substr(0, identity.size() - kHashAndDot);
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) name = "m-" + name;
  name = name.substr(0, kMost - kHashAndDot) + "-" + identity.substr(identity.size() - kHashAndDot + 1);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
  return name;
}

}  // namespace

void check_engine_takes(const Graph& suffix, Engine engine) {
  if (engine == Engine::plain) return;
  for (const auto* infos : {&suffix.inputs(), &suffix.outputs()})
    for (const TensorInfo& info : *infos) {
      const bool runs_triton = engine == Engine::triton || engine == Engine::kserve;
      if (runs_triton && info.shape.empty()) throw Error(ErrorCode::unsupported, fmt::format("value '{}' has no dimensions; Triton carries only tensors with some", info.name));
      if (info.type == DataType::bfloat16) throw Error(ErrorCode::unsupported, fmt::format("value '{}' is bfloat16, which {} does not take", info.name, to_string(engine)));
      wire_type(info.type);
    }
}

std::string triton_config(const std::string& name, const Graph& suffix) {
  std::string text = fmt::format(
      "# Made by dnntune {}. Inputs and outputs are whole tensors, their batch dimension included, so Triton must not add one: max_batch_size\n"
      "# is 0, which leaves its dynamic batcher off. To let it batch, export the model with an open first dimension in every input and output,\n"
      "# set max_batch_size above 0, take the first entry of each dims away and add: dynamic_batching {{ max_queue_delay_microseconds: 2000 }}\n"
      "name: {}\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: 0\n",
      version(), quoted(name));
  add_tensors(text, "input", suffix.inputs());
  add_tensors(text, "output", suffix.outputs());
  return text;
}

std::string kserve_manifest(const Graph& graph, const RepositoryOptions& options) {
  return fmt::format(
      "# Made by dnntune {0}. Upload the folder `models` to storageUri, then: kubectl apply -f inference_service.yaml\n"
      "# The annotations are Knative's autoscaler's: requests in hand, a replica. Without Knative (deployment mode Standard) put\n"
      "# scaleMetric: cpu and scaleTarget: 80 under predictor instead.\n"
      "apiVersion: serving.kserve.io/v1beta1\n"
      "kind: InferenceService\n"
      "metadata:\n"
      "  name: {1}\n"
      "  annotations:\n"
      "    autoscaling.knative.dev/metric: \"concurrency\"\n"
      "    autoscaling.knative.dev/target: \"{2}\"\n"
      "spec:\n"
      "  predictor:\n"
      "    minReplicas: {3}\n"
      "    maxReplicas: {4}\n"
      "    model:\n"
      "      modelFormat:\n"
      "        name: triton\n"
      "      protocolVersion: v2\n"
      "      runtime: kserve-tritonserver\n"
      "      storageUri: {5}\n",
      version(), kubernetes_name(identity(graph)), options.requests_per_replica, options.min_replicas, options.max_replicas, quoted(options.storage_uri));
}

std::string ovms_config(const std::string& existing, const std::vector<std::string>& names) {
  static constexpr std::string_view kWhat = "config.json";
  base::Json config = existing.empty() ? base::Json{{kOvmsList, base::Json::array()}} : base::parse_json(existing, kWhat);
  for (const base::Json& entry : base::get_array(config, kOvmsList, kWhat)) {
    if (!entry.is_object() || !entry.contains("config")) base::throw_json_field(kWhat, kOvmsList, "has an entry without 'config'");
    base::get<std::string>(entry["config"], "name", kWhat);
  }
  for (const std::string& name : names) {
    const base::Json entry = {{"config", {{"name", name}, {"base_path", "models/" + name}}}};  // beside config.json
    const auto same = std::find_if(config[kOvmsList].begin(), config[kOvmsList].end(), [&](const base::Json& known) { return known["config"]["name"] == name; });
    if (same == config[kOvmsList].end()) config[kOvmsList].push_back(entry);
  }
  return base::dump_json(config);
}

}  // namespace split

namespace {
constexpr Engine kEngines[] = {Engine::plain, Engine::triton, Engine::kserve, Engine::ovms};
}

const char* to_string(Engine engine) noexcept {
  switch (engine) {
    case Engine::plain: return "plain";
    case Engine::triton: return "triton";
    case Engine::kserve: return "kserve";
    case Engine::ovms: return "ovms";
  }
  return "unknown";
}

Engine engine_named(std::string_view name) {
  std::string known;
  for (const Engine engine : kEngines) {
    if (name == to_string(engine)) return engine;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(engine));
  }
  throw Error(ErrorCode::not_found, fmt::format("no engine '{}'; there are {}", name, known));
}

}  // namespace dnntune
