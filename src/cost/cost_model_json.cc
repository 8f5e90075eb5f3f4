// SPDX-License-Identifier: Apache-2.0
// A cost model as JSON of schema "dnntune.cost_model/5". Numbers are written so that they are read back bit for bit; what
// follows from them is computed again.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "cost/cost_model_impl.h"
#include "cost/features.h"
#include "cost/power_json.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

using base::Json;
using cost::Hyperparameters;
using cost::KindModel;
using cost::Sample;

constexpr const char* kSchema = "dnntune.cost_model/5";
constexpr std::size_t kMostKinds = 1024, kMostNetworks = 512, kMostParts = 100'000, kMostFeatures = 64;
constexpr double kMostLogRatio = 100.0;
constexpr int kMostNested = 4;  ///< Models that start from another's.

std::vector<double> numbers_of(const Json& json, const char* key, std::size_t most, std::string_view what) {
  auto numbers = base::get<std::vector<double>>(json, key, what);
  if (numbers.size() > most) base::throw_json_field(what, key, fmt::format("has more than {} numbers", most).c_str());
  for (const double number : numbers)
    if (!std::isfinite(number)) base::throw_json_field(what, key, "has a number that is not finite");
  return numbers;
}

double number_of(const Json& json, const char* key, double least, double most, std::string_view what) {
  const auto number = base::get<double>(json, key, what);
  if (!(number >= least && number <= most)) base::throw_json_field(what, key, fmt::format("is {}, it must be in {} to {}", number, least, most).c_str());
  return number;
}

int count_of(const Json& json, const char* key, int least, int most, std::string_view what) {
  const auto number = base::get<int>(json, key, what);
  if (number < least || number > most) base::throw_json_field(what, key, fmt::format("is {}, it must be in {} to {}", number, least, most).c_str());
  return number;
}

Json json_of(const Roofline& roofline) {
  Json json = {{"peak_flops", roofline.peak_flops},
               {"memory_bytes_per_s", roofline.memory_bytes_per_s},
               {"others_bytes_per_s", roofline.others_bytes_per_s},
               {"launch_ns", roofline.launch_ns},
               {"wake_ns", roofline.wake_ns},
               {"caches", Json::array()}};
  for (const CacheSpeed& cache : roofline.caches) json["caches"].push_back({{"size_bytes", cache.size_bytes}, {"bytes_per_s", cache.bytes_per_s}});
  return json;
}

Roofline read_roofline(const Json& json) {
  const std::string what = fmt::format("{}: roofline", kSchema);
  Roofline roofline;
  roofline.peak_flops = base::get<double>(json, "peak_flops", what);
  roofline.memory_bytes_per_s = base::get<double>(json, "memory_bytes_per_s", what);
  roofline.others_bytes_per_s = base::get<double>(json, "others_bytes_per_s", what);
  roofline.launch_ns = base::get<double>(json, "launch_ns", what);
  roofline.wake_ns = base::get<double>(json, "wake_ns", what);
  const Json& caches = base::get_array(json, "caches", what);
  if (caches.size() > 9) base::throw_json_field(what, "caches", "has more than 9 entries");
  for (const Json& cache : caches)
    roofline.caches.push_back({base::get<std::int64_t>(cache, "size_bytes", what), base::get<double>(cache, "bytes_per_s", what)});
  return roofline;
}

Json json_of(const KindModel& model) {
  const Hyperparameters& hyper = model.hyperparameters();
  Json json = {{"nothing", model.nothing()}, {"searched_at", model.searched_at()}, {"lengths", hyper.lengths},
               {"signal", hyper.signal},     {"noise", hyper.noise},               {"offset", hyper.offset},
               {"samples", Json::array()}};
  for (const Sample& sample : model.samples()) {
    Json row = {sample.network, sample.log_ratio, sample.variance};
    for (const double term : sample.terms) row.push_back(term);
    for (const double feature : sample.features) row.push_back(feature);
    json["samples"].push_back(std::move(row));
  }
  return json;
}

