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

TEST_CASE("device files: files without clusters, caches and memory nodes are read") {
  const Device old = Device::from_json(R"({"schema":"dnntune.device/1","name":"old phone","processors":[{"name":"cpu:all","backend":"cpu","threads":4}]})");
  CHECK(old.clusters.empty());
  CHECK(old.caches.empty());
  CHECK(old.numa_nodes.empty());
  CHECK(old.smt_siblings.empty());
  CHECK(old.quota_cores == 0.0);
  CHECK(old.processor("cpu:all x2").threads == 2);
  CHECK(old.to_json().find("caches") == std::string::npos);
}

TEST_CASE("device files: what is wrong in clusters, caches and memory nodes is named") {
  const auto file = [](const std::string& members) {
    return R"({"schema":"dnntune.device/1","name":"x","processors":[],)" + members + "}";
  };
  const auto check = [&](const std::string& members, const char* part) {
    CHECK_ERROR(Device::from_json(file(members)), ErrorCode::invalid_argument, part);
  };
  CHECK(Device::from_json(file(R"("clusters":[{"name":"cpu:big"}],"quota_cores":1.5)")).quota_cores == 1.5);
  check(R"("clusters":{})", "clusters");
  check(R"("clusters":[{"name":""}])", "clusters[0]");
  check(R"("clusters":[{"name":"a","speed":1.5}])", "speed");
  check(R"("clusters":[{"name":"a","max_frequency_hz":-1}])", "max_frequency_hz");
  check(R"("clusters":[{"name":"a","physical_cores":-1}])", "physical_cores");
  check(R"("clusters":[{"name":"a","cores":[9000]}])", "core 9000; the last possible is 8191");
  check(R"("caches":[{"level":0,"type":"data"}])", "level");
  check(R"("caches":[{"level":1,"type":"trace"}])", "type");
  check(R"("caches":[{"level":1,"type":"data","size_bytes":-5}])", "size_bytes");
  check(R"("numa_nodes":[{"id":-1}])", "numa_nodes[0]");
  check(R"("smt_siblings":[[0,-1]])", "smt_siblings");
  check(R"("smt_siblings":[3])", "smt_siblings");
  check(R"("quota_cores":-1)", "quota_cores");
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

TEST_CASE("device files keep cost models, whatever is in them") {
  Device device = sample();
  CHECK(device.to_json().find("cost_models") == std::string::npos);
  device.cost_models.push_back({"cpu:all", "2026-01-02T03:04:05Z", "0.1.0", R"({"schema":"any/7","numbers":[0.1,1e-300,12345678901234567]})"});
  device.cost_models.push_back({"cpu:little", "", "", "{}"});
  const std::string json = device.to_json();
  const Device again = Device::from_json(json);
  REQUIRE(again.cost_models.size() == 2);
  CHECK(again.cost_models[0].processor == "cpu:all");
  CHECK(again.cost_models[0].date == "2026-01-02T03:04:05Z");
  CHECK(again.cost_models[0].json.find("12345678901234567") != std::string::npos);
  CHECK(again.to_json() == json);
  CHECK_ERROR(Device::from_json(replaced(json, "\"cpu:little\"", "\"cpu:all\"")), ErrorCode::invalid_argument, "twice");
  CHECK_ERROR(Device::from_json(replaced(json, "\"model\"", "\"mode\"")), ErrorCode::invalid_argument, "cost_models[0]");
  device.cost_models[1].json = "no JSON";
  CHECK_ERROR(device.to_json(), ErrorCode::invalid_argument, "cost model");
}
