// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "drive/results.h"
#include "report/page.h"

namespace dnntune::drive {

/// Policies side by side; latency, energy and the link over time; which plan the adaptive session took when.
report::Page drive_page(const Setting& setting, const Drove& drove);

}  // namespace dnntune::drive
