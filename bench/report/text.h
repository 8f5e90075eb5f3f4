// SPDX-License-Identifier: Apache-2.0
// Text as HTML, and charts as JSON that may stand inside a page.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/page.h"

namespace dnntune::report {

/// `text` as HTML shows it, within an element or a quoted attribute. Control characters become U+FFFD.
std::string escaped(std::string_view text);

/// {"schema": "dnntune.report/1", "charts": [...]}. Has no '<', '>' or '&' and is ASCII, so that it may stand within a
/// script element. Bytes that are no UTF-8 become U+FFFD; numbers that are not finite become null.
std::string charts_json(std::span<const Chart> charts);

}  // namespace dnntune::report
