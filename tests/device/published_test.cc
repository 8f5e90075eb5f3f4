// SPDX-License-Identifier: Apache-2.0
// The device files of bench/devices are read, and each figure in them names its source.
#include <filesystem>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "base/file.h"
#include "base/json.h"
#include "dnntune/device.h"

using namespace dnntune;

TEST_CASE("published devices") {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(DNNTUNE_SOURCE_DIR) / "bench/devices")) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path().string());
    found.insert(entry.path().stem().string());
    const std::string text = base::read_text_file(entry.path());
    const Device device = Device::from_json(text);
    CHECK(Device::from_json(device.to_json()).to_json() == device.to_json());
    REQUIRE(!device.notes.empty());
    CHECK(device.notes[0].starts_with("published"));
    std::set<std::string> processors;
    for (const Processor& processor : device.processors) {
      processors.insert(processor.name);
      if (processor.active_power_w >= 0.0) CHECK(processor.power_source.starts_with("published: "));
    }
    const base::Json json = base::parse_json(text, "device file");
    const base::Json& rows = base::get_array(json, "published", "device file");
    CHECK(rows.size() >= 5);
    for (const base::Json& row : rows) {
      CHECK(processors.contains(base::get<std::string>(row, "processor", "row")));
      CHECK(base::get<std::string>(row, "provenance", "row") == "published");
      CHECK(base::get<std::string>(row, "source", "row").find("'1") != std::string::npos);
      CHECK(!base::get<std::string>(row, "network", "row").empty());
      const char* quantity = row.contains("latency_ms") ? "latency_ms" : "energy_j";
      CHECK(base::get<double>(row, quantity, "row") > 0.0);
    }
  }
  CHECK(found.size() == 9);
  CHECK(found.contains("oneplus_5t"));
}
