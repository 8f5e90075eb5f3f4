// SPDX-License-Identifier: Apache-2.0
// Packed weights: a plan for other input shapes, or another session of the same pool, takes the forms that are there. Or their
// sizes alone, for who wants to know what a session would hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/backend.h"
#include "base/aligned.h"

namespace dnntune::backends {

/// Names a packed form: what it is, the elements it was made of, and all else that decides its bytes. Parts are added
/// in an order that depends on nothing but `what` and the parts before.
class FormKey {
 public:
  /// Keys that are equal must name forms of one C++ type.
  explicit FormKey(std::string_view what) : text_(what) { text_.push_back('\0'); }

  FormKey& add(std::int64_t number);
  FormKey& add(DataType type) { return add(static_cast<std::int64_t>(type)); }
  FormKey& add(float number);
  FormKey& add(const std::vector<std::int64_t>& numbers);
  /// A constant operand with its type and shape, or that it is absent or not constant. Weights that lie in the model's
  /// bytes go by their place there and what was folded into them, and are not read; all others, which each lowering
  /// may make anew, go by their contents.
  FormKey& add(const TensorSpec& operand);
  FormKey& add(const graph::Weights& weights);
  /// By their 128-bit hash: two that are equal by chance are nothing to reckon with.
  FormKey& add_contents(std::span<const std::byte> bytes);

  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

inline std::size_t form_bytes(const base::AlignedBuffer& form) noexcept { return form.size(); }
inline std::size_t form_bytes(const Tensor& form) noexcept { return form.size_bytes(); }
template <typename Form>
std::size_t form_bytes(const Form& form) noexcept {
  return form.bytes();
}

/// Whether forms are to be computed with, or only to be counted.
enum class Forms : int { packed, sizes };

/// Keeps no form alive: one that no layer uses any more is gone. Forms are named by where their weights lie, so a layer must
/// keep its graph for as long as it keeps a form of it. Any thread; who packs has the store for himself.
class WeightStore {
 public:
  /// With `sizes`, forms have their memory, but nothing is read and nothing is written there: pages that nobody touches are
  /// not in memory. Layers prepared so must not run.
  explicit WeightStore(Forms forms = Forms::packed) noexcept : kind_(forms) {}
  Forms kind() const noexcept { return kind_; }

  /// The form of that key or, where nobody has it, `make()`, a Form with memory for all of it, after `fill(Form&)` has
  /// written the elements.
  template <typename Form, typename Make, typename Fill>
  std::shared_ptr<const Form> get(const FormKey& key, Make make, Fill fill) {
    const std::lock_guard lock(mutex_);
    Entry& entry = forms_[key.text()];
    if (std::shared_ptr<const void> found = entry.form.lock()) return std::static_pointer_cast<const Form>(std::move(found));
    auto made = std::make_shared<Form>(make());
    if (kind_ == Forms::packed) fill(*made);
    entry = {made, static_cast<std::int64_t>(form_bytes(*made))};
    if (entry.bytes > 0) ++packings_;
    return made;
  }

  /// All elements, as Weights::whole has them; a copy is a form.
  Tensor whole(const graph::Weights& weights);
  /// Large arrays that folding made become those of plans that have equal ones. They are no weights in a form of the
  /// backend's, and do not count here.
  void share_constants(graph::Ir& lowered);

  /// Of the forms in use, each counted once.
  std::int64_t bytes() const noexcept;
  /// How many forms have been made, ever.
  std::int64_t packings() const noexcept;
  /// Forgets the keys of forms that are gone. To be called when layers went.
  void forget_unused();

 private:
  Forms kind_;
  struct Entry {
    std::weak_ptr<const void> form;
    std::int64_t bytes = 0;
  };
  mutable std::mutex mutex_;  ///< Over both below.
  std::unordered_map<std::string, Entry> forms_;
  std::int64_t packings_ = 0;
};

/// The form from the layer's store (see WeightStore::get); without a store the layer has one of its own.
template <typename Form, typename Make, typename Fill>
std::shared_ptr<const Form> shared_form(const LayerSpec& layer, const FormKey& key, Make make, Fill fill) {
  if (layer.store != nullptr) return layer.store->get<Form>(key, make, fill);
  auto made = std::make_shared<Form>(make());
  fill(*made);
  return made;
}

/// Of elements that are there anyway.
inline constexpr auto kFilledAlready = [](auto&) {};

}  // namespace dnntune::backends
