// SPDX-License-Identifier: Apache-2.0
// The experiment as a page of tables and charts.
#pragma once

#include <vector>

#include "live/results.h"
#include "report/page.h"

namespace dnntune::live {

report::Page live_page(const Setting& setting, const std::vector<PairResult>& pairs);

}  // namespace dnntune::live
