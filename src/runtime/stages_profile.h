// SPDX-License-Identifier: Apache-2.0
// Session::profile of a network that runs in stages.
#pragma once

#include <vector>

#include "dnntune/profile.h"
#include "dnntune/session.h"
#include "runtime/runners.h"
#include "runtime/session_state.h"

namespace dnntune::runtime {

/// Whole runs alone, with a clock read around each step and each layer that runs apart: layers are never
/// repeated on their own. A layer of control flow is one layer, its sub-graphs' time is its time. Sizes of
/// values are those of the last run.
/// `runners`: by layer.
Profile profile_in_stages(SessionState& session, const ProfileOptions& options, const Tensors& inputs, std::vector<Runner>& runners);

}  // namespace dnntune::runtime
