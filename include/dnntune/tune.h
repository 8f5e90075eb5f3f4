// SPDX-License-Identifier: Apache-2.0
// tune: times every layer on every processor and by every kernel, and finds the best assignment of all together.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dnntune/assignment.h"
#include "dnntune/device.h"
#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/profile.h"
#include "dnntune/session.h"

namespace dnntune {

struct TuneOptions {
  /// Weight of time and of energy in what is minimised: 1 and 0 for latency, 0 and 1 for energy, anything between for a
  /// mix of nanoseconds and microjoules. Energy needs the power of every processor.
  double latency_weight = 1.0;
  double energy_weight = 0.0;
  /// Timing ends after about this long; layers that were not reached stay on the first processor. Preparing kernels is not
  /// cut short, and comparing whole runs at the end may take half as long again.
  double budget_s = 60.0;
  /// How much longer making a session may take with the assignment than without one, in milliseconds, as measured here: weights
  /// that another processor or kernel wants are packed in each start. Layers that gain least for it stay as they are; at infinity
  /// each gets its fastest. Devices with memory of their own do not count: opening their drivers takes longer than any such bound.
  double start_ms = 4.0;
  /// Folder where timings and assignments are kept, made when missing; "": none. One that cannot be made or written to is an error,
  /// io naming it, before anything is timed, unless it already has the answer. Files there are keyed by device, library
  /// version, layer or network, processors and arithmetic, and written by rename: several processes may share it. A network is
  /// known by its layers and their names, not by the elements of its weights: one that was trained further need not be tuned again.
  std::string cache_folder = {};
  /// Shapes and arithmetic that sessions will use. Its `assignment` and `tuning_cache` are not looked at.
  SessionOptions session = {};
  /// Called now and then with the share done, 0 to 1. Empty: not called.
  std::function<void(double)> progress = {};
};

/// One way to run a layer, as timed.
struct TunedCandidate {
  std::string processor;
  std::string kernel;        ///< That ran: "simd.conv_direct".
  Cost latency_ns;
};

struct TunedLayer {
  std::string name;          ///< LayerInfo::name
  std::string op;            ///< LayerInfo::op
  std::vector<TunedCandidate> candidates;  ///< Fastest first; empty when time ran out before.
  std::string processor;     ///< Chosen.
  std::string kernel;        ///< Chosen; that ran.
  bool in_turns = false;     ///< Runs in turns with the layers beside it, at a time that none of the candidates has.
};

/// A whole run, each layer by the same processor and its own choice of kernel, or as assigned.
struct TunedRun {
  std::string name;          ///< The processor's, or "tuned".
  Cost latency_ns;
};

/// What `tune` found. A plain value.
struct DNNTUNE_API Tuning {
  Assignment assignment;            ///< Empty: the first processor alone is best.
  std::vector<TunedLayer> layers;   ///< In Graph::layers order; empty when the assignment came from the cache.
  std::vector<TunedRun> runs;       ///< Compared at the end, in turns; the chosen one first. Empty likewise.
  /// What was minimised: the sum over layers with what changing between processors costs, and a bound that no assignment
  /// of these candidates is below. They are equal when the choice is proven the best. Layers away from the first processor
  /// count 2 % more than was measured: for less they are not moved.
  double predicted = 0.0;
  double lower_bound = 0.0;
  double seconds = 0.0;             ///< That tuning took.
  bool complete = true;             ///< False: the budget ended first.
  bool from_cache = false;
  std::vector<std::string> notes;

  /// Who won which layer, for people, at most `width` columns wide.
  std::string table(int width = 80) const;
  /// JSON of schema "dnntune.tuning/1".
  std::string to_json() const;
};

/// What is worth trying on a device: its candidates, those of the CPU with every backend of this build that runs there
/// ("cpu:all x2", "xnnpack:all x2"). Layers that XNNPACK runs may turn a NaN into a bound or an infinity; where NaNs must be
/// seen, leave its processors out.
DNNTUNE_API std::vector<Processor> tuning_candidates(const Device& device);

/// Times every layer of `graph` alone, on each of `processors` and by each kernel that it has there, in turns, until the
/// best is known or the budget ends; then finds the assignment that is best for the whole network, with the cost of
/// changing between processors and of copies between their memories. The result is compared with whole runs on each
/// processor, and the fastest is what is returned: a tuned session is never slower than the best single processor but for
/// noise, and for those that would take more than TuneOptions::start_ms to start, which a note names. `processors`: the first is what the session is made for; empty:
/// tuning_candidates(Device::local()), all cores of our own backend first.
/// Throws what Session throws; invalid_argument for weights below 0, both 0, or energy without power; io for a cache_folder that
/// cannot be made or written to.
DNNTUNE_API Tuning tune(const Graph& graph, std::vector<Processor> processors = {}, const TuneOptions& options = {});

}  // namespace dnntune
