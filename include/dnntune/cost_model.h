// SPDX-License-Identifier: Apache-2.0
// CostModel: predicts a profile without running the network.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dnntune/device.h"
#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/layer_shape.h"
#include "dnntune/profile.h"

namespace dnntune {

/// A cache that one thread can use, or a part of one: what lies in so many bytes is read that fast.
struct CacheSpeed {
  std::int64_t size_bytes = 0;
  double bytes_per_s = 0.0;  ///< Streaming read, one thread.
};

/// The figures of a processor that bound a layer's speed (roofline: Williams et al., CACM 2009).
struct Roofline {
  double peak_flops = 0.0;          ///< FP32 operations a second, one thread.
  double memory_bytes_per_s = 0.0;  ///< Streaming read beyond the caches, one thread.
  double launch_ns = 500.0;         ///< Fixed cost of a layer.
  double wake_ns = 0.0;             ///< Of a layer that several threads share: handing out the work.
  std::vector<CacheSpeed> caches = {};  ///< Smallest first.
  /// Of the largest cache, what others take a second: other programs, other machines on the same chip. Weights that were read that
  /// long ago are lost. 0: nobody, or not measured.
  double others_bytes_per_s = 0.0;
};

/// A network that ran, by shapes alone: what a model learns from.
struct MeasuredNetwork {
  NetworkShape shape;
  Profile profile;  ///< Of that network at these shapes: its layers are those of the graph.
};

/// What a processor draws above idle at one number of threads, while it computes and while it moves data.
struct StatePower {
  int threads = 1;
  Cost computing_w;  ///< Watt, predicted, with the spread of what is known of it; unknown where no energy was measured.
  Cost moving_w;
  int layers = 0;    ///< Measured at this number of threads that count; old ones count half beyond 4096.
  int runs = 0;      ///< Likewise of whole runs.
};

/// Predicts time, energy and memory of networks on one processor and thread counts of it.
///
/// A layer takes what its kind's part of the roofline says (arithmetic, bytes at the speed of the cache that holds them,
/// launch, waking threads), times a factor that a Gaussian process a kind has learned from measured layers, on the
/// logarithms of sizes. What a kind cannot tell about itself shows in `spread`. The run is the sum of layers times a
/// factor learned from whole networks; its spread counts that errors of layers of one kind go together.
/// Kinds that were never measured get the roofline, scaled as other kinds are, a spread of at least half the value, and
/// a warning in the profile's notes: no layer is skipped.
///
/// A layer's energy is its time divided among two states of the processor, computing and moving data, as the roofline divides it,
/// times the power of each. The powers of each number of threads are least squares that are not negative over all layers and
/// runs whose energy was measured, drawn weakly towards each other: networks of one kind alone say little of the other
/// state, and its spread says so. Where a number of threads was not measured its powers lie on a line through two that
/// were, with wider spreads. `spread` of an energy is of the time's and of the power's uncertainty.
///
/// Holds at most 1024 samples a kind and 512 networks, and of energies sums for at most 64 numbers of threads; newer ones then take the place of the most alike. A copyable
/// value; const members may be called from several threads at once.
class DNNTUNE_API CostModel {
 public:
  /// Throws invalid_argument when a figure is not finite, a rate is not positive or a time is negative.
  explicit CostModel(Roofline roofline);
  /// A model of another machine that starts from what `source` knows: `learn` then finds how the two differ, for which
  /// about 20 networks suffice. `source` is copied.
  CostModel(const CostModel& source, Roofline roofline);
  CostModel(const CostModel&);
  CostModel& operator=(const CostModel&);
  CostModel(CostModel&&) noexcept;
  CostModel& operator=(CostModel&&) noexcept;
  ~CostModel();

  /// Learns from measured networks, all on the processor that the roofline describes, at the profile's number of threads: from times,
  /// and from the energies among them that are measured and larger than the meter's error.
  /// Throws invalid_argument when a profile has no layers of known latency, has other layers than the shape, or figures
  /// that are negative or not finite; the model is then as before. Takes milliseconds a kind, and about a second where a
  /// kind has a third more samples than when its lengths were last searched.
  void learn(const std::vector<MeasuredNetwork>& networks);
  void learn(const Graph& graph, const Profile& profile) { learn({{network_shape(graph), profile}}); }
  /// From the energies alone: for networks whose times were learned from better measurements. A power is energy over time, so that both
  /// should be of one profile. Throws as `learn`.
  void learn_energy(const std::vector<MeasuredNetwork>& networks);

  /// A predicted profile for `graph`, at its default shapes or with these for some inputs. `arena_bytes` and
  /// `memory_bytes` are lower bounds: what the largest layer reads and writes; plan_memory (planned_memory.h) puts exact ones
  /// in their place. Energies of layers and of the run are by what was learned of this machine's power; else by the processor's
  /// active_power_w; else by what the machine that the model started from drew, 20 % wider; else unknown. Throws what
  /// network_shape throws.
  Profile predict(const Graph& graph, const Processor& processor, const std::map<std::string, Shape>& input_shapes = {}) const;
  /// The same of a shape of that graph: planned_shape (planned_kernels.h) makes one for which no kernel need be guessed.
  /// Throws invalid_argument where it has layers that the graph has not.
  Profile predict(const Graph& graph, const NetworkShape& network, const Processor& processor) const;
  /// The same by shapes alone; names of values are left empty.
  Profile predict(const NetworkShape& network, const Processor& processor) const;
  /// How much a measurement of the network would teach: the sum over layers of variance of the logarithm times share of
  /// the time. Larger is more.
  double ignorance(const NetworkShape& network, int threads) const;

  /// Follows how loaded or throttled the processor is: a plain run of this network took `run_ns` just now. Later predictions
  /// are scaled by a factor that forgets within about ten runs; a single run moves it by no more than a half. Throws
  /// invalid_argument when run_ns is not positive and finite.
  void update(const NetworkShape& network, int threads, double run_ns);
  /// The factor now; 1 without updates.
  double load(int threads) const;

  /// The powers by which energies are predicted at this number of threads (at least 1), where they were learned.
  StatePower power(int threads) const;

  const Roofline& roofline() const noexcept;
  /// Samples held, of all kinds.
  std::size_t samples() const noexcept;
  /// Relative error within which half of the held networks lie, each predicted without its own samples. 0: none held.
  double median_error() const noexcept;

  /// JSON of schema "dnntune.cost_model/5". What from_json makes of it predicts the same bits on the same machine.
  std::string to_json() const;
  /// Throws invalid_argument naming the field, or the schema where it is another: files of older versions are refused.
  static CostModel from_json(const std::string& json);

 private:
  struct Impl;
  explicit CostModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Puts the model of `processor` (its threads do not matter) into the device, in the place of one that it has: the device's file
/// then is all that predicting on that processor needs.
DNNTUNE_API void store_cost_model(Device& device, const Processor& processor, const CostModel& model);
/// The model that a device has of `processor`, at any number of threads. Throws not_found listing the processors that it has
/// models of, invalid_argument naming the field of a damaged one.
DNNTUNE_API CostModel stored_cost_model(const Device& device, const Processor& processor);

}  // namespace dnntune
