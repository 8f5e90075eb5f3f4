// SPDX-License-Identifier: Apache-2.0
// Temperature, frequency, counters of the processor, and the power model.
#include <cerrno>

#include <doctest/doctest.h>

#include "device/meters/conditions.h"
#include "device/meters/counters.h"
#include "device/meters/power_model.h"
#include "device/recorded_tree.h"

using namespace dnntune;
using namespace dnntune::device;
using recorded::RecordedTree;

TEST_CASE("temperature: the warmest sensor of the processor") {
  const RecordedTree tree({{"sys/class/thermal/thermal_zone0/type", "acpitz"}, {"sys/class/thermal/thermal_zone0/temp", "90000"},
                           {"sys/class/thermal/thermal_zone1/type", "x86_pkg_temp"}, {"sys/class/thermal/thermal_zone1/temp", "47000"},
                           {"sys/class/thermal/thermal_zone10/type", "cpu-1-3-usr"}, {"sys/class/thermal/thermal_zone10/temp", "51"},
                           {"sys/class/thermal/cooling_device0/type", "Processor"},
                           {"sys/class/hwmon/hwmon0/name", "k10temp"}, {"sys/class/hwmon/hwmon0/temp1_input", "49500"},
                           {"sys/class/hwmon/hwmon1/name", "nvme"}, {"sys/class/hwmon/hwmon1/temp1_input", "80000"}});
  const Conditions warm = read_conditions(tree.tree(), {});
  REQUIRE(warm.temperature_c);
  CHECK(*warm.temperature_c == 51.0);  // that zone has degrees
  CHECK(warm.sensor == "cpu-1-3-usr");
  for (const char* text : {"", "hot", "-273150", "1e9", "500", "0"}) {  // 500 could be tenths or thousandths
    CAPTURE(text);
    tree.write("sys/class/thermal/thermal_zone10/temp", text);
    CHECK(*read_conditions(tree.tree(), {}).temperature_c == 49.5);
  }
  const RecordedTree unnamed({{"sys/class/thermal/thermal_zone0/type", "acpitz"}, {"sys/class/thermal/thermal_zone0/temp", "40000"}});
  CHECK(*read_conditions(unnamed.tree(), {}).temperature_c == 40.0);
  CHECK_FALSE(read_conditions(RecordedTree().tree(), {}).temperature_c);
}

TEST_CASE("frequency: the mean of the cores that are used") {
  const RecordedTree tree({{"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1000000"},
                           {"sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "2000000"},
                           {"sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "<unknown>"},
                           {"sys/devices/system/cpu/cpufreq/boost", "1"}});
  CHECK(read_conditions(tree.tree(), {1}).frequency_mhz == 2000.0);
  CHECK(read_conditions(tree.tree(), {0, 1, 2}).frequency_mhz == 1500.0);
  CHECK(read_conditions(tree.tree(), {}).frequency_mhz == 1500.0);
  CHECK_FALSE(read_conditions(tree.tree(), {2, 99}).frequency_mhz);
}

TEST_CASE("refused counters are explained") {
  CHECK(explain_refusal(EACCES, "3").find("perf_event_paranoid is 3") != std::string::npos);
  CHECK(explain_refusal(EPERM, "1").find("filter") != std::string::npos);
  CHECK(explain_refusal(ENOENT, "2").find("virtual machine") != std::string::npos);
  CHECK(explain_refusal(ENOSYS, "").find("no perf_event_open") != std::string::npos);
}

TEST_CASE("counters count the work of this process, or say why not") {
  EventCounters counters{Tree("/")};
  if (!counters.usable()) {
    CHECK_FALSE(counters.why_not().empty());
    return;
  }
  counters.start();
  volatile int sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum = sum + i;
  const EventCounts counts = counters.stop(10);
  if (counts.instructions) {
    CHECK(*counts.instructions > 1e5);
    CHECK(*counts.instructions < 1e8);
  }
}

TEST_CASE("counters: a process without threads to see has none") {
  const EventCounters counters{RecordedTree().tree()};
  CHECK_FALSE(counters.usable());
  CHECK(counters.why_not().find("proc/self/task") != std::string::npos);
}

TEST_CASE("power model: by frequency, on straight lines between what is known") {
  const std::vector<PowerPoint> points = {{2400, 1.5}, {900, 0.4}, {1900, 1.0}};
  CHECK(power_at(points, 100) == 0.4);
  CHECK(power_at(points, 900) == 0.4);
  CHECK(power_at(points, 1400) == doctest::Approx(0.7));
  CHECK(power_at(points, 2150) == doctest::Approx(1.25));
  CHECK(power_at(points, 9999) == 1.5);

  Processor processor;
  processor.active_power_w = 1.5;
  processor.power_source = "measured at the wall";
  processor.power_points = points;
  CHECK(PowerModel(processor).watt() == 1.5);  // the frequency is not known
  CHECK(PowerModel(processor, 900.0).watt() == 0.4);
  CHECK(PowerModel(processor, 900.0).energy({1.0, 0.0, Provenance::measured}).provenance == Provenance::measured);
  CHECK(PowerModel(processor, 1400.0).energy({1.0, 0.0, Provenance::measured}).provenance == Provenance::predicted);
  CHECK(PowerModel(processor, 1400.0).source() == "measured at the wall, at 1400 MHz");
}

TEST_CASE("power model: power times time, no stronger than its source") {
  Processor processor;
  CHECK_FALSE(PowerModel(processor).known());
  CHECK(PowerModel(processor).energy({1e6, 1e3, Provenance::measured}).provenance == Provenance::unknown);
  processor.active_power_w = 2.0;
  for (const auto& [source, provenance] : {std::pair<const char*, Provenance>{"data sheet", Provenance::published},
                                           {"measured at the wall", Provenance::measured},
                                           {"predicted from the clock", Provenance::predicted}}) {
    processor.power_source = source;
    const Cost cost = PowerModel(processor).energy({1e6, 1e3, Provenance::measured});
    CHECK(cost.value == doctest::Approx(2000.0));
    CHECK(cost.spread == doctest::Approx(2.0));
    CHECK(cost.provenance == provenance);
  }
}
