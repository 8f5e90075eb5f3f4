// SPDX-License-Identifier: Apache-2.0
// The zoo: the networks that the field measures, at their published dimensions, with seeded random weights.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <dnntune/graph.h>

namespace dnntune::zoo {

enum class Quantity { parameters, macs };

/// A figure that somebody published for a network. Where the source counts FLOPs with two a
/// multiply-accumulate, `value` is already halved and `source` says so.
struct Published {
  Quantity quantity;
  double value;
  double tolerance;         ///< Largest accepted |ours - value| / value. A wide one is explained in Model::note.
  std::string_view source;
};

/// One network.
struct Model {
  std::string_view name;     ///< What `build` takes, such as "resnet50".
  std::string_view title;    ///< For people, such as "ResNet-50 v1".
  std::string_view family;   ///< "cnn", "lstm", "mlp" or "transformer".
  std::string_view input;    ///< Names and shapes: "image [1,3,224,224]".
  std::string_view output;   ///< The same for what comes out.
  /// Elements of trained weights: batch-norm scale and bias count, its running mean and variance and
  /// constant tables (positions, masks, shapes) do not; a shared tensor counts once.
  std::int64_t parameters;
  std::int64_t macs;         ///< Multiply-accumulates of one run at the input shape above.
  std::span<const Published> published;
  std::string_view note;     ///< Where the dimensions come from, and what of the source cannot be matched.
  Graph (*build)(std::uint64_t seed);
};

/// All networks, in the order of the table in README.md.
std::span<const Model> models() noexcept;
/// Throws not_found and lists the names that exist.
const Model& find(std::string_view name);

/// The network `name`. Equal seeds give equal weights, bit for bit, on every platform; the file's metadata
/// names the generator and the seed. Weights are never 0 and never denormal; their scale keeps activations
/// near 1 through the depth, so that the timing of no kernel profits from zeros, NaNs or saturation.
/// Throws not_found for an unknown name.
Graph build(std::string_view name, std::uint64_t seed = 1);

}  // namespace dnntune::zoo
