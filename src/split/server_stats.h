// SPDX-License-Identifier: Apache-2.0
// A server's statistics as others read them: Triton's statistics extension, and Prometheus.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "split/load_meter.h"

namespace dnntune::split {

/// The answer of Triton's statistics extension for one model; what is not measured here counts 0.
base::Json model_stats(const std::string& name, const ModelTotals& totals);

/// Prometheus' text format, version 0.0.4.
std::string metrics_text(const ServerLoad& load, const std::map<std::string, ModelTotals>& totals);

}  // namespace dnntune::split
