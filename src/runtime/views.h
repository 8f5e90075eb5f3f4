// SPDX-License-Identifier: Apache-2.0
// Parts of values without copies: what Concat joins is written where it belongs, and what Split and Slice cut out is
// read where it lies.
//
// A part of the channels of an image has its rows (pixels) at a pitch: that of the whole. So all layers that write or
// read it must be able to use one; parts along an outermost axis are dense, and any layer can. A value becomes part of
// one other at most: the first that wants it. A part of a part is fine, and so is a Concat whose first operands are
// all that an earlier one joined: the earlier one's result becomes its part (DenseNet).
//
// Graph inputs, constants and graph outputs have their own memory and are never parts of others. Which values are
// parts never shows in a result: copies are left out, that is all.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "runtime/layout.h"
#include "runtime/row_chain.h"

namespace dnntune::runtime {

/// Where the bytes of a value are: in those of `owner`, from element `offset` on, with `pitch` elements from one row
/// to the next (a row is the innermost dimension); 0: dense.
struct Location {
  int owner = -1;
  std::int64_t offset = 0;
  std::int64_t pitch = 0;
};

class Views {
 public:
  /// No value is part of another.
  explicit Views(const PhysicalGraph& graph);
  /// All parts that can be. `layers`: one a step; `chains`: those that will run as one.
  Views(const PhysicalGraph& graph, std::span<const backends::PreparedLayer* const> layers, std::span<const ChainedSteps> chains);

  /// Of any value of the graph.
  Location location(int value) const;
  /// Whether everything that `step` would copy lies in its place already.
  bool nothing_to_do(std::size_t step) const;

  /// Values that others are parts of, and that are no parts themselves.
  std::vector<int> wholes() const;
  /// Gives parts of `whole` memory of their own again, at least one: those without which its memory would not be in
  /// use at `step`, if it is before it is complete; else all.
  void drop(int whole, int step);

 private:
  struct Part {
    int whole = -1;
    std::int64_t offset = 0;  ///< Elements; with a pitch: within each row.
    std::int64_t pitch = 0;   ///< If the whole is dense: elements of its rows; 0: the part is dense too.
  };
  struct Reader {
    std::size_t step, operand;
  };
  struct Facts;

  Part& part(int value) { return parts_[static_cast<std::size_t>(value)]; }
  const Part& part(int value) const { return parts_[static_cast<std::size_t>(value)]; }
  void join(std::size_t step, const Facts& facts);
  void cut(std::size_t step, const Facts& facts);
  bool adopt(std::size_t step, std::size_t first, const Facts& facts);
  bool can_have_pitch(int value, const Facts& facts) const;
  int first_write(int value) const;

  const PhysicalGraph* graph_;
  std::vector<Part> parts_;  ///< By value; only owners of memory (PhysicalValue::storage_of) have one.
  std::vector<int> written_; ///< By value: the step, or the first of its chain; -1: none.
  std::vector<const backends::PartCopies*> copies_;  ///< By step; null for one that computes.
};

}  // namespace dnntune::runtime
