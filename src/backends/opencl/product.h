// SPDX-License-Identifier: Apache-2.0
// Products of rows with constant weights: packing, and the launch of their kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backends/opencl/layer.h"

namespace dnntune::backends::opencl {

/// How a launch cuts its results up: TM pixels (rows) and VN channels a work-item, and in which order weights lie.
struct Tiling {
  std::int64_t rows = 1, channels = 4;
  bool k_major = false;  ///< [k][panel][VN], for GPUs; else [panel][k][VN].

  std::string definitions() const { return fmt::format("#define TM {}\n#define VN {}\n", rows, channels); }
};

/// For `channels` results of each of `rows`.
Tiling tiling_for(const OpenClContext& context, std::int64_t rows, std::int64_t channels);

/// Weights of `groups` products [k][n] each, in panels of VN channels that do not cross groups.
class PanelWeights {
 public:
  PanelWeights(const Tiling& tiling, std::int64_t k, std::int64_t n, std::int64_t groups = 1)
      : k_(k), n_(n), panels_(divide_up(size_of_count(n), size_of_count(tiling.channels))), groups_(groups), vn_(tiling.channels), k_major_(tiling.k_major) {
    values_.resize(size_of_count(k) * static_cast<std::size_t>(panels_ * groups * vn_));
  }
  float& at(std::int64_t group, std::int64_t k, std::int64_t n) {
    const std::int64_t panel = group * panels_ + n / vn_;
    const std::int64_t row = k_major_ ? k * panels_ * groups_ + panel : panel * k_ + k;
    return values_[static_cast<std::size_t>(row * vn_ + n % vn_)];
  }
  std::int64_t k() const noexcept { return k_; }
  std::int64_t panels() const noexcept { return panels_; }
  std::int64_t all_panels() const noexcept { return panels_ * groups_; }
  const std::vector<float>& values() const noexcept { return values_; }
  /// Of a panel, of a k, and of one matrix of weights of several.
  cl_int4 strides() const {
    return k_major_ ? int4(vn_, all_panels() * vn_, static_cast<std::int64_t>(values_.size()), 0)
                    : int4(k_ * vn_, vn_, static_cast<std::int64_t>(values_.size()), 0);
  }
  /// `bias`, one a channel of all groups, as the panels lie.
  std::vector<float> padded(const std::vector<float>& bias) const;

 private:
  std::int64_t k_, n_, panels_, groups_, vn_;
  bool k_major_;
  std::vector<float> values_;
};

/// rows x k times weights [k][n], as one layer. `fill` writes the weights.
std::unique_ptr<PreparedLayer> make_product(OpenClContext& context, const LayerSpec& layer, std::int64_t rows, std::int64_t k,
                                            std::int64_t n, const std::vector<float>& bias,
                                            const std::function<void(PanelWeights&)>& fill);

}  // namespace dnntune::backends::opencl
