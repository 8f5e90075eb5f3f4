// SPDX-License-Identifier: Apache-2.0
// The battery's gauge, on Android and on laptops. It covers the whole device, and tells what the device draws only while
// nothing charges it. Drivers disagree on the sign of the current and some on its unit: both are found out first, and
// a reading that does not fit what was found ends the measurement.
#include <algorithm>
#include <cerrno>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "device/meters/rail_files.h"
#include "dnntune/error.h"

namespace dnntune::device {
namespace {

constexpr const char* kBatteryFolder = "sys/class/power_supply";
/// Gauges renew their figures every 0.2 to 1.5 s; none says which.
constexpr double kBatteryIntervalMs = 1500.0;
/// Where only the charge is known: it falls in steps of about 1 mAh, 14 J at 3.85 V.
constexpr double kChargeIntervalMs = 60000.0, kChargeResolutionUj = 1.4e7;
/// The kernel's units are uA, uV, uW and uAh. A device that runs a program draws more than 10 mA and less than 5 A where
/// a driver uses mA, and likewise: a figure below half of these limits is in thousandths, one above in the kernel's unit.
constexpr double kLeastMicroampere = 1e4, kLeastMicrovolt = 1e5, kLeastMicrowatt = 1e5, kLeastMicroamperehour = 1e5;

struct Supply {
  std::string name, folder;
};

/// One battery that is being emptied.
class Battery {
 public:
  /// Throws Error io when it tells neither power nor current and voltage nor charge, or its unit cannot be known.
  Battery(const Tree& tree, std::string folder) : tree_(tree), folder_(std::move(folder)) {
    const auto there = [&](const char* file) { return tree_.number_if_any(path(file)).value_or(0.0) != 0.0; };
    const char* const charge = there("charge_counter") ? "charge_counter" : "charge_now";
    if (there("power_now")) {
      main_ = learn("power_now", kLeastMicrowatt);
      kind_ = Kind::power;
      return;
    }
    if (there("current_now") && there("voltage_now")) {
      main_ = learn("current_now", kLeastMicroampere);
      kind_ = Kind::current;
    } else if (there(charge) && there("voltage_now")) {
      // A charge may be small in any unit; that of a full battery is not.
      main_ = learn(there("charge_full") ? "charge_full" : "charge_full_design", kLeastMicroamperehour);
      main_.file = charge;
      kind_ = Kind::charge;
    } else {
      throw Error(ErrorCode::io, fmt::format("'{}' has no power_now, no current_now with voltage_now and no charge_counter that is a number other than 0",
                                             tree_.shown(folder_)));
    }
    voltage_ = learn("voltage_now", kLeastMicrovolt);
  }

  bool counts_charge() const noexcept { return kind_ == Kind::charge; }
  bool in_thousandths() const noexcept { return main_.factor > 1.0; }
  bool positive() const noexcept { return main_.positive; }

  /// Microwatt that it gives; or where it counts charge, microjoule that it gave since the first call.
  double read() {
    require_discharging();
    if (kind_ == Kind::power) return std::abs(value(main_));
    const double uv = value(voltage_);
    if (!(uv >= 1e6 && uv <= 1e8))
      throw Error(ErrorCode::io, fmt::format("'{}' tells {:g} V, which cannot be", tree_.shown(path(voltage_.file)), uv * 1e-6));
    if (kind_ == Kind::current) return std::abs(value(main_)) * uv * 1e-6;
    const double uah = tree_.number(path(main_.file)) * main_.factor;
    if (last_uah_ >= 0.0 && uah > last_uah_)
      throw Error(ErrorCode::io, fmt::format("'{}' grew, from {:.0f} to {:.0f} uAh, while the battery was being emptied", tree_.shown(path(main_.file)), last_uah_, uah));
    if (last_uah_ >= 0.0) given_uj_ += (last_uah_ - uah) * 3.6e-3 * uv;  // uAh x 3600 s/h x uV = 3.6e-3 uJ
    last_uah_ = uah;
    return given_uj_;
  }

 private:
  enum class Kind { power, current, charge };
  /// A file, its sign and its unit.
  struct Source {
    const char* file = nullptr;
    double factor = 1.0, least = 0.0;
    bool positive = true;
  };

  std::string path(const char* file) const { return fmt::format("{}/{}", folder_, file); }

  Source learn(const char* file, double least) const {
    const double reading = tree_.number(path(file)), size = std::abs(reading);
    if (size >= least / 2.0 && size < least)
      throw Error(ErrorCode::io, fmt::format("'{}' reads {:.0f}: too much for thousandths and too little for millionths, so its unit is not known",
                                             tree_.shown(path(file)), reading));
    return {file, size < least ? 1e3 : 1.0, least, reading > 0.0};
  }

  double value(const Source& source) const {
    const double reading = tree_.number(path(source.file));
    if (reading != 0.0 && (reading > 0.0) != source.positive)
      throw Error(ErrorCode::io, fmt::format("'{}' changed its sign, to {:.0f}: a charger came or went", tree_.shown(path(source.file)), reading));
    if (source.factor > 1.0 && std::abs(reading) >= source.least / 2.0)
      throw Error(ErrorCode::io, fmt::format("'{}' reads {:.0f} after readings that looked like thousandths: its unit is not known", tree_.shown(path(source.file)), reading));
    return reading * source.factor;
  }

