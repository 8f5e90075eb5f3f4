// SPDX-License-Identifier: Apache-2.0
// The groups of kernels that are measured, and the line each result becomes.
#pragma once

#include <functional>
#include <string>

#include "measure.h"

namespace dnntune::bench {

/// Says whether a case is wanted, and takes its result: the work of a call, and its time.
struct Report {
  std::function<bool(const std::string& name)> wanted;
  std::function<void(const std::string& name, double macs, Timing time)> compute;  ///< Beside the peak.
  std::function<void(const std::string& name, double bytes, Timing time)> stream;  ///< As bandwidth.
  /// As bandwidth, beside the time that plain reading of the same bytes takes.
  std::function<void(const std::string& name, double bytes, Timing time, Timing reading)> reads;
  std::function<void(const std::string& name, Timing slow, Timing fast)> ratio;
};

void measure_bandwidth(const Report& report);
void measure_convolutions(const Report& report);
void measure_depthwise(const Report& report);
void measure_products(const Report& report);
void measure_elementwise(const Report& report);
void measure_references(const Report& report);

}  // namespace dnntune::bench
