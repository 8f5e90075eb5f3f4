// SPDX-License-Identifier: Apache-2.0
// What a rule of shape inference sees of its node, and the rules themselves: one function a shape_rule
// of operators.inc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dnntune/error.h"
#include "graph/ir.h"

namespace dnntune::graph::infer {

/// Limits on any value of a model. Beyond them a model is damaged or hostile.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
inline constexpr std::size_t kMaxRank = 32;

/// Throws limit_exceeded naming `what`.
void check_limits(const Shape& shape, std::string_view what);

/// A node under inference. Types are `undefined` and shapes null while they are not known.
class Context {
 public:
  Context(Ir& ir, const Node& node) : ir_(ir), node_(node) {}

  const Node& node() const noexcept { return node_; }
  Op op() const noexcept { return node_.op; }
  const Attributes& attributes() const noexcept { return node_.attributes; }

  std::size_t input_count() const noexcept { return node_.inputs.size(); }
  std::size_t output_count() const noexcept { return node_.outputs.size(); }
  bool has_input(std::size_t i) const noexcept { return i < node_.inputs.size() && node_.inputs[i] != kAbsent; }
  bool has_output(std::size_t i) const noexcept { return i < node_.outputs.size() && node_.outputs[i] != kAbsent; }
  const Value& input(std::size_t i) const { return ir_.value(node_.inputs[i]); }
  DataType type(std::size_t i) const noexcept { return has_input(i) ? input(i).type : DataType::undefined; }
  /// Null for an absent input and for an unknown rank.
  const Shape* shape(std::size_t i) const noexcept { return has_input(i) && input(i).shape ? &*input(i).shape : nullptr; }

  /// The same as a copy; unset where `shape` is null.
  std::optional<Shape> known_shape(std::size_t i) const { return shape(i) != nullptr ? std::optional<Shape>(*shape(i)) : std::nullopt; }

  /// Contents of a constant input of int32 or int64; unset when absent or not constant. Fails on other
  /// types and on absurd counts.
  std::optional<std::vector<std::int64_t>> integers(std::size_t i) const;
  /// The same for a constant float32 input.
  std::optional<std::vector<float>> floats(std::size_t i) const;

  /// Writes the type and shape of an output; an absent one is ignored. Checks the limits.
  void output(std::size_t i, DataType type, std::optional<Shape> shape = std::nullopt);

  /// `axis` counted from the front; fails unless it is in [-rank, rank).
  std::size_t axis(std::int64_t axis, std::size_t rank) const;
  /// Fails unless input `i` is absent, unknown or of this rank.
  void require_rank(std::size_t i, std::size_t rank) const;
  /// Fails when both are known and differ.
  void require_equal(std::int64_t a, std::int64_t b, std::string_view rule) const;

  /// "node 'conv1' (Conv) with inputs 'x' float32[1,3,8,8], 'w' float32[4,3,3,3]".
  std::string describe() const;
  [[noreturn]] void fail(const std::string& rule) const;

 private:
  Ir& ir_;
  const Node& node_;
};

/// Fails when input types contradict the operator's signature.
void check_types(const Context& context);

/// Result of broadcasting a with b as NumPy does; unset when they do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);
/// Whether `from` broadcasts to `to` without changing it. True while a dimension is unknown.
bool broadcasts_to(const Shape& from, const Shape& to);

#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, rule, ...) void infer_##rule(Context& context);
#include "graph/operators.inc"
#undef DNNTUNE_OP

}  // namespace dnntune::graph::infer
