// SPDX-License-Identifier: Apache-2.0
// The files that every page carries with it, as text within the program.
#pragma once

#include <string_view>

namespace dnntune::report {

/// Chart.js, as the build found it; empty when it did not.
std::string_view chart_library() noexcept;
/// Its licence, which goes wherever it goes.
std::string_view chart_library_licence() noexcept;
/// page.js: draws the charts.
std::string_view page_script() noexcept;
/// page.css
std::string_view page_style() noexcept;

}  // namespace dnntune::report
