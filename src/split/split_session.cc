// SPDX-License-Identifier: Apache-2.0
// SplitSession: prefix here, suffix there; or everything here when there is no there.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "dnntune/split.h"
#include "runtime/inputs.h"
#include "split/cloud_breaker.h"
#include "split/nan.h"
#include "split/race.h"
#include "split/remote.h"
#include "split/request_id.h"
#include "split/split_run.h"
#include "split/url.h"

namespace dnntune {
namespace {

std::vector<std::string> names_of(const std::vector<TensorInfo>& infos) {
  std::vector<std::string> names;
  for (const TensorInfo& info : infos) names.push_back(info.name);
  return names;
}

/// The processor that the plan names, when this machine has it.
std::optional<Processor> known_processor(const std::string& name) {
  Device device = Device::local();
  try {
    if (name.starts_with("opencl:")) device.add_accelerators();
    return device.processor(name);
  } catch (const Error&) {
    return std::nullopt;  // a plan that was made for another device
  }
}

/// That, else one thread of this machine.
Processor device_processor(const std::string& name) {
  const std::optional<Processor> known = known_processor(name);
  return known ? *known : Device::local().processor("cpu:all x1");
}

/// The device's layers that the plan runs elsewhere than on the session's own processor.
Assignment assignment_of(const Graph& graph, const Deployment& deployment, const Processor& own) {
  Assignment assignment;
  std::map<std::string, std::string> names;  // as this machine has them; "" for what it lacks
  for (std::size_t i = 0; i < deployment.layer_processors.size() && i < graph.layers().size(); ++i) {
    const std::string& name = deployment.layer_processors[i];
    if (name.empty() || deployment.tiers[i] == Tier::cloud) continue;
    const auto [found, is_new] = names.emplace(name, "");
    if (is_new) {
      if (std::optional<Processor> known = known_processor(name)) {
        found->second = known->name;
        if (known->name != own.name) assignment.processors.push_back(std::move(*known));
      }
    }
    if (!found->second.empty() && found->second != own.name) assignment.layers[graph.layers()[i].name].processor = found->second;
  }
  return assignment;
}

SplitOptions checked(SplitOptions options) {
  if (!(options.deadline_s > 0) || !(options.retry_after_s >= 0)) throw Error(ErrorCode::invalid_argument, "deadline_s must be positive and retry_after_s not negative");
  if (!(options.longest_retry_after_s >= 0) || !(options.probe_timeout_s > 0) || !(options.busy_patience_s >= 0) || !(options.hedge_after_s >= 0))
    throw Error(ErrorCode::invalid_argument, "longest_retry_after_s, busy_patience_s and hedge_after_s must not be negative, probe_timeout_s must be positive");
  return options;
}

SessionOptions options_with(Assignment assignment, std::shared_ptr<WeightPool> pool) {
  SessionOptions options;
  options.assignment = std::move(assignment);
  options.weight_pool = std::move(pool);
  return options;
}

/// Graph inputs that the device's layers read; all where those read none.
std::vector<std::string> prefix_inputs(const Graph& graph, const Deployment& deployment) {
  std::set<std::string> read;
  for (std::size_t i = 0; i < deployment.tiers.size(); ++i)
    if (deployment.tiers[i] == Tier::device) read.insert(graph.layers()[i].inputs.begin(), graph.layers()[i].inputs.end());
  std::vector<std::string> inputs;
  for (const TensorInfo& info : graph.inputs())
    if (read.contains(info.name)) inputs.push_back(info.name);
  return inputs.empty() ? names_of(graph.inputs()) : inputs;
}

/// The crossing values and graph outputs that are made here: all that is neither given nor the cloud's, such
/// as an output that is constant and so no layer's.
std::vector<std::string> prefix_outputs(const Graph& graph, const Deployment& deployment) {
  std::set<std::string> elsewhere;
  for (const TensorInfo& info : graph.inputs()) elsewhere.insert(info.name);
  for (std::size_t i = 0; i < deployment.tiers.size(); ++i)
    if (deployment.tiers[i] == Tier::cloud) elsewhere.insert(graph.layers()[i].outputs.begin(), graph.layers()[i].outputs.end());
  std::vector<std::string> outputs;
  const auto want = [&](const std::string& name) {
    if (!elsewhere.contains(name) && std::find(outputs.begin(), outputs.end(), name) == outputs.end()) outputs.push_back(name);
  };
  for (const Crossing& crossing : deployment.crossings) want(crossing.value);
  for (const TensorInfo& info : graph.outputs()) want(info.name);
  return outputs;
}

}  // namespace

/// Both halves of a network, and what lies between them.
struct Halves : split::SplitRun {
  using Counter = std::int64_t SplitCounters::*;

