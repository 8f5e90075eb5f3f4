// SPDX-License-Identifier: Apache-2.0
#include "graph/independent_rows.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "graph/open_shapes.h"

namespace dnntune::graph {
namespace {

/// What a value has to do with the batch.
enum class Kind {
  other,  ///< Not known.
  same,   ///< The same for every batch.
  size,   ///< Follows from the number of rows alone, as a shape does.
  rows,   ///< Its first dimension is the batch, and each row follows from that row of the inputs.
};

class Rows {
 public:
  explicit Rows(const GraphImpl& graph)
      : graph_(graph), ir_(graph.source), shapes_(infer_open_shapes(graph.source, graph.lowered)), kinds_(graph.source.values.size(), Kind::other) {}

  std::string why_not() {
    for (std::size_t i = 0; i < kinds_.size(); ++i)
      if (ir_.values[i].is_constant()) kinds_[i] = Kind::same;
    for (const ValueId id : ir_.inputs) {
      if (!starts_open(id)) return fmt::format("input '{}' has no open first dimension", ir_.value(id).name);
      kinds_[at(id)] = Kind::rows;
    }
    for (const Node& node : ir_.nodes) {
      const Kind kind = kind_of(node);
      if (kind == Kind::other) return fmt::format("node '{}' ({}) may mix rows", node.name, node.op_type);
      for (const ValueId id : node.outputs) {
        if (id == kAbsent) continue;
        if (kind == Kind::rows && !starts_open(id)) return fmt::format("value '{}' of node '{}' has no open first dimension", ir_.value(id).name, node.name);
        kinds_[at(id)] = kind;
      }
    }
    for (const ValueId id : ir_.outputs)
      if (kinds_[at(id)] != Kind::rows) return fmt::format("output '{}' has no rows of the inputs", ir_.value(id).name);
    return "";
  }

 private:
  static std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }
  Kind kind(const Node& node, std::size_t i) const { return has(node, i) ? kinds_[at(node.inputs[i])] : Kind::same; }
  static bool has(const Node& node, std::size_t i) { return i < node.inputs.size() && node.inputs[i] != kAbsent; }

  const std::optional<Shape>& shape(ValueId id) const {
    return ir_.value(id).is_constant() || ir_.value(id).is_static() ? ir_.value(id).shape : shapes_[at(id)].shape;
  }
  /// -1 when it is not known.
  int rank(ValueId id) const { return shape(id) ? static_cast<int>(shape(id)->size()) : -1; }
  int rank_of(const Node& node, std::size_t i) const { return has(node, i) ? rank(node.inputs[i]) : -1; }
  bool starts_open(ValueId id) const { return rank(id) >= 1 && shape(id)->front() < 0; }

  /// Elements of one row; nothing when not all dimensions behind the first are known.
  std::optional<std::int64_t> row_elements(ValueId id) const {
    if (!starts_open(id)) return std::nullopt;
    std::int64_t count = 1;
    for (std::size_t i = 1; i < shape(id)->size(); ++i)
      if ((*shape(id))[i] < 0 || __builtin_mul_overflow(count, (*shape(id))[i], &count)) return std::nullopt;
    return count;
  }

  /// Of a value that is the same for every batch; nothing when it was not computed beforehand.
  std::optional<std::vector<std::int64_t>> integers(ValueId id) const {
    if (kinds_[at(id)] != Kind::same) return std::nullopt;
    Tensor constant = ir_.value(id).whole_constant();
    if (!constant.defined())
      if (const auto folded = graph_.lowered.folded.find(ir_.value(id).name); folded != graph_.lowered.folded.end()) constant = folded->second.whole_constant();
    if (constant.type() != DataType::int64) return std::nullopt;
    const auto values = constant.as<std::int64_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
  }

