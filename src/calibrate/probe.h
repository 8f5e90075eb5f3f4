// SPDX-License-Identifier: Apache-2.0
// Probe: writes one random network for calibration.
#pragma once

#include <string>

#include "calibrate/random.h"
#include "dnntune/builder.h"

namespace dnntune::probes {

/// A builder with random weights, and layers of random sizes that fit what they read.
class Probe {
 public:
  Probe(std::string name, std::uint64_t seed) : random(seed), builder(std::move(name)) {}

  /// Small and never 0, about 1 / sqrt(fan_in).
  std::string weights(Shape shape, std::int64_t fan_in);
  std::int64_t dim(const std::string& x, std::size_t axis) const { return builder.shape_of(x).at(axis); }
  std::int64_t channels(const std::string& x) const { return dim(x, 1); }
  /// Multiply-accumulates that may still be added; convolutions take no more.
  double macs_left = 3e8;

  /// `size`, or as many whole groups of 8 as `most` has; at least 1.
  static std::int64_t at_most(std::int64_t size, std::int64_t most);
  std::string convolution(const std::string& x, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t groups, std::int64_t dilation = 1);
  std::string activation(const std::string& x, bool cheap = false);
  std::string dense(const std::string& x, std::int64_t out);
  std::string reshape(const std::string& x, const std::vector<std::int64_t>& shape);

  Random random;
  GraphBuilder builder;
};

/// Kinds of networks; each reads inputs of its own and declares its output.
void write_images(Probe& probe);
void write_products(Probe& probe);
void write_recurrence(Probe& probe);
void write_attention(Probe& probe);
void write_elements(Probe& probe);

}  // namespace dnntune::probes
