// SPDX-License-Identifier: Apache-2.0
#include "runtime/inputs.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/half.h"
#include "dnntune/error.h"
#include "dnntune/session.h"
#include "graph/graph_impl.h"

namespace dnntune {
namespace runtime {
namespace {

/// Shapes, axes and limits are short lists; anything longer is data.
constexpr std::int64_t kMaxPlanElements = 64;

bool is_short_list(const graph::Value& value) {
  if (!value.shape) return true;
  if (value.shape->size() > 1) return false;
  return value.shape->empty() || value.shape->front() <= kMaxPlanElements;
}

const TensorInfo* find_input(const Graph& graph, const std::string& name) {
  for (const TensorInfo& info : graph.inputs())
    if (info.name == name) return &info;
  return nullptr;
}

std::string input_names(const Graph& graph) {
  std::string names;
  for (const TensorInfo& info : graph.inputs()) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", info.name);
  return names.empty() ? "none" : names;
}

[[noreturn]] void throw_unknown(const Graph& graph, const std::string& name) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("the graph '{}' has no input '{}'; its inputs are {}", graph.name(), name, input_names(graph)));
}

/// The shape the model states, -1 for an open dimension; nothing when it does not even state a rank.
/// (TensorInfo has the default shape.)
const std::optional<Shape>& stated_shape(const Graph& graph, const TensorInfo& info) {
  const graph::GraphImpl& impl = graph.impl();
  return impl.source.value(impl.source_ids.at(info.name)).shape;
}

}  // namespace

void check_input_shape(const Graph& graph, const std::string& name, const Shape& shape) {
  const TensorInfo* info = find_input(graph, name);
  if (info == nullptr) throw_unknown(graph, name);
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t dim) { return dim < 0; }))
    throw Error(ErrorCode::invalid_argument, fmt::format("input '{}': shape {} has an open dimension", name, to_string(shape)));
  const std::optional<Shape>& stated = stated_shape(graph, *info);
  if (!stated) return;
  // LoadOptions::input_shapes may have put another size in a stated one's place.
  bool fits = shape.size() == stated->size();
  for (std::size_t d = 0; fits && d < shape.size(); ++d)
    fits = (*stated)[d] < 0 || (*stated)[d] == shape[d] || info->shape.at(d) == shape[d];
  if (!fits)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("input '{}' has shape {}, the graph wants {}", name, to_string(shape), to_string(*stated)));
}

void check_inputs(const Graph& graph, const Tensors& inputs) {
  for (const TensorInfo& info : graph.inputs()) {
    const auto it = inputs.find(info.name);
    if (it == inputs.end() || !it->second.defined())
      throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' ({} {}) is missing", info.name, to_string(info.type), to_string(info.shape)));
    if (it->second.type() != info.type)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("input '{}' is {}, the graph wants {}", info.name, to_string(it->second.type()), to_string(info.type)));
    check_input_shape(graph, info.name, it->second.shape());
  }
  if (inputs.size() == graph.inputs().size()) return;
  for (const auto& [name, tensor] : inputs)
    if (find_input(graph, name) == nullptr) throw_unknown(graph, name);
}

PlanInputs plan_inputs(const graph::Ir& lowered) {
  PlanInputs result;
  std::vector<int> producer(lowered.values.size(), -1);
  for (std::size_t n = 0; n < lowered.nodes.size(); ++n)
    for (const graph::ValueId id : lowered.nodes[n].outputs)
      if (id != graph::kAbsent) producer[static_cast<std::size_t>(id)] = static_cast<int>(n);

  std::set<graph::ValueId> reached;
  // Adds the inputs that a plan operand is computed from, if contents of those are all it takes; Shape and Size
  // need no contents. False when it takes more.
  const auto walk = [&](graph::ValueId start) {
    std::set<graph::ValueId> seen;
    std::vector<graph::ValueId> open = {start};
    while (!open.empty()) {
      const graph::ValueId id = open.back();
      open.pop_back();
      const graph::Value& value = lowered.value(id);
      if (value.is_constant() || !seen.insert(id).second) continue;
      const int from = producer[static_cast<std::size_t>(id)];
      if (from < 0) {
        if (!is_short_list(value)) return false;
        continue;
      }
      const graph::Node& node = lowered.nodes[static_cast<std::size_t>(from)];
      if (graph::runs_apart(node.op)) return false;
      if (node.op == graph::Op::Shape || node.op == graph::Op::Size) continue;
      for (const graph::ValueId input : node.inputs)
        if (input != graph::kAbsent) open.push_back(input);
    }
    reached.merge(seen);
    return true;
  };
  for (const graph::Node& node : lowered.nodes) {
    const graph::OpInfo* info = graph::find_operator(node.op);
    if (info == nullptr) continue;
    if (graph::runs_apart(node.op)) {
      result.in_stages = true;
      continue;
    }
    for (std::size_t i = 0; i < node.inputs.size() && i < 32; ++i)
      if ((info->plan_operands >> i & 1u) != 0 && node.inputs[i] != graph::kAbsent && !walk(node.inputs[i])) result.in_stages = true;
  }
  for (const graph::ValueId id : lowered.inputs)
    if (reached.count(id) > 0) result.names.push_back(lowered.value(id).name);
  return result;
}

bool same_contents(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.shape() == b.shape() && (a.size_bytes() == 0 || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

namespace {

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// Uniform in [-1, 1), exact in float.
  float uniform() { return static_cast<float>(next() >> 40) / 8388608.0f - 1.0f; }

 private:
  std::uint64_t state_;
};

template <typename T, typename Make>
void fill(Tensor& tensor, Make&& make) {
  auto* data = static_cast<T*>(tensor.mutable_data());
  for (std::size_t i = 0; i < tensor.element_count(); ++i) data[i] = make();
}

}  // namespace

Tensors random_tensors(const Graph& graph, const std::map<std::string, Shape>& shapes, std::uint64_t seed) {
  return random_tensors(graph.impl().lowered.ir, shapes, seed);
}

Tensors random_tensors(const graph::Ir& lowered, const std::map<std::string, Shape>& shapes, std::uint64_t seed) {
  Tensors inputs;
  SplitMix64 random(seed);
  for (const graph::ValueId id : lowered.inputs) {
    const graph::Value& value = lowered.value(id);
    const auto given = shapes.find(value.name);
    if (given == shapes.end() && !value.is_static())
      throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' has no default shape", value.name));
    Tensor tensor(value.type, given == shapes.end() ? *value.shape : given->second);
    switch (value.type) {
      case DataType::float32: fill<float>(tensor, [&] { return random.uniform(); }); break;
      case DataType::float64: fill<double>(tensor, [&] { return static_cast<double>(random.uniform()); }); break;
      case DataType::float16: fill<std::uint16_t>(tensor, [&] { return base::float_to_float16(random.uniform()); }); break;
      case DataType::bfloat16: fill<std::uint16_t>(tensor, [&] { return base::float_to_bfloat16(random.uniform()); }); break;
      default: break;
    }
    inputs[value.name] = std::move(tensor);
  }
  return inputs;
}

}  // namespace runtime

Tensors random_inputs(const Graph& graph, std::uint64_t seed) { return runtime::random_tensors(graph, {}, seed); }

}  // namespace dnntune