  /// All inputs from number `first` on that are there are the same for every batch.
  bool rest_is_same(const Node& node, std::size_t first) const {
    for (std::size_t i = first; i < node.inputs.size(); ++i)
      if (kind(node, i) != Kind::same) return false;
    return true;
  }
  bool rows_and_same(const Node& node) const { return kind(node, 0) == Kind::rows && rest_is_same(node, 1); }
  static bool one_output(const Node& node) {
    return std::all_of(node.outputs.begin() + 1, node.outputs.end(), [](ValueId id) { return id == kAbsent; });
  }

  /// The attribute names an axis of input 0 that is not the first.
  bool beyond_first(const Node& node, std::int64_t fallback, const char* name = "axis") const {
    const int rank = rank_of(node, 0);
    const std::int64_t axis = node.attributes.integer(name, fallback);
    return rank >= 2 && (axis < 0 ? axis + rank : axis) >= 1 && axis < rank;
  }
  /// The axes, a constant input, are given and none of them is the first of input 0.
  bool all_beyond_first(const Node& node, std::size_t input) const {
    const int rank = rank_of(node, 0);
    const auto axes = has(node, input) ? integers(node.inputs[input]) : std::nullopt;
    return axes && !axes->empty() && std::all_of(axes->begin(), axes->end(), [&](std::int64_t axis) { return axis < rank && (axis < 0 ? axis + rank : axis) >= 1; });
  }

