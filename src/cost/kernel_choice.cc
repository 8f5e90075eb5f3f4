// SPDX-License-Identifier: Apache-2.0
#include "cost/kernel_choice.h"

#include <limits>

#include "cost/features.h"

namespace dnntune::cost {
namespace {

constexpr char kAt = '@';
/// How the kernel of layers begins that have nothing to do, but for a copy into another order maybe.
constexpr std::string_view kNothing = "view";

}  // namespace

bool is_nothing(const LayerShape& layer) noexcept { return layer.kernel == kNothing; }

std::string kind_of_kernel(const LayerShape& layer, const std::string& kernel) {
  return kernel.empty() || kernel.starts_with(kNothing) ? layer.kind : layer.kind + kAt + kernel;
}

std::string_view kernel_of_kind(std::string_view kind) noexcept {
  const std::size_t at = kind.find(kAt);
  return at == std::string_view::npos ? std::string_view() : kind.substr(at + 1);
}

std::string likely_kind(const std::map<std::string, KindModel>& kinds, const LayerShape& layer, const std::vector<double>& features) {
  const std::string planned = kind_of_kernel(layer, layer.kernel);
  if (kinds.contains(planned)) return planned;
  std::vector<std::map<std::string, KindModel>::const_iterator> candidates;
  if (const auto plain = kinds.find(layer.kind); plain != kinds.end()) candidates.push_back(plain);
  const std::string prefix = layer.kind + kAt;
  for (auto kind = kinds.lower_bound(prefix); kind != kinds.end() && kind->first.starts_with(prefix); ++kind) candidates.push_back(kind);
  if (candidates.empty()) return layer.kind;
  if (candidates.size() == 1) return candidates.front()->first;
  std::string nearest = candidates.front()->first;
  double least = std::numeric_limits<double>::max();
  for (const auto& kind : candidates)
    for (const Sample& sample : kind->second.samples()) {
      const double distance = kernel_distance(sample.features, features);
      if (distance >= least) continue;
      least = distance;
      nearest = kind->first;
    }
  return nearest;
}

}  // namespace dnntune::cost
