// SPDX-License-Identifier: Apache-2.0
// What measured times say: medians, who has to race again, how far predictions are off.
#pragma once

#include <cstddef>
#include <vector>

namespace dnntune::live {

/// Of at least one value; of an even number the mean of the two in the middle.
double median(std::vector<double> values);
/// Median absolute deviation from the median.
double spread(const std::vector<double>& values);
/// The value that a share `p` of all do not exceed.
double quantile(std::vector<double> values, double p);

/// The cuts that may be the best: of those whose time is within `margin` of the least, the `most` fastest, and `chosen`, which comes
/// first whatever its time. The others follow, fastest first.
std::vector<std::size_t> contenders(const std::vector<double>& times, std::size_t chosen, double margin, std::size_t most);

/// |predicted - measured| / measured, by cut.
std::vector<double> relative_errors(const std::vector<double>& predicted, const std::vector<double>& measured);

}  // namespace dnntune::live
