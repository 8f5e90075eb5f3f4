// SPDX-License-Identifier: Apache-2.0
// ODPM, the power monitor on the rails of Pixel 6 and later. `energy_value` has, after the time in ms, a line
// "CH3(T=349894)[S2M_VDD_CPUCL2], 30203502" for each of a chip's channels: rail and microjoule since it was selected;
// `enabled_rails` says what each rail feeds ("CH3[S2M_VDD_CPUCL2]:CPU(BIG)"). Root or the shell may read them.
#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "device/meters/counter_files.h"
#include "device/meters/rail_files.h"
#include "dnntune/error.h"

namespace dnntune::device {
namespace {

constexpr const char* kOdpmFolder = "sys/bus/iio/devices";
/// The accumulators run at `sampling_rate`; this where the file cannot be read (the driver's default).
constexpr double kSamplingHz = 125.0;

/// Microjoule by rail. Throws Error io on a line that is none of the format.
std::map<std::string, double> parse_energy(const std::string& text, const std::string& shown) {
  std::map<std::string, double> rails;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty() || line.starts_with("t=")) continue;
    const std::size_t open = line.find('['), close = line.find("], ", open == std::string::npos ? 0 : open);
    const std::optional<double> value = open == std::string::npos || close == std::string::npos ? std::nullopt : parse_number(line.substr(close + 3));
    if (!line.starts_with("CH") || !value)
      throw Error(ErrorCode::io, fmt::format("'{}' has the line '{}', which is not 'CHn(T=ms)[rail], uJ'", shown, base::shortened(base::printable(line), 60)));
    rails[line.substr(open + 1, close - open - 1)] = *value;
  }
  if (rails.empty()) throw Error(ErrorCode::io, fmt::format("'{}' has no rails", shown));
  return rails;
}

/// A rail and the file that has it.
struct OdpmRail {
  std::string path, name, feeds;
};

class Odpm final : public Meter {
 public:
  Odpm(Tree tree, std::vector<OdpmRail> rails) : tree_(std::move(tree)), rails_(std::move(rails)), sum_(std::vector<double>(rails_.size(), 0.0)) {
    for (const OdpmRail& rail : rails_) names_.push_back(rail.name);
  }
  double read() override {
    std::map<std::string, std::map<std::string, double>> files;
    std::vector<double> readings;
    for (const OdpmRail& rail : rails_) {
      auto file = files.find(rail.path);
      if (file == files.end()) file = files.emplace(rail.path, parse_energy(tree_.text(rail.path), tree_.shown(rail.path))).first;
      const auto value = file->second.find(rail.name);
      if (value == file->second.end())
        throw Error(ErrorCode::io, fmt::format("'{}' no longer has the rail '{}': another program selected another one", tree_.shown(rail.path), rail.name));
      readings.push_back(value->second);
    }
    return sum_.add(readings, names_);
  }

 private:
  Tree tree_;
  std::vector<OdpmRail> rails_;
  std::vector<std::string> names_;
  CounterSum sum_;
};

/// What each rail feeds, by rail, as `enabled_rails` tells.
std::map<std::string, std::string> feeds_of(const std::string& text) {
  std::map<std::string, std::string> feeds;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t open = line.find('['), close = line.find("]:");
    if (open != std::string::npos && close != std::string::npos && close > open) feeds[line.substr(open + 1, close - open - 1)] = line.substr(close + 2);
  }
  return feeds;
}

/// Cores and memory: what a network on the processor works with.
bool runs_networks(const OdpmRail& rail) {
  constexpr const char* kParts[] = {"CPU", "MIF", "DDR", "MEM"};
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](const char* part) { return rail.name.find(part) != std::string::npos || rail.feeds.find(part) != std::string::npos; });
}

FoundMeter open_rails(const Tree& tree, std::string name, const std::vector<OdpmRail>& rails, double interval_ms) {
  MeterInfo info;
  info.name = std::move(name);
  info.gives_energy = true;
  info.interval_ms = interval_ms;
  info.resolution = static_cast<double>(rails.size());
  for (const OdpmRail& rail : rails)
    info.covers += fmt::format("{}{}{}", info.covers.empty() ? "rails " : ", ", base::printable(rail.name), rail.feeds.empty() ? "" : " (" + base::printable(rail.feeds) + ")");
  return tried(std::move(info), std::make_unique<Odpm>(tree, rails));
}

}  // namespace

std::vector<FoundMeter> find_odpm(const Tree& tree) {
  std::vector<OdpmRail> all;
  std::string refused, broken;
  double interval_ms = 0.0;
  for (const std::string& device : tree.list(kOdpmFolder)) {
    const std::string folder = fmt::format("{}/{}", kOdpmFolder, device), path = folder + "/energy_value";
    if (!tree.exists(path)) continue;
    const int error = tree.read_error(path);
    if (error == EACCES || error == EPERM) {
      refused = fmt::format("'{}' may not be read by this app: run from \"adb shell\" or as root", tree.shown(path));
      continue;
    }
    const std::optional<double> hz = tree.number_if_any(folder + "/sampling_rate");
    interval_ms = std::max(interval_ms, 1e3 / (hz && *hz > 0.0 ? *hz : kSamplingHz));
    const std::map<std::string, std::string> feeds = feeds_of(tree.text_or_empty(folder + "/enabled_rails"));
    try {
      for (const auto& [rail, uj] : parse_energy(tree.text(path), tree.shown(path)))
        all.push_back({path, rail, feeds.contains(rail) ? feeds.at(rail) : ""});
    } catch (const Error& failure) {
      broken = failure.what();
    }
  }
  if (all.empty()) {
    auto none = absent("odpm", !refused.empty() ? refused : !broken.empty() ? broken : fmt::format("no energy_value in {}: not a Pixel 6 or later", tree.shown(kOdpmFolder)));
    none.front().info.present = !refused.empty() || !broken.empty();
    return none;
  }
  std::vector<OdpmRail> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), runs_networks);
  std::vector<FoundMeter> found;
  found.push_back(open_rails(tree, "odpm", chosen.empty() ? all : chosen, interval_ms));
  found.back().info.automatic = true;
  for (const OdpmRail& rail : all) found.push_back(open_rails(tree, "odpm:" + name_part(rail.name), {rail}, interval_ms));
  return found;
}

}  // namespace dnntune::device
