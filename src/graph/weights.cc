// SPDX-License-Identifier: Apache-2.0
#include "graph/weights.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

/// Elements [begin, end), those at `from`, which need no alignment, times their factors.
void scale(const Weights::Scaling& scaling, const std::byte* from, std::size_t begin, std::size_t end, float* to) noexcept {
  const std::size_t length = scaling.runs.length;
  for (std::size_t i = begin; i < end;) {
    const std::size_t run = i / length;
    const double factor = scaling.factors[scaling.runs.channel(run)];
    for (const std::size_t stop = std::min(end, (run + 1) * length); i < stop; ++i) {
      float x;
      std::memcpy(&x, from + (i - begin) * sizeof(float), sizeof x);
      to[i - begin] = static_cast<float>(static_cast<double>(x) * factor);
    }
  }
}

}  // namespace

Weights::Weights(Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const base::MappedFile* file)
    : shape_(std::move(shape)), bytes_(bytes), owner_(std::move(owner)), file_(file) {
  if (static_cast<std::size_t>(base::element_count(shape_, "weights")) != element_count() || owner_ == nullptr)
    throw Error(ErrorCode::internal, fmt::format("weights {} over {} bytes", to_string(shape_), bytes_.size()));
}

Weights::Weights(const Tensor& tensor)
    : Weights(tensor.shape(), {static_cast<const std::byte*>(tensor.data()), tensor.size_bytes()}, std::make_shared<const Tensor>(tensor), nullptr) {
  in_model_ = false;
}

std::span<const std::byte> Weights::bytes() const noexcept { return scalings_.empty() ? bytes_ : std::span<const std::byte>(); }

Weights Weights::reshaped(Shape shape) const {
  Weights result = *this;
  if (static_cast<std::size_t>(base::element_count(shape, "weights")) != element_count())
    throw Error(ErrorCode::internal, fmt::format("weights {} cannot become {}", to_string(shape_), to_string(shape)));
  result.shape_ = std::move(shape);
  return result;
}

Weights Weights::scaled(const ChannelRuns& runs, std::vector<double> factors) const {
  Weights result = *this;
  result.scalings_.push_back(std::make_shared<const Scaling>(Scaling{runs, std::move(factors)}));
  return result;
}

void Weights::read(std::int64_t first, std::int64_t count, float* to) const noexcept {
  const std::span<const std::byte> from = bytes_of(first, count);
  const auto begin = static_cast<std::size_t>(first), end = begin + static_cast<std::size_t>(count);
  if (scalings_.empty()) std::memcpy(to, from.data(), from.size());
  const auto* source = from.data();
  for (const auto& scaling : scalings_) {
    scale(*scaling, source, begin, end, to);
    source = reinterpret_cast<const std::byte*>(to);
  }
  release(first, count);
}

const float* Weights::in_place(std::int64_t first) const noexcept {
  return lies_whole() ? reinterpret_cast<const float*>(bytes_.data()) + first : nullptr;
}

void Weights::release(std::int64_t first, std::int64_t count) const noexcept {
  if (file_ != nullptr) file_->release_pages(bytes_of(first, count));
}

bool Weights::lies_whole() const noexcept {
  return scalings_.empty() && reinterpret_cast<std::uintptr_t>(bytes_.data()) % alignof(float) == 0;
}

Tensor Weights::whole() const {
  if (lies_whole()) return Tensor::borrow(DataType::float32, shape_, bytes_.data(), owner_);
  Tensor result = Tensor::uninitialized(DataType::float32, shape_);
  read(0, static_cast<std::int64_t>(element_count()), result.as_mutable<float>().data());
  return result;
}

}  // namespace dnntune::graph
