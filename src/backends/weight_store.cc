// SPDX-License-Identifier: Apache-2.0
#include "backends/weight_store.h"

#include <bit>

#include <xxhash.h>

namespace dnntune::backends {
namespace {

enum class Source : std::int64_t { absent, unknown, contents, place };

}  // namespace

FormKey& FormKey::add(std::int64_t number) {
  text_.append(reinterpret_cast<const char*>(&number), sizeof number);
  return *this;
}

FormKey& FormKey::add(float number) { return add(static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(number))); }

FormKey& FormKey::add(const std::vector<std::int64_t>& numbers) {
  add(static_cast<std::int64_t>(numbers.size()));
  for (const std::int64_t number : numbers) add(number);
  return *this;
}

FormKey& FormKey::add_contents(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  add(static_cast<std::int64_t>(bytes.size()));
  add(static_cast<std::int64_t>(hash.high64));
  return add(static_cast<std::int64_t>(hash.low64));
}

FormKey& FormKey::add(const graph::Weights& weights) {
  const std::span<const std::byte> source = weights.source();
  add(static_cast<std::int64_t>(weights.in_model() ? Source::place : Source::contents));
  if (weights.in_model()) {
    add(static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(source.data())));
    add(static_cast<std::int64_t>(source.size()));
  } else {
    add_contents(source);
  }
  add(static_cast<std::int64_t>(weights.scalings()));
  for (std::size_t i = 0; i < weights.scalings(); ++i) {
    const graph::Weights::Scaling& scaling = weights.scaling(i);
    for (const std::size_t number : {scaling.runs.length, scaling.runs.outputs, scaling.runs.repeats}) add(static_cast<std::int64_t>(number));
    add_contents(std::as_bytes(std::span(scaling.factors)));
  }
  return *this;
}

FormKey& FormKey::add(const TensorSpec& operand) {
  add(operand.type).add(operand.shape);
  if (operand.weights.defined()) return add(operand.weights);
  add(static_cast<std::int64_t>(operand.constant.defined() ? Source::contents : operand.present() ? Source::unknown : Source::absent));
  if (operand.constant.defined()) add_contents({static_cast<const std::byte*>(operand.constant.data()), operand.constant.size_bytes()});
  return *this;
}

Tensor WeightStore::whole(const graph::Weights& weights) {
  if (weights.lies_whole()) return weights.whole();
  FormKey key("whole");
  key.add(weights.shape()).add(weights);
  const std::shared_ptr<const Tensor> form = get<Tensor>(
      key, [&] { return Tensor::uninitialized(DataType::float32, weights.shape()); },
      [&](Tensor& to) { weights.read(0, static_cast<std::int64_t>(weights.element_count()), to.as_mutable<float>().data()); });
  return Tensor::borrow(form->type(), form->shape(), form->data(), form);
}

void WeightStore::share_constants(graph::Ir& lowered) {
  struct Constant {
    Tensor tensor;
    std::size_t bytes() const noexcept { return 0; }
  };
  for (graph::Value& value : lowered.values) {
    Tensor& constant = value.constant;
    if (!constant.defined() || constant.size_bytes() < graph::Weights::kLeastBytes) continue;
    FormKey key("constant");
    key.add(TensorSpec{constant.type(), constant.shape(), constant});
    const std::shared_ptr<const Constant> shared = get<Constant>(key, [&] { return Constant{constant}; }, kFilledAlready);
    constant = Tensor::borrow(constant.type(), constant.shape(), shared->tensor.data(), shared);
  }
}

std::int64_t WeightStore::bytes() const noexcept {
  const std::lock_guard lock(mutex_);
  std::int64_t sum = 0;
  for (const auto& [key, entry] : forms_)
    if (!entry.form.expired()) sum += entry.bytes;
  return sum;
}

std::int64_t WeightStore::packings() const noexcept {
  const std::lock_guard lock(mutex_);
  return packings_;
}

void WeightStore::forget_unused() {
  const std::lock_guard lock(mutex_);
  std::erase_if(forms_, [](const auto& form) { return form.second.form.expired(); });
}

}  // namespace dnntune::backends
