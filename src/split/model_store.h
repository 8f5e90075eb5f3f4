// SPDX-License-Identifier: Apache-2.0
// The models a server holds, and the suffixes it has cut from them.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dnntune/session.h"
#include "split/arrivals.h"
#include "split/batcher.h"
#include "split/caller.h"
#include "split/suffix.h"
#include "split/turns.h"

namespace dnntune::split {

/// A graph that can be run. Sessions are prepared at the first use. `run` and `profile` of all models of
/// a store take turns: they share one processor.
class ServedModel {
 public:
  ServedModel(Graph graph, Processor processor, Turns& turns, Arrivals& arrivals, const Batching& batching);

  const Graph& graph() const noexcept { return graph_; }
  /// Why its requests are not joined; "" when they are.
  const std::string& why_not_joined() const noexcept { return batcher_.why_not(); }
  /// Waits until it is the caller's turn, or joins a run of others where that is sound and allowed. `compute_ns` receives the time of the run itself,
  /// waiting for the processor not included.
  Tensors run(const Tensors& inputs, const Caller& caller, double& compute_ns);
  /// Measured at the first call, then kept.
  std::string profile_json(const std::string& client);

 private:
  Session& session();  ///< In its turn.
  Tensors run_alone(const Tensors& inputs, const Caller& caller, double& compute_ns);
  Tensors compute(const Tensors& inputs, LoadMeter::Request& counted, double& compute_ns);

  const Graph graph_;
  const Processor processor_;
  Turns& turns_;
  const int max_plans_;
  std::unique_ptr<Session> session_;
  std::string profile_json_;
  std::atomic<std::int64_t> last_run_ns_ = Turns::kLong;
  Batcher batcher_;
};

/// Thread-safe.
class ModelStore {
 public:
  ModelStore(Processor processor, int max_suffixes, const Batching& batching)
      : processor_(std::move(processor)), max_suffixes_(static_cast<std::size_t>(max_suffixes)), batching_(batching) {}

  /// Under its identity, and under its name: the model added last has the name.
  void add(const Graph& graph);
  /// Withdraws the model of that hash, its plain name when it has that, and its suffixes; requests in hand end as they would. False when it is
  /// not here.
  bool remove(const Graph& graph);
  /// By name, models first, then suffixes; null when there is none.
  std::shared_ptr<ServedModel> find(const std::string& name);
  /// Cuts the suffix from the model called `base`, unless it is there; returns its name, which must equal
  /// `wanted`. Throws not_found for the base, invalid_argument for a cut that does not fit it.
  void load_suffix(const std::string& wanted, const std::string& base, const SuffixSpec& spec);
  /// Forgets a suffix; false when there is none. A model stays: it is the host program's to withdraw, and
  /// other clients' suffixes are cut from it.
  bool unload(const std::string& name);
  std::vector<std::string> names();
  /// Of all requests that may be for one of the models.
  Arrivals& arrivals() noexcept { return arrivals_; }

 private:
  struct Suffix {
    std::string name;
    std::shared_ptr<ServedModel> model;
  };
  std::shared_ptr<ServedModel> make(Graph graph) { return std::make_shared<ServedModel>(std::move(graph), processor_, turns_, arrivals_, batching_); }

  const Processor processor_;
  const std::size_t max_suffixes_;
  const Batching batching_;
  Turns turns_;                 ///< Of whoever computes.
  Arrivals arrivals_;
  std::mutex mutex_;            ///< Guards the lists below.
  std::map<std::string, std::shared_ptr<ServedModel>> models_;  ///< Each under its name and its identity.
  std::list<Suffix> suffixes_;  ///< The most recently used first.
};

}  // namespace dnntune::split
