// SPDX-License-Identifier: Apache-2.0
#include "device/topology.h"

#include <doctest/doctest.h>

#include <sched.h>

using namespace dnntune::device;

TEST_CASE("clusters: equal cores are one cluster, whatever the unit of speed") {
  for (const double capacity : {0.0, 1024.0, 3.0e9}) {
    const Core cores[] = {{0, capacity, 0}, {1, capacity, 0}, {2, capacity, 0}};
    const auto clusters = clusters_of(cores);
    REQUIRE(clusters.size() == 1);
    CHECK(clusters[0].name == "cpu:all");
    CHECK(clusters[0].cores == std::vector<int>{0, 1, 2});
    CHECK(clusters[0].physical_cores == 3);
  }
}

TEST_CASE("clusters: cores that differ only by their turbo are equal") {
  const Core cores[] = {{0, 4.9e9, 0}, {1, 5.1e9, 0}};
  CHECK(clusters_of(cores).size() == 1);
}

TEST_CASE("clusters: big and little, fast cores first") {
  const Core cores[] = {{0, 446, 0}, {1, 446, 0}, {2, 871, 0}, {3, 871, 0}, {4, 1024, 0}};
  const auto clusters = clusters_of(cores);
  REQUIRE(clusters.size() == 3);
  CHECK(clusters[0].cores == std::vector<int>{4, 2, 3, 0, 1});
  CHECK(clusters[1].name == "cpu:big");
  CHECK(clusters[1].cores == std::vector<int>{4, 2, 3});
  CHECK(clusters[2].name == "cpu:little");
  CHECK(clusters[2].cores == std::vector<int>{0, 1});
}

TEST_CASE("clusters: sibling hardware threads come last and are not counted as cores") {
  const Core cores[] = {{0, 1, 0}, {1, 1, 1}, {2, 1, 0}, {3, 1, 1}};
  const auto clusters = clusters_of(cores);
  REQUIRE(clusters.size() == 1);
  CHECK(clusters[0].cores == std::vector<int>{0, 2, 1, 3});
  CHECK(clusters[0].physical_cores == 2);

  const Core second_only[] = {{1, 1, 1}};
  CHECK(clusters_of(second_only)[0].physical_cores == 1);
}

TEST_CASE("allowed cores: exactly those of the affinity mask") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  std::vector<std::string> notes;
  CHECK(static_cast<int>(allowed_cores(notes).size()) == CPU_COUNT(&before));

  int last = -1;
  for (int id = 0; id < CPU_SETSIZE; ++id)
    if (CPU_ISSET(static_cast<unsigned>(id), &before)) last = id;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(last), &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const std::vector<Core> cores = allowed_cores(notes);
  sched_setaffinity(0, sizeof before, &before);
  REQUIRE(cores.size() == 1);
  CHECK(cores[0].id == last);
}

TEST_CASE("control group quota") {
  CHECK(quota_in_cores("max 100000") == 0.0);
  CHECK(quota_in_cores("150000 100000") == 1.5);
  for (const char* text : {"", "abc", "100000", "-5 100000", "100000 0"}) CHECK(quota_in_cores(text) == 0.0);
}
