// SPDX-License-Identifier: Apache-2.0
#include "split/model_store.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "runtime/inputs.h"
#include "split/wire.h"

namespace dnntune::split {
namespace {
constexpr double kProfileSeconds = 5.0;  // a client waits for it
}

ServedModel::ServedModel(Graph graph, Processor processor, Turns& turns, Arrivals& arrivals, const Batching& batching)
    : graph_(std::move(graph)), processor_(std::move(processor)), turns_(turns), max_plans_(std::max(SessionOptions().max_plans, batching.max_rows)),
      batcher_(graph_, batching, turns_, arrivals, [this](const Tensors& inputs) { return session().run(inputs); }) {}

Session& ServedModel::session() {
  SessionOptions options;
  options.max_plans = max_plans_;
  if (!session_) session_ = std::make_unique<Session>(graph_, processor_, options);
  return *session_;
}

Tensors ServedModel::run(const Tensors& inputs, const Caller& caller, double& compute_ns) {
  if (!batcher_.why_not().empty()) return run_alone(inputs, caller, compute_ns);
  runtime::check_inputs(graph_, inputs);
  return batcher_.takes(inputs) ? batcher_.run(inputs, caller, compute_ns) : run_alone(inputs, caller, compute_ns);
}

Tensors ServedModel::run_alone(const Tensors& inputs, const Caller& caller, double& compute_ns) {
  caller.arrival.end();
  Tensors outputs;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      outputs = compute(inputs, caller.counted, compute_ns);
    } catch (...) {
      failure = std::current_exception();
    }
  };
  turns_.run(caller.client, {[&work] { work(); }, last_run_ns_});
  if (failure) std::rethrow_exception(failure);
  return outputs;
}

/// In its turn.
Tensors ServedModel::compute(const Tensors& inputs, LoadMeter::Request& counted, double& compute_ns) {
  if (!session_) counted.prepares();
  counted.starts();
  Session& prepared = session();
  const std::int64_t start = base::now_ns();
  Tensors outputs = prepared.run(inputs);
  const std::int64_t taken_ns = base::now_ns() - start;
  compute_ns = static_cast<double>(taken_ns);
  last_run_ns_ = taken_ns;
  counted.computed();
  return outputs;
}

std::string ServedModel::profile_json(const std::string& client) {
  const Turn turn(turns_, client);
  if (profile_json_.empty()) {
    ProfileOptions options;
    options.max_total_s = kProfileSeconds;
    options.energy.meter = "model";  // the device does not pay for the cloud's energy, nor wait for a meter
    profile_json_ = session().profile(options).to_json();
  }
  return profile_json_;
}

void ModelStore::add(const Graph& graph) {
  if (graph.name().empty()) throw Error(ErrorCode::invalid_argument, "a model needs a name to be served under");
  // What the metadata of the model tells a client must have a name on the wire.
  for (const auto* infos : {&graph.inputs(), &graph.outputs()})
    for (const TensorInfo& info : *infos) wire_type(info.type);
  auto model = make(graph);
  const std::lock_guard lock(mutex_);
  const auto [known, added] = models_.emplace(identity(graph), std::move(model));
  models_[graph.name()] = known->second;
}

bool ModelStore::remove(const Graph& graph) {
  const std::lock_guard lock(mutex_);
  const auto known = models_.find(identity(graph));
  if (known == models_.end()) return false;
  const std::shared_ptr<ServedModel> model = known->second;
  std::erase_if(models_, [&](const auto& entry) { return entry.second == model; });
  const std::string stem = identity(graph) + ".";
  suffixes_.remove_if([&](const Suffix& suffix) { return suffix.name.starts_with(stem); });
  return true;
}

std::shared_ptr<ServedModel> ModelStore::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto it = models_.find(name); it != models_.end()) return it->second;
  const auto it = std::find_if(suffixes_.begin(), suffixes_.end(), [&](const Suffix& s) { return s.name == name; });
  if (it == suffixes_.end()) return nullptr;
  suffixes_.splice(suffixes_.begin(), suffixes_, it);
  return suffixes_.front().model;
}

void ModelStore::load_suffix(const std::string& wanted, const std::string& base, const SuffixSpec& spec) {
  std::shared_ptr<ServedModel> whole;
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = models_.find(base); it != models_.end()) whole = it->second;
  }
  if (!whole) throw Error(ErrorCode::not_found, fmt::format("model '{}' is not served here", base));
  const std::string name = suffix_name(whole->graph(), spec);
  if (name != wanted)
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' does not name this cut of the model '{}' served here; that is '{}'", wanted, base, name));
  if (find(name)) return;
  auto model = make(suffix_graph(whole->graph(), spec));
  const std::lock_guard lock(mutex_);
  // Another request may have cut the same suffix meanwhile; either copy will do.
  if (std::any_of(suffixes_.begin(), suffixes_.end(), [&](const Suffix& s) { return s.name == name; })) return;
  suffixes_.push_front({name, std::move(model)});
  if (suffixes_.size() > max_suffixes_) suffixes_.pop_back();
}

bool ModelStore::unload(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(suffixes_, [&](const Suffix& s) { return s.name == name; }) > 0;
}

std::vector<std::string> ModelStore::names() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, model] : models_) names.push_back(name);
  for (const Suffix& suffix : suffixes_) names.push_back(suffix.name);
  return names;
}

}  // namespace dnntune::split
