// SPDX-License-Identifier: Apache-2.0
// Processor and Device: what can run layers, and the machine it belongs to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

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
  std::string description = {};  ///< Of an accelerator: its name, driver and memory, for people.
};

/// A machine: its processors and memory. A plain value; read it from here (`local`) or from a device
/// file that describes a machine elsewhere.
class DNNTUNE_API Device {
 public:
  /// This machine, by its core clusters. Never fails: what the system hides is left empty.
  static Device local();
  /// Adds the OpenCL devices of this machine: "opencl:0", "opencl:1", GPUs before CPUs. Loads their drivers, which can
  /// take a second and start threads; `local` does not. Why there is none is said in `notes`.
  void add_accelerators();
  /// From a device file (JSON, schema "dnntune.device/1"). Throws invalid_argument naming the field.
  static Device from_json(const std::string& json);
  std::string to_json() const;

  /// A processor by name: "cpu:all", "cpu:big", "cpu:little", each optionally with " xN" threads
  /// (default: all cores of the cluster). "cpu:big" of a machine with equal cores is all of them. "opencl:0" after
  /// `add_accelerators`.
  /// Throws not_found listing the names that exist.
  Processor processor(const std::string& name) const;

  std::string name;                   ///< CPU or board name.
  std::string os;
  std::vector<Processor> processors;  ///< One a cluster, with all its cores.
  std::int64_t memory_bytes = 0;
  std::string simd;                   ///< The instruction set our kernels use, "AVX3", "NEON".
  std::vector<std::string> notes;     ///< What could not be found out, and why.
};

}  // namespace dnntune
