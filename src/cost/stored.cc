// SPDX-License-Identifier: Apache-2.0
// Cost models in device files.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/cost_model.h"
#include "dnntune/error.h"
#include "dnntune/version.h"

namespace dnntune {
namespace {

/// "cpu:all x2" -> "cpu:all"
std::string without_threads(const std::string& processor) { return processor.substr(0, processor.find(' ')); }

}  // namespace

void store_cost_model(Device& device, const Processor& processor, const CostModel& model) {
  StoredCostModel stored{without_threads(processor.name), base::utc_date(), version(), model.to_json()};
  const auto same = [&](const StoredCostModel& other) { return other.processor == stored.processor; };
  const auto found = std::find_if(device.cost_models.begin(), device.cost_models.end(), same);
  if (found == device.cost_models.end()) device.cost_models.push_back(std::move(stored));
  else *found = std::move(stored);
}

CostModel stored_cost_model(const Device& device, const Processor& processor) {
  const std::string wanted = without_threads(processor.name);
  std::string names;
  for (const StoredCostModel& stored : device.cost_models) {
    if (stored.processor == wanted) return CostModel::from_json(stored.json);
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", stored.processor);
  }
  throw Error(ErrorCode::not_found, fmt::format("device '{}' has no cost model of processor '{}': {}", device.name, wanted,
                                                names.empty() ? std::string("it has none, dnntune calibrate makes one") : fmt::format("it has those of {}", names)));
}

}  // namespace dnntune