  Halves(Graph whole, Plan the_plan, const std::string& url, SplitOptions given, std::shared_ptr<WeightPool> weights)
      : graph(std::move(whole)), plan(std::move(the_plan)), options(checked(std::move(given))), processor(device_processor(plan.device_processor)), pool(std::move(weights)),
        breaker(split::whole_ns(options.retry_after_s), split::whole_ns(options.longest_retry_after_s)) {
    if (plan.model_hash != graph.hash())
      throw Error(ErrorCode::invalid_argument, fmt::format("the plan is for model {}, the graph is {}", plan.model_hash, graph.hash()));
    if (!plan.chosen.feasible) throw Error(ErrorCode::invalid_argument, fmt::format("the chosen deployment cannot run: {}", plan.chosen.why));
    if (plan.chosen.tiers.size() != graph.layers().size())
      throw Error(ErrorCode::invalid_argument, fmt::format("the plan has {} layers, the graph {}", plan.chosen.tiers.size(), graph.layers().size()));
    split::parse_url(url);

    const auto in_cloud = std::count(plan.chosen.tiers.begin(), plan.chosen.tiers.end(), Tier::cloud);
    path = in_cloud == 0 ? Path::device : static_cast<std::size_t>(in_cloud) == graph.layers().size() ? Path::cloud : Path::split;
    if (path == Path::device) {
      here.emplace(graph, processor, options_with(assignment_of(graph, plan.chosen, processor), pool));
      return;
    }
    const split::SuffixSpec spec = split::suffix_spec(graph, plan.chosen);
    for (const Crossing& crossing : spec.crossings) {
      crossing_names.push_back(crossing.value);
      if (crossing.encoding != WireEncoding::raw) lossy.push_back(fmt::format("{} ({})", crossing.value, to_string(crossing.encoding)));
    }
    cloud_outputs = spec.outputs;
    const std::vector<std::string> made_here = prefix_outputs(graph, plan.chosen);
    check_crossings(spec.crossings, made_here);
    suffix.emplace(graph.extract(crossing_names, cloud_outputs));
    if (!made_here.empty()) here.emplace(graph.extract(prefix_inputs(graph, plan.chosen), made_here), processor, options_with(assignment_of(graph, plan.chosen, processor), pool));
    remote.emplace(graph, spec, url, options.connect);
    if (options.prepare_fallback) prepare_fallback_if_possible();
  }

  /// A plan may come from a file: what it lets cross must exist here.
  void check_crossings(const std::vector<Crossing>& crossings, const std::vector<std::string>& made_here) const {
    const std::vector<std::string> inputs = names_of(graph.inputs());
    for (const Crossing& crossing : crossings) {
      const auto in = [&](const std::vector<std::string>& names) { return std::find(names.begin(), names.end(), crossing.value) != names.end(); };
      if (!in(inputs) && !in(made_here)) throw Error(ErrorCode::invalid_argument, fmt::format("the plan lets '{}' cross, which the device does not make", crossing.value));
      if (crossing.encoding != WireEncoding::raw && graph.value(crossing.value).type != DataType::float32)
        throw Error(ErrorCode::invalid_argument, fmt::format("the plan lets '{}' cross as {}, but it is {}", crossing.value, to_string(crossing.encoding),
                                                             to_string(graph.value(crossing.value).type)));
    }
  }

  /// Runs `session` on those of `known` that it takes, and adds what it makes.
  static void run_on(Session& session, Tensors& known) {
    Tensors inputs;
    for (const TensorInfo& info : session.graph().inputs()) {
      const auto it = known.find(info.name);
      if (it != known.end()) inputs.insert(*it);  // a missing one is named by run
    }
    for (auto& [name, tensor] : session.run(inputs)) known.insert_or_assign(name, tensor);
  }

