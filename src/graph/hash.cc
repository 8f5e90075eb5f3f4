// SPDX-License-Identifier: Apache-2.0
#include "graph/hash.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <type_traits>

#include <fmt/format.h>
#include <xxhash.h>

#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

/// Feeds values to the hash, each behind its length, so that no two different sequences look alike.
class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), &XXH3_freeState) {
    if (state_ == nullptr || XXH3_128bits_reset(state_.get()) != XXH_OK)
      throw Error(ErrorCode::out_of_memory, "cannot allocate a hash state");
  }

  void bytes(const void* data, std::size_t size) {
    if (size > 0) XXH3_128bits_update(state_.get(), data, size);
  }
  void add(std::int64_t value) {
    // Little-endian whatever the machine, as the hash is written into files.
    std::uint8_t octets[8];
    for (int i = 0; i < 8; ++i) octets[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
    bytes(octets, sizeof octets);
  }
  void add(float value) { add(static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(value))); }
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes(text.data(), text.size());
  }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(const Tensor& tensor) {
    add(static_cast<std::int64_t>(tensor.type()));
    add(tensor.shape());
    bytes(tensor.data(), tensor.size_bytes());
  }
  /// As a tensor of the same elements.
  void add(const Weights& weights) {
    add(static_cast<std::int64_t>(DataType::float32));
    add(weights.shape());
    bytes(weights.bytes().data(), weights.bytes().size());
  }
  template <typename T>
  void add(const std::vector<T>& values) {
    add(static_cast<std::int64_t>(values.size()));
    for (const T& value : values) add(value);
  }

  std::string digits() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

std::string_view name_of(const Ir& ir, ValueId id) { return id == kAbsent ? std::string_view() : std::string_view(ir.value(id).name); }

void add_attributes(Hasher& hasher, const Node& node) {
  std::vector<const std::pair<std::string, AttributeValue>*> attributes;
  for (const auto& attribute : node.attributes.all()) attributes.push_back(&attribute);
  std::sort(attributes.begin(), attributes.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  hasher.add(static_cast<std::int64_t>(attributes.size()));
  for (const auto* attribute : attributes) {
    hasher.add(attribute->first);
    hasher.add(static_cast<std::int64_t>(attribute->second.index()));
    std::visit([&](const auto& value) { hasher.add(value); }, attribute->second);
  }
}

void add_node(Hasher& hasher, const Ir& ir, const Node& node) {
  hasher.add(node.op_type);
  hasher.add(node.domain == "ai.onnx" ? std::string_view() : std::string_view(node.domain));
  // An absent optional operand at the end may be written or left away.
  const auto add_names = [&](const std::vector<ValueId>& ids) {
    std::size_t count = ids.size();
    while (count > 0 && ids[count - 1] == kAbsent) --count;
    hasher.add(static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < count; ++i) hasher.add(name_of(ir, ids[i]));
  };
  add_names(node.inputs);
  add_names(node.outputs);
  add_attributes(hasher, node);
  // Of an operator that is not known, attributes may hold what the IR cannot. Sub-graphs are hashed as they are written.
  if (node.op != Op::Unknown && node.subgraphs.empty()) return;
  hasher.add(static_cast<std::int64_t>(node.raw.size()));
  hasher.bytes(node.raw.data(), node.raw.size());
}

/// Weights in use, by name.
std::vector<const Value*> used_weights(const Ir& ir) {
  std::vector<bool> used(ir.values.size(), false);
  for (const Node& node : ir.nodes)
    for (const ValueId id : node.inputs)
      if (id != kAbsent) used[static_cast<std::size_t>(id)] = true;
  for (const ValueId id : ir.outputs) used[static_cast<std::size_t>(id)] = true;
  std::vector<const Value*> weights;
  for (std::size_t i = 0; i < ir.values.size(); ++i)
    if (used[i] && ir.values[i].is_constant()) weights.push_back(&ir.values[i]);
  std::sort(weights.begin(), weights.end(), [](const Value* a, const Value* b) { return a->name < b->name; });
  return weights;
}

}  // namespace

std::string hash_graph(const Ir& ir) {
  Hasher hasher;
  hasher.add(std::string_view("dnntune.graph/1"));
  hasher.add(static_cast<std::int64_t>(ir.inputs.size()));
  for (const ValueId id : ir.inputs) {
    const Value& input = ir.value(id);
    hasher.add(input.name);
    hasher.add(static_cast<std::int64_t>(input.type));
    hasher.add(static_cast<std::int64_t>(input.shape.has_value()));
    if (!input.shape) continue;
    hasher.add(*input.shape);
    for (std::size_t i = 0; i < input.shape->size(); ++i)
      hasher.add(i < input.dim_names.size() ? std::string_view(input.dim_names[i]) : std::string_view());
  }
  hasher.add(static_cast<std::int64_t>(ir.outputs.size()));
  for (const ValueId id : ir.outputs) hasher.add(ir.value(id).name);
  hasher.add(static_cast<std::int64_t>(ir.nodes.size()));
  for (const Node& node : ir.nodes) add_node(hasher, ir, node);
  for (const Value* weight : used_weights(ir)) {
    hasher.add(weight->name);
    weight->weights.defined() ? hasher.add(weight->weights) : hasher.add(weight->constant);
  }
  return hasher.digits();
}

std::string hash_text(std::string_view text) {
  Hasher hasher;
  hasher.add(text);
  return hasher.digits();
}

std::string hash_work(const Ir& ir) {
  constexpr std::int64_t kSmall = 64;
  Hasher hasher;
  hasher.add(std::string_view("dnntune.work/1"));
  for (const Value& value : ir.values) {
    hasher.add(static_cast<std::int64_t>(value.type));
    hasher.add(value.shape.value_or(Shape{-1}));
    hasher.add(static_cast<std::int64_t>(value.is_constant()));
    const bool decides = value.constant.defined() && (value.type == DataType::int64 || value.type == DataType::int32);
    if (decides && value.constant.element_count() <= kSmall) hasher.add(value.constant);
  }
  for (const auto* ids : {&ir.inputs, &ir.outputs}) hasher.add(std::vector<std::int64_t>(ids->begin(), ids->end()));
  for (const Node& node : ir.nodes) {
    hasher.add(node.op_type);
    hasher.add(node.domain);
    for (const auto* ids : {&node.inputs, &node.outputs}) hasher.add(std::vector<std::int64_t>(ids->begin(), ids->end()));
    add_attributes(hasher, node);
    hasher.add(static_cast<std::int64_t>(node.activation.kind));
    hasher.add(node.activation.alpha);
    hasher.add(node.activation.beta);
  }
  return hasher.digits();
}

}  // namespace dnntune::graph
