// SPDX-License-Identifier: Apache-2.0
#include "cost/terms.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dnntune::cost {
namespace {

constexpr std::array<std::string_view, 8> kDenseKinds = {"conv", "product", "depthwise", "lstm", "gru", "rnn", "einsum", "matmul"};
/// Kernels compute channels in whole vectors, products in pairs of them. 8 lanes are AVX2's; NEON's divide them.
constexpr std::int64_t kVector = 8;
/// Rows that kernels of products compute at once, about.
constexpr std::int64_t kTileRows = 6;
/// Operations beside multiply-adds, by orders of magnitude; kinds learn the rest.
constexpr double kTransformWork = 6.0, kStoreWork = 4.0, kGatherWork = 1.0, kEdge = 0.3, kGateWork = 12.0, kLineWork = 100.0;
/// Memory that is written is read first.
constexpr double kOwnership = 0.3;
/// Of NetworkShape::effort_ns, in the median of the families of bench/cost on one core.
constexpr double kRunOverEffort = 2.0;

double ceil_to(std::int64_t size, std::int64_t group) { return static_cast<double>((std::max<std::int64_t>(size, 1) + group - 1) / group * group); }

/// How much of a working set a cache of `size_bytes` has lost: gliding between half and twice its size, so that times have no steps.
double share_outside(double working_set, double size_bytes) {
  const double ratio = working_set / size_bytes;
  return ratio <= 0.5 ? 0.0 : ratio >= 2.0 ? 1.0 : 0.5 + 0.5 * std::log2(ratio);
}

/// Times of reading by one of `threads`.
class Memory {
 public:
  Memory(const Roofline& roofline, int threads) : roofline_(roofline), threads_(threads) {}

  double near_ns(double bytes, double working_set) const {
    if (roofline_.caches.empty()) return 0.0;
    return bytes * (1.0 - far_share(working_set)) / (own_cache().bytes_per_s * threads_) * 1e9;
  }
  double far_ns(double bytes, double working_set) const {
    const double far = bytes * far_share(working_set);
    return far == 0.0 ? 0.0 : far / (bytes_per_s(roofline_, working_set / threads_) * threads_) * 1e9;
  }
  double ns(double bytes, double working_set) const { return near_ns(bytes, working_set) + far_ns(bytes, working_set); }

 private:
  /// The second is the last that a core has for itself.
  const CacheSpeed& own_cache() const { return roofline_.caches[std::min<std::size_t>(1, roofline_.caches.size() - 1)]; }
  double far_share(double working_set) const {
    return roofline_.caches.empty() ? 1.0 : share_outside(working_set / threads_, static_cast<double>(own_cache().size_bytes));
  }

  const Roofline& roofline_;
  int threads_;
};

double dispatch_ns(const Roofline& roofline, int threads) { return roofline.launch_ns + (threads > 1 ? roofline.wake_ns : 0.0); }

/// Amounts of work, in multiply-adds.
struct Work {
  double arithmetic = 0.0, input = 0.0, output = 0.0, edge = 0.0;
};

/// Winograd's method computes tiles of `side` outputs: 3x3 filters with (side + 2)^2 products a tile and pair of channels (Lavin and Gray, CVPR 2016).
Work winograd_work(const LayerShape& s, std::int64_t side) {
  const std::int64_t height = s.rows / std::max<std::int64_t>(s.width, 1);
  const double window = std::sqrt(static_cast<double>(s.taps)), points = std::pow(static_cast<double>(side) + window - 1.0, 2);
  const double tiles = ceil_to(height, side) / static_cast<double>(side) * ceil_to(s.width, side) / static_cast<double>(side);
  const double in = static_cast<double>(s.in_channels);
  return {tiles * points * in * ceil_to(s.out_channels, 2 * kVector), kTransformWork * tiles * points * ceil_to(s.in_channels, kVector),
          kTransformWork * tiles * points * ceil_to(s.out_channels, kVector), 0.0};
}

Work depthwise_work(const LayerShape& s) {
  const double channels = ceil_to(s.groups, kVector), rows = static_cast<double>(s.rows), taps = static_cast<double>(s.taps);
  const double height = rows / static_cast<double>(std::max<std::int64_t>(s.width, 1));
  return {rows * channels * taps, 0.0, rows * channels, kEdge * height * channels * taps};
}

Work product_work(const LayerShape& s) {
  const double rows = static_cast<double>(s.rows), outputs = ceil_to(s.out_channels, 2 * kVector);
  const double macs = static_cast<double>(s.macs) * outputs / static_cast<double>(std::max<std::int64_t>(s.out_channels, 1));
  return {macs, kGatherWork * rows * static_cast<double>(s.in_channels) * static_cast<double>(s.taps), kStoreWork * rows * outputs,
          0.1 * macs * (ceil_to(s.rows, kTileRows) / std::max(rows, 1.0) - 1.0)};
}

/// Inputs of the same size; one of them is the neighbour's in a chain.
double operands_of(const LayerShape& s) noexcept { return s.kind.starts_with("binary") ? 2.0 : 1.0; }

bool is_recurrent(std::string_view kind) noexcept { return kind.starts_with("lstm") || kind.starts_with("gru") || kind.starts_with("rnn"); }

/// Of a recurrence's weights, those that are multiplied with the state.
double state_share(const LayerShape& s) {
  if (!is_recurrent(s.kind)) return 1.0;
  return static_cast<double>(s.out_channels) / static_cast<double>(std::max<std::int64_t>(s.in_channels + s.out_channels, 1));
}

/// Inputs of all steps are one product; states are multiplied step by step, and each step ends with its gates.
Work recurrent_work(const LayerShape& s) {
  const double macs = static_cast<double>(s.macs), gates = s.kind.starts_with("lstm") ? 4.0 : s.kind.starts_with("gru") ? 3.0 : 1.0;
  return {macs * (1.0 - state_share(s)), 0.0, macs * state_share(s), kGateWork * gates * static_cast<double>(s.steps) * static_cast<double>(s.rows) * static_cast<double>(s.groups) * ceil_to(s.out_channels, kVector)};
}

Work plain_work(const LayerShape& s) {
  const double inputs = static_cast<double>(s.input_bytes) / 4.0, outputs = static_cast<double>(s.output_bytes) / 4.0;
  const double lines = s.line > 0 ? outputs / static_cast<double>(s.line) : 0.0;
  return {2.0 * std::max(static_cast<double>(s.flops), inputs), 0.25 * outputs * (static_cast<double>(s.taps) - 1.0), 0.0, kLineWork * lines};
}

Work work_of(const LayerShape& s, std::string_view kernel) {
  const std::size_t winograd = kernel.find("winograd");
  if (winograd != std::string_view::npos) return winograd_work(s, kernel.substr(winograd).starts_with("winograd2") ? 2 : 4);
  if (s.kind.starts_with("depthwise")) return depthwise_work(s);
  if (is_recurrent(s.kind)) return recurrent_work(s);
  return is_dense(s.kind) ? product_work(s) : plain_work(s);
}

}  // namespace