  /// Who lets a run finish here, and why.
  bool decline(SplitResult& result, std::string why, Counter which) {
    reason = which;
    result.why = std::move(why);
    return false;
  }

  /// Which counter a failure of the cloud belongs to.
  Counter counter_of(const Error& failure) const {
    static constexpr int kOk = 200, kBusy = 503;
    if (failure.code() == ErrorCode::timeout) return &SplitCounters::late;
    if (failure.code() == ErrorCode::unsupported) return &SplitCounters::not_sendable;
    const int status = remote->status();
    return status == 0 ? &SplitCounters::unreachable : status == kOk ? &SplitCounters::unusable : status == kBusy ? &SplitCounters::busy : &SplitCounters::refused;
  }

  /// Sends the crossing values; false with `why` set when the cloud did not help. What goes wrong in this
  /// process, such as memory running out, is not taken for the network's fault: it is thrown.
  bool ask_cloud(Tensors& known, std::int64_t start_ns, double hedge_after_s, SplitResult& result, split::CloudNews& news) {
    if (cloud_run.started()) {  // an earlier run did not wait for its answer
      if (!cloud_run.ended()) return decline(result, "the cloud still owes the answer to an earlier run", &SplitCounters::left_alone);
      std::string late_failure;
      take_answer(late_failure);
    }
    const std::int64_t sent_ns = base::now_ns();
    if (breaker.open(sent_ns))
      return decline(result, fmt::format("the cloud failed {:.1f} s ago and is left alone for {:g} s: {}", static_cast<double>(sent_ns - breaker.failed_at_ns()) * 1e-9,
                                         static_cast<double>(breaker.pause_ns()) * 1e-9, last_failure),
                     &SplitCounters::left_alone);
    Tensors crossing;
    for (const std::string& name : crossing_names) crossing[name] = known.at(name);
    const auto ask = [this, crossing = std::move(crossing), start_ns, probes = breaker.half_open(sent_ns)] {
      const std::int64_t deadline = start_ns + split::whole_ns(options.deadline_s);
      if (probes) remote->probe(std::min(deadline, base::now_ns() + split::whole_ns(options.probe_timeout_s)));
      return remote->run(crossing, deadline, start_ns + split::whole_ns(options.busy_patience_s));
    };
    remote->set_trace(trace);
    if (std::isinf(hedge_after_s)) {
      std::optional<Tensors> answer = answer_of(ask, result.why);
      if (answer) add(*answer, known);
    } else {
      cloud_run.start(ask);
      if (!hedge(known, sent_ns, hedge_after_s, result)) {
        news.kind = split::CloudNews::Kind::late;
        return false;
      }
    }
    result.exchange_ns = static_cast<double>(base::now_ns() - sent_ns);
    result.bytes_up = remote->bytes_up();
    result.bytes_down = remote->bytes_down();
    news.kind = result.why.empty() ? split::CloudNews::Kind::answered : split::CloudNews::Kind::failed;
    news.silent = remote->status() == 0;
    if (result.why.empty()) {
      result.cloud_ns = remote->compute_ns();
      news.exchange_ns = remote->infer_ns();
      news.compute_ns = remote->compute_ns();
      news.wait_ns = remote->wait_ns();
      news.first = remote->found_anew();
    }
    return result.why.empty();
  }

  static void add(const Tensors& more, Tensors& known) {
    for (const auto& [name, tensor] : more) known.insert_or_assign(name, tensor);
  }

  /// What `ask` brings, and nothing, with `failure` set, when it is the network's fault that it brings nothing.
  template <typename Ask>
  std::optional<Tensors> answer_of(Ask&& ask, std::string& failure) {
    try {
      Tensors answer = ask();
      breaker.close();
      return answer;
    } catch (const Error& e) {
      if (e.code() != ErrorCode::network && e.code() != ErrorCode::timeout && e.code() != ErrorCode::unsupported) throw;
      reason = counter_of(e);
      failure = last_failure = e.what();
      breaker.failed(base::now_ns(), split::whole_ns(remote->retry_after_s()));
      return std::nullopt;
    }
  }
  std::optional<Tensors> take_answer(std::string& failure) {
    return answer_of([this] { return cloud_run.take(); }, failure);
  }

