// SPDX-License-Identifier: Apache-2.0
// The elements of a constant float32 operand, read piece by piece where it is large.
#pragma once

#include <cstdint>

#include "backends/backend.h"
#include "base/aligned.h"

namespace dnntune::backends::cpu::simd {

class ConstantFloats {
 public:
  /// `operand` must be float32 or absent, and must outlive this.
  explicit ConstantFloats(const TensorSpec& operand)
      : floats_(operand.constant.defined() ? operand.constant.as<float>().data() : nullptr),
        weights_(operand.weights.defined() ? &operand.weights : nullptr) {}
  /// What lies in memory anyway.
  explicit ConstantFloats(const float* floats) : floats_(floats) {}
  ~ConstantFloats() { release(); }
  ConstantFloats(const ConstantFloats&) = delete;
  ConstantFloats& operator=(const ConstantFloats&) = delete;

  /// Elements [first, first + count); they stay until the next call. Null when the operand is not constant.
  const float* read(std::int64_t first, std::int64_t count) {
    if (weights_ == nullptr) return floats_ == nullptr ? nullptr : floats_ + first;
    release();
    if (const float* const there = weights_->in_place(first)) {
      lent_ = {first, count};
      return there;
    }
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float);
    if (room_.size() < bytes) room_ = base::AlignedBuffer(bytes);
    weights_->read(first, count, room_.as<float>());
    return room_.as<float>();
  }
  const float* all() { return read(0, weights_ == nullptr ? 0 : static_cast<std::int64_t>(weights_->element_count())); }

 private:
  struct Piece {
    std::int64_t first = 0, count = 0;
  };
  void release() noexcept {
    if (lent_.count > 0) weights_->release(lent_.first, lent_.count);
    lent_ = {};
  }

  const float* floats_ = nullptr;
  const graph::Weights* weights_ = nullptr;
  Piece lent_;  ///< Read where it lies in the model.
  base::AlignedBuffer room_;
};

}  // namespace dnntune::backends::cpu::simd
