// SPDX-License-Identifier: Apache-2.0
// The cheapest placement on a line of stops by eliminating one layer after another (Bertele and Brioschi, "Nonserial Dynamic
// Programming", 1972): a layer that touches few others is replaced by a table of what its best stop costs for each of theirs.
// Linear in layers where branches join again, as those of networks do; the order is worked out once and serves any costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plan/line_cut.h"

namespace dnntune::plan {

/// What of a LineProblem does not change with its costs.
struct LineShape {
  int stops = 2;
  int layer_count = 0;
  std::span<const LineValue> values;
  std::vector<bool> may_return;
};

/// Immutable: several threads may solve at once.
class Elimination {
 public:
  /// No value where a table would grow too large: where many branches run side by side for long.
  static std::optional<Elimination> of(const LineShape& shape);

  /// The same answer as cheapest(problem), of a problem of this shape.
  std::optional<LinePlacement> solve(const LineProblem& problem) const;

  static constexpr int kMostWidth = 11;  ///< Neighbours of one variable: 2^12 entries at two stops.
  static constexpr std::int64_t kNever = std::int64_t{1} << 60;  ///< Of what is impossible, in tables; above every sum of costs.

 private:
  friend class Ordering;
  using Costs = std::vector<std::int64_t>;

  /// Of a value with several readers: the farthest stop that reads it is a variable of its own, and so is the nearest when
  /// layers may return. Tables are indexed by the maker's stop, then the reader's or the variable's.
  struct Value {
    int farthest = -1, nearest = -1;
    std::uint32_t outward = 0, homeward = 0;  ///< Tables; of a value that a layer makes.
  };
  /// A table that `variable` appears in, with how far one stop of each variable leads in it.
  struct Input {
    std::uint32_t table = 0, strides = 0;  ///< `strides`: into strides_; of the variable, then of its step's neighbours.
  };
  struct Step {
    int variable = 0;
    std::uint32_t inputs = 0, neighbours = 0;  ///< The first of each; up to those of the next step.
    std::uint32_t message = 0;                 ///< The table that replaces it.
  };

  Elimination() = default;
  void price(const LineProblem& problem, Costs& tables) const;
  std::int64_t eliminate(const LineProblem& problem, Costs& tables, int farthest) const;
  std::vector<int> trace(const Costs& tables, int farthest) const;
  std::uint32_t unary(int variable) const noexcept { return first_unary_ + static_cast<std::uint32_t>(variable * stops_); }

  int stops_ = 2, layer_count_ = 0, variables_ = 0;
  std::uint32_t first_unary_ = 0, size_ = 0;
  std::size_t widest_ = 1;         ///< Entries of the largest table with its variable.
  std::uint32_t shared_order_ = 0;  ///< Table [a][b]: impossible where a > b.
  std::uint32_t shared_never_ = 0;  ///< Table [maker][reader]: impossible where a hop forbids the way back.
  std::vector<std::int64_t> shared_;
  std::vector<Value> values_;
  std::vector<Step> steps_;        ///< And one more, which ends the last.
  std::vector<Input> inputs_;
  std::vector<int> neighbours_;
  std::vector<std::uint32_t> strides_;
};

}  // namespace dnntune::plan
