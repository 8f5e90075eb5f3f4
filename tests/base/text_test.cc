// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"

using namespace dnntune;

TEST_CASE("listed: the first few of many names") {
  const std::vector<std::string> names = {"a", "b", "c"};
  CHECK(dnntune::base::listed(names, 2) == "a, b, ...");
  CHECK(dnntune::base::listed(names, 3) == "a, b, c");
  CHECK(dnntune::base::listed({}) == "");
}

TEST_CASE("columns: letters, accents, wide characters, damaged bytes") {
  CHECK(base::column_count("conv1") == 5);
  CHECK(base::column_count("±é…") == 3);
  CHECK(base::column_count("e\xcc\x81") == 1);  // e and a combining accent
  CHECK(base::column_count("層") == 2);
  CHECK(base::column_count("\xff\xfe") == 2);
  CHECK(base::column_count("\xe5\xb1") == 2);  // cut in the middle of a character
}

TEST_CASE("control characters and damaged bytes cannot reach the terminal") {
  CHECK(base::printable("a\nb\x1b[31m") == "a?b?[31m");
  CHECK(base::printable("a\xffz") == "a?z");
  CHECK(base::printable("\xe2\x80\xae") == "?");      // right-to-left override
  CHECK(base::printable("\xc0\xaf") == "??");         // overlong
  CHECK(base::printable("\xed\xa0\x80") == "???");    // surrogate
  CHECK(base::printable("naïve") == "naïve");
}

TEST_CASE("text is shortened and aligned by columns") {
  CHECK(base::shortened("features/conv", 20) == "features/conv");
  CHECK(base::shortened("features/conv", 6) == "featu…");
  CHECK(base::shortened("features/conv", 6, true) == "…/conv");
  CHECK(base::shortened("層層層", 4) == "層…");
  CHECK(base::shortened("abc", 0).empty());
  CHECK(base::left_aligned("ab", 4) == "ab  ");
  CHECK(base::right_aligned("±", 3) == "  ±");
  CHECK(base::left_aligned("層層層", 4) == "層… ");
  for (std::size_t width = 0; width < 12; ++width)
    for (const char* text : {"features/conv", "層層層層", "\xff\xff\xff\xff", ""}) {
      CHECK(base::column_count(base::left_aligned(text, width)) == width);
      CHECK(base::column_count(base::left_aligned(text, width, true)) == width);
      CHECK(base::column_count(base::right_aligned(text, width)) == width);
    }
}
