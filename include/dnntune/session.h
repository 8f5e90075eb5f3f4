// SPDX-License-Identifier: Apache-2.0
// Session: a graph prepared for one processor; runs and measures it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dnntune/assignment.h"
#include "dnntune/device.h"
#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/profile.h"

namespace dnntune {

namespace backends {
class WeightStore;
}

/// Packed weights that sessions have in common. Sessions of one graph, and of parts of it (Graph::extract), that name the same pool
/// hold a weight once where they run it by the same kernel, and the second of them need not pack it. Not for weights that lie
/// in the memory of devices, or that XNNPACK packs. Keeps nothing alive: weights that no session uses any more are gone. Any
/// thread; one session packs at a time.
class DNNTUNE_API WeightPool {
 public:
  WeightPool();
  ~WeightPool();
  WeightPool(const WeightPool&) = delete;
  WeightPool& operator=(const WeightPool&) = delete;

  /// Of what sessions use now, each weight counted once.
  std::int64_t bytes() const noexcept;
  backends::WeightStore& store() noexcept { return *store_; }

 private:
  std::unique_ptr<backends::WeightStore> store_;
};

struct SessionOptions {
  /// Shapes to prepare for, by input name. Others are prepared at the first run that brings them.
  std::map<std::string, Shape> input_shapes = {};
  /// Use only the plain reference kernels: slow, the oracle of the tests.
  bool reference_kernels = false;
  /// How long, in microseconds, worker threads look for the next run before they sleep: 0 to 1000000.
  /// 0: they sleep as soon as a run ends, and waking them costs the next one 5 to 50 us. Spinning costs
  /// power. Within a run workers wait awake for the next layer in any case, at most 50 us at a stretch.
  int worker_spin_us = 0;
  /// A network whose run is estimated, from its shapes, to take less than this on one fast desktop core is
  /// run by the calling thread alone, unpinned: waking workers would cost more than they save. 0: never.
  int alone_below_us = 100;
  /// How matrices that are multiplied by one row (dense layers of batch 1, recurrences of one sequence) are
  /// stored: float32, float16 or bfloat16. With 16 bits such a layer takes about half the time where its
  /// weights do not fit a cache, and half the memory; sums are float32 all the same. It costs precision: a
  /// weight keeps 11 bits (float16) or 8 (bfloat16). Layers that use it say so in their kernel's name, and a
  /// profile's notes have the error of the outputs. A layer with weights that do not fit keeps float32.
  DataType weights = DataType::float32;
  /// The arithmetic of products: convolutions, dense layers, the products within recurrences. float32, or bfloat16,
  /// where the processor multiplies pairs of such numbers (AVX-512 BF16, Arm's BF16 extension): operands are rounded
  /// to 8 bits as they are packed, sums and all that lies in memory between layers stay float32. It takes about half
  /// the time. Matrices that are multiplied by one row are stored as bfloat16 too, unless `weights` says otherwise.
  /// Layers computed that way have kernels named "..._bf16"; where the processor has no such instruction, or it would
  /// not pay, a layer keeps its float32 kernel. A profile's notes have the error of the outputs. Numbers below 2^-126
  /// count as 0, and an infinity or a NaN may reach the pixels beside those of float32.
  DataType math = DataType::float32;
  /// How floats are stored in the memory of processors that have their own (GPUs): float32, or float16, which takes
  /// half the memory and bandwidth and keeps 11 bits of each value between layers; values beyond 65504 become infinite.
  /// Arithmetic is on float32.
  DataType storage = DataType::float32;
  /// Which processor and which kernel runs each layer, for layers that the session's own processor should not run as
  /// it would. What has to be copied between processors is copied, and shows in profiles as `conversion_ns` of the
  /// layer that needs it. A layer whose processor has no kernel for it runs on the CPU. It need not name all layers: those left
  /// out run as without, and a profile's notes say which they are. A name that is no node of the graph is an error; one whose
  /// node is folded or part of another layer at the shapes of a run has no effect there, which the notes say too. Made by `tune`.
  Assignment assignment = {};
  /// A folder where `tune` keeps what it found (TuneOptions::cache_folder). When it has an assignment for this graph on
  /// this device, made for sessions on this processor with these shapes and this arithmetic, that is used, unless
  /// `assignment` is given; else the session is as without. Reading it takes about a millisecond. A folder that does not
  /// exist or may not be entered is an error: an app that may not have tuned yet makes it first. "": none.
  std::string tuning_cache = {};
  /// How many iterations the loops of one run (ONNX's Loop and Scan) may take together, nested ones included. A
  /// run that takes more ends with limit_exceeded, so that a model that never leaves its loop does not hang the app.
  std::int64_t max_loop_iterations = 1'000'000;
  /// How many bytes the loops of one run may hold at once for what their iterations stack and carry on; a run in which
  /// they would hold more ends with limit_exceeded. Stacking takes as much again for a moment.
  std::int64_t max_loop_bytes = std::int64_t{1} << 30;
  /// How many bytes activations and scratch of one set of input shapes may take (MemoryUse::arena); a network that needs more is
  /// refused with limit_exceeded before they are taken: a small file can ask for terabytes. So is one of whose inner values
  /// one alone is larger, wherever it lies. Outputs come on top. The default: any number.
  std::int64_t max_arena_bytes = std::numeric_limits<std::int64_t>::max();
  /// Run even where the processor names cores that this machine does not have (it is another machine's, from a
  /// device file): threads that cannot be pinned run wherever the system lets them. False: that is an error.
  bool allow_missing_cores = false;
  /// How many sets of input shapes stay prepared, 1 to 1024; the one that was used longest ago goes first. Plans share
  /// their packed weights where the same kernels were chosen; apart from weights a plan takes 4 to 8 KB a layer. Where
  /// other kernels need weights in other forms, fewer plans are kept: at least 2, as long as those forms take more
  /// than 256 MiB beside what the latest plan works with. Of a network that runs in stages it counts for every part.
  int max_plans = 16;
  /// Where the session finds weights that others have packed, and leaves its own. Null: a pool of its own. With one that is given,
  /// no plan is dropped for the weights that it has for itself (see max_plans), and MemoryUse::packed_weights is the whole pool's.
  std::shared_ptr<WeightPool> weight_pool = {};
};

/// How a profile comes by energy. What a meter covers and how often it has a new figure decides what can be known:
/// see list_meters. Work shorter than the meter's interval is repeated; the power of the idle machine, measured before
/// and after, is taken off.
struct EnergyOptions {
  /// "auto": the first meter that is there and may be used, else the power model. "model": the processor's
  /// active_power_w times the time. Or a meter's name from list_meters.
  std::string meter = "auto";
  /// Layers and runs are repeated until the meter's interval can make their energy wrong by no more than this, 0.001 to 0.5.
  double precision = 0.05;
  /// Measuring energy, beside time, takes no longer than this. Where it does not suffice, figures are less precise, and
  /// last the run alone is measured and its layers' energies are predicted from their times; notes say so.
  double max_total_s = 30.0;
  /// The folder that has sys/ and proc/, for meters, temperature and frequency.
  std::string root = "/";
};

struct ProfileOptions {
  int warmup_runs = 3;
  int min_samples = 11;
  /// A sample is at least this long: shorter runs, and layers too short for the clock, are repeated
  /// within it.
  double min_sample_s = 0.002;
  /// Sampling goes on until the median of the plain run is known to half a percent, or 4 x min_samples
  /// are taken, or this long has passed in all; `min_samples` are taken in any case.
  double max_total_s = 20.0;
  /// For figures of undisturbed cores on a machine that others use too: a pass over the network counts only if right before
  /// and after it each core multiplies and adds at this many FP32 operations a second at least, such as 0.95 x
  /// Roofline::peak_flops. Then `max_total_s` ends sampling from the first pass on. 0: every pass counts,
  /// as always where shapes follow from the contents of a run.
  double calm_flops = 0.0;
  /// How long beyond max_total_s to wait for a first such pass, in seconds; then passes count anyhow, and a note says so.
  double calm_wait_s = 2.0;
  /// Called now and then with the share done, 0 to 1. Empty: not called.
  std::function<void(double)> progress = {};
  EnergyOptions energy = {};
};

/// Where one thread of a session runs. Thread 0 is the one that calls `run`, pinned for that time.
struct ThreadState {
  int asked_core = -1;     ///< The core that the processor names for it; -1: none, it is not pinned.
  std::vector<int> cores;  ///< Those the system lets it run on, read back from the scheduler; empty: not known.
  bool pinned = false;     ///< It runs on the core asked for and on no other.
  std::string problem;     ///< "" when it is as asked; else why not, "pin to core 5 refused: Invalid argument".
};

/// What a session holds in memory, in bytes.
struct MemoryUse {
  std::int64_t packed_weights = 0;  ///< Copies made for the kernels, beside the model file's mapping; what plans share counts once.
  std::int64_t arena = 0;           ///< Activations and scratch, planned, shared by all layers; in the memory of devices too.
  std::int64_t arena_lower_bound = 0;  ///< The largest sum of bytes live at once: no plan can be smaller.
};

/// A graph made ready to run: kernels chosen, weights packed, memory planned. Movable; one that was moved from may be
/// destroyed or assigned to, no more.
/// One `run` or `profile` at a time per Session; distinct sessions run side by side.
/// For a fixed graph, input and thread count the results are the same bits each time.
class DNNTUNE_API Session {
 public:
  /// Throws unsupported when the graph has layers this build cannot run, not_found for an unknown
  /// backend, for cores this machine does not have and for a tuning_cache that is not there (io: that cannot be entered),
  /// invalid_argument for an input name or shape, or a layer of the assignment, that the graph does not have. A pin that the system refuses is no error: see `processor_state`.
  Session(Graph graph, Processor processor, SessionOptions options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Runs the network. `inputs` has every graph input, of its type, in ONNX layout. Shapes other than
  /// the prepared ones make the session plan again (see SessionOptions::max_plans), without packing weights again
  /// whose form is there. Throws
  /// invalid_argument naming the input at fault. The outputs own their memory.
  Tensors run(const Tensors& inputs);

  /// Measures every layer, on `inputs` or, when empty, on seeded random ones. Throws not_found or unsupported for a
  /// meter, asked for by name, that is not there or may not be used.
  Profile profile(const ProfileOptions& options = {}, const Tensors& inputs = {});

  const Graph& graph() const noexcept;
  const Processor& processor() const noexcept;
  /// Where each thread of the processor may run, now. A profile's notes have it too, as it was at the end.
  std::vector<ThreadState> processor_state() const;
  MemoryUse memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Seeded inputs for a graph at its default shapes: floats uniform in [-1, 1), integers 0.
DNNTUNE_API Tensors random_inputs(const Graph& graph, std::uint64_t seed);

}  // namespace dnntune
