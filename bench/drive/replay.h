// SPDX-License-Identifier: Apache-2.0
// A drive, carried out: an adaptive session along the whole of it, and every one of its plans alone at moments of it.
#pragma once

#include <functional>
#include <optional>

#include <dnntune/adaptive.h>

#include "drive/drive_trace.h"
#include "drive/results.h"
#include "live/sides.h"

namespace dnntune::drive {

struct ReplayOptions {
  double period_s = 0.5;        ///< Of the adaptive session's requests; one that takes longer delays the next.
  int every = 2;                ///< Every plan runs alone at each so many of them.
  double deadline_s = 2.0;
  AdaptiveOptions adaptive = {};  ///< Its clock and its deadline are the replay's.
  double device_power_w = 0.0;  ///< While the device computes.
  std::optional<live::Cores> cores = {};  ///< Relays run on the cloud's, all else on the device's; unset: wherever the system likes.
  std::function<void(double)> progress = {};  ///< Of the drive's time, in seconds.
};

/// `server_url` serves the plans' network. Each request runs for real through a relay that follows the drive from the request's start
/// on; the time between requests is left out. Throws as AdaptiveSession.
Drove replay(const Drive& drive, const Graph& graph, const std::vector<Plan>& plans, const std::string& server_url, const ReplayOptions& options);

}  // namespace dnntune::drive
