// SPDX-License-Identifier: Apache-2.0
// What planning runtime configuration, cut and encoding together adds on the paper's own figures.
#pragma once

#include "reproduce/data.h"
#include "reproduce/report.h"

namespace dnntune::reproduce {

/// Latency and energy over the paper's links: mobile-only, cloud-only, the paper's split, the joint plan; a section a
/// network and phone.
std::vector<Section> joint_sections(const Taco19& data);
/// Energy a request with promotion and tail, at several request rates.
Section tail_section(const Taco19& data);
/// "Up to 1.66x and 15x in energy", as it comes out.
Section claim_section(const Taco19& data);

}  // namespace dnntune::reproduce
