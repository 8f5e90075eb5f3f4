// SPDX-License-Identifier: Apache-2.0
// A meter whose files count energy: their sum, across wrap-arounds.
#pragma once

#include <string>
#include <vector>

#include "device/meters/meter.h"

namespace dnntune::device {

/// Adds up what counters gain from one reading to the next, so that each may start over on its own.
class CounterSum {
 public:
  /// `wraps_uj`, by counter: the reading after which it starts over at 0; 0 when it never does.
  explicit CounterSum(std::vector<double> wraps_uj) : wraps_uj_(std::move(wraps_uj)) {}
  /// Microjoule since the first call. Throws Error io with the name of the counter that went backwards or is out of
  /// its range; nothing is added then.
  double add(const std::vector<double>& readings_uj, const std::vector<std::string>& names);

 private:
  std::vector<double> wraps_uj_, last_uj_;
  double sum_uj_ = 0.0;
};

/// Files that have microjoule.
class CounterFiles final : public Meter {
 public:
  struct File {
    std::string path;
    double wraps_uj = 0.0;
  };
  CounterFiles(Tree tree, std::vector<File> files);
  double read() override;

 private:
  Tree tree_;
  std::vector<std::string> paths_, shown_;
  CounterSum sum_;
};

}  // namespace dnntune::device
