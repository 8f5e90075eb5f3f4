// SPDX-License-Identifier: Apache-2.0
#include "cli/modelled.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dnntune::cli {

bool is_device_file(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return false;
  const auto schema = json.find("schema");
  return schema != json.end() && schema->is_string() && schema->get<std::string>().starts_with("dnntune.device/");
}

Modelled read_modelled(const std::string& path, const ProcessorOptions& processor) {
  if (!is_device_file(read_file(path))) {
    CostModel model = parse_file(path, CostModel::from_json);
    return {Device::local(), processor.pick(), std::move(model)};
  }
  Device device = parse_file(path, Device::from_json);
  Processor picked = processor.pick(device);
  CostModel model = parse_file(path, [&](const std::string&) { return stored_cost_model(device, picked); });
  return {std::move(device), std::move(picked), std::move(model)};
}

namespace {

/// With the kernels and the memory of a session here.
Profile planned_profile(const Modelled& modelled, const Graph& graph) {
  Profile profile = modelled.model.predict(graph, planned_shape(graph, modelled.processor), modelled.processor);
  plan_memory(profile, graph, modelled.processor);
  return profile;
}

}  // namespace

Profile predict(const Modelled& modelled, const Graph& graph) {
  const std::string here = Device::local().simd;
  std::string unplanned;
  Profile profile;
  if (modelled.device.simd != here)
    unplanned = fmt::format("they are planned exactly on a machine with {} only, and here is {}", modelled.device.simd.empty() ? "the device's instruction set" : modelled.device.simd, here);
  try {
    if (unplanned.empty()) profile = planned_profile(modelled, graph);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported && error.code() != ErrorCode::invalid_argument) throw;
    unplanned = error.what();
  }
  if (!unplanned.empty()) {
    profile = modelled.model.predict(graph, modelled.processor);
    profile.notes.push_back(fmt::format("warning: kernels are guessed and memory is a lower bound: {}", unplanned));
  }
  profile.device = modelled.device.name;
  return profile;
}

Profile read_profile(const std::string& path, const Graph& graph, const ProcessorOptions& processor) {
  if (is_device_file(read_file(path))) return predict(read_modelled(path, processor), graph);
  return parse_file(path, Profile::from_json);
}

}  // namespace dnntune::cli
