// SPDX-License-Identifier: Apache-2.0
// Inference on operands, shapes and attributes full of extreme numbers: an Error or a shape within the
// limits, nothing else. Run with the undefined-behaviour sanitizer it also finds overflows.
#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "graph/infer/infer.h"
#include "graph/infer_cases.h"
#include "graph/lower.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : state_(seed * 2654435761u + 1) {}

  unsigned below(unsigned bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<unsigned>(state_ >> 33) % bound;
  }
  std::int64_t number() {
    static constexpr std::int64_t kExtremes[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1, std::int64_t{1} << 40, std::int64_t{1} << 32,
                                                 -1, 0, 1, 2, 3, INT32_MAX, INT32_MIN, std::int64_t{1} << 20, 1000003, -7};
    return kExtremes[below(std::size(kExtremes))];
  }
  /// A dimension as a file may state it: the reader refuses those beyond the limit of elements.
  std::int64_t dimension() {
    static constexpr std::int64_t kDims[] = {-1, 0, 1, 2, 3, 5, 8, 1 << 20, std::int64_t{1} << 31, std::int64_t{1} << 40};
    return kDims[below(std::size(kDims))];
  }

  void mutate(Operand& operand) {
    if (operand.type == DataType::undefined || below(2) == 0) return;
    if (operand.constant.defined()) return mutate_contents(operand);
    if (!operand.shape) return;
    if (below(5) == 0) operand.shape->push_back(dimension());
    if (below(5) == 0 && !operand.shape->empty()) operand.shape->pop_back();
    for (std::int64_t& dim : *operand.shape)
      if (below(3) == 0) dim = dimension();
  }
  void mutate(AttributeValue& value) {
    if (auto* integer = std::get_if<std::int64_t>(&value)) *integer = number();
    if (auto* integers = std::get_if<std::vector<std::int64_t>>(&value))
      for (std::int64_t& i : *integers)
        if (below(2) == 0) i = number();
  }

 private:
  void mutate_contents(Operand& operand) {
    operand.constant = operand.constant.clone();
    if (operand.type == DataType::int64)
      for (std::int64_t& i : operand.constant.as_mutable<std::int64_t>()) i = number();
    if (operand.type == DataType::float32) {
      static constexpr float kExtremes[] = {0.0f, -1.0f, 1e30f, -1e30f, 1e-40f, NAN, INFINITY, -INFINITY};
      for (float& f : operand.constant.as_mutable<float>()) f = kExtremes[below(std::size(kExtremes))];
    }
  }

  std::uint64_t state_;
};

}  // namespace

TEST_CASE("Extreme operands give an Error or a shape within the limits") {
  std::uint64_t seed = 0;
  int errors = 0, shapes = 0;
  for (auto* make : {elementwise_cases, spatial_cases, dense_cases, reduce_cases, view_cases, move_cases, generate_cases})
    for (const InferCase& c : make())
      for (int round = 0; round < 60; ++round) {
        Mutator mutator(++seed);
        InferCase mutated = c;
        for (Operand& operand : mutated.inputs) mutator.mutate(operand);
        for (auto& [name, value] : mutated.attributes)
          if (mutator.below(2) == 0) mutator.mutate(value);
        CAPTURE(c.op);
        CAPTURE(seed);
        IrMaker m = node_under_test(mutated.op, mutated.inputs, mutated.attributes, mutated.outputs.size());
        try {
          infer_node(m.ir, m.ir.nodes[0]);
        } catch (const Error&) {
          ++errors;
          continue;
        }
        ++shapes;
        for (const ValueId id : m.ir.nodes[0].outputs)
          if (m.ir.value(id).shape) CHECK_NOTHROW(infer::check_limits(*m.ir.value(id).shape, "output"));
      }
  CHECK(errors > 1000);
  CHECK(shapes > 1000);
}
