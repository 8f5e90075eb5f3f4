// SPDX-License-Identifier: Apache-2.0
#include "device/meters/counter_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::device {
namespace {

std::vector<double> wraps_of(const std::vector<CounterFiles::File>& files) {
  std::vector<double> wraps;
  for (const CounterFiles::File& file : files) wraps.push_back(file.wraps_uj);
  return wraps;
}

}  // namespace

double CounterSum::add(const std::vector<double>& readings_uj, const std::vector<std::string>& names) {
  double gained = 0.0;
  for (std::size_t i = 0; i < readings_uj.size(); ++i) {
    const double now = readings_uj[i], wrap = wraps_uj_[i];
    if (now < 0.0) throw Error(ErrorCode::io, fmt::format("'{}' counts {:g} uJ, less than 0", names[i], now));
    if (wrap > 0.0 && now > wrap) throw Error(ErrorCode::io, fmt::format("'{}' counts {:g} uJ, more than its range of {:g}", names[i], now, wrap));
    if (last_uj_.empty()) continue;
    double delta = now - last_uj_[i];
    if (delta < 0.0 && wrap > 0.0) delta += wrap;
    if (delta < 0.0) throw Error(ErrorCode::io, fmt::format("'{}' went backwards, from {:.0f} to {:.0f} uJ", names[i], last_uj_[i], now));
    gained += delta;
  }
  last_uj_ = readings_uj;
  return sum_uj_ += gained;
}

CounterFiles::CounterFiles(Tree tree, std::vector<File> files) : tree_(std::move(tree)), sum_(wraps_of(files)) {
  for (File& file : files) {
    shown_.push_back(tree_.shown(file.path));
    paths_.push_back(std::move(file.path));
  }
}

double CounterFiles::read() {
  std::vector<double> readings;
  for (const std::string& path : paths_) readings.push_back(tree_.number(path));
  return sum_.add(readings, shown_);
}

}  // namespace dnntune::device
