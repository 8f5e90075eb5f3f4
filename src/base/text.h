// SPDX-License-Identifier: Apache-2.0
// UTF-8 text in columns, for tables that people read in a terminal.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace dnntune::base {

/// Columns a terminal needs: one a character, two for East Asian wide ones, none for combining marks.
std::size_t column_count(std::string_view text);
/// Bytes that are not UTF-8 and control characters become '?': a name from a file cannot move the cursor.
std::string printable(std::string_view text);
/// `text` cut to at most `width` columns; what is cut is shown as "…" at the end, or with
/// `keep_end` at the front (the end of a long layer name tells more).
std::string shortened(std::string_view text, std::size_t width, bool keep_end = false);
/// `text`, shortened if it must be, filled with blanks to exactly `width` columns.
std::string left_aligned(std::string_view text, std::size_t width, bool keep_end = false);
std::string right_aligned(std::string_view text, std::size_t width);
/// "conv1, conv2, conv3, ...": the first few names, for a sentence.
std::string listed(std::span<const std::string> names, std::size_t most = 5);

}  // namespace dnntune::base
