// SPDX-License-Identifier: Apache-2.0
// What commands show as HTML.
#pragma once

#include "dnntune/device.h"
#include "dnntune/profile.h"
#include "dnntune/tune.h"
#include "report/page.h"

namespace dnntune::cli {

/// The device, its processors and the library's version.
void add_device_facts(report::Page& page, const Device& device);
/// Layers as a chart and as a table.
report::Page profile_page(const Profile& profile);
/// Who won which layer of the network called `model`.
report::Page tuning_page(const std::string& model, const Device& device, const Tuning& tuning);

}  // namespace dnntune::cli
