// SPDX-License-Identifier: Apache-2.0
// Profile: what each layer of a network costs on one processor of one device.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// Where a figure comes from, strongest first. Combining two gives the weaker (larger) one.
enum class Provenance : int { measured = 0, predicted = 1, published = 2, unknown = 3 };
DNNTUNE_API const char* to_string(Provenance provenance) noexcept;

/// A figure with its spread and origin. For measured figures `value` is the median and `spread` the
/// median absolute deviation; for predicted ones the mean and one standard deviation.
struct Cost {
  double value = 0.0;
  double spread = 0.0;
  Provenance provenance = Provenance::unknown;
};

/// Sum of two costs; spreads add (the errors of layers on one machine are correlated).
DNNTUNE_API Cost operator+(const Cost& a, const Cost& b) noexcept;

/// Where a profile's figures of activations, scratch and weights come from.
enum class MemorySource : int {
  unknown = 0,
  lower_bound = 1,  ///< What the largest layer reads and writes, and weights as the model has them.
  planned = 2,      ///< Exact, from the planner, without a session: see planned_memory.h.
  session = 3,      ///< What the session that was measured holds.
};
DNNTUNE_API const char* to_string(MemorySource source) noexcept;

/// One layer's row. Sizes are bytes at the profiled shapes.
struct LayerProfile {
  std::string name;                  ///< LayerInfo::name
  std::string op;                    ///< LayerInfo::op
  std::vector<std::string> inputs;   ///< LayerInfo::inputs
  std::vector<std::string> outputs;  ///< LayerInfo::outputs
  std::string kernel;                ///< The kernel that ran, such as "simd.conv_igemm"; "" if none is known.
  std::string processor;             ///< Where it ran, when that is not Profile::processor; else "".
  Cost latency_ns;                   ///< Includes conversions that the layer's inputs needed: layout, copies between memories.
  Cost conversion_ns;                ///< Of which: those conversions.
  /// Of a layer that a device with a queue ran: what it took the host to give it the commands; latency_ns is then the
  /// device's own time, and the two overlap. Provenance unknown for others.
  Cost enqueue_ns;
  /// Above idle. When a meter measured it, `spread` also has the largest error that the meter's interval allows.
  /// Without a meter it is the time at the power of the processor that ran the layer; unknown when that power is.
  Cost energy_uj;
  std::int64_t flops = 0;            ///< 2 x multiply-accumulates, plus one an element elsewhere.
  std::int64_t input_bytes = 0;
  std::int64_t output_bytes = 0;
  std::int64_t weight_bytes = 0;     ///< As held by the prepared layer.
  std::int64_t memory_bytes = 0;     ///< Activation memory live while the layer runs, scratch included.
  int samples = 0;                   ///< Timed samples behind the median; 0 when not measured.
  int repeats = 1;                   ///< Runs of the layer in one sample.

  /// 2 x MACs a second, 1e9; 0 when the latency is 0.
  double gflops_per_s() const noexcept { return latency_ns.value > 0 ? static_cast<double>(flops) / latency_ns.value : 0.0; }
};

/// How warm and how fast the processor was at one moment; empty where the system does not tell.
struct Conditions {
  std::optional<double> temperature_c;  ///< Of the processor's warmest sensor.
  std::string sensor;                   ///< That sensor's name.
  std::optional<double> frequency_mhz;  ///< Mean over the processor's cores.
};

/// What the processor counted in one plain run, in user space, over all threads; empty where it could not.
struct EventCounts {
  std::optional<double> cycles;
  std::optional<double> instructions;
  std::optional<double> llc_misses;  ///< Misses of the last-level cache.
};

/// A plain value; measured by Session::profile, predicted by a cost model, or published: one type.
struct DNNTUNE_API Profile {
  std::string model;            ///< Graph::name
  std::string model_hash;       ///< Graph::hash
  std::string device;
  std::string processor;        ///< Processor::name
  int threads = 1;
  std::string library_version;
  std::string date;             ///< UTC, ISO 8601.
  std::vector<std::string> notes;  ///< How it was taken: warm-up, repeats, pinning, warnings.

  std::vector<LayerProfile> layers;  ///< In Graph::layers order.
  Cost run_ns;                  ///< The plain run, nothing else measured.
  Cost profiled_run_ns;         ///< A run with a clock read around each layer.
  Cost input_output_ns;         ///< Copying and laying out graph inputs and outputs.
  /// Of the plain run, above idle; measured, a cost model's, or the power model's: at the mean power of its layers, weighted by their
  /// time; unknown when the power of a processor that ran some of them is.
  Cost run_energy_uj;
  std::string energy_source;    ///< The meter's name, or where the power comes from, of each processor; "" when energy is unknown.
  Conditions before;            ///< After the warm-up.
  Conditions after;             ///< At the end of the last pass.
  EventCounts counts;
  std::int64_t arena_bytes = 0;   ///< Peak of activations and scratch.
  std::int64_t weight_bytes = 0;  ///< Packed weights.
  MemorySource memory_source = MemorySource::unknown;  ///< Of these, and of the layers' memory_bytes and weight_bytes.

  /// Sum of the layers' latencies.
  Cost layers_ns() const noexcept;
  /// run_ns minus layers minus input/output: time no layer accounts for. May be negative: noise.
  double unattributed_ns() const noexcept;
  /// Sum of the layers' energies.
  Cost energy_uj() const noexcept;

  /// JSON of schema "dnntune.profile/1"; what is not known is left out. `from_json` throws invalid_argument naming the field or the
  /// unknown schema.
  std::string to_json() const;
  static Profile from_json(const std::string& json);
  /// A table for people, at most `width` columns wide; its last rows are the sum of layers, the plain
  /// run and the unattributed time. `max_layers` 0 = all; else the slowest ones, in layer order.
  std::string table(int width = 80, int max_layers = 0) const;
};

}  // namespace dnntune
