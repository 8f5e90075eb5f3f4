// SPDX-License-Identifier: Apache-2.0
// FrameStream: two threads and three queues, all under one lock.
#include "dnntune/stream.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "split/adaptive_run.h"

namespace dnntune {
namespace {

StreamOptions checked(StreamOptions options) {
  const auto refuse = [](const char* field, int value, const char* rule) {
    throw Error(ErrorCode::invalid_argument, fmt::format("StreamOptions: {} is {}, it must be {}", field, value, rule));
  };
  if (options.most_in_flight < 1 || options.most_in_flight > 1024) refuse("most_in_flight", options.most_in_flight, "1 to 1024");
  if (options.most_unread < 1 || options.most_unread > 65536) refuse("most_unread", options.most_unread, "1 to 65536");
  return options;
}

const TensorInfo& named(const std::vector<TensorInfo>& infos, const std::string& name, const char* what) {
  const auto at = std::find_if(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == name; });
  if (at == infos.end()) throw Error(ErrorCode::invalid_argument, fmt::format("a state loop names '{}', which is no {} of the network", name, what));
  return *at;
}

/// States before the first frame, by the inputs' names.
Tensors first_states(const Graph& graph, const std::vector<StateLoop>& loops) {
  Tensors states;
  for (const StateLoop& loop : loops) {
    const TensorInfo &from = named(graph.outputs(), loop.output, "output"), &to = named(graph.inputs(), loop.input, "input");
    if (from.type != to.type || from.shape != to.shape)
      throw Error(ErrorCode::invalid_argument, fmt::format("a state loop leads from '{}', {} {}, to '{}', {} {}", loop.output, to_string(from.type), to_string(from.shape), loop.input,
                                                           to_string(to.type), to_string(to.shape)));
    const Tensor initial = loop.initial.defined() ? loop.initial : Tensor(to.type, to.shape);
    if (initial.type() != to.type || initial.shape() != to.shape)
      throw Error(ErrorCode::invalid_argument, fmt::format("the initial state of '{}' is {} {}, not {} {}", loop.input, to_string(initial.type()), to_string(initial.shape()),
                                                           to_string(to.type), to_string(to.shape)));
    if (!states.emplace(loop.input, initial).second) throw Error(ErrorCode::invalid_argument, fmt::format("two state loops lead to '{}'", loop.input));
  }
  return states;
}

}  // namespace

struct FrameStream::Impl {
  Impl(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, StreamOptions given)
      : options(checked(std::move(given))), run(graph, plans, url, options.adaptive), states(first_states(graph, options.states)) {
    try {
      device_thread = std::thread([this] { guarded(&Impl::run_prefixes); });
      cloud_thread = std::thread([this] { guarded(&Impl::finish_frames); });
    } catch (const std::system_error& e) {
      stop();
      throw Error(ErrorCode::out_of_memory, fmt::format("cannot start a stream's threads: {}", e.what()));
    }
  }

