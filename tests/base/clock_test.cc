// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <doctest/doctest.h>

#include <string>

using namespace dnntune;

TEST_CASE("clocks go forward; thread time counts work") {
  const std::int64_t wall = base::now_ns(), cpu = base::thread_cpu_ns();
  volatile double x = 1.0;
  for (int i = 0; i < 1'000'000; ++i) x = x * 1.0000001;
  CHECK(base::thread_cpu_ns() > cpu);
  CHECK(base::now_ns() > wall);
  CHECK(base::ns(1.5) == 1.5e9);
}

TEST_CASE("dates are UTC in ISO 8601") {
  const std::string date = base::utc_date();
  REQUIRE(date.size() == 20);
  const std::string form = "dddd-dd-ddTdd:dd:ddZ";
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd')
      CHECK((date[i] >= '0' && date[i] <= '9'));
    else
      CHECK(date[i] == form[i]);
  }
}
