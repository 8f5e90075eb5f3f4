// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_file.h"

#include <nlohmann/json.hpp>

namespace dnntune::cli {

Plan read_plan(const std::string& path, const Graph& graph) {
  return parse_file(path, [&](const std::string& text) {
    const nlohmann::json file = nlohmann::json::parse(text, nullptr, false);
    const bool route = file.is_object() && file.contains("schema") && file["schema"].is_string() && file["schema"].get<std::string>().starts_with("dnntune.route_plan/");
    return route ? split_plan(graph, RoutePlan::from_json(text)) : Plan::from_json(text);
  });
}

}  // namespace dnntune::cli
