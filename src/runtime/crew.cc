// SPDX-License-Identifier: Apache-2.0
#include "runtime/crew.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "backends/cpu/cpu_backend.h"
#include "dnntune/error.h"
#include "runtime/threads.h"

namespace dnntune::runtime {
namespace {

constexpr int kMaxThreads = 1024;

const backends::Backend& backend_of(const Processor& processor, const SessionOptions& options) {
  const backends::Backend* backend = backends::find_backend(processor.backend);
  if (backend == nullptr) {
    std::string names;
    for (const std::string_view name : backends::backend_names()) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
    throw Error(ErrorCode::not_found, fmt::format("processor '{}': no backend '{}' in this build; it has {}", processor.name, processor.backend, names));
  }
  return options.reference_kernels ? backends::cpu::reference_backend() : *backend;
}

int checked_threads(const Processor& processor) {
  if (processor.threads < 1 || processor.threads > kMaxThreads)
    throw Error(ErrorCode::invalid_argument, fmt::format("processor '{}': {} threads; 1 to {} are possible", processor.name, processor.threads, kMaxThreads));
  return processor.threads;
}

std::int64_t checked_spin_ns(const SessionOptions& options) {
  constexpr int kMostSpinUs = 1'000'000;
  if (options.worker_spin_us < 0 || options.worker_spin_us > kMostSpinUs)
    throw Error(ErrorCode::invalid_argument, fmt::format("worker_spin_us is {}; 0 to {} are possible", options.worker_spin_us, kMostSpinUs));
  return std::int64_t{1000} * options.worker_spin_us;
}

/// Whether the threads of `part` would run where the first threads of `whole`, which has no fewer, do.
bool leads(const Engine& whole, const Engine& part) {
  const std::vector<int>&all = whole.processor.cores, &some = part.processor.cores;
  if (all == some) return true;
  return some.size() >= static_cast<std::size_t>(part.threads) && some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin());
}

}  // namespace

void Engine::reserve(std::size_t bytes) {
  if (bytes <= reserved_bytes) return;
  queue()->reserve(bytes);
  reserved_bytes = bytes;
  ++reservations;
}

Crew::Crew(const Processor& own, std::span<const Processor> others, const SessionOptions& options, bool runs)
    : fallback_(options.reference_kernels ? &backends::cpu::reference_backend() : &backends::cpu::cpu_backend()) {
  if (others.size() >= kMostEngines)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{} processors beside the session's own; less than {} are possible", others.size(), kMostEngines));
  add(own, options);
  for (std::size_t i = 0; i < others.size(); ++i) {
    const Processor& processor = others[i];
    const auto named = [&](const Processor& other) { return other.name == processor.name; };
    if (std::any_of(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(i), named))
      throw Error(ErrorCode::invalid_argument, fmt::format("processor '{}' is given twice", processor.name));
    const bool same = processor.backend == own.backend && processor.cores == own.cores && processor.threads == own.threads;
    if (named(own) && !same)
      throw Error(ErrorCode::invalid_argument, fmt::format("processor '{}' is not the session's own of that name", processor.name));
    if (!named(own)) add(processor, options);
  }
  const std::int64_t spin_ns = checked_spin_ns(options);
  if (runs) share_pools(spin_ns);
}

Crew::Crew(const backends::Backend& backend, int threads) : fallback_(&backends::cpu::cpu_backend()) {
  Engine& engine = engines_.emplace_back();
  engine.processor.backend = backend.name();
  engine.backend = &backend;
  engine.threads = engine.processor.threads = threads;
  share_pools(0);
}

void Crew::add(const Processor& processor, const SessionOptions& options) {
  Engine engine;
  engine.processor = processor;
  engine.threads = checked_threads(processor);
  engine.backend = &backend_of(processor, options);
  engine.context = engine.backend->open(processor);
  if (engine.queue() == nullptr && !options.allow_missing_cores) require_cores(processor);
  // A device with memory of its own says nothing of the host's threads, which run what it leaves.
  if (engine.queue() != nullptr) {
    const Processor host = Device::local().processor("cpu:all");
    engine.threads = host.threads;
    engine.processor.cores = host.cores;
  }
  engines_.push_back(std::move(engine));
}

void Crew::share_pools(std::int64_t spin_ns) {
  std::vector<std::size_t> largest_first(engines_.size());
  std::iota(largest_first.begin(), largest_first.end(), std::size_t{0});
  std::stable_sort(largest_first.begin(), largest_first.end(), [&](std::size_t a, std::size_t b) { return engines_[a].threads > engines_[b].threads; });
  std::vector<std::size_t> owners;
  for (const std::size_t e : largest_first) {
    const auto owner = std::find_if(owners.begin(), owners.end(), [&](std::size_t o) { return leads(engines_[o], engines_[e]); });
    if (owner != owners.end()) {
      engines_[e].pool = engines_[*owner].pool;
      continue;
    }
    pools_.push_back(std::make_unique<base::ThreadPool>(engines_[e].threads, engines_[e].processor.cores, spin_ns));
    engines_[e].pool = pools_.back().get();
    owners.push_back(e);
  }
}

const Duty& Duties::of(const std::string& layer) const {
  const auto found = layers.find(layer);
  return found == layers.end() ? rest : found->second;
}

Duties Crew::duties(const Assignment& assignment) const {
  Duties duties;
  for (const auto& [layer, choice] : assignment.layers) {
    int engine = 0;
    if (!choice.processor.empty()) {
      const auto named = [&, &name = choice.processor](const Engine& e) { return e.processor.name == name; };
      const auto found = std::find_if(engines_.begin(), engines_.end(), named);
      if (found == engines_.end())
        throw Error(ErrorCode::invalid_argument, fmt::format("the assignment gives layer '{}' to processor '{}', which is not among its processors", layer, choice.processor));
      engine = static_cast<int>(found - engines_.begin());
    }
    duties.layers[layer] = {engine, choice.kernel, choice.in_turns};
  }
  return duties;
}

bool Crew::has_queue() const noexcept {
  return std::any_of(engines_.begin(), engines_.end(), [](const Engine& engine) { return engine.queue() != nullptr; });
}

void Crew::abandon() noexcept {
  for (Engine& engine : engines_) {
    if (engine.queue() == nullptr) continue;
    try {
      engine.queue()->finish();
    } catch (const std::exception&) {  // the error of the run itself is on its way to the caller
    }
  }
}

void Shift::leave() noexcept {
  if (engine_ >= 0 && by_backend_ && crew_.engine(engine_).context) crew_.engine(engine_).context->rest();
}

base::ThreadPool& Shift::of(int engine, bool by_backend) {
  if (engine == engine_ && by_backend == by_backend_) return *pool_;
  leave();
  engine_ = engine;
  by_backend_ = by_backend;
  if (alone_) return *(pool_ = &crew_.caller());
  const Engine& next = crew_.engine(engine);
  if (next.pool != pool_) {
    awake_.reset();
    pool_ = next.pool;
    pin_.reset();
    pin_.emplace(*pool_);
  }
  // A backend with threads of its own has no use for the pool's.
  if (by_backend && next.context)
    awake_.reset();
  else if (!awake_)
    awake_.emplace(*pool_);
  pool_->use(next.threads);
  return *pool_;
}

}  // namespace dnntune::runtime
