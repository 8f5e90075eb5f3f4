// SPDX-License-Identifier: Apache-2.0
// Machines from written trees: clusters, processors, caches and candidates of phones, boards and servers.
#include <doctest/doctest.h>

#include <vector>

#include "base/cores.h"
#include "device/describe.h"
#include "machine_lines.h"
#include "tree.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("Snapdragon 835: 4 big and 4 little cores, known by frequency and kind") {
  const Device phone = machine("snapdragon_835");
  CHECK(phone.name == "Qualcomm Technologies, Inc MSM8998");
  CHECK(clusters_of(phone) == Lines{"cpu:big Kryo 2xx Gold 4-7 2458 MHz 1.00", "cpu:little Kryo 2xx Silver 0-3 1901 MHz 0.43"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 4-7,0-3", "cpu:big x4 4-7", "cpu:little x4 0-3"});
  CHECK(candidates_of(phone) == Lines{"cpu:big x1", "cpu:big x2", "cpu:big x4", "cpu:little x1", "cpu:little x2", "cpu:little x4", "cpu:all x8"});
  CHECK(phone.memory_bytes == 3800000ll * 1024);
  CHECK(phone.notes.empty());
  CHECK(phone.smt_siblings.empty());
  CHECK(phone.numa_nodes.empty());
}

TEST_CASE("Snapdragon 625: 8 equal cores are one cluster, in the order of their caches") {
  const Device phone = machine("snapdragon_625");
  CHECK(clusters_of(phone) == Lines{"cpu:all Cortex-A53 0-7 2016 MHz 1.00"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 0-7"});
  CHECK(candidates_of(phone) == Lines{"cpu:all x1", "cpu:all x2", "cpu:all x4", "cpu:all x8"});
  const Lines caches = caches_of(phone);
  CHECK(Lines(caches.end() - 2, caches.end()) == Lines{"L2 1024 KiB 0-3", "L2 512 KiB 4-7"});
  CHECK(phone.processor("cpu:big").name == "cpu:all x8");
}

TEST_CASE("Snapdragon 8 Gen 2: a prime core, two kinds in the middle, little ones") {
  const Device phone = machine("snapdragon_8_gen_2");
  CHECK(clusters_of(phone) == Lines{"cpu:prime Cortex-X3 7 3187 MHz 1.00", "cpu:mid Cortex-A715 3-4 2803 MHz 0.83", "cpu:mid2 Cortex-A710 5-6 2803 MHz 0.83",
                                    "cpu:little Cortex-A510 0-2 2016 MHz 0.34"});
  CHECK(processors_of(phone) == Lines{"cpu:all x8 7,3-6,0-2", "cpu:prime x1 7", "cpu:big x5 7,3-6", "cpu:mid x2 3-4", "cpu:mid2 x2 5-6", "cpu:little x3 0-2"});
  CHECK(candidates_of(phone) == Lines{"cpu:prime x1", "cpu:big x2", "cpu:big x4", "cpu:big x5", "cpu:mid x1", "cpu:mid x2", "cpu:mid2 x1", "cpu:mid2 x2",
                                      "cpu:little x1", "cpu:little x2", "cpu:little x3", "cpu:all x8"});
  CHECK(caches_of(phone).back() == "L3 8192 KiB 0-7");
}

TEST_CASE("Exynos 9810 and Kirin 970: frequency and kind where the kernel has no capacities") {
  CHECK(clusters_of(machine("exynos_9810")) == Lines{"cpu:big Exynos M3 4-7 2704 MHz 1.00", "cpu:little Cortex-A55 0-3 1794 MHz 0.36"});
  const Device kirin = machine("kirin_970");
  CHECK(kirin.name == "Kirin970");
  CHECK(clusters_of(kirin) == Lines{"cpu:big Cortex-A73 4-7 2362 MHz 1.00", "cpu:little Cortex-A53 0-3 1844 MHz 0.43"});
}

TEST_CASE("Raspberry Pi 4") {
  const Device board = machine("raspberry_pi_4");
  CHECK(board.name == "Raspberry Pi 4 Model B Rev 1.2");
  CHECK(clusters_of(board) == Lines{"cpu:all Cortex-A72 0-3 1500 MHz 1.00"});
  CHECK(caches_of(board) == Lines{"L1 32 KiB 0", "L1 32 KiB 1", "L1 32 KiB 2", "L1 32 KiB 3", "L2 1024 KiB 0-3"});
  CHECK(board.notes.empty());
}

TEST_CASE("Jetson TX2: kinds that are equally fast have their own names") {
  const Device board = machine("jetson_tx2");
  CHECK(clusters_of(board) == Lines{"cpu:cortex-a57 Cortex-A57 0,3-5 2035 MHz 1.00", "cpu:denver-2 Denver 2 1-2 2035 MHz 1.00"});
  CHECK(processors_of(board) == Lines{"cpu:all x6 0,3-5,1-2", "cpu:cortex-a57 x4 0,3-5", "cpu:denver-2 x2 1-2"});
  CHECK(candidates_of(board) == Lines{"cpu:cortex-a57 x1", "cpu:cortex-a57 x2", "cpu:cortex-a57 x4", "cpu:denver-2 x1", "cpu:denver-2 x2", "cpu:all x6"});
  CHECK(board.processor("cpu:denver-2").cores == std::vector<int>{1, 2});
}

TEST_CASE("Odroid XU4 and Apple M1: the kernel's capacities") {
  CHECK(clusters_of(machine("odroid_xu4")) == Lines{"cpu:big Cortex-A15 4-7 2000 MHz 1.00", "cpu:little Cortex-A7 0-3 1400 MHz 0.37"});
  const Device mac = machine("apple_m1_asahi");
  CHECK(clusters_of(mac) == Lines{"cpu:big Firestorm 4-7 3204 MHz 1.00", "cpu:little Icestorm 0-3 2064 MHz 0.45"});
  CHECK(caches_of(mac).back() == "L2 12288 KiB 4-7");
}

TEST_CASE("two sockets: whole cores node by node, then their sibling threads; one node is a candidate") {
  const Device server = machine("xeon_2_sockets");
  CHECK(server.name == "Intel(R) Xeon(R) Gold 5122 CPU @ 3.60GHz");
  CHECK(processors_of(server) == Lines{"cpu:all x8 0-15"});
  CHECK(candidates_of(server) == Lines{"cpu:all x1", "cpu:all x2", "cpu:all x4", "cpu:all x8", "cpu:all x16"});
  REQUIRE(server.smt_siblings.size() == 8);
  CHECK(server.smt_siblings[3] == std::vector<int>{3, 11});
  REQUIRE(server.numa_nodes.size() == 2);
  CHECK(base::core_list_text(server.numa_nodes[1].cores) == "4-7,12-15");
  CHECK(server.numa_nodes[1].memory_bytes == 98000000ll * 1024);
  CHECK(server.clusters[0].physical_cores == 8);

  Device odd = server;  // six cores on the first node: a count that is no power of two
  odd.processors[0].cores = {0, 1, 2, 3, 4, 5, 6, 7};
  odd.numa_nodes[0].cores = {0, 1, 2, 3, 4, 5};
  odd.numa_nodes[1].cores = {6, 7};
  CHECK(candidates_of(odd) == Lines{"cpu:all x1", "cpu:all x2", "cpu:all x4", "cpu:all x6", "cpu:all x8"});
}

TEST_CASE("performance and efficiency cores with hardware threads") {
  const Device desktop = machine("core_i9_12900k");
  CHECK(clusters_of(desktop) == Lines{"cpu:big P-core 8,10,0,2,4,6,12,14,9,11,1,3,5,7,13,15 5200 MHz 1.00", "cpu:little E-core 16-23 3900 MHz 0.41"});
  CHECK(desktop.clusters[0].physical_cores == 8);
  CHECK(desktop.processors[0].threads == 16);
  CHECK(candidates_of(desktop) == Lines{"cpu:big x1", "cpu:big x2", "cpu:big x4", "cpu:big x8", "cpu:big x16", "cpu:little x1", "cpu:little x2", "cpu:little x4",
                                        "cpu:little x8", "cpu:all x16", "cpu:all x24"});
}

TEST_CASE("containers: allowed cores, the least quota of the groups above") {
  const Device two = machine("container_v2");
  CHECK(processors_of(two) == Lines{"cpu:all x2 2-3"});
  CHECK(two.quota_cores == 1.5);
  CHECK(candidates_of(two) == Lines{"cpu:all x1", "cpu:all x2"});
  CHECK(has_note(two, "may not use cores 0-1,4-7 of 0-7"));
  CHECK(has_note(two, "time of 1.50 cores"));
  CHECK(has_note(two, "2048 MiB of memory"));
  CHECK(caches_of(two) == Lines{"L1 32 KiB 2", "L1 32 KiB 3", "L3 32768 KiB 2-3"});
  CHECK(two.clusters[0].speed == 0.0);

  const Device one = machine("container_v1");
  CHECK(one.quota_cores == 2.0);
  CHECK(processors_of(one) == Lines{"cpu:all x4 0-3"});
  CHECK(candidates_of(one) == Lines{"cpu:all x1", "cpu:all x2"});
  CHECK_FALSE(has_note(one, "of memory"));
}

TEST_CASE("cores that are offline are not used, and noted") {
  const Device phone = machine("offline_cores");
  CHECK(processors_of(phone) == Lines{"cpu:all x6 4-5,0-3", "cpu:big x2 4-5", "cpu:little x4 0-3"});
  CHECK(has_note(phone, "cores 6-7 are offline"));
}

TEST_CASE("no frequencies: kinds tell big from little; nothing at all: equal cores") {
  const Device board = machine("no_cpufreq");
  CHECK(clusters_of(board) == Lines{"cpu:big Cortex-A72 4-5 0 MHz 1.00", "cpu:little Cortex-A53 0-3 0 MHz 0.55"});
  const Device bare = machine("nothing");
  CHECK(clusters_of(bare) == Lines{"cpu:all ? 0-3 0 MHz 0.00"});
  CHECK(has_note(bare, "how fast each core is"));
  CHECK(has_note(bare, "allowed cores are not known"));
  CHECK(bare.memory_bytes == 0);
}

TEST_CASE("the mask given counts, not the tree's") {
  const Tree tree("snapdragon_835");
  CHECK(processors_of(device::describe(tree.root(), std::vector<int>{7, 0})) == Lines{"cpu:all x2 7,0", "cpu:big x1 7", "cpu:little x1 0"});
  CHECK(processors_of(device::describe(tree.root(), std::vector<int>{5})) == Lines{"cpu:all x1 5"});
  // A tree that contradicts the scheduler: the scheduler is right.
  CHECK(processors_of(device::describe(tree.root(), std::vector<int>{40})) == Lines{"cpu:all x1 40"});
}

TEST_CASE("a described machine reads back from its device file") {
  for (const char* name : {"snapdragon_8_gen_2", "xeon_2_sockets", "container_v2", "hostile"}) {
    const Device device = machine(name);
    const Device back = Device::from_json(device.to_json());
    CHECK(back.to_json() == device.to_json());
    CHECK(clusters_of(back) == clusters_of(device));
    CHECK(caches_of(back) == caches_of(device));
    CHECK(candidates_of(back) == candidates_of(device));
    CHECK(back.smt_siblings == device.smt_siblings);
  }
}
