// SPDX-License-Identifier: Apache-2.0
// Plan: which layer runs where, what crosses the wire, and what that should cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/link.h"
#include "dnntune/profile.h"
#include "dnntune/waiting_time.h"

namespace dnntune {

/// How a value is written on the wire. All but `raw` lose precision, hence are opt-in, and apply to float32 only: fp16 (the
/// suffix starts with a Cast that undoes it); integers with a scale and a zero point for the value (int8, int4) or for each
/// channel (int8_channel). A SplitSession carries raw, fp16 and int8 (the suffix starts with a DequantizeLinear).
enum class WireEncoding : int { raw = 0, fp16 = 1, int8 = 2, int8_channel = 3, int4 = 4 };
inline constexpr int kWireEncodings = 5;
DNNTUNE_API const char* to_string(WireEncoding encoding) noexcept;
/// Bytes that a value of this type and shape takes on the wire; other types than float32 stay as they are. Throws
/// invalid_argument when a dimension is not known.
DNNTUNE_API std::int64_t wire_bytes(const TensorInfo& value, WireEncoding encoding);

enum class Tier : int { device = 0, cloud = 1 };

/// What to minimise.
class DNNTUNE_API Objective {
 public:
  enum class Kind : int { latency = 0, energy = 1 };
  static Objective latency() noexcept { return Objective(Kind::latency); }
  static Objective energy() noexcept { return Objective(Kind::energy); }
  Kind kind() const noexcept { return kind_; }

 private:
  explicit Objective(Kind kind) noexcept : kind_(kind) {}
  Kind kind_;
};
DNNTUNE_API const char* to_string(Objective::Kind kind) noexcept;

/// A value that crosses, device to cloud.
struct Crossing {
  std::string value;
  WireEncoding encoding = WireEncoding::raw;
  std::int64_t bytes = 0;
};

/// The predicted cost of one way to run the network, part by part.
struct DNNTUNE_API PlanCost {
  Cost device_ns;       ///< Layers on the device.
  Cost upload_ns;       ///< Crossing bytes at the link's upload bandwidth.
  Cost round_trip_ns;   ///< Once when anything is sent.
  Cost wait_ns;         ///< In the cloud's queue, once when anything runs there.
  Cost cloud_ns;        ///< Layers in the cloud.
  Cost download_ns;     ///< Graph outputs made in the cloud.
  Cost device_uj;       ///< Energy of the device's layers.
  Cost radio_uj;        ///< Energy of sending and receiving. Promotion and tail are not in it.
  std::int64_t bytes_up = 0;
  std::int64_t bytes_down = 0;

  Cost latency_ns() const noexcept;
  Cost energy_uj() const noexcept;
};

/// One way to run the network with what it should cost.
struct Deployment {
  std::string name;                 ///< "mobile-only", "cloud-only", "split".
  std::vector<Tier> tiers;          ///< A tier a layer, in Graph::layers order.
  std::vector<Crossing> crossings;  ///< Empty when nothing crosses.
  PlanCost cost;
  bool feasible = true;             ///< False: a layer cannot run on its tier; `why` says which.
  std::string why;
  /// Processor::name of the profiles that are best for these tiers; "" on a side without layers.
  std::string device_processor;
  std::string cloud_processor;
  /// By layer, where the device's layers do not all run on `device_processor`: Processor::name of each; else empty. "": in the cloud.
  std::vector<std::string> layer_processors = {};
};

struct PlanRequest {
  Graph graph;
  /// Of this graph on the device, one a processor; each deployment uses the best for its layers. A layer
  /// whose row has no kernel and a latency of unknown provenance cannot run there; the same in the cloud.
  std::vector<Profile> device = {};
  std::vector<Profile> cloud = {};  ///< Of this graph in the cloud, idle. Empty: there is no cloud.
  /// What a request waits there for others (QueueModel::waiting of what remote_load says). As it is made: nobody else is there.
  /// Nothing runs in a saturated cloud.
  WaitingTime cloud_wait = {};
  Link link = {};
  Objective minimize = Objective::latency();
  WireEncoding encoding = WireEncoding::raw;  ///< For floating-point values that cross.
  std::vector<std::string> pin_to_device = {};  ///< Layers that must stay on the device.
};

/// A plain value.
struct DNNTUNE_API Plan {
  std::string model;
  std::string model_hash;
  std::vector<std::string> layers;  ///< Their names, in Graph::layers order.
  Objective::Kind objective = Objective::Kind::latency;
  Link link;
  /// Processor::name of the profiles chosen; where `chosen` has no layers, of the best for all layers.
  std::string device_processor;
  std::string cloud_processor;
  WaitingTime cloud_wait;        ///< As the request had it.
  Deployment chosen;             ///< The best of the three below.
  Deployment mobile_only;
  Deployment cloud_only;
  /// The best that has layers on both sides; infeasible, without tiers, when there is none.
  Deployment best_split;

  /// The three deployments side by side, the chosen cut, and by how much the others lose; for people,
  /// 80 columns.
  std::string explain() const;
  /// Schema "dnntune.plan/1". `from_json` throws invalid_argument naming the field.
  std::string to_json() const;
  static Plan from_json(const std::string& json);
};

/// Finds the cheapest deployment over *all* ways to divide the graph into a device part and a cloud
/// part that never returns, exactly, as a minimum cut; a value with several consumers in the cloud is
/// charged once. Graph inputs start on the device; a value whose size is not known never crosses.
/// Energy is the device's own: its layers and its radio while it sends and receives. Its idle power while
/// it waits for the cloud is not in it, nor the radio's promotion and tail.
/// All costs are rounded to a multiple of one power of two (at most 2^-50 of their sum), so that "the
/// cheapest" is exact. Among equals: mobile-only, then split, then cloud-only.
/// Throws invalid_argument when a profile is not of this graph, a figure is missing (energy of an
/// unpowered processor) or the link's bandwidth is not positive; not_found for a pinned layer that does
/// not exist; unsupported, with the reasons, when no deployment can run.
DNNTUNE_API Plan make_plan(const PlanRequest& request);

/// The cost of one given assignment under the same model: what make_plan minimises. For what-if
/// questions and tests. Throws invalid_argument when a cloud layer feeds a device layer.
DNNTUNE_API Deployment evaluate(const PlanRequest& request, const std::vector<Tier>& tiers);

}  // namespace dnntune
