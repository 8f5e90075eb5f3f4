// SPDX-License-Identifier: Apache-2.0
// Large float32 weights, left where they lie until somebody needs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/file.h"
#include "dnntune/tensor.h"

namespace dnntune::graph {

/// The elements of a weight in memory order, as runs that belong to one output channel each.
struct ChannelRuns {
  std::size_t length = 1;
  std::size_t outputs = 1;   ///< Output channels that follow each other before they start over.
  std::size_t repeats = 1;   ///< How often they start over within a group.

  std::size_t channel(std::size_t run) const noexcept { return run / (outputs * repeats) * outputs + run % outputs; }
};

/// Dense row-major float32 elements, a recipe rather than an array: bytes at any address, times factors that were
/// folded in. Whoever packs weights reads them piece by piece, so that no second whole copy is ever in memory.
/// Copies share the bytes and the factors. May be read by any number of threads.
class Weights {
 public:
  /// Smaller constants are Tensors: copying those costs nothing worth saving.
  static constexpr std::size_t kLeastBytes = std::size_t{64} << 10;

  Weights() = default;
  /// Of a model: `bytes` need no alignment; `owner` keeps them alive. `file` (may be null) is what they are mapped from: its
  /// pages are given back as soon as they were read.
  Weights(Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const base::MappedFile* file);
  /// The elements of a float32 tensor.
  explicit Weights(const Tensor& tensor);

  /// Factors that were folded in, by channel.
  struct Scaling {
    ChannelRuns runs;
    std::vector<double> factors;
  };

  bool defined() const noexcept { return owner_ != nullptr; }
  /// Whether the bytes are the model's, so that they are the same ones for every lowering of it.
  bool in_model() const noexcept { return in_model_; }
  /// The bytes without the factors, and those, in the order in which they are applied.
  std::span<const std::byte> source() const noexcept { return bytes_; }
  std::size_t scalings() const noexcept { return scalings_.size(); }
  const Scaling& scaling(std::size_t i) const noexcept { return *scalings_[i]; }
  const Shape& shape() const noexcept { return shape_; }
  std::size_t element_count() const noexcept { return bytes_.size() / sizeof(float); }
  std::size_t size_bytes() const noexcept { return bytes_.size(); }
  /// The elements as they lie in memory; empty when there are factors.
  std::span<const std::byte> bytes() const noexcept;

  /// The same elements under another shape of equal count.
  Weights reshaped(Shape shape) const;
  /// Every element times the factor of its channel, computed in double and rounded once.
  Weights scaled(const ChannelRuns& runs, std::vector<double> factors) const;

  /// Writes elements [first, first + count).
  void read(std::int64_t first, std::int64_t count, float* to) const noexcept;
  /// The elements from `first` on where they lie; null unless they lie whole. Who has read them there calls `release`, so that
  /// their pages do not stay in memory.
  const float* in_place(std::int64_t first) const noexcept;
  void release(std::int64_t first, std::int64_t count) const noexcept;
  /// Aligned and without factors.
  bool lies_whole() const noexcept;
  /// All of them: borrowed where they lie whole, else a copy that nobody else shares.
  Tensor whole() const;

 private:
  std::span<const std::byte> bytes_of(std::int64_t first, std::int64_t count) const noexcept {
    return bytes_.subspan(static_cast<std::size_t>(first) * sizeof(float), static_cast<std::size_t>(count) * sizeof(float));
  }

  Shape shape_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  const base::MappedFile* file_ = nullptr;
  bool in_model_ = true;
  std::vector<std::shared_ptr<const Scaling>> scalings_;  ///< In the order in which they were folded.
};

}  // namespace dnntune::graph
