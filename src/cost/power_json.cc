// SPDX-License-Identifier: Apache-2.0
#include "cost/power_json.h"

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace dnntune::cost {
namespace {

using base::Json;

constexpr double kLargestSum = 1e30;
/// Sums are rounded.
constexpr double kRounding = 1.0 + 1e-9;

/// In the order in which they are written.
template <typename Sums>
auto sums_of(Sums& s) {
  return std::array{&s.count, &s.weight, &s.zz, &s.xz[0], &s.xz[1], &s.xx[0], &s.xx[1], &s.xx[2]};
}

Json json_of(const PowerSums& sums) {
  Json row = Json::array();
  for (const double* sum : sums_of(sums)) row.push_back(*sum);
  return row;
}

PowerSums read_sums(const Json& json, const char* key, const std::string& what) {
  const auto numbers = base::get<std::vector<double>>(json, key, what);
  PowerSums sums;
  const auto fields = sums_of(sums);
  if (numbers.size() != fields.size()) base::throw_json_field(what, key, fmt::format("does not have {} numbers", fields.size()).c_str());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!(numbers[i] >= 0.0 && numbers[i] <= kLargestSum)) base::throw_json_field(what, key, "has a number that is out of range");
    *fields[i] = numbers[i];
  }
  if (sums.count > PowerSums::kMostCount) base::throw_json_field(what, key, "counts more samples than are kept");
  // Cauchy and Schwarz: no samples have other sums.
  const bool possible = sums.xz[0] * sums.xz[0] <= sums.xx[0] * sums.zz * kRounding && sums.xz[1] * sums.xz[1] <= sums.xx[2] * sums.zz * kRounding &&
                        sums.xx[1] * sums.xx[1] <= sums.xx[0] * sums.xx[2] * kRounding;
  const bool any = sums.count > 0.0;
  if (!possible || any != (sums.weight > 0.0) || any != (sums.xx[0] + sums.xx[2] > 0.0)) base::throw_json_field(what, key, "has sums that no samples have");
  return sums;
}

}  // namespace

Json json_of(const PowerCurve& powers) {
  Json array = Json::array();
  for (const auto& [threads, samples] : powers.samples()) array.push_back({{"threads", threads}, {"layers", json_of(samples.layers)}, {"runs", json_of(samples.runs)}});
  return array;
}

PowerCurve read_powers(const Json& array, std::string_view schema) {
  const std::string what = fmt::format("{}: powers", schema);
  if (array.size() > PowerCurve::kMostThreadCounts) base::throw_json_field(schema, "powers", fmt::format("has more than {} entries", PowerCurve::kMostThreadCounts).c_str());
  PowerCurve powers;
  for (const Json& entry : array) {
    const int threads = base::get<int>(entry, "threads", what);
    if (threads < 1 || threads > 1 << 16) base::throw_json_field(what, "threads", fmt::format("is {}, it must be in 1 to 65536", threads).c_str());
    if (powers.measured(threads)) base::throw_json_field(what, "threads", fmt::format("is {} twice", threads).c_str());
    const PowerCurve::Samples samples = {read_sums(entry, "layers", what), read_sums(entry, "runs", what)};
    if (samples.layers.count + samples.runs.count <= 0.0) base::throw_json_field(what, "layers", "has no samples, nor has runs");
    powers.set(threads, samples);
  }
  return powers;
}

}  // namespace dnntune::cost