  void require_discharging() const {
    const std::string status = tree_.text(path("status"));
    if (status != "Discharging" && status != "Unknown")
      throw Error(ErrorCode::io, fmt::format("'{}' became '{}': a charger came during the measurement", tree_.shown(path("status")), base::printable(status)));
  }

  Tree tree_;
  std::string folder_;
  Kind kind_ = Kind::power;
  Source main_, voltage_;
  double last_uah_ = -1.0, given_uj_ = 0.0;
};

/// The sum of the batteries that are being emptied.
class Batteries final : public Meter {
 public:
  explicit Batteries(std::vector<Battery> batteries) : batteries_(std::move(batteries)) {}
  double read() override {
    double sum = 0.0;
    for (Battery& battery : batteries_) sum += battery.read();
    if (!batteries_.front().counts_charge() && !(sum > 0.0 && sum <= kMostMicrowatt))
      throw Error(ErrorCode::io, fmt::format("the battery tells {:g} W, which cannot be", sum * 1e-6));
    return sum;
  }

 private:
  std::vector<Battery> batteries_;
};

/// The batteries of the machine itself; mice and headsets have the scope "Device". Android's own name for its battery
/// is "battery", and other entries may then be the same cell by another driver.
std::vector<Supply> batteries_of(const Tree& tree) {
  std::vector<Supply> supplies;
  for (const std::string& name : tree.list(kBatteryFolder)) {
    const std::string folder = fmt::format("{}/{}", kBatteryFolder, name);
    if (tree.text_or_empty(folder + "/type") != "Battery" || tree.text_or_empty(folder + "/scope") == "Device" || tree.number_if_any(folder + "/present") == 0.0) continue;
    if (name == "battery") return {{name, folder}};
    supplies.push_back({name, folder});
  }
  return supplies;
}

/// The name of a charger that is plugged in; "" when none is. `any` says whether there is one to plug in.
std::string charger_online(const Tree& tree, bool& any) {
  any = false;
  for (const std::string& name : tree.list(kBatteryFolder)) {
    const std::string folder = fmt::format("{}/{}", kBatteryFolder, name), type = tree.text_or_empty(folder + "/type");
    if (type != "Mains" && type != "Wireless" && !type.starts_with("USB")) continue;
    any = true;
    if (tree.number_if_any(folder + "/online").value_or(0.0) > 0.0) return name;
  }
  return "";
}

/// Why the batteries do not tell what the device draws; "" when they do.
std::string charging_reason(const Tree& tree, const std::vector<Supply>& batteries, std::vector<Supply>& emptied) {
  bool any_charger = false;
  if (const std::string charger = charger_online(tree, any_charger); !charger.empty())
    return fmt::format("you are charging: '{}' is plugged in, so the battery does not tell what the device draws. Unplug it", base::printable(charger));
  for (const Supply& battery : batteries) {
    const std::string status = tree.text_or_empty(battery.folder + "/status");
    if (status == "Charging") return fmt::format("you are charging: the battery's current is the charger's. Unplug it ('{}' says 'Charging')", tree.shown(battery.folder + "/status"));
    if (status == "Discharging" || (status == "Unknown" && any_charger)) emptied.push_back(battery);
  }
  if (!emptied.empty()) return "";
  return fmt::format("no battery is being emptied ('{}' says '{}'): unplug the charger", tree.shown(batteries.front().folder + "/status"),
                     base::printable(tree.text_or_empty(batteries.front().folder + "/status")));
}

}  // namespace

std::vector<FoundMeter> find_battery(const Tree& tree) {
  const std::vector<Supply> supplies = batteries_of(tree);
  if (supplies.empty()) return absent("battery", fmt::format("no battery in {}", tree.shown(kBatteryFolder)));
  std::vector<FoundMeter> found(1);
  MeterInfo& info = found.front().info;
  info.name = "battery";
  info.present = info.automatic = true;
  info.covers = "the whole device";
  for (const Supply& supply : supplies)
    if (const int error = tree.read_error(supply.folder + "/status"); error == EACCES || error == EPERM) {
      info.why_not = fmt::format("'{}' may not be read by this app: run from \"adb shell\" or as root", tree.shown(supply.folder + "/status"));
      return found;
    }
  std::vector<Supply> emptied;
  info.why_not = charging_reason(tree, supplies, emptied);
  if (!info.why_not.empty()) return found;
  try {
    std::vector<Battery> batteries;
    for (const Supply& supply : emptied) batteries.emplace_back(tree, supply.folder);
    const Battery& first = batteries.front();
    if (std::any_of(batteries.begin(), batteries.end(), [&](const Battery& battery) { return battery.counts_charge() != first.counts_charge(); }))
      throw Error(ErrorCode::io, "one battery tells its power and another its charge only");
    info.gives_energy = first.counts_charge();
    info.interval_ms = first.counts_charge() ? kChargeIntervalMs : kBatteryIntervalMs;
    info.resolution = first.counts_charge() ? kChargeResolutionUj : 1000.0;
    info.covers += fmt::format(", by '{}'{}{}", base::printable(emptied.front().name), first.in_thousandths() ? ", whose unit looks like thousandths" : "",
                               first.counts_charge() ? ", its charge" : first.positive() ? ", positive while it is emptied" : ", negative while it is emptied");
    found.front() = tried(std::move(info), std::make_unique<Batteries>(std::move(batteries)));
  } catch (const Error& error) {
    found.front().info.why_not = error.what();
  }
  return found;
}

}  // namespace dnntune::device