void read_sample(KindModel& model, const Json& row, std::size_t features, const std::string& what) {
  std::vector<double> numbers;
  constexpr std::size_t kHead = 3, kBeforeFeatures = kHead + cost::kTermCount;
  if (!base::read_json(row, numbers) || numbers.size() != kBeforeFeatures + features) base::throw_json_field(what, "samples", "has a row of another length");
  Sample sample{{numbers.begin() + kBeforeFeatures, numbers.end()}, {}, numbers[1], numbers[2], 0};
  std::copy_n(numbers.begin() + kHead, cost::kTermCount, sample.terms.begin());
  const auto out_of_range = [](double most) { return [most](double number) { return !(std::abs(number) <= most); }; };
  if (std::any_of(numbers.begin(), numbers.begin() + kHead, out_of_range(1e9)) || std::any_of(sample.features.begin(), sample.features.end(), out_of_range(1e9)) ||
      std::any_of(sample.terms.begin(), sample.terms.end(), out_of_range(1e18)))
    base::throw_json_field(what, "samples", "has a number that is out of range");
  if (sample.variance < 0.0) base::throw_json_field(what, "samples", "has a negative variance");
  if (std::any_of(sample.terms.begin(), sample.terms.end(), [](double term) { return term < 0.0; }) || !(cost::sum_of(sample.terms) > 0.0) || std::abs(sample.log_ratio) > kMostLogRatio)
    base::throw_json_field(what, "samples", "has terms that are no time");
  sample.network = static_cast<int>(numbers[0]);
  model.add(std::move(sample));
}

/// Hyperparameters alone; samples of whole networks follow from the others.
std::pair<Hyperparameters, std::size_t> read_hyperparameters(const Json& json, const std::string& what) {
  Hyperparameters hyper;
  hyper.lengths = numbers_of(json, "lengths", kMostFeatures, what);
  for (const double length : hyper.lengths)
    if (length <= 0.0) base::throw_json_field(what, "lengths", "has one that is not positive");
  hyper.signal = number_of(json, "signal", 1e-6, 1e3, what);
  hyper.noise = number_of(json, "noise", 1e-6, 1e3, what);
  hyper.offset = number_of(json, "offset", 0.0, 1e3, what);
  return {std::move(hyper), base::get<std::size_t>(json, "searched_at", what)};
}

KindModel read_kind(const Json& json, const std::string& what) {
  KindModel model;
  model.set_nothing(base::get<std::size_t>(json, "nothing", what));
  const auto [hyper, searched_at] = read_hyperparameters(json, what);
  const Json& samples = base::get_array(json, "samples", what);
  if (samples.size() > KindModel::kMostSamples) base::throw_json_field(what, "samples", "has more than 1024 rows");
  for (const Json& row : samples) read_sample(model, row, hyper.lengths.size(), what);
  model.fit(hyper, searched_at);
  return model;
}

/// What is said of a kind must be by the features of this version.
void require_features(const KindModel& model, std::size_t features, const std::string& what) {
  if (model.hyperparameters().lengths.size() != features && !(model.samples().empty() && model.hyperparameters().lengths.empty()))
    base::throw_json_field(what, "lengths", fmt::format("does not have {} numbers", features).c_str());
}

Json json_of(const cost::HeldNetwork& network) {
  Json json = {{"id", network.id}, {"threads", network.threads}, {"layers", network.layers}, {"run_ns", network.run_ns}, {"parts", Json::array()}};
  for (const auto& [kind, at] : network.parts) json["parts"].push_back({{"kind", kind}, {"sample", at}});
  return json;
}

}  // namespace