  ~Impl() { stop(); }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    if (device_thread.joinable()) device_thread.join();
    if (cloud_thread.joinable()) cloud_thread.join();
  }

  std::optional<std::uint64_t> submit(const Tensors& frame) {
    Tensors inputs = frame;
    for (const StateLoop& loop : options.states)
      if (inputs.contains(loop.input)) throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' is the stream's state, not the frame's", loop.input));
    {
      std::unique_lock lock(mutex);
      Tensors all = inputs;
      for (const auto& [name, state] : states) all.emplace(name, state);
      lock.unlock();
      run.check(all);
    }
    std::unique_lock lock(mutex);
    require_open();
    if (full() && options.when_full == WhenFull::refuse) {
      ++counted.refused;
      return std::nullopt;
    }
    if (options.when_full == WhenFull::block) {
      changed.wait(lock, [this] { return !full() || closed || failure; });
      require_open();
    }
    waiting.push_back({counted.taken, base::now_ns(), std::move(inputs), {}});
    if (++in_flight > static_cast<std::size_t>(options.most_in_flight)) drop_oldest();  // the new one, where all others are begun
    const std::uint64_t number = counted.taken++;
    changed.notify_all();
    return number;
  }

  std::optional<FrameResult> next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return answers.contains(next_answer) || failure || (closed && next_answer == counted.taken); });
    const auto at = answers.find(next_answer);
    if (at == answers.end()) {
      if (failure) std::rethrow_exception(failure);
      return std::nullopt;
    }
    FrameResult result = std::move(at->second);
    answers.erase(at);
    ++next_answer;
    changed.notify_all();
    return result;
  }

  void close() {
    const std::lock_guard lock(mutex);
    closed = true;
    changed.notify_all();
  }

  StreamCounters counters() const {
    const std::lock_guard lock(mutex);
    return counted;
  }

  const StreamOptions options;
  split::AdaptiveRun run;

 private:
  struct Frame {
    std::uint64_t number = 0;
    std::int64_t submitted_ns = 0;
    Tensors inputs;
    split::AdaptiveJob job;
  };

  bool full() const { return in_flight >= static_cast<std::size_t>(options.most_in_flight); }

  void require_open() const {
    if (failure) std::rethrow_exception(failure);
    if (closed) throw Error(ErrorCode::invalid_argument, "the stream is closed");
  }

  void drop_oldest() {
    FrameResult result;
    result.frame = waiting.front().number;
    result.dropped = true;
    result.latency_ns = static_cast<double>(base::now_ns() - waiting.front().submitted_ns);
    waiting.pop_front();
    ++counted.dropped;
    --in_flight;
    answers.emplace(result.frame, std::move(result));
  }

  /// What a thread throws ends the stream.
  void guarded(void (Impl::*work)()) noexcept {
    try {
      (this->*work)();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      changed.notify_all();
    }
  }

  /// The device's thread: one frame after the other up to where it crosses. One may wait there while the one before is in the cloud.
  void run_prefixes() {
    for (std::unique_lock lock(mutex);;) {
      changed.wait(lock, [this] { return over() || (!waiting.empty() && !ready && answers.size() < static_cast<std::size_t>(options.most_unread)); });
      if (over()) return;
      Frame frame = std::move(waiting.front());
      waiting.pop_front();
      ++begun_unanswered;
      lock.unlock();
      frame.job = run.choose();
      const bool reads_state = std::any_of(options.states.begin(), options.states.end(), [&](const StateLoop& loop) { return run.prefix_takes(frame.job, loop.input); });
      if (reads_state) {
        lock.lock();
        changed.wait(lock, [this] { return over() || begun_unanswered == 1; });
        if (over()) return;
        add_states(frame.inputs);
        lock.unlock();
      }
      run.begin(frame.job, frame.inputs);
      lock.lock();
      ++counted.begun;
      ready = std::move(frame);
      changed.notify_all();
    }
  }

  /// The cloud's thread: asks it, or finishes here.
  void finish_frames() {
    for (std::unique_lock lock(mutex);;) {
      changed.wait(lock, [this] { return ready || over(); });
      if (!ready) return;
      Frame frame = std::move(*ready);
      ready.reset();
      add_states(frame.job.begun.known);
      changed.notify_all();
      lock.unlock();
      frame.job.begun.start_ns = base::now_ns() - static_cast<std::int64_t>(frame.job.begun.result.device_ns);  // it may have waited for its turn
      FrameResult result{frame.number, false, run.finish(std::move(frame.job)), 0.0};
      result.latency_ns = static_cast<double>(base::now_ns() - frame.submitted_ns);
      lock.lock();
      for (const StateLoop& loop : options.states) states[loop.input] = result.answer.run.outputs.at(loop.output);
      answers.emplace(frame.number, std::move(result));
      ++counted.answered;
      --begun_unanswered;
      --in_flight;
      changed.notify_all();
    }
  }

  bool over() const { return stopping || failure; }
  void add_states(Tensors& inputs) const {
    for (const auto& [name, state] : states) inputs.emplace(name, state);
  }

  mutable std::mutex mutex;  ///< Over all below.
  std::condition_variable changed;
  std::deque<Frame> waiting;
  std::optional<Frame> ready;  ///< Its device's part is done.
  std::map<std::uint64_t, FrameResult> answers;
  Tensors states;  ///< After the last answered frame, by the inputs' names.
  std::size_t in_flight = 0;
  int begun_unanswered = 0;
  std::uint64_t next_answer = 0;
  StreamCounters counted;
  bool closed = false, stopping = false;
  std::exception_ptr failure;
  std::thread device_thread, cloud_thread;  ///< Last: they use all of the above.
};

FrameStream::FrameStream(const PlanRequest& request, const std::string& url, StreamOptions options)
    : FrameStream(request.graph, plans_for_links(request, options.adaptive.most_cuts), url, options) {}
FrameStream::FrameStream(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, StreamOptions options)
    : impl_(std::make_unique<Impl>(graph, plans, url, std::move(options))) {}
FrameStream::~FrameStream() = default;
FrameStream::FrameStream(FrameStream&&) noexcept = default;
FrameStream& FrameStream::operator=(FrameStream&&) noexcept = default;

std::optional<std::uint64_t> FrameStream::submit(const Tensors& frame) { return impl_->submit(frame); }
std::optional<FrameResult> FrameStream::next() { return impl_->next(); }
void FrameStream::close() { impl_->close(); }
StreamCounters FrameStream::counters() const { return impl_->counters(); }
AdaptiveCounters FrameStream::session_counters() const { return impl_->run.counters(); }

}  // namespace dnntune
