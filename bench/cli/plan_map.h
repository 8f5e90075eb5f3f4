// SPDX-License-Identifier: Apache-2.0
// Which plan is best on which link, as a chart.
#pragma once

#include <string>

#include "dnntune/route.h"
#include "report/page.h"

namespace dnntune::cli {

std::string mbit_text(double bps);  ///< "18.9 Mbit/s"
/// "all on the device", "all in the cloud", "split at conv5, conv7"; of a route device -> cloud.
std::string placement_name(const Placement& placement);
/// Bandwidth across, a hundred times less to a hundred times more; round trip down; exact where the best plan changes. For a
/// request without limits.
report::Chart map_chart(const Planner& planner, double longest_round_trip_s);

}  // namespace dnntune::cli
