// SPDX-License-Identifier: Apache-2.0
// Trees that no kernel writes: nothing throws, and a note says what could not be read.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <sys/fsuid.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "device/control_group.h"
#include "device/describe.h"
#include "device/topology.h"
#include "tree.h"

using namespace dnntune;

namespace {

bool noted(const Device& device, const std::string& part) {
  return std::any_of(device.notes.begin(), device.notes.end(), [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

void check_usable(const Device& device) {
  REQUIRE_FALSE(device.processors.empty());
  CHECK(device.processors[0].name == "cpu:all");
  for (const Processor& processor : device.processors) {
    CHECK_FALSE(processor.cores.empty());
    CHECK(processor.threads >= 1);
  }
  CHECK_FALSE(device.candidates().empty());
  CHECK(Device::from_json(device.to_json()).to_json() == device.to_json());
}

}  // namespace

TEST_CASE("a hostile tree: usable cores, and notes") {
  const Tree tree("hostile");
  const Device device = device::describe(tree.root());
  check_usable(device);
  CHECK(device.processors[0].cores == std::vector<int>{0, 1, 2, 3});
  CHECK(device.memory_bytes == 0);
  CHECK(device.quota_cores == 0.0);
  CHECK(device.name.find('\x1b') == std::string::npos);
  CHECK(noted(device, "/sys/devices/system/cpu/cpu0/topology") == false);  // a list, if a senseless one
  CHECK(noted(device, "/sys/devices/system/cpu/cpu1/topology/thread_siblings_list holds '1-0'"));
  CHECK(noted(device, "more files of the system could not be read"));
  CHECK(device.notes.size() < 16);
  CHECK_FALSE(device::present_cores(tree.root()).has_value());
}

TEST_CASE("no tree at all") {
  check_usable(device::describe("/nowhere"));
  CHECK(device::describe("/nowhere").processors[0].cores == std::vector<int>{0});
  CHECK(device::describe("/nowhere", std::vector<int>{3}).processors[0].cores == std::vector<int>{3});
  check_usable(device::describe("/nowhere", std::vector<int>{-4, 1 << 30}));
}

TEST_CASE("links in a circle and files that may not be read are noted by name") {
  const Tree tree = Tree::of_text(
      "/sys/devices/system/cpu/online: 0-1\n"
      "/sys/devices/system/cpu/cpu0/cpu_capacity -> /sys/devices/system/cpu/cpu0/cpu_capacity\n"
      "/sys/devices/system/cpu/cpu1/cpu_capacity !folder\n");
  const Device circle = device::describe(tree.root());
  CHECK(noted(circle, "cpu0/cpu_capacity cannot be read: Too many levels of symbolic links"));
  CHECK(noted(circle, "cpu1/cpu_capacity cannot be read: Is a directory"));

  const Tree closed = Tree::of_text(
      "/sys/devices/system/cpu/online: 0-1\n"
      "/sys/devices/system/cpu/cpu{0-1}/cpu_capacity !denied\n");
  std::thread([&] {  // as nobody, where the tests run as root: files of others are closed to this thread alone
    if (::geteuid() == 0) ::setfsuid(65534);
    const Device denied = device::describe(closed.root());
    check_usable(denied);
    CHECK(noted(denied, "cpu0/cpu_capacity cannot be read: Permission denied"));
  }).join();
}

TEST_CASE("trees with bytes changed at random") {
  std::mt19937 random(7);
  const std::string folder = DNNTUNE_TREES;
  for (const char* name : {"snapdragon_8_gen_2", "container_v1", "container_v2", "jetson_tx2"}) {
    const std::string good = base::read_text_file(folder + "/" + name + ".tree");
    for (int round = 0; round < 10; ++round) {
      std::string text = good;
      for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const std::size_t line = text.rfind('\n', i), colon = text.find(": ", line + 1);
        const bool content = text[line + 1] == '/' && colon != std::string::npos && i > colon + 1 && text[i] != '\n' && text[i] != '\\' && text[i - 1] != '\\';
        if (content && random() % 12 == 0) text[i] = "0918-,xK\t \xff"[random() % 11];
      }
      const Tree tree = Tree::of_text(text);
      check_usable(device::describe(tree.root()));
      check_usable(device::describe(tree.root(), std::vector<int>{0, 5}));
    }
  }
}

TEST_CASE("control group quota") {
  CHECK(device::quota_in_cores("max 100000") == 0.0);
  CHECK(device::quota_in_cores("150000 100000") == 1.5);
  CHECK(device::quota_in_cores("-1 100000") == 0.0);
  for (const char* text : {"", "abc", "100000", "-5 100000", "100000 0", "1 99999999999999999999", "5 5 5"}) CHECK(device::quota_in_cores(text) == 0.0);
}
