// SPDX-License-Identifier: Apache-2.0
// Every kind of meter on recorded trees, and on trees that lie.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/meters/counter_files.h"
#include "device/meters/meter.h"
#include "device/recorded_tree.h"
#include "throws.h"

using namespace dnntune;
using namespace dnntune::device;
using recorded::kPhone;
using recorded::kRapl;
using recorded::RecordedTree;

namespace {

/// The meter of that name, which must be there.
FoundMeter named(std::vector<FoundMeter> found, const std::string& name) {
  for (FoundMeter& meter : found)
    if (meter.info.name == name) return std::move(meter);
  FAIL("no meter " << name);
  return {};
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// As a user without rights sees the tree. Only root can become one; false when the test cannot.
bool as_nobody(const std::function<void()>& body) {
  if (geteuid() != 0) {
    body();
    return true;
  }
  if (seteuid(65534) != 0) return false;
  body();
  return seteuid(0) == 0;
}

}  // namespace

TEST_CASE("numbers of files are numbers or nothing") {
  CHECK(parse_number("12") == 12.0);
  CHECK(parse_number(" -3.5\n") == -3.5);
  CHECK(parse_number("+7") == 7.0);
  CHECK(parse_number("1e3") == 1000.0);
  for (const char* text : {"", " ", "abc", "12abc", "1 2", "nan", "inf", "-inf", "0x10", "1e999", "--1", "1,5"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
  const RecordedTree tree({{"file", "\x1b[2J garbage"}, {"folder/hwmon10/x", ""}, {"folder/hwmon2/x", ""}});
  CHECK_ERROR(tree.tree().number("file"), ErrorCode::io, "?[2J garbage");
  CHECK_ERROR(tree.tree().number("folder"), ErrorCode::io, "directory");
  CHECK_ERROR(tree.tree().number("none"), ErrorCode::io, tree.at("none").string());
  CHECK(tree.tree().list("folder") == std::vector<std::string>{"hwmon2", "hwmon10"});
  CHECK(tree.tree().list("none").empty());
  REQUIRE(mkfifo(tree.at("pipe").c_str(), 0600) == 0);
  CHECK(tree.tree().text_or_empty("pipe") == "");  // and does not wait for a writer
}

TEST_CASE("a machine without meters: every kind is listed once, with the reason") {
  const RecordedTree tree;
  const std::vector<MeterInfo> infos = list_meters(tree.root());
  REQUIRE(infos.size() == meter_kinds().size());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    CHECK(infos[i].name == meter_kinds()[i].name);
    CHECK_FALSE(infos[i].present);
    CHECK_FALSE(infos[i].usable);
    CHECK_FALSE(infos[i].why_not.empty());
  }
  CHECK(pick_meter(tree.tree(), "auto").meter == nullptr);
  CHECK(pick_meter(tree.tree(), "auto").info.why_not == "this machine has no meter");
  CHECK_ERROR(pick_meter(tree.tree(), "rapl"), ErrorCode::not_found, "powercap");
  CHECK_ERROR(pick_meter(tree.tree(), "sundial"), ErrorCode::not_found, "sundial");
}

TEST_CASE("counters: wrap-around, backwards, out of range") {
  CounterSum sum({1000.0, 0.0});
  const std::vector<std::string> names = {"a", "b"};
  CHECK(sum.add({900, 5}, names) == 0.0);
  CHECK(sum.add({950, 6}, names) == 51.0);
  CHECK(sum.add({30, 6}, names) == 51.0 + 80.0);  // 50 to the end and 30 more
  CHECK_ERROR(sum.add({40, 5}, names), ErrorCode::io, "'b' went backwards, from 6 to 5");
  CHECK_ERROR(sum.add({1001, 6}, names), ErrorCode::io, "'a'");
  CHECK_ERROR(sum.add({-1, 6}, names), ErrorCode::io, "'a'");
  CHECK(sum.add({40, 6}, names) == 51.0 + 90.0);  // what failed was not added
}

TEST_CASE("rapl: packages are summed, wrap on their own, and are not counted twice") {
  const RecordedTree tree(kRapl);
  const std::vector<FoundMeter> found = find_rapl(tree.tree());
  CHECK(found.front().info.name == "rapl");
  FoundMeter rapl = named(find_rapl(tree.tree()), "rapl");
  CHECK(rapl.info.usable);
  CHECK(rapl.info.automatic);
  CHECK(rapl.info.gives_energy);
  CHECK(rapl.info.covers == "processor package-0, package-1");
  const double start = rapl.meter->read();
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "1000600");
  tree.write("sys/class/powercap/intel-rapl:1/energy_uj", "150");
  CHECK(rapl.meter->read() - start == doctest::Approx(600 + 850 + 150));
  FoundMeter dram = named(find_rapl(tree.tree()), "rapl:dram");
  CHECK(dram.info.usable);
  CHECK_FALSE(dram.info.automatic);
  CHECK(pick_meter(tree.tree(), "auto").info.name == "rapl");

  for (const char* text : {"", "garbage", "-5", "1e300", "999999999999999999999"}) {
    CAPTURE(text);
    tree.write("sys/class/powercap/intel-rapl:0/energy_uj", text);
    CHECK_ERROR(rapl.meter->read(), ErrorCode::io, "intel-rapl:0/energy_uj");
  }
  tree.remove("sys/class/powercap/intel-rapl:0");
  CHECK_ERROR(rapl.meter->read(), ErrorCode::io, "No such file");
}

TEST_CASE("rapl: a counter that only root may read is explained") {
  const RecordedTree tree(kRapl);
  chmod(tree.at("sys/class/powercap/intel-rapl:0/energy_uj").c_str(), 0);
  MeterInfo info;
  const bool tried = as_nobody([&] { info = named(find_rapl(tree.tree()), "rapl").info; });
  REQUIRE(tried);
  CHECK(info.present);
  CHECK_FALSE(info.usable);
  CHECK(has(info.why_not, "root"));
  CHECK(has(info.why_not, "chmod a+r"));
  as_nobody([&] {
    CHECK_ERROR(pick_meter(tree.tree(), "rapl"), ErrorCode::unsupported, "chmod");
    CHECK(has(pick_meter(tree.tree(), "auto").info.why_not, "chmod"));
  });
}

TEST_CASE("battery: power of any sign and unit, while it is emptied") {
  struct Case {
    const char *current, *voltage, *covers;
  };
  for (const Case& c : {Case{"-500000", "3800000", "negative"}, Case{"500000", "3800000", "positive"}, Case{"-500", "3800000", "thousandths"},
                        Case{"500", "3800", "thousandths"}}) {
    CAPTURE(c.current);
    const RecordedTree tree(kPhone);
    tree.write("sys/class/power_supply/battery/current_now", c.current);
    tree.write("sys/class/power_supply/battery/voltage_now", c.voltage);
    FoundMeter battery = named(find_battery(tree.tree()), "battery");
    CAPTURE(battery.info.why_not);
    REQUIRE(battery.info.usable);
    CHECK_FALSE(battery.info.gives_energy);
    CHECK(has(battery.info.covers, c.covers));
    CHECK(battery.meter->read() == doctest::Approx(1.9e6));
  }
}

TEST_CASE("battery: charging is refused, whatever shows it") {
  const auto reason = [](const RecordedTree& tree) {
    const MeterInfo info = named(find_battery(tree.tree()), "battery").info;
    CHECK(info.present);
    CHECK_FALSE(info.usable);
    return info.why_not;
  };
  const RecordedTree plugged(kPhone);
  plugged.write("sys/class/power_supply/usb/online", "1");
  CHECK(has(reason(plugged), "you are charging: 'usb' is plugged in"));
  for (const char* status : {"Charging", "Full", "Not charging", "Unheard of", ""}) {
    CAPTURE(status);
    const RecordedTree tree(kPhone);
    tree.write("sys/class/power_supply/battery/status", status);
    CHECK(has(reason(tree), "nplug"));
  }
  // A status that nobody knows, and no charger to look at.
  const RecordedTree unknown(kPhone);
  unknown.write("sys/class/power_supply/battery/status", "Unknown");
  CHECK(named(find_battery(unknown.tree()), "battery").info.usable);
  unknown.remove("sys/class/power_supply/usb");
  CHECK(has(reason(unknown), "no battery is being emptied"));
}

TEST_CASE("battery: what changes during a measurement ends it") {
  const RecordedTree tree(kPhone);
  FoundMeter battery = named(find_battery(tree.tree()), "battery");
  REQUIRE(battery.info.usable);
  const auto fails = [&](const char* file, const char* text, const char* part) {
    const std::string path = std::string("sys/class/power_supply/battery/") + file;
    const std::string before = tree.tree().text(path);
    tree.write(path, text);
    CAPTURE(text);
    CHECK_ERROR(battery.meter->read(), ErrorCode::io, part);
    tree.write(path, before);
    CHECK(battery.meter->read() == doctest::Approx(1.9e6));
  };
  fails("status", "Charging", "a charger came");
  fails("current_now", "300000", "changed its sign");
  fails("current_now", "many", "has no number but 'many'");
  fails("current_now", "0", "0 W");
  fails("current_now", "-9e15", "cannot be");
  fails("voltage_now", "0", "0 V");
  tree.remove("sys/class/power_supply/battery");
  CHECK_ERROR(battery.meter->read(), ErrorCode::io, "status");

  const RecordedTree small(kPhone);
  small.write("sys/class/power_supply/battery/current_now", "-300");
  FoundMeter milli = named(find_battery(small.tree()), "battery");
  REQUIRE(milli.info.usable);
  small.write("sys/class/power_supply/battery/current_now", "-20000");
  CHECK_ERROR(milli.meter->read(), ErrorCode::io, "its unit is not known");
  small.write("sys/class/power_supply/battery/current_now", "-7000");
  CHECK(has(named(find_battery(small.tree()), "battery").info.why_not, "its unit is not known"));
  small.write("sys/class/power_supply/battery/current_now", "0");
  CHECK(has(named(find_battery(small.tree()), "battery").info.why_not, "no current_now"));
}

TEST_CASE("battery: laptops have two, power files, and mice") {
  const RecordedTree tree({{"sys/class/power_supply/AC/type", "Mains"},
                           {"sys/class/power_supply/AC/online", "0"},
                           {"sys/class/power_supply/BAT0/type", "Battery"},
                           {"sys/class/power_supply/BAT0/status", "Discharging"},
                           {"sys/class/power_supply/BAT0/power_now", "7000000"},
                           {"sys/class/power_supply/BAT1/type", "Battery"},
                           {"sys/class/power_supply/BAT1/status", "Not charging"},
                           {"sys/class/power_supply/BAT1/power_now", "0"},
                           {"sys/class/power_supply/hidpp_battery_0/type", "Battery"},
                           {"sys/class/power_supply/hidpp_battery_0/scope", "Device"},
                           {"sys/class/power_supply/hidpp_battery_0/status", "Charging"}});
  FoundMeter battery = named(find_battery(tree.tree()), "battery");
  CAPTURE(battery.info.why_not);
  REQUIRE(battery.info.usable);
  CHECK(battery.meter->read() == 7e6);
}

TEST_CASE("battery: where it tells its charge only, energy is charge times voltage") {
  const RecordedTree tree({{"sys/class/power_supply/battery/type", "Battery"},
                           {"sys/class/power_supply/battery/status", "Discharging"},
                           {"sys/class/power_supply/battery/charge_counter", "2000000"},
                           {"sys/class/power_supply/battery/charge_full", "3000000"},
                           {"sys/class/power_supply/battery/voltage_now", "4000000"}});
  FoundMeter battery = named(find_battery(tree.tree()), "battery");
  CAPTURE(battery.info.why_not);
  REQUIRE(battery.info.usable);
  CHECK(battery.info.gives_energy);
  const double start = battery.meter->read();
  tree.write("sys/class/power_supply/battery/voltage_now", "3900000");  // the voltage alone is no energy
  CHECK(battery.meter->read() == start);
  tree.write("sys/class/power_supply/battery/charge_counter", "1999000");
  CHECK(battery.meter->read() - start == doctest::Approx(1e-3 * 3600 * 3.9 * 1e6));  // 1 mAh at 3.9 V
  tree.write("sys/class/power_supply/battery/charge_counter", "1999500");
  CHECK_ERROR(battery.meter->read(), ErrorCode::io, "grew");
}

TEST_CASE("odpm: the rails of cores and memory, by name") {
  const RecordedTree tree({{"sys/bus/iio/devices/iio:device0/sampling_rate", "250.000000"},
                           {"sys/bus/iio/devices/iio:device0/enabled_rails", "CH0[S10M_VDD_TPU]:TPU\nCH3[S2M_VDD_CPUCL2]:CPU(BIG)\nCH7[S1M_VDD_MIF]:DDR"},
                           {"sys/bus/iio/devices/iio:device0/energy_value",
                            "t=349894\nCH0(T=349894)[S10M_VDD_TPU], 5578756\nCH3(T=349894)[S2M_VDD_CPUCL2], 30203502\nCH7(T=349894)[S1M_VDD_MIF], 100"},
                           {"sys/bus/iio/devices/iio:device1/energy_value", "t=349900\nCH1(T=349900)[VSYS_PWR_WLAN_BT], 9"},
                           {"sys/bus/iio/devices/iio:device2/name", "a thermometer"}});
  FoundMeter odpm = named(find_odpm(tree.tree()), "odpm");
  CAPTURE(odpm.info.why_not);
  REQUIRE(odpm.info.usable);
  CHECK(odpm.info.gives_energy);
  CHECK(odpm.info.interval_ms == 8.0);  // the slower of the two
  CHECK(odpm.info.covers == "rails S1M_VDD_MIF (DDR), S2M_VDD_CPUCL2 (CPU(BIG))");
  FoundMeter radio = named(find_odpm(tree.tree()), "odpm:VSYS_PWR_WLAN_BT");
  CHECK(radio.info.usable);
  CHECK_FALSE(radio.info.automatic);
  const double start = odpm.meter->read();
  const std::string path = "sys/bus/iio/devices/iio:device0/energy_value";
  tree.write(path, "t=349994\nCH0(T=349994)[S10M_VDD_TPU], 9578756\nCH3(T=349994)[S2M_VDD_CPUCL2], 30203802\nCH7(T=349994)[S1M_VDD_MIF], 150");
  CHECK(odpm.meter->read() - start == 350.0);
  tree.write(path, "t=349994\nCH3(T=1)[S9M_VDD_OTHER], 1\nCH7(T=349994)[S1M_VDD_MIF], 150");
  CHECK_ERROR(odpm.meter->read(), ErrorCode::io, "S2M_VDD_CPUCL2");
  for (const char* text : {"", "t=1", "CH3", "CH3(T=1)[S2M_VDD_CPUCL2]", "CH3(T=1)[S2M_VDD_CPUCL2], x", "[], ", "CH]["}) {
    CAPTURE(text);
    tree.write(path, text);
    CHECK_ERROR(odpm.meter->read(), ErrorCode::io, "energy_value");
  }
}

TEST_CASE("ina3221: the old driver's files, the board by its input rail") {
  const std::string folder = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/";
  const RecordedTree tree({{folder + "rail_name_0", "POM_5V_IN"}, {folder + "rail_name_1", "POM_5V_GPU"}, {folder + "rail_name_2", "POM_5V_CPU"},
                           {folder + "in_power0_input", "5200"}, {folder + "in_power1_input", "200"}, {folder + "in_power2_input", "1500"}});
  FoundMeter board = named(find_ina3221(tree.tree()), "ina3221");
  REQUIRE(board.info.usable);
  CHECK(board.info.automatic);
  CHECK_FALSE(board.info.gives_energy);
  CHECK(board.info.covers == "the board, by its input rail POM_5V_IN");
  CHECK(board.meter->read() == doctest::Approx(5.2e6));
  CHECK(named(find_ina3221(tree.tree()), "ina3221:POM_5V_CPU").meter->read() == doctest::Approx(1.5e6));
  for (const char* text : {"-900", "1e12", "much"}) {
    tree.write(folder + "in_power0_input", text);
    CAPTURE(text);
    CHECK_ERROR(board.meter->read(), ErrorCode::io, "in_power0_input");
    CHECK_FALSE(named(find_ina3221(tree.tree()), "ina3221").info.usable);
  }
}

TEST_CASE("ina3221: hwmon files are voltage times current; unconnected channels are left out") {
  const std::string folder = "sys/class/hwmon/hwmon3/";
  const RecordedTree tree({{folder + "name", "ina3221"},
                           {folder + "in1_label", "VDD_GPU_SOC"}, {folder + "in1_input", "19000"}, {folder + "curr1_input", "100"},
                           {folder + "in2_label", "VDD_CPU_CV"}, {folder + "in2_input", "19000"}, {folder + "curr2_input", "-4"},
                           {folder + "in3_label", "NC"}, {folder + "in3_input", "0"}, {folder + "curr3_input", "7"}});
  FoundMeter board = named(find_ina3221(tree.tree()), "ina3221");
  REQUIRE(board.info.usable);
  CHECK(board.info.covers == "the board, by the rails VDD_GPU_SOC, VDD_CPU_CV");
  CHECK(board.meter->read() == doctest::Approx(19000.0 * 96));  // an offset a little below zero is one
  CHECK(find_ina3221(tree.tree()).size() == 3);
  tree.write(folder + "in2_enable", "0");
  CHECK(find_ina3221(tree.tree()).size() == 2);
  CHECK_FALSE(find_hwmon(tree.tree()).front().info.present);
}

TEST_CASE("ina231: cores and memory without the GPU; switched off is told") {
  RecordedTree::Files files;
  for (const auto& [chip, watt] : {std::pair<const char*, const char*>{"4-0040", "2.250"}, {"4-0041", "0.125"}, {"4-0044", "0.5"}, {"4-0045", "0.25"}}) {
    const std::string folder = std::string("sys/bus/i2c/drivers/INA231/") + chip;
    files.emplace_back(folder + "/sensor_W", watt);
    files.emplace_back(folder + "/enable", "1");
  }
  const RecordedTree tree(files);
  FoundMeter meter = named(find_ina231(tree.tree()), "ina231");
  REQUIRE(meter.info.usable);
  CHECK(meter.info.covers == "rails A15, memory, A7");
  CHECK(meter.meter->read() == doctest::Approx(2.625e6));
  CHECK(named(find_ina231(tree.tree()), "ina231:GPU").meter->read() == doctest::Approx(0.5e6));
  tree.write("sys/bus/i2c/drivers/INA231/4-0040/enable", "0");
  CHECK(has(named(find_ina231(tree.tree()), "ina231").info.why_not, "tee"));
}

TEST_CASE("trees that lie: no file can make a figure that is not plausible, and none ends the program") {
  const std::string i2c = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/", odroid = "sys/bus/i2c/drivers/INA231/4-0040/";
  RecordedTree::Files files = kRapl;
  files.insert(files.end(), kPhone.begin(), kPhone.end());
  const RecordedTree::Files more = {{i2c + "rail_name_0", "VDD_IN"}, {i2c + "in_power0_input", "5200"}, {odroid + "sensor_W", "2.5"}, {odroid + "enable", "1"},
                                    {"sys/class/hwmon/hwmon0/name", "chip"}, {"sys/class/hwmon/hwmon0/power1_input", "5"},
                                    {"sys/class/hwmon/hwmon1/name", "ina3221"}, {"sys/class/hwmon/hwmon1/in1_label", "a"},
                                    {"sys/class/hwmon/hwmon1/in1_input", "5"}, {"sys/class/hwmon/hwmon1/curr1_input", "5"},
                                    {"sys/bus/iio/devices/iio:device0/energy_value", "t=1\nCH0(T=1)[CPU], 5"}, {"sys/bus/iio/devices/iio:device0/enabled_rails", "CH0[CPU]:x"}};
  files.insert(files.end(), more.begin(), more.end());
  const RecordedTree tree(files);
  const std::string lies[] = {"", "x", "-1", "-9e99", "9e99", "nan", "0", "1e16", "]:[", "\x01\xff\x1b[2J", std::string(100000, '['), std::string(100000, '9')};
  int figures = 0;
  const auto check_all = [&](std::vector<FoundMeter>& meters) {
    for (FoundMeter& found : meters) {
      CHECK(found.info.usable == (found.meter != nullptr));
      CHECK(found.info.usable == found.info.why_not.empty());
      if (found.meter == nullptr) continue;
      try {
        const double figure = found.meter->read();
        ++figures;
        CAPTURE(found.info.name);
        CHECK(figure >= 0.0);
        if (!found.info.gives_energy) CHECK(figure <= kMostMicrowatt);
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::io);
      }
    }
  };
  for (const auto& [path, text] : files)
    for (const std::string& lie : lies) {
      CAPTURE(path);
      std::vector<FoundMeter> before = find_meters(tree.tree());
      tree.write(path, lie);
      check_all(before);
      std::vector<FoundMeter> after = find_meters(tree.tree());
      check_all(after);
      tree.write(path, text);
    }
  CHECK(figures > 1000);
}

