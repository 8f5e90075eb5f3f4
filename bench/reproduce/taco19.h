// SPDX-License-Identifier: Apache-2.0
// DNNTune's figures and tables, re-made by the planner from the paper's own layer and device figures.
#pragma once

#include "reproduce/data.h"
#include "reproduce/report.h"

namespace dnntune::reproduce {

/// All sections: the comparison, then what joint planning adds (joint.h).
Report taco19();

/// Figures 7 and 9, a cell a cut.
Section figure_section(const Taco19& data, const Figure& figure);
Section table3_section(const Taco19& data);
Section table4_section(const Taco19& data);
Section table5_section(const Taco19& data);
Section decision_section(const Taco19& data);

}  // namespace dnntune::reproduce
