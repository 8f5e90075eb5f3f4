// SPDX-License-Identifier: Apache-2.0
// Seeded random weights: the same bits on every platform, never 0, never denormal.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <dnntune/tensor.h>

namespace dnntune::zoo {

/// Fills weights from SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). Each weight has a stream of its own, keyed by seed, network and name, so that adding a layer
/// to a network changes no other layer's weights.
class WeightSource {
 public:
  /// What the file's metadata calls this generator; a change of the numbers it gives changes the name.
  static constexpr std::string_view kName = "splitmix64-uniform-v1";

  WeightSource(std::string_view network, std::uint64_t seed) noexcept;

  /// Uniform on (centre - half_range, centre + half_range).
  Tensor uniform(std::string_view name, Shape shape, float half_range, float centre = 0.0f) const;

 private:
  std::uint64_t key_;
};

/// The stream itself, for `values.size()` weights.
void fill_uniform(std::span<float> values, std::uint64_t key, float half_range, float centre) noexcept;

}  // namespace dnntune::zoo