TEST_CASE("hwmon: power and energy of any chip, by name only") {
  const RecordedTree tree({{"sys/class/hwmon/hwmon0/name", "amdgpu"}, {"sys/class/hwmon/hwmon0/power1_average", "15000000"},
                           {"sys/class/hwmon/hwmon0/power1_input", "16000000"}, {"sys/class/hwmon/hwmon0/power1_label", "PPT"},
                           {"sys/class/hwmon/hwmon0/power1_average_interval", "50"},
                           {"sys/class/hwmon/hwmon1/name", "amd_energy"}, {"sys/class/hwmon/hwmon1/energy1_input", "123"},
                           {"sys/class/hwmon/hwmon2/name", "amdgpu"}, {"sys/class/hwmon/hwmon2/power1_average", "1"},
                           {"sys/class/hwmon/hwmon2/power1_label", "PPT"}, {"sys/class/hwmon/hwmon2/power1_cap", "1"}});
  FoundMeter gpu = named(find_hwmon(tree.tree()), "hwmon:amdgpu/PPT");
  REQUIRE(gpu.info.usable);
  CHECK(gpu.info.interval_ms == 50.0);
  CHECK(gpu.meter->read() == 15e6);
  FoundMeter energy = named(find_hwmon(tree.tree()), "hwmon:amd_energy/energy1");
  CHECK(energy.info.gives_energy);
  const double start = energy.meter->read();
  tree.write("sys/class/hwmon/hwmon1/energy1_input", "223");
  CHECK(energy.meter->read() - start == 100.0);
  CHECK(named(find_hwmon(tree.tree()), "hwmon:amdgpu/PPT#2").info.usable);
  CHECK(find_hwmon(tree.tree()).size() == 3);
  CHECK(pick_meter(tree.tree(), "auto").meter == nullptr);
  CHECK(has(pick_meter(tree.tree(), "auto").info.why_not, "hwmon:amdgpu/PPT"));
}
