// SPDX-License-Identifier: Apache-2.0
// Link as JSON, shared by link files, the built-in table and plans; and the one check of its figures.
#pragma once

#include <string_view>

#include "dnntune/link.h"
#include "plan/json_fields.h"

namespace dnntune::plan {

/// Throws invalid_argument naming the link and the field: rates must be finite and positive, times and
/// powers finite and not negative.
void check_link(const Link& link);

/// Without the "schema" member.
Json link_to_json(const Link& link);
/// Ignores "schema". `what` names the document in messages. The result passed check_link.
Link link_from_json(const Json& object, std::string_view what);

}  // namespace dnntune::plan
