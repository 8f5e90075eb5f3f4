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

Profile predict(const Modelled& modelled, const Graph& graph) {
  Profile profile = modelled.model.predict(graph, modelled.processor);
  profile.device = modelled.device.name;
  const std::string here = Device::local().simd;
  if (modelled.device.simd != here) {
    profile.notes.push_back(fmt::format("warning: memory is a lower bound: it is planned exactly on a machine with {} only, and here is {}",
                                        modelled.device.simd.empty() ? "the device's instruction set" : modelled.device.simd, here));
    return profile;
  }
  try {
    plan_memory(profile, graph, modelled.processor);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported && error.code() != ErrorCode::invalid_argument) throw;
    profile.notes.push_back(fmt::format("warning: memory is a lower bound: {}", error.what()));
  }
  return profile;
}

Profile read_profile(const std::string& path, const Graph& graph, const ProcessorOptions& processor) {
  if (is_device_file(read_file(path))) return predict(read_modelled(path, processor), graph);
  return parse_file(path, Profile::from_json);
}

}  // namespace dnntune::cli
