// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "dnntune/device.h"
#include "throws.h"

using namespace dnntune;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Device sample() {
  Device device;
  device.name = "board";
  device.os = "Linux";
  device.memory_bytes = 4ll << 30;
  device.simd = "NEON";
  device.notes = {"a note"};
  device.processors = {{"cpu:all", "cpu", {0, 1, 2, 3}, 4, 5.25, "measured at the wall"}, {"gpu:mali", "opencl", {}, 1, -1.0, ""}};
  return device;
}

}  // namespace

TEST_CASE("device files: a round trip keeps everything") {
  const Device device = sample();
  const Device back = Device::from_json(device.to_json());
  CHECK(back.to_json() == device.to_json());
  REQUIRE(back.processors.size() == 2);
  CHECK(back.processors[0].cores == device.processors[0].cores);
  CHECK(back.processors[0].active_power_w == 5.25);
  CHECK(back.processors[0].power_source == "measured at the wall");
  CHECK(back.processors[1].active_power_w < 0.0);
  CHECK(back.memory_bytes == 4ll << 30);
  CHECK(back.notes == device.notes);
  const Device local = Device::local();
  CHECK(Device::from_json(local.to_json()).to_json() == local.to_json());
}

TEST_CASE("device files: what is wrong is named") {
  const std::string good = sample().to_json();
  const auto check = [&](const std::string& from, const std::string& to, const char* part) {
    CHECK_ERROR(Device::from_json(replaced(good, from, to)), ErrorCode::invalid_argument, part);
  };
  check("dnntune.device/1", "dnntune.device/9", "dnntune.device/9");
  check("\"schema\"", "\"schemo\"", "schema");
  check("\"memory_bytes\": 4294967296", "\"memory_bytes\": -1", "memory_bytes");
  check("\"memory_bytes\": 4294967296", "\"memory_bytes\": \"many\"", "memory_bytes");
  check("\"threads\": 4", "\"threads\": 0", "processors[0]");
  check("\"threads\": 4", "\"threads\": 4.5", "threads");
  check("\"threads\": 1", "\"threads\": 1000000000000", "processors[1]");
  check("\"cpu:all\"", "\"\"", "name");
  check("\"cpu:all\"", "\"cpu all\"", "name");
  check("\"gpu:mali\"", "\"cpu:all\"", "twice");
  check("\"backend\": \"cpu\"", "\"backend\": 5", "backend");
  check("5.25", "-2", "active_power_w");
  check("\"power_source\": \"measured at the wall\"", "\"other\": 1", "power_source");
  check("        0,", "        -7,", "cores");
  CHECK_ERROR(Device::from_json(""), ErrorCode::invalid_argument, "device file");
  CHECK_ERROR(Device::from_json("[]"), ErrorCode::invalid_argument, "schema");
  CHECK_ERROR(Device::from_json(R"({"schema":"dnntune.device/1","name":"x","processors":{}})"), ErrorCode::invalid_argument, "processors");
  CHECK_ERROR(Device::from_json(R"({"schema":"dnntune.device/1","name":"x","processors":[3]})"), ErrorCode::invalid_argument, "processors[0]");
}
