// SPDX-License-Identifier: Apache-2.0
// The processors of one session made ready, and which of them runs a layer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "base/thread_pool.h"
#include "dnntune/session.h"

namespace dnntune::runtime {

/// A processor made ready to run layers.
struct Engine {
  Processor processor;
  const backends::Backend* backend = nullptr;
  std::unique_ptr<backends::Context> context;
  /// For our own kernels; engines whose cores are the first ones of another's share its pool and use a part of it.
  base::ThreadPool* pool = nullptr;
  int threads = 1;
  std::size_t reserved_bytes = 0;  ///< Of the arena of its queue.
  std::uint64_t reservations = 0;  ///< How often that has moved.

  /// Null where layers work in the host's memory.
  backends::DeviceQueue* queue() const noexcept { return context ? context->queue() : nullptr; }
  /// Makes the queue's arena at least that large.
  void reserve(std::size_t bytes);
};

/// What a layer is run by.
struct Duty {
  int engine = 0;
  std::string kernel;  ///< One of Backend::kernels; empty: the backend's own choice.
  bool in_turns = true;  ///< May run in turns with the layer before it: see row_chain.h.
};

/// Who runs what, by name of the lowered node.
struct Duties {
  std::map<std::string, Duty, std::less<>> layers;
  Duty rest;  ///< All others.

  const Duty& of(const std::string& layer) const;
};

class Crew {
 public:
  static constexpr int kMostEngines = 64;

  /// Engine 0 is the session's own processor. Throws not_found for an unknown backend or device and invalid_argument for
  /// a processor that cannot be. `runs` false: no threads are made for our own kernels; layers can be prepared, not run.
  Crew(const Processor& own, std::span<const Processor> others, const SessionOptions& options, bool runs = true);
  /// One engine of a backend that need not be in the list, without context and unpinned.
  Crew(const backends::Backend& backend, int threads);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  int size() const noexcept { return static_cast<int>(engines_.size()); }
  Engine& engine(int index) noexcept { return engines_[static_cast<std::size_t>(index)]; }
  const Engine& engine(int index) const noexcept { return engines_[static_cast<std::size_t>(index)]; }
  /// As an assignment gives them. Throws invalid_argument naming a layer whose processor is not in the crew.
  Duties duties(const Assignment& assignment) const;
  /// Takes the layers that an engine's backend leaves.
  const backends::Backend& fallback() const noexcept { return *fallback_; }

  /// Whether the calling thread alone may run a small network: not where layers were given to processors on purpose, or
  /// where a backend has threads of its own.
  bool may_work_alone() const noexcept { return engines_.size() == 1 && engines_[0].context == nullptr; }
  base::ThreadPool& caller() noexcept { return caller_; }
  /// Whether a processor has memory of its own.
  bool has_queue() const noexcept;
  /// Waits for all queues, after a run that did not end; what failed in them is not told.
  void abandon() noexcept;

 private:
  void add(const Processor& processor, const SessionOptions& options);
  void share_pools(std::int64_t spin_ns);

  std::vector<Engine> engines_;
  std::vector<std::unique_ptr<base::ThreadPool>> pools_;
  const backends::Backend* fallback_ = nullptr;
  base::ThreadPool caller_{1};
};

/// The threads of one run: those of the current layer stay awake, and the caller is pinned to the first core. Others sleep,
/// since they may be on the same cores. Restores the caller's mask.
class Shift {
 public:
  Shift(Crew& crew, bool alone) noexcept : crew_(crew), alone_(alone) {}
  ~Shift() { leave(); }
  Shift(const Shift&) = delete;
  Shift& operator=(const Shift&) = delete;

  /// The pool for the next layer. `by_backend`: `engine`'s own backend computes it, else the CPU's.
  base::ThreadPool& of(int engine, bool by_backend = true);

 private:
  void leave() noexcept;

  Crew& crew_;
  bool alone_;
  int engine_ = -1;
  bool by_backend_ = true;
  base::ThreadPool* pool_ = nullptr;
  std::optional<base::CallerPin> pin_;
  std::optional<base::PoolRun> awake_;
};

}  // namespace dnntune::runtime
