// SPDX-License-Identifier: Apache-2.0
// Results of an experiment that was never run.
#pragma once

#include <vector>

#include "live/results.h"

namespace dnntune::test {

live::Setting sample_setting();
/// Of three pairs: a right choice; one that lost a duel, 10 % behind; one that won the duel it was sent to.
std::vector<live::PairResult> sample_pairs();

}  // namespace dnntune::test
