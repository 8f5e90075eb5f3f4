// SPDX-License-Identifier: Apache-2.0
// A plan as a page: why this cut and no other.
#pragma once

#include "dnntune/plan.h"
#include "report/page.h"

namespace dnntune::cli {

/// `plan` is make_plan's answer to `request`. Other cuts, links and placements are those of the two processors that it chose.
report::Page plan_page(const PlanRequest& request, const Plan& plan);

}  // namespace dnntune::cli