  /// Waits for the cloud, and when it is late lets the device begin too. True when the cloud's run has ended, with `why` set when it failed; false
  /// when the device was first, which is a fallback whose outputs are `known`.
  bool hedge(Tensors& known, std::int64_t sent_ns, double hedge_after_s, SplitResult& result) {
    const auto cloud_ended = [this] { return cloud_run.ended(); };
    if (!bell.wait(cloud_ended, sent_ns + split::whole_ns(hedge_after_s))) {
      wait_for_device();
      result.hedged = true;
      device_run.start([this, known, its_trace = trace] {
        const split::Trace::Step step(its_trace, "hedge");
        Tensors outputs = known;
        finish_here(outputs);
        return outputs;
      });
      bell.wait([this] { return cloud_run.ended() || device_run.ended(); });
    }
    if (!cloud_run.ended()) {
      decline(result, fmt::format("the device was first: the cloud had not answered {:g} s after it was asked", hedge_after_s), &SplitCounters::late);
      result.exchange_ns = static_cast<double>(base::now_ns() - sent_ns);
      return false;
    }
    if (const std::optional<Tensors> answer = take_answer(result.why)) add(*answer, known);
    return true;
  }

  /// A device's run that the cloud has beaten may go on still.
  void wait_for_device() {
    if (!device_run.started()) return;
    try {
      device_run.take();
    } catch (const std::exception&) {
      // Nobody waits for its answer.
    }
  }

  /// Layers that this build cannot run may be the cloud's all the same; the run that needs them here will say so.
  void prepare_fallback_if_possible() {
    try {
      prepare_fallback();
    } catch (const Error& e) {
      if (e.code() != ErrorCode::unsupported) throw;
    }
  }

  void prepare_fallback() {
    if (!fallback) fallback.emplace(*suffix, processor, options_with({}, pool));
  }

  /// The suffix here, from the raw crossing values: the same bits as the whole network.
  void finish_here(Tensors& known) {
    prepare_fallback();
    run_on(*fallback, known);
  }

  /// The same, or the run of it that was begun for this request.
  void finish_here(Tensors& known, bool begun) {
    if (begun) {
      add(device_run.take(), known);
      return;
    }
    wait_for_device();
    finish_here(known);
  }

