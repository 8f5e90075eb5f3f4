// SPDX-License-Identifier: Apache-2.0
// FrameStream: frames, one after another, through an adaptive session: the device on one while the cloud is on the one before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dnntune/adaptive.h"
#include "dnntune/export.h"

namespace dnntune {

/// What `submit` does when as many frames are in flight as may be.
enum class WhenFull : int {
  block = 0,        ///< Waits.
  drop_oldest = 1,  ///< Gives up the oldest frame that nobody has begun; where all are begun, the new one.
  refuse = 2,       ///< Does not take the new one.
};

/// An output of the network that is an input of its next frame: LSTM state, a key-value cache.
struct StateLoop {
  std::string output;
  std::string input;    ///< Of the output's type and shape.
  Tensor initial = {};  ///< For the first frame; not defined: zeros.
};

struct StreamOptions {
  AdaptiveOptions adaptive = {};
  int most_in_flight = 4;         ///< Frames taken and not yet answered, 1 to 1024. From 2 on device and cloud work side by side.
  int most_unread = 256;          ///< Answers that nobody has taken, 1 to 65536; no further frame begins while there are so many.
  WhenFull when_full = WhenFull::block;
  std::vector<StateLoop> states = {};
};

struct FrameResult {
  std::uint64_t frame = 0;
  bool dropped = false;       ///< By WhenFull::drop_oldest: there is no answer.
  /// Its run's total_ns is the time in which this frame was computed or sent.
  AdaptiveResult answer = {};
  double latency_ns = 0.0;    ///< From submit to the answer, waiting included.
};

struct StreamCounters {
  std::uint64_t taken = 0;     ///< Frames that submit gave a number.
  std::uint64_t begun = 0;     ///< Their device's part is done.
  std::uint64_t answered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t refused = 0;
};

/// Two threads of the stream's own carry frames out: one runs the device's layers of frame n + 1 while the other has frame n in the
/// cloud, or finishes it here when the cloud fails. Answers come in the order of frames.
///
/// State goes from each answered frame to the next, whatever plan, path or failure brought the answer: it advances once a frame, and
/// not for frames that were dropped or refused. With values that cross as they are (WireEncoding::raw) all answers are those of a
/// session on the device that is given the same frames, bit for bit; with others, state that crosses loses precision as other values do. A
/// plan whose device's part reads state waits for the frame before: those do not overlap.
///
/// `submit`, `next`, `close` and `counters` may be called from any threads.
class DNNTUNE_API FrameStream {
 public:
  /// As AdaptiveSession's constructors; and invalid_argument for options out of their range, and state loops between values that the network does
  /// not have or that differ in type or shape.
  FrameStream(const PlanRequest& request, const std::string& url, StreamOptions options = {});
  FrameStream(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, StreamOptions options = {});
  /// Gives up frames that nobody has begun and waits for the others.
  ~FrameStream();
  FrameStream(FrameStream&&) noexcept;
  FrameStream& operator=(FrameStream&&) noexcept;

  /// Takes a frame: all inputs but the states'. Its number, 0 for the first; empty when it was refused. Who takes answers on the same thread must do
  /// so before as many are in flight as may be, or be told so by WhenFull::refuse. Throws invalid_argument for inputs as AdaptiveSession::run does,
  /// and after `close`; and what broke the stream.
  std::optional<std::uint64_t> submit(const Tensors& frame);
  /// The next answer, in order; waits for it. Empty once the stream is closed and all are taken. Throws what broke the stream: an error that is
  /// not the network's, such as memory running out, ends it at the frame where it happened.
  std::optional<FrameResult> next();
  /// No more frames: those in flight are still answered.
  void close();

  StreamCounters counters() const;
  AdaptiveCounters session_counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune
