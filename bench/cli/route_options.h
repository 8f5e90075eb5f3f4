// SPDX-License-Identifier: Apache-2.0
// The options of `dnntune plan` for routes: stops between device and cloud, encodings, limits, radios, connections.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace dnntune::cli {

struct RouteOptions {
  std::vector<std::string> via, encodings, minimize, limit;
  std::string radio, device_memory;
  double percentile = 0.5, interval_s = 0.0, idle_power_w = 0.0;
  int private_within = -1;
  bool cold = false, slow_start = false, returns = false;

  /// Adds them to `command`. Those that have a simpler form exclude it.
  void add_to(CLI::App& command, CLI::Option* objective, CLI::Option* encoding);
  /// Whether any was given.
  bool given() const;
  /// Fills all of `request` that does not need profiles: `links` has one for all hops or one a hop; `pins` are "LAYER" (the
  /// first stop) or "LAYER=STOP". Throws invalid_argument naming the option.
  void apply(RouteRequest& request, const std::vector<Link>& links, const std::vector<std::string>& pins) const;

 private:
  CLI::App* group_ = nullptr;
};

bool has_layer(const Graph& graph, const std::string& name);

/// "NAME=SOURCE" -> both; without a name, `otherwise`.
std::pair<std::string, std::string> named_source(const std::string& text, const std::string& otherwise);

}  // namespace dnntune::cli
