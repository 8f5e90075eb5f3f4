// SPDX-License-Identifier: Apache-2.0
// If, Loop and Scan: their sub-graphs are networks of their own, run as often as contents demand.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dnntune/error.h"
#include "graph/ir.h"
#include "runtime/network.h"

namespace dnntune::runtime {

/// A sub-graph made ready. Captured constants are constants in it, so that it folds and packs them.
class Body {
 public:
  Body(const graph::Ir& around, const graph::Node& node, const graph::Subgraph& subgraph, Workshop& workshop);

  /// `own`: the sub-graph's own inputs; `operands`: all of the node.
  std::vector<Tensor> run(std::span<const Tensor> own, std::span<const Tensor> operands);
  std::size_t own_inputs() const noexcept { return own_inputs_; }
  std::size_t outputs() const noexcept { return network_.ir().outputs.size(); }
  /// What output `i` is where the body never ran: no elements along `axis` or where a dimension is not known.
  Tensor empty_output(std::size_t i, std::int64_t axis) const;
  std::int64_t own_weight_bytes() const { return network_.own_weight_bytes(); }

 private:
  std::size_t own_inputs_;
  std::vector<int> captures_;  ///< Operands of the node that follow the own inputs.
  Network network_;
};

class ControlFlow {
 public:
  /// `node` is one of the lowered graph `around`. Throws invalid_model when its attributes are wrong.
  ControlFlow(const graph::Ir& around, const graph::Node& node, Workshop& workshop);

  /// One output each that the node has. Throws invalid_argument when contents do not fit, limit_exceeded
  /// when loops take more iterations than SessionOptions::max_loop_iterations or hold more than max_loop_bytes;
  /// what layers throw.
  std::vector<Tensor> run(std::span<const Tensor> operands);
  std::int64_t own_weight_bytes() const;  ///< See Network.

 private:
  std::vector<Tensor> run_if(std::span<const Tensor> operands);
  std::vector<Tensor> run_loop(std::span<const Tensor> operands);
  std::vector<Tensor> run_scan(std::span<const Tensor> operands);
  /// Scan over `steps` elements; `own` are the initial states and what is scanned.
  std::vector<Tensor> scan(std::vector<Tensor> own, std::int64_t steps, std::span<const Tensor> operands);
  /// The form of opset 8: input 0 holds the lengths or nothing, all others have a batch in front.
  std::vector<Tensor> run_batched_scan(std::span<const Tensor> operands);
  std::int64_t scan_length(std::span<const Tensor> own) const;
  void count_iteration();
  class Holding;
  void require_condition(const Tensor& condition, const char* what) const;
  [[noreturn]] void fail(ErrorCode code, const std::string& rule) const;

  graph::Node node_;
  Workshop& workshop_;
  std::vector<Body> bodies_;
  std::size_t states_ = 0;  ///< Carried values of Loop, state values of Scan.
  /// Of Scan, one entry each that is scanned or stacked.
  std::vector<std::int64_t> input_axes_, input_directions_, output_axes_, output_directions_;
};

}  // namespace dnntune::runtime