  /// The halves were cut, and the plan made, for the shapes the graph was loaded for.
  void require_planned_shapes(const Tensors& inputs) const {
    for (const TensorInfo& info : graph.inputs())
      if (inputs.at(info.name).shape() != info.shape)
        throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' is {}; the plan is for {}: load the graph with that size (LoadOptions::dims)",
                                                             info.name, to_string(inputs.at(info.name).shape()), to_string(info.shape)));
  }

  void check(const Tensors& inputs) const override {
    runtime::check_inputs(graph, inputs);  // so that a wrong one is the caller's error and not taken for the network's
    if (path != Path::device) require_planned_shapes(inputs);
  }

  bool prefix_takes(const std::string& input) const override {
    if (!here) return false;
    const std::vector<TensorInfo>& infos = here->graph().inputs();
    return std::any_of(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == input; });
  }

  split::Begun begin(const Tensors& inputs) override {
    split::Begun begun{inputs, {}, base::now_ns(), {}};
    if (options.timeline || path != Path::device) begun.trace = split::Trace(options.timeline, ids.next());
    begun.result.path = path;
    begun.result.lossy = lossy;
    if (here) run_on(*here, begun.known);
    begun.result.device_ns = static_cast<double>(base::now_ns() - begun.start_ns);
    if (here) begun.trace.add("device", begun.start_ns, begun.trace.now());
    return begun;
  }

  SplitResult finish(split::Begun begun, double hedge_after_s, split::CloudNews& news) override {
    Tensors& known = begun.known;
    SplitResult result = std::move(begun.result);
    trace = std::move(begun.trace);
    if (path != Path::device && !ask_cloud(known, begun.start_ns, hedge_after_s, result, news)) {
      const std::int64_t fallback_ns = base::now_ns();
      try {
        finish_here(known, result.hedged);
      } catch (const Error& e) {
        // Inputs that only the suffix can judge were wrong: the cloud was right to refuse them.
        if (e.code() == ErrorCode::invalid_argument) breaker.close();
        throw;
      }
      result.path = Path::fallback;
      result.lossy.clear();
      result.device_ns += static_cast<double>(base::now_ns() - fallback_ns);
      trace.add("fallback", fallback_ns, trace.now());
    }
    for (const TensorInfo& info : graph.outputs()) result.outputs[info.name] = known.at(info.name);
    // The device's own layers make NaNs of these inputs: the cloud was right.
    if (result.path == Path::fallback && result.bytes_up > 0 && remote->answered_nan() && split::holds_nan(result.outputs)) breaker.close();
    result.total_ns = static_cast<double>(base::now_ns() - begun.start_ns);
    if (trace) trace.add("request", begun.start_ns, trace.now(), fmt::format("{}{}{}", to_string(result.path), result.why.empty() ? "" : ": ", result.why));
    count(result);
    return result;
  }

  void count(const SplitResult& result) {
    ++counters.runs;
    ++counters.paths[static_cast<std::size_t>(result.path)];
    if (result.path == Path::fallback) ++(counters.*reason);
    counters.hedged += result.hedged ? 1 : 0;
    counters.bytes_up += result.bytes_up;
    counters.bytes_down += result.bytes_down;
  }

  const Graph graph;
  const Plan plan;
  const SplitOptions options;
  const Processor processor;
  const std::shared_ptr<WeightPool> pool;
  Path path = Path::device;
  std::vector<std::string> crossing_names, cloud_outputs, lossy;
  std::optional<Session> here;      ///< The prefix, or everything for a device-only plan.
  std::optional<Graph> suffix;      ///< Unset for a device-only plan.
  std::optional<Session> fallback;  ///< Of the suffix.
  std::optional<split::RemoteSuffix> remote;
  std::string last_failure;
  split::CloudBreaker breaker;
  split::RequestIds ids;  ///< Of `begin`.
  split::Trace trace;  ///< Of the run that is being finished.
  SplitCounters counters;
  Counter reason = &SplitCounters::unreachable;  ///< Of the last failure.
  // Of hedged runs. Last: their threads use all of the above.
  split::Bell bell;
  split::Runner cloud_run{bell}, device_run{bell};
};

struct SplitSession::Impl final : Halves {
  Impl(Graph graph, Plan plan, const std::string& url, SplitOptions options) : Halves(std::move(graph), std::move(plan), url, std::move(options), std::make_shared<WeightPool>()) {}

  SplitResult run(const Tensors& inputs) {
    check(inputs);
    split::CloudNews news;
    return finish(begin(inputs), options.hedge_after_s, news);
  }
};

std::unique_ptr<split::SplitRun> split::SplitRun::make(Graph graph, Plan plan, const std::string& url, SplitOptions options, std::shared_ptr<WeightPool> pool) {
  return std::make_unique<Halves>(std::move(graph), std::move(plan), url, std::move(options), std::move(pool));
}

const char* to_string(Path path) noexcept {
  switch (path) {
    case Path::device: return "device";
    case Path::split: return "split";
    case Path::cloud: return "cloud";
    case Path::fallback: return "fallback";
  }
  return "unknown";
}

SplitSession::SplitSession(Graph graph, Plan plan, std::string url, SplitOptions options)
    : impl_(std::make_unique<Impl>(std::move(graph), std::move(plan), url, std::move(options))) {}
SplitSession::~SplitSession() = default;
SplitSession::SplitSession(SplitSession&&) noexcept = default;
SplitSession& SplitSession::operator=(SplitSession&&) noexcept = default;

SplitResult SplitSession::run(const Tensors& inputs) { return impl_->run(inputs); }
const SplitCounters& SplitSession::counters() const noexcept { return impl_->counters; }
const Plan& SplitSession::plan() const noexcept { return impl_->plan; }

}  // namespace dnntune
