// SPDX-License-Identifier: Apache-2.0
// Phones from trees that were recorded on them.
#include <doctest/doctest.h>

#include <vector>

#include "device/describe.h"
#include "device/topology.h"
#include "machine_lines.h"
#include "tree.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("Galaxy S9 with Snapdragon 845: two clusters, and all that a kernel can tell of caches") {
  const Device phone = machine("recorded/galaxy_s9_sdm845");
  CHECK(phone.name == "Qualcomm Technologies, Inc SDM845");
  CHECK(clusters_of(phone) == Lines{"cpu:big Kryo 3xx Gold 4-7 2803 MHz 1.00", "cpu:little Kryo 3xx Silver 0-3 1766 MHz 0.35"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 4-7,0-3", "cpu:big x4 4-7", "cpu:little x4 0-3"});
  CHECK(candidates_of(phone) == Lines{"cpu:big x1", "cpu:big x2", "cpu:big x4", "cpu:little x1", "cpu:little x2", "cpu:little x4", "cpu:all x8"});
  const Lines caches = caches_of(phone);
  REQUIRE(caches.size() == 17);
  CHECK(Lines(caches.begin() + 3, caches.begin() + 5) == Lines{"L1 32 KiB 3", "L1 64 KiB 4"});
  CHECK(Lines(caches.begin() + 11, caches.begin() + 13) == Lines{"L2 128 KiB 3", "L2 256 KiB 4"});
  CHECK(caches.back() == "L3 2048 KiB 0-7");
  CHECK(phone.notes == Lines{"the allowed cores are not known: all that are online are taken"});
}

TEST_CASE("Galaxy S9 with Exynos 9810: no caches, no name, and a limit of the moment that counts for nothing") {
  const Device phone = machine("recorded/galaxy_s9_exynos9810");
  CHECK(phone.name == "");
  CHECK(clusters_of(phone) == Lines{"cpu:big Exynos M3 4-7 2704 MHz 1.00", "cpu:little Cortex-A55 0-3 1794 MHz 0.36"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 4-7,0-3", "cpu:big x4 4-7", "cpu:little x4 0-3"});
  CHECK(candidates_of(phone) == Lines{"cpu:big x1", "cpu:big x2", "cpu:big x4", "cpu:little x1", "cpu:little x2", "cpu:little x4", "cpu:all x8"});
  CHECK(phone.caches.empty());
}

TEST_CASE("Mate 20 with Kirin 980: three clusters of two kinds, of which the maker renumbered one") {
  const Device phone = machine("recorded/huawei_mate_20");
  CHECK(clusters_of(phone) == Lines{"cpu:prime Cortex-A76 6-7 2600 MHz 1.00", "cpu:mid Cortex-A76 4-5 1901 MHz 0.73", "cpu:little Cortex-A55 0-3 1805 MHz 0.38"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 6-7,4-5,0-3", "cpu:prime x2 6-7", "cpu:big x4 6-7,4-5", "cpu:mid x2 4-5", "cpu:little x4 0-3"});
  CHECK(candidates_of(phone) == Lines{"cpu:prime x1", "cpu:prime x2", "cpu:big x4", "cpu:mid x1", "cpu:mid x2", "cpu:little x1", "cpu:little x2",
                                      "cpu:little x4", "cpu:all x8"});
}

TEST_CASE("Pro 6 with Helio X25: most cores off line, and files of different moments") {
  const Device phone = machine("recorded/meizu_pro_6");
  CHECK(phone.name == "MT6797T");
  // Core 8 is a Cortex-A72, which /proc/cpuinfo no longer says; the frequencies that it has been at still tell it from core 4.
  CHECK(clusters_of(phone) == Lines{"cpu:big ? 8 2522 MHz 1.00", "cpu:little ? 4 2002 MHz 0.79"});
  CHECK(processors_of(phone) == Lines{"cpu:all x2 8,4", "cpu:big x1 8", "cpu:little x1 4"});
  CHECK(candidates_of(phone) == Lines{"cpu:big x1", "cpu:little x1", "cpu:all x2"});
  CHECK(has_note(phone, "cores 0-3,5-7,9 are offline"));
}

TEST_CASE("Galaxy S5 with Exynos 5422, 32 bits; Galaxy S8 with Exynos 8895; Galaxy A8 with Exynos 7885: frequencies and kinds") {
  CHECK(clusters_of(machine("recorded/galaxy_s5_global")) == Lines{"cpu:big Cortex-A15 4-7 1900 MHz 1.00", "cpu:little Cortex-A7 0-3 1300 MHz 0.38"});
  CHECK(clusters_of(machine("recorded/galaxy_s8_global")) == Lines{"cpu:big Exynos M2 4-7 2314 MHz 1.00", "cpu:little Cortex-A53 0-3 1690 MHz 0.40"});
  const Device phone = machine("recorded/galaxy_a8_2018");
  CHECK(clusters_of(phone) == Lines{"cpu:big Cortex-A73 6-7 2184 MHz 1.00", "cpu:little Cortex-A53 0-5 1586 MHz 0.40"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 6-7,0-5", "cpu:big x2 6-7", "cpu:little x6 0-5"});
  CHECK(candidates_of(phone) == Lines{"cpu:big x1", "cpu:big x2", "cpu:little x1", "cpu:little x2", "cpu:little x4", "cpu:little x6", "cpu:all x8"});
}

TEST_CASE("R15 with Helio P60: equal frequencies, kinds alone tell big from little") {
  const Device phone = machine("recorded/oppo_r15");
  CHECK(phone.name == "MT6771V/C");
  CHECK(device::board_name(Tree("recorded/oppo_r15").root()) == phone.name);
  CHECK(clusters_of(phone) == Lines{"cpu:big Cortex-A73 4-7 1989 MHz 1.00", "cpu:little Cortex-A53 0-3 1989 MHz 0.55"});
}

TEST_CASE("Moto G5 with Snapdragon 430: one kind at two speeds, the fast cores first") {
  const Device phone = machine("recorded/moto_g5");
  CHECK(clusters_of(phone) == Lines{"cpu:big Cortex-A53 0-3 1401 MHz 1.00", "cpu:little Cortex-A53 4-7 1094 MHz 0.78"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 0-7", "cpu:big x4 0-3", "cpu:little x4 4-7"});
}

TEST_CASE("Pixel XL and OnePlus 3T with Snapdragon 821: Kryo cores do the same work a clock, whatever their numbers") {
  const Device slow = machine("recorded/pixel_xl");
  CHECK(clusters_of(slow) == Lines{"cpu:big Kryo 2-3 2150 MHz 1.00", "cpu:little Kryo 0-1 1594 MHz 0.74"});
  CHECK(candidates_of(slow) == Lines{"cpu:big x1", "cpu:big x2", "cpu:little x1", "cpu:little x2", "cpu:all x4"});
  const Device fast = machine("recorded/oneplus_3t");
  CHECK(clusters_of(fast) == Lines{"cpu:all Kryo 0-3 2342 MHz 1.00"});
  CHECK(candidates_of(fast) == Lines{"cpu:all x1", "cpu:all x2", "cpu:all x4"});
}

TEST_CASE("Pixel 8 with Tensor G3: nine cores in three clusters") {
  const Device phone = machine("recorded/pixel_8");
  CHECK(clusters_of(phone) == Lines{"cpu:prime Cortex-X3 8 2914 MHz 1.00", "cpu:mid Cortex-A715 4-7 2367 MHz 0.81", "cpu:little Cortex-A510 0-3 1704 MHz 0.32"});
  CHECK(processors_of(phone) == Lines{"cpu:all x9 8,4-7,0-3", "cpu:prime x1 8", "cpu:big x5 8,4-7", "cpu:mid x4 4-7", "cpu:little x4 0-3"});
}

TEST_CASE("Pro 7 Plus with Helio X30: three kinds, four cores off line") {
  const Device phone = machine("recorded/meizu_pro_7_plus");
  CHECK(phone.name == "mt6799");
  CHECK(clusters_of(phone) == Lines{"cpu:big Cortex-A73 8 2600 MHz 1.00", "cpu:little Cortex-A53 4 2197 MHz 0.46", "cpu:little2 Cortex-A35 0-3 1898 MHz 0.40"});
  CHECK(processors_of(phone) == Lines{"cpu:all x6 8,4,0-3", "cpu:big x1 8", "cpu:little x1 4", "cpu:little2 x4 0-3"});
  CHECK(has_note(phone, "cores 5-7,9 are offline"));
}

TEST_CASE("Nexus 5X with Snapdragon 808: cores that are off line are not used, though /proc/cpuinfo has them") {
  const Device phone = machine("recorded/nexus_5x");
  CHECK(clusters_of(phone) == Lines{"cpu:all Cortex-A53 0-3 1440 MHz 1.00"});
  CHECK(has_note(phone, "cores 4-5 are offline"));
}

TEST_CASE("Galaxy C9 Pro with Snapdragon 653: a core without files of its own is as fast as those that share its clock") {
  const Device phone = machine("recorded/galaxy_c9_pro");
  // /proc/cpuinfo of this kernel has one kind for all cores: that of the last one, which says nothing of the others.
  CHECK(clusters_of(phone) == Lines{"cpu:big ? 4-5,7 1958 MHz 1.00", "cpu:little ? 0-3 1402 MHz 0.72"});
  CHECK(has_note(phone, "cores 6 are offline"));
}

TEST_CASE("Revvl with MT6738: frequencies of one core, numbers that no core has") {
  const Device phone = machine("recorded/alcatel_revvl");
  CHECK(clusters_of(phone) == Lines{"cpu:all ? 4-6 1508 MHz 1.00"});
  CHECK(has_note(phone, "cores 0,7 are offline"));
}

TEST_CASE("Nexus 9 with Tegra K1") {
  CHECK(clusters_of(machine("recorded/nexus_9")) == Lines{"cpu:all Denver 0-1 2499 MHz 1.00"});
}

TEST_CASE("ZenFone 2E with Atom Z2560: hardware threads after cores, caches of a core shared by its threads") {
  const Device phone = machine("recorded/zenfone_2e");
  CHECK(phone.name == "Intel(R) Atom(TM) CPU Z2560  @ 1.60GHz");
  CHECK(clusters_of(phone) == Lines{"cpu:all ? 0,2,1,3 1600 MHz 1.00"});
  CHECK(processors_of(phone) == Lines{"cpu:all x2 0,2,1,3"});
  CHECK(phone.smt_siblings == std::vector<std::vector<int>>{{0, 1}, {2, 3}});
  CHECK(caches_of(phone) == Lines{"L1 24 KiB 0-1", "L1 24 KiB 2-3", "L2 512 KiB 0-1", "L2 512 KiB 2-3"});
  CHECK(candidates_of(phone) == Lines{"cpu:all x1", "cpu:all x2", "cpu:all x4"});
}
