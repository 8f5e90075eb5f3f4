// SPDX-License-Identifier: Apache-2.0
// Shape arithmetic of which some dimensions are known and others are not.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "graph/ir.h"

namespace dnntune::graph::lowering {

/// Follows short lists of integers element by element through Shape, Gather, Concat, Slice and arithmetic: an
/// element counts as known where every run must compute it, whatever an open dimension turns out to be.
class PartialIntegers {
 public:
  /// To be called with each node in running order, after inference and folding. An output of which all is known
  /// becomes a constant of `ir`; dimensions of an output that a list decides are set where the list is known.
  /// Returns whether output 0 became a constant.
  bool see(Ir& ir, const Node& node);

 private:
  /// Elements. Those below kOpen are not known: kNowhere, or the index in origins_ counted up from there.
  using List = std::vector<std::int64_t>;
  static constexpr std::int64_t kNowhere = INT64_MIN, kOpen = INT64_MIN / 2;
  static constexpr bool is_open(std::int64_t element) { return element < kOpen; }
  /// An open dimension.
  struct Origin {
    ValueId value;
    std::size_t axis;
  };

  std::int64_t open_dimension(ValueId value, std::size_t axis);
  std::optional<List> list_of(const Ir& ir, const Node& node, std::size_t input) const;
  std::optional<List> compute(const Ir& ir, const Node& node);
  std::optional<List> arithmetic(const Ir& ir, const Node& node) const;
  std::optional<List> slice(const Ir& ir, const Node& node) const;
  void shape_output(Ir& ir, const Node& node) const;
  void find_free_dimension(const Ir& ir, const Node& node, const List& wanted, Shape& shape) const;

  std::unordered_map<ValueId, List> lists_;
  std::vector<Origin> origins_;
};

}  // namespace dnntune::graph::lowering
