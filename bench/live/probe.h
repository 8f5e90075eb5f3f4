// SPDX-License-Identifier: Apache-2.0
// A link as a request sees it: measured by three tiny networks, as an app would measure its own.
#pragma once

#include <dnntune/graph.h>
#include <dnntune/link.h>
#include <dnntune/plan.h>

#include "live/sides.h"

namespace dnntune::live {

/// Networks without work worth mentioning that send little both ways, much up, or much down.
Graph small_probe();
Graph up_probe(std::int64_t floats);
Graph down_probe(std::int64_t floats);
/// All that measured_link asks for, for the server to have.
std::vector<Graph> all_probes(const std::vector<Link>& links, WireEncoding encoding);

/// `link` with the round trip and the rates that requests through `cloud` meet: medians of `runs`. What a request costs beside its
/// values' bytes (heads, the server's waking up) is in the round trip; encoding and copying values is in the rates.
Link measured_link(Cloud& cloud, const Link& link, WireEncoding encoding, int runs);

}  // namespace dnntune::live
