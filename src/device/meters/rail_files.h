// SPDX-License-Identifier: Apache-2.0
// A meter whose files tell the power of supply rails: their sum.
#pragma once

#include <string>
#include <vector>

#include "device/meters/meter.h"

namespace dnntune::device {

/// A rail's power, or where its sensor has none, the voltage and current to multiply.
struct Rail {
  std::string label;
  std::string power;              ///< File; "" when there is none.
  double microwatt = 1.0;         ///< The unit of `power`.
  std::string voltage, current;   ///< Files in millivolt and milliampere.
};

class RailFiles final : public Meter {
 public:
  RailFiles(Tree tree, std::vector<Rail> rails) : tree_(std::move(tree)), rails_(std::move(rails)) {}
  double read() override;

 private:
  Tree tree_;
  std::vector<Rail> rails_;
};

/// "VDD_CPU, VDD_GPU"
std::string labels_of(const std::vector<Rail>& rails);
/// `label` with what a name must not have (blanks, control characters) replaced by '_'.
std::string name_part(const std::string& label);

}  // namespace dnntune::device