base::Json CostModel::Impl::json() const {
  Json json = {{"schema", kSchema}, {"roofline", json_of(roofline)}, {"next_id", next_id}, {"kinds", Json::object()}, {"networks", Json::array()}};
  if (base) json["base"] = base->json();
  for (const auto& [kind, model] : kinds) json["kinds"][kind] = json_of(model);
  json["whole"] = json_of(whole);
  json["whole"].erase("samples");
  for (const cost::HeldNetwork& network : networks) json["networks"].push_back(json_of(network));
  json["powers"] = cost::json_of(powers);
  json["loads"] = Json::array();
  for (const auto& [threads, load] : loads) json["loads"].push_back({{"threads", threads}, {"log", load.log}, {"variance", load.variance}});
  return json;
}

std::unique_ptr<CostModel::Impl> CostModel::Impl::read(const Json& json, int nested) {
  base::require_schema(json, kSchema);
  auto impl = std::make_unique<Impl>(CostModel(read_roofline(base::get_object(json, "roofline", kSchema))).roofline());
  if (json.contains("base")) {
    if (nested == kMostNested) base::throw_json_field(kSchema, "base", "is nested more than 4 deep");
    impl->base = read(json["base"], nested + 1);
  }
  impl->next_id = count_of(json, "next_id", 0, 1'000'000'000, kSchema);
  const std::size_t features = cost::features_of(LayerShape{}, 1, 1.0).size();
  const Json& kinds = base::get_object(json, "kinds", kSchema);
  if (kinds.size() > kMostKinds) base::throw_json_field(kSchema, "kinds", "has more than 1024 entries");
  for (const auto& [kind, entry] : kinds.items()) {
    const std::string what = fmt::format("{}: kinds.{}", kSchema, kind);
    const KindModel& model = impl->kinds[kind] = read_kind(entry, what);
    require_features(model, features, what);
  }
  const Json& networks = base::get_array(json, "networks", kSchema);
  if (networks.size() > kMostNetworks) base::throw_json_field(kSchema, "networks", "has more than 512 entries");
  for (const Json& entry : networks) {
    const std::string what = fmt::format("{}: networks", kSchema);
    cost::HeldNetwork& network = impl->networks.emplace_back();
    network.id = count_of(entry, "id", 0, impl->next_id, what);
    network.threads = count_of(entry, "threads", 1, 1 << 16, what);
    network.layers = count_of(entry, "layers", 0, 1 << 30, what);
    network.run_ns = number_of(entry, "run_ns", 1e-3, 1e18, what);
    const Json& parts = base::get_array(entry, "parts", what);
    if (parts.size() > kMostParts) base::throw_json_field(what, "parts", "has more than 100000 entries");
    for (const Json& part : parts) {
      const auto kind = base::get<std::string>(part, "kind", what);
      const auto at = base::get<std::size_t>(part, "sample", what);
      const auto found = impl->kinds.find(kind);
      if (found == impl->kinds.end() || at >= found->second.samples().size()) base::throw_json_field(what, "parts", "has a sample that is not there");
      network.parts.emplace_back(kind, at);
    }
  }
  const auto [hyper, searched_at] = read_hyperparameters(base::get_object(json, "whole", kSchema), fmt::format("{}: whole", kSchema));
  impl->whole.fit(hyper, searched_at);
  require_features(impl->whole, 3, fmt::format("{}: whole", kSchema));
  impl->fit_networks(false);
  impl->powers = cost::read_powers(base::get_array(json, "powers", kSchema), kSchema);
  const Json& loads = base::get_array(json, "loads", kSchema);
  if (loads.size() > kMostKinds) base::throw_json_field(kSchema, "loads", "has more than 1024 entries");
  for (const Json& load : loads) {
    const std::string what = fmt::format("{}: loads", kSchema);
    impl->loads[count_of(load, "threads", 1, 1 << 16, what)] = {number_of(load, "log", -50.0, 50.0, what), number_of(load, "variance", 0.0, 1e3, what)};
  }
  return impl;
}

std::string CostModel::to_json() const { return base::dump_json(impl_->json()); }

CostModel CostModel::from_json(const std::string& text) { return CostModel(Impl::read(base::parse_json(text, "cost model"), 0)); }

}  // namespace dnntune
