// SPDX-License-Identifier: Apache-2.0
#include "device/clusters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "base/cores.h"

using namespace dnntune;
using device::Core;
using Cores = std::vector<int>;

namespace {

Core core(int id, double speed, int smt_index = 0) {
  Core result;
  result.id = id;
  result.speed = speed;
  result.smt_index = smt_index;
  return result;
}

std::vector<Processor> processors(const std::vector<Core>& cores) { return device::processors_of(cores, device::clusters_of(cores)); }

}  // namespace

TEST_CASE("clusters: equal cores are one cluster, whatever the unit of speed") {
  for (const double speed : {0.0, 1024.0, 3.0e9}) {
    const auto clusters = device::clusters_of(std::vector{core(0, speed), core(1, speed), core(2, speed)});
    REQUIRE(clusters.size() == 1);
    CHECK(clusters[0].name == "cpu:all");
    CHECK(clusters[0].cores == Cores{0, 1, 2});
    CHECK(clusters[0].physical_cores == 3);
    CHECK(clusters[0].speed == (speed > 0.0 ? 1.0 : 0.0));
  }
}

TEST_CASE("clusters: cores that differ only by their turbo are equal") {
  CHECK(device::clusters_of(std::vector{core(0, 4.9e9), core(1, 5.1e9)}).size() == 1);
}

TEST_CASE("clusters: big and little, fast cores first") {
  const auto found = processors({core(0, 446), core(1, 446), core(2, 871), core(3, 871), core(4, 1024)});
  REQUIRE(found.size() == 3);  // 871 is more than 85 % of 1024: one cluster of big cores
  CHECK(found[0].cores == Cores{4, 2, 3, 0, 1});
  CHECK(found[1].name == "cpu:big");
  CHECK(found[1].cores == Cores{4, 2, 3});
  CHECK(found[2].name == "cpu:little");
  CHECK(found[2].cores == Cores{0, 1});
}

TEST_CASE("clusters: three speeds are prime, mid and little; big is all but little") {
  const auto found = processors({core(0, 250), core(1, 250), core(2, 250), core(3, 250), core(4, 700), core(5, 700), core(6, 1024), core(7, 1024)});
  REQUIRE(found.size() == 5);
  CHECK(found[1].name == "cpu:prime");
  CHECK(found[1].cores == Cores{6, 7});
  CHECK(found[2].name == "cpu:big");
  CHECK(found[2].cores == Cores{6, 7, 4, 5});
  CHECK(found[3].name == "cpu:mid");
  CHECK(found[4].name == "cpu:little");
  CHECK(found[4].cores == Cores{0, 1, 2, 3});
}

TEST_CASE("clusters: sibling hardware threads come last and are not counted as cores") {
  const auto clusters = device::clusters_of(std::vector{core(0, 1), core(1, 1, 1), core(2, 1), core(3, 1, 1)});
  REQUIRE(clusters.size() == 1);
  CHECK(clusters[0].cores == Cores{0, 2, 1, 3});
  CHECK(clusters[0].physical_cores == 2);
  CHECK(device::clusters_of(std::vector{core(1, 1, 1)})[0].physical_cores == 1);
}

TEST_CASE("order of threads: near memory and near caches together") {
  std::vector<Core> cores = {core(0, 1), core(1, 1), core(2, 1), core(3, 1)};
  cores[0].node = cores[2].node = 0;
  cores[1].node = cores[3].node = 1;
  Cores order;
  for (const Core& c : device::in_thread_order(cores)) order.push_back(c.id);
  CHECK(order == Cores{0, 2, 1, 3});
  for (Core& c : cores) c.node = 0;
  cores[0].domain = cores[3].domain = 0;
  cores[1].domain = cores[2].domain = 1;
  order.clear();
  for (const Core& c : device::in_thread_order(cores)) order.push_back(c.id);
  CHECK(order == Cores{0, 3, 1, 2});
}

TEST_CASE("local: exactly the cores of the affinity mask") {
  std::thread([] {
    const Cores before = base::CoreMask::of_thread()->cores();
    Cores all = Device::local().processors[0].cores;
    std::sort(all.begin(), all.end());
    CHECK(all == before);
    REQUIRE(base::CoreMask::only(before.back()).apply() == 0);
    CHECK(Device::local().processors[0].cores == Cores{before.back()});
  }).join();
}
