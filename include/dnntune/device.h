// SPDX-License-Identifier: Apache-2.0
// Processor and Device: what can run layers, and the machine it belongs to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// The power of a processor at one frequency, above idle, while all its threads compute.
struct PowerPoint {
  double mhz = 0.0;
  double watt = 0.0;
};

/// Backend, core set and thread count: one way to run layers. A plain value.
struct Processor {
  std::string name;        ///< "cpu:all x2": cluster and threads, as `Device::processor` accepts.
  std::string backend;     ///< "cpu" (our kernels); others as built in.
  std::vector<int> cores;  ///< Logical cores to pin to, one a thread in turn; empty = do not pin.
  int threads = 1;
  /// Power above idle while all its threads compute, in watt; negative when unknown. Energy figures
  /// need it; `power_source` says where it comes from.
  double active_power_w = -1.0;
  std::string power_source;
  /// Its power at several frequencies, where known; of the same source. A profile that knows the frequency it ran at
  /// takes the power between two points on a straight line, and beyond the last that of the last.
  std::vector<PowerPoint> power_points = {};
  std::string description = {};  ///< Of an accelerator: its name, driver and memory, for people.
};

/// Cores of one kind and speed. A core belongs to one cluster.
struct Cluster {
  std::string name;               ///< That of its processor: "cpu:little"; "cpu:all" when all cores are equal.
  std::string core;               ///< What the cores are: "Cortex-A53"; "" when unknown.
  std::vector<int> cores;         ///< Logical cores, in the order in which threads take them.
  int physical_cores = 0;         ///< Fewer than `cores` where hardware threads share one.
  double max_frequency_hz = 0.0;  ///< 0 when unknown.
  double speed = 0.0;             ///< Of one core, relative to the fastest cluster's: 0 to 1; 0 when unknown.
};

/// A cache and the cores that share it.
struct Cache {
  int level = 0;                ///< 1 is nearest to the core.
  std::string type;             ///< "data", "instruction", "unified"
  std::int64_t size_bytes = 0;  ///< 0 when unknown.
  std::vector<int> cores;       ///< Logical cores, ascending.
};

/// Memory, and the cores that are near to it.
struct NumaNode {
  int id = 0;
  std::vector<int> cores;         ///< Logical cores, ascending.
  std::int64_t memory_bytes = 0;  ///< 0 when unknown.
};

/// What predicts times on one of a device's processors, at any number of threads: a CostModel's JSON, which is opaque here.
/// `store_cost_model` and `stored_cost_model` (cost_model.h) write and read it.
struct StoredCostModel {
  std::string processor;        ///< Its name without threads: "cpu:all".
  std::string date;             ///< When it was stored: UTC, ISO 8601.
  std::string library_version;
  std::string json;             ///< Of schema "dnntune.cost_model/5".
};

/// A machine: its processors and memory. A plain value; read it from here (`local`) or from a device
/// file that describes a machine elsewhere.
class DNNTUNE_API Device {
 public:
  /// This machine, by its core clusters, as far as the process may use it. Never fails: what the system
  /// hides is left empty and noted.
  static Device local();
  /// Adds the OpenCL devices of this machine: "opencl:0", "opencl:1", GPUs before CPUs. Loads their drivers, which can
  /// take a second and start threads; `local` does not. Why there is none is said in `notes`.
  void add_accelerators();
  /// From a device file (JSON, schema "dnntune.device/1"); cost models in it are kept as they are, and only checked when they are
  /// taken out. Throws invalid_argument naming the field.
  static Device from_json(const std::string& json);
  std::string to_json() const;

  /// A processor by name: "cpu:all", "cpu:big", "cpu:little" or what else is in `processors`, optionally
  /// with " xN" threads (default: all its physical cores); or by its cores, "cpu:0,2-3", one thread each
  /// unless " xN" says otherwise, taken in that order. "cpu:big" of a machine without it is all cores.
  /// "xnnpack:" in the place of "cpu:" is the same cores with that backend; it may turn a NaN into a bound or an infinity.
  /// "opencl:0" after `add_accelerators`.
  /// Throws not_found listing the names that exist, invalid_argument naming a core that is listed twice.
  Processor processor(const std::string& name) const;

  /// The processors worth trying. Of each cluster 1, 2, 4... threads, its physical cores, and its hardware
  /// threads where they are more; of several NUMA nodes also one whole; of all clusters together the last
  /// two only; and everything in `processors` that is not a CPU. Each set of cores comes once. None has more
  /// threads than the control group allows time for, rounded up.
  std::vector<Processor> candidates() const;

  std::string name;                   ///< CPU or board name.
  std::string os;
  std::vector<Processor> processors;  ///< One a cluster, with all its cores; "cpu:all" first; then others.
  std::vector<Cluster> clusters;      ///< Fastest first.
  std::vector<Cache> caches;          ///< By level.
  std::vector<std::vector<int>> smt_siblings;  ///< Logical cores that share a physical one; only such.
  std::vector<NumaNode> numa_nodes;   ///< Empty when there is one memory for all.
  std::int64_t memory_bytes = 0;
  double quota_cores = 0.0;           ///< Processor time the control group allows, in cores; 0: no limit.
  std::string simd;                   ///< The instruction set our kernels use, "AVX3", "NEON".
  std::vector<StoredCostModel> cost_models;  ///< One a processor at most: with these the file is all that predicting needs.
  std::vector<std::string> notes;     ///< What could not be found out, and why.
};

/// {7, 3, 4, 0} -> "7,3-4,0": a list of cores as `Device::processor` reads it after "cpu:", order kept.
DNNTUNE_API std::string core_list_text(const std::vector<int>& cores);

}  // namespace dnntune
