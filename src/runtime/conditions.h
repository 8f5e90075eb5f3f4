// SPDX-License-Identifier: Apache-2.0
// What surrounded a profile: temperature and frequency before and after, and what the processor counted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dnntune/profile.h"

namespace dnntune::runtime {

/// What Profile::before and after tell; a warning where the processor became warmer or slower meanwhile.
std::vector<std::string> condition_notes(const Conditions& before, const Conditions& after);

/// Fills Profile::counts by `runs` calls of `plain_run`; a note says what could not be counted and why.
void count_events(Profile& profile, const std::string& root, int runs, const std::function<void()>& plain_run);

}  // namespace dnntune::runtime