bool is_dense(std::string_view kind) noexcept {
  return std::any_of(kDenseKinds.begin(), kDenseKinds.end(), [kind](std::string_view dense) { return kind.starts_with(dense); });
}

double bytes_per_s(const Roofline& roofline, double working_set) {
  double slower = roofline.memory_bytes_per_s;
  for (auto cache = roofline.caches.rbegin(); cache != roofline.caches.rend(); ++cache) {
    const double outside = share_outside(working_set, static_cast<double>(cache->size_bytes));
    if (outside == 1.0) break;  // and of all smaller ones
    slower = outside == 0.0 ? cache->bytes_per_s : std::pow(slower, outside) * std::pow(cache->bytes_per_s, 1.0 - outside);
  }
  return slower;
}

Footprint footprint_of(const NetworkShape& network) {
  Footprint footprint{0.0, static_cast<double>(network.activation_bytes), kRunOverEffort * network.effort_ns};
  for (const LayerShape& layer : network.layers) {
    footprint.weight_bytes += static_cast<double>(layer.weight_bytes);
    footprint.activation_bytes = std::max(footprint.activation_bytes, static_cast<double>(layer.input_bytes) + static_cast<double>(layer.output_bytes));
  }
  return footprint;
}

Terms terms_of(const Roofline& roofline, const LayerShape& layer, std::string_view kernel, int threads, const Footprint& footprint) {
  const Memory memory(roofline, threads);
  const double weights = static_cast<double>(layer.weight_bytes), outputs = static_cast<double>(layer.output_bytes);
  const double inputs = static_cast<double>(layer.input_bytes), written = layer.in_place ? 0.0 : outputs, values = inputs + written, at_work = values + weights;
  // Of a layer that runs in turns with its neighbours, what lies between them.
  const double near = (layer.chained_input ? inputs / operands_of(layer) : 0.0) + (layer.chained_output ? written : 0.0);
  const double run = std::max(footprint.bytes(), at_work) + roofline.others_bytes_per_s * footprint.run_ns * 1e-9;
  const double ns_per_mac = 2e9 / (roofline.peak_flops * threads);
  const Work work = work_of(layer, kernel);
  Terms terms{};
  terms[kDispatch] = dispatch_ns(roofline, threads);
  terms[kNearValues] = memory.ns(near, 0.0) + memory.near_ns(values - near, at_work);
  terms[kFarValues] = memory.far_ns(values - near, at_work);
  terms[kNearWeights] = memory.near_ns(weights, run);
  terms[kFarWeights] = memory.far_ns(weights, run);
  if (!layer.in_place && !layer.chained_output) terms[kFarOutputs] = kOwnership * memory.far_ns(outputs, std::max(footprint.activation_bytes, at_work));
  const double again = weights * state_share(layer);
  terms[kWeightsAgain] = memory.ns(again * static_cast<double>(std::max<std::int64_t>(layer.steps, 1) - 1), again);
  terms[kActivation] = outputs / 4.0 * layer.activation_ops / 2.0 * ns_per_mac;
  terms[kArithmetic] = work.arithmetic * ns_per_mac;
  terms[kInputWork] = work.input * ns_per_mac;
  terms[kOutputWork] = work.output * ns_per_mac;
  terms[kEdgeWork] = work.edge * ns_per_mac;
  return terms;
}

Terms conversion_terms(const Roofline& roofline, std::int64_t bytes, int threads) {
  const Memory memory(roofline, threads);
  const double moved = 2.0 * static_cast<double>(bytes);
  Terms terms{};
  terms[kDispatch] = dispatch_ns(roofline, threads);
  terms[kNearValues] = memory.near_ns(moved, moved);
  terms[kFarValues] = memory.far_ns(moved, moved);
  return terms;
}

double sum_of(const Terms& terms) noexcept { return std::accumulate(terms.begin(), terms.end(), 0.0); }

}  // namespace dnntune::cost
