// SPDX-License-Identifier: Apache-2.0
#include "dnntune/cost_model.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>
#include <fmt/format.h>

#include "base/clock.h"
#include "cost/features.h"
#include "dnntune/error.h"
#include "dnntune/version.h"

namespace dnntune {
namespace {

/// Layers of one kind on one machine still differ by cache state and shape: no fit claims less.
constexpr double kLeastSpread = 0.05;
/// A fit to one layer says nothing about its spread.
constexpr Eigen::Index kLeastSamples = 2;

Cost predicted(double value, double spread) { return {value, spread, Provenance::predicted}; }

void check(const char* field, double value, bool may_be_zero) {
  if (std::isfinite(value) && (value > 0.0 || (may_be_zero && value == 0.0))) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("roofline: {} is {}, it must be finite and {}", field, value,
                                                       may_be_zero ? "not negative" : "positive"));
}

}  // namespace

CostModel::CostModel(Roofline roofline) : roofline_(roofline) {
  check("peak_flops", roofline.peak_flops, false);
  check("memory_bytes_per_s", roofline.memory_bytes_per_s, false);
  check("launch_ns", roofline.launch_ns, true);
}

/// Without the launch cost.
double CostModel::layer_ns(bool dense, double efficiency, double flops, double bytes) const noexcept {
  const double memory_ns = bytes / roofline_.memory_bytes_per_s * 1e9;
  return dense ? std::max(flops / (efficiency * roofline_.peak_flops) * 1e9, memory_ns) : memory_ns / efficiency;
}

/// With x the ideal time of a layer, y the measured one and a = 1 / efficiency, the sum of
/// (1 - a * x / y)^2 is least at a = sum(r) / sum(r^2), r = x / y. Relative errors, so that the largest
/// layers do not decide alone.
void CostModel::refit(ClassFit& fit, bool dense) const {
  const auto n = static_cast<Eigen::Index>(fit.samples.size());
  Eigen::ArrayXd ratio(n);
  Eigen::Index used = 0;
  for (const Sample& s : fit.samples) {
    const double memory_ns = layer_ns(false, 1.0, s.flops, s.bytes);
    const double ideal_ns = dense ? layer_ns(true, 1.0, s.flops, 0.0) : memory_ns;
    // Left of the roof's ridge the memory decides, and the layer says nothing about arithmetic.
    if (ideal_ns > 0.0 && (!dense || ideal_ns >= memory_ns)) ratio(used++) = ideal_ns / s.ns;
  }
  if (used < kLeastSamples) return;
  const auto r = ratio.head(used);
  fit.efficiency = r.square().sum() / r.sum();

  Eigen::ArrayXd error(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Sample& s = fit.samples[static_cast<std::size_t>(i)];
    error(i) = 1.0 - layer_ns(dense, fit.efficiency, s.flops, s.bytes) / s.ns;
  }
  fit.relative_spread = std::max(kLeastSpread, std::sqrt(error.square().mean()));
}

void CostModel::fit(const Profile& measured) {
  std::vector<Sample> dense, streaming;
  bool any = false;
  for (const LayerProfile& layer : measured.layers) {
    if (layer.latency_ns.provenance == Provenance::unknown) continue;
    const double ns = layer.latency_ns.value;
    if (!std::isfinite(ns) || ns < 0.0)
      throw Error(ErrorCode::invalid_argument, fmt::format("layer '{}': latency_ns is {}, it must be finite and not negative", layer.name, ns));
    any = true;
    // A layer that takes no longer than the launch says nothing about rates.
    if (ns <= roofline_.launch_ns) continue;
    const cost::Features f = cost::features_of(layer);
    (f.dense ? dense : streaming).push_back({f.flops, f.bytes, ns - roofline_.launch_ns});
  }
  if (!any) throw Error(ErrorCode::invalid_argument, fmt::format("the profile of '{}' has no layers of known latency", measured.model));
  dense_.samples.insert(dense_.samples.end(), dense.begin(), dense.end());
  streaming_.samples.insert(streaming_.samples.end(), streaming.begin(), streaming.end());
  refit(dense_, true);
  refit(streaming_, false);
}

Profile CostModel::predict(const Graph& graph, const Processor& processor) const {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = processor.name;
  profile.threads = processor.threads;
  profile.library_version = version();
  profile.date = base::utc_date();
  profile.notes.push_back(fmt::format("predicted by a roofline: {:.4g} GFLOP/s, {:.4g} GB/s, {:.4g} ns a layer",
                                      roofline_.peak_flops * 1e-9, roofline_.memory_bytes_per_s * 1e-9, roofline_.launch_ns));
  profile.notes.push_back(fmt::format("efficiency {:.3f} dense (from {} layers), {:.3f} streaming (from {})", dense_.efficiency,
                                      dense_.samples.size(), streaming_.efficiency, streaming_.samples.size()));

  Cost run = predicted(0.0, 0.0);
  for (const LayerInfo& info : graph.layers()) {
    const cost::Features f = cost::features_of(graph, info);
    const ClassFit& fit = f.dense ? dense_ : streaming_;
    const double ns = layer_ns(f.dense, fit.efficiency, f.flops, f.bytes) + roofline_.launch_ns;
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.inputs = info.inputs;
    layer.outputs = info.outputs;
    layer.latency_ns = predicted(ns, ns * fit.relative_spread);
    layer.conversion_ns = predicted(0.0, 0.0);
    if (processor.active_power_w >= 0.0) {
      const double uj = ns * processor.active_power_w * 1e-3;  // ns x W = nJ
      layer.energy_uj = predicted(uj, uj * fit.relative_spread);
    }
    layer.flops = static_cast<std::int64_t>(f.flops);
    layer.input_bytes = info.input_bytes;
    layer.output_bytes = info.output_bytes;
    layer.weight_bytes = info.weight_bytes;
    layer.memory_bytes = info.input_bytes + info.output_bytes;
    profile.arena_bytes = std::max(profile.arena_bytes, layer.memory_bytes);
    profile.weight_bytes += info.weight_bytes;
    run = run + layer.latency_ns;
    profile.layers.push_back(std::move(layer));
  }
  profile.run_ns = run;
  return profile;
}

}  // namespace dnntune