  Kind kind_of(const Node& node) const {
    if (node.op == Op::Unknown || !node.unsupported.empty() || !node.subgraphs.empty() || node.outputs.empty()) return Kind::other;
    if (std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id != kAbsent && kinds_[at(id)] == Kind::other; })) return Kind::other;
    if (rest_is_same(node, 0)) return Kind::same;
    const bool no_rows = std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id != kAbsent && kinds_[at(id)] == Kind::rows; });
    if (no_rows || node.op == Op::Shape || node.op == Op::Size) return Kind::size;
    return keeps_rows(node) ? Kind::rows : Kind::other;
  }

  bool keeps_rows(const Node& node) const {
    switch (node.op) {
      case Op::Identity: return true;
      case Op::Dropout: return node.inputs.size() < 3 && rows_and_same(node) && one_output(node);  // the third lets it draw lots
      case Op::Conv:
      case Op::ConvTranspose:
      case Op::MaxPool:  // its second output counts elements of the whole batch
      case Op::AveragePool:
      case Op::LpPool:
      case Op::GlobalAveragePool:
      case Op::GlobalMaxPool:
      case Op::GlobalLpPool:
      case Op::InstanceNormalization:
      case Op::LRN:
      case Op::DepthToSpace:
      case Op::SpaceToDepth:
      case Op::ConvInteger:
      case Op::QLinearConv: return rank_of(node, 0) >= 3 && rows_and_same(node) && one_output(node);
      case Op::BatchNormalization: return rank_of(node, 0) >= 2 && node.attributes.integer("training_mode", 0) == 0 && rows_and_same(node) && one_output(node);
      case Op::Clip: return rows_and_same(node);
      case Op::QuantizeLinear:
      case Op::DequantizeLinear: return rows_and_same(node) && (rank_of(node, 1) == 0 || beyond_first(node, 1));
      case Op::LayerNormalization: return rows_and_same(node) && one_output(node) && beyond_first(node, -1);
      case Op::MatMul: return matmul_keeps(node);
      case Op::Gemm: return gemm_keeps(node);
      case Op::Softmax:
      case Op::LogSoftmax:
      case Op::Hardmax: return beyond_first(node, -1);
      case Op::ArgMax:
      case Op::ArgMin: return beyond_first(node, 0);
      case Op::TopK: return rows_and_same(node) && beyond_first(node, -1);
      case Op::ReduceMean:
      case Op::ReduceSum:
      case Op::ReduceMax:
      case Op::ReduceMin:
      case Op::ReduceProd:
      case Op::ReduceL1:
      case Op::ReduceL2:
      case Op::ReduceLogSum:
      case Op::ReduceLogSumExp:
      case Op::ReduceSumSquare: return rows_and_same(node) && all_beyond_first(node, 1);
      case Op::Reshape:
      case Op::Flatten:
      case Op::Squeeze:
      case Op::Unsqueeze: return view_keeps(node);
      case Op::Transpose: {
        const std::vector<std::int64_t> order = node.attributes.integers("perm");
        return !order.empty() && order.front() == 0;
      }
      case Op::Concat: return beyond_first(node, 0) && all_rows(node);
      case Op::Split: return rows_and_same(node) && beyond_first(node, 0);
      case Op::Slice: return rows_and_same(node) && has(node, 3) && all_beyond_first(node, 3);
      case Op::Pad: return pad_keeps(node);
      case Op::Gather: return gather_keeps(node);
      default: return is_elementwise(node.op) && broadcast_keeps(node);
    }
  }

  static bool is_elementwise(Op op) {
    static constexpr std::string_view kFamilies[] = {"unary", "clip", "cast", "binary", "compare", "variadic", "where"};
    const OpInfo& info = *find_operator(op);
    return info.layout == Layout::elementwise && std::find(std::begin(kFamilies), std::end(kFamilies), info.kernel_family) != std::end(kFamilies);
  }

  bool all_rows(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id != kAbsent && kinds_[at(id)] == Kind::rows; });
  }

  /// A value that is the same for every batch is repeated along the first of `rank` dimensions.
  bool repeats_along_first(ValueId id, int rank) const {
    const auto& known = shape(id);
    return known && (static_cast<int>(known->size()) < rank || (static_cast<int>(known->size()) == rank && known->front() == 1));
  }

  /// Rows meet rows of the same number, and all else is repeated along them.
  bool broadcast_keeps(const Node& node) const {
    const int rank_out = rank(node.outputs[0]);
    return rank_out >= 1 && std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
      if (id == kAbsent) return true;
      if (kinds_[at(id)] == Kind::rows) return rank(id) == rank_out;
      return kinds_[at(id)] == Kind::same && repeats_along_first(id, rank_out);
    });
  }

  bool matmul_keeps(const Node& node) const {
    if (node.inputs.size() != 2) return false;
    const int left = rank_of(node, 0), right = rank_of(node, 1);
    if (kind(node, 0) == Kind::rows && kind(node, 1) == Kind::same) return left >= 2 && right >= 1 && right <= 2;
    return all_rows(node) && left >= 3 && left == right;
  }

  bool gemm_keeps(const Node& node) const {
    return rows_and_same(node) && node.attributes.integer("transA", 0) == 0 && (!has(node, 2) || repeats_along_first(node.inputs[2], 2));
  }

  /// Elements keep their order, so rows of the same number of elements are the same rows. What shape is asked for may follow from the number of rows.
  bool view_keeps(const Node& node) const {
    if (kind(node, 0) != Kind::rows || kind(node, 1) == Kind::rows) return false;
    const auto before = row_elements(node.inputs[0]), after = row_elements(node.outputs[0]);
    return before && after && *before > 0 && *before == *after;
  }

  bool pad_keeps(const Node& node) const {
    if (!rows_and_same(node) || has(node, 3)) return false;
    const auto pads = integers(node.inputs[1]);
    return pads && pads->size() >= 4 && pads->front() == 0 && (*pads)[pads->size() / 2] == 0;
  }

  bool gather_keeps(const Node& node) const {
    if (kind(node, 0) == Kind::rows) return kind(node, 1) == Kind::same && beyond_first(node, 0);
    return kind(node, 0) == Kind::same && kind(node, 1) == Kind::rows && node.attributes.integer("axis", 0) == 0;
  }

  const GraphImpl& graph_;
  const Ir& ir_;
  const std::vector<InferredType> shapes_;  ///< With the batch open.
  std::vector<Kind> kinds_;
};

}  // namespace

std::string why_rows_depend(const GraphImpl& graph) { return Rows(graph).why_not(); }

}  // namespace dnntune::graph
