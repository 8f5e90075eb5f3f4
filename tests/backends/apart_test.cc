// SPDX-License-Identifier: Apache-2.0
// Operators whose outputs have shapes that nobody knows before: NonZero, Unique, NonMaxSuppression; and Compress.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/layer_case.h"
#include "throws.h"

using namespace dnntune;
using test::evaluate;
using test::floats;
using test::LayerCase;
using test::values_of;

namespace {

using Ints = std::vector<std::int64_t>;

Tensor integers(Shape shape, const Ints& values) { return Tensor::from(std::move(shape), values); }
Tensor bools(const std::vector<int>& values) {
  Tensor t(DataType::boolean, {static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) static_cast<std::uint8_t*>(t.mutable_data())[i] = static_cast<std::uint8_t>(values[i]);
  return t;
}
Ints ints_of(const Tensor& t) {
  const auto data = t.as<std::int64_t>();
  return {data.begin(), data.end()};
}

const float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("NonZero lists positions dimension by dimension; -0 is zero and NaN is not") {
  const Tensor y = evaluate(LayerCase("NonZero", {floats({2, 3}, {0, 1, -0.0f, 2, kNan, 0})}))[0];
  CHECK(y.shape() == Shape{2, 3});
  CHECK(ints_of(y) == Ints{0, 1, 1, 1, 0, 1});
  CHECK(evaluate(LayerCase("NonZero", {integers({2}, {INT64_MIN, 0})}))[0].shape() == Shape{1, 1});
  CHECK(evaluate(LayerCase("NonZero", {integers({}, {5})}))[0].shape() == Shape{0, 1});
  CHECK(evaluate(LayerCase("NonZero", {floats({0, 4}, {})}))[0].shape() == Shape{2, 0});
  Tensor halves(DataType::float16, {3});
  auto* bits = static_cast<std::uint16_t*>(halves.mutable_data());
  bits[0] = 0x8000;  // -0
  bits[1] = 0x0001;  // the smallest number
  CHECK(ints_of(evaluate(LayerCase("NonZero", {halves}))[0]) == Ints{1});
  CHECK(ints_of(evaluate(LayerCase("NonZero", {bools({0, 1, 1})}))[0]) == Ints{1, 2});
}

TEST_CASE("Unique sorts, or keeps the order of appearance; NaNs are one value and the last") {
  const Tensor x = floats({2, 3}, {2, kNan, 1, 2, kNan, 3});
  auto sorted = evaluate(LayerCase("Unique", {x}, {}, 4));
  CHECK(sorted[0].shape() == Shape{4});
  CHECK(values_of(sorted[0])[0] == 1);
  CHECK(values_of(sorted[0])[2] == 3);
  CHECK(std::isnan(values_of(sorted[0])[3]));
  CHECK(ints_of(sorted[1]) == Ints{2, 0, 5, 1});
  CHECK(ints_of(sorted[2]) == Ints{1, 3, 0, 1, 3, 2});
  CHECK(ints_of(sorted[3]) == Ints{1, 2, 1, 2});
  auto first_come = evaluate(LayerCase("Unique", {integers({5}, {7, -2, 7, 5, -2})}, {{"sorted", std::int64_t{0}}}, 4));
  CHECK(ints_of(first_come[0]) == Ints{7, -2, 5});
  CHECK(ints_of(first_come[1]) == Ints{0, 1, 3});
  CHECK(ints_of(first_come[2]) == Ints{0, 1, 0, 2, 1});
  CHECK(ints_of(first_come[3]) == Ints{2, 2, 1});
  // Columns of a matrix.
  auto columns = evaluate(LayerCase("Unique", {integers({2, 3}, {1, 0, 1, 4, 9, 4})}, {{"axis", std::int64_t{1}}}, 4));
  CHECK(columns[0].shape() == Shape{2, 2});
  CHECK(ints_of(columns[0]) == Ints{0, 1, 9, 4});
  CHECK(ints_of(columns[2]) == Ints{1, 0, 1});
  CHECK(evaluate(LayerCase("Unique", {floats({0}, {})}, {}, 4))[0].shape() == Shape{0});
}

TEST_CASE("NonMaxSuppression: equal scores by index, thresholds, limits, either form of box") {
  // Boxes 0 and 1 overlap by a third of their union, 2 lies apart; its corners come the other way round.
  const Tensor boxes = floats({1, 3, 4}, {0, 0, 2, 2, 0, 1, 2, 3, 9, 9, 5, 5});
  const Tensor scores = floats({1, 1, 3}, {0.5f, 0.5f, 0.4f});
  const auto run = [&](std::int64_t most, float overlap, float least) {
    return ints_of(evaluate(LayerCase("NonMaxSuppression", {boxes, scores, integers({}, {most}), floats({}, {overlap}), floats({}, {least})}))[0]);
  };
  CHECK(run(3, 0.5f, 0.0f) == Ints{0, 0, 0, 0, 0, 1, 0, 0, 2});
  CHECK(run(3, 0.2f, 0.0f) == Ints{0, 0, 0, 0, 0, 2});
  CHECK(run(1, 0.2f, 0.0f) == Ints{0, 0, 0});
  CHECK(run(3, 0.5f, 0.45f) == Ints{0, 0, 0, 0, 0, 1});
  CHECK(run(0, 0.5f, 0.0f).empty());
  CHECK(evaluate(LayerCase("NonMaxSuppression", {boxes, scores}))[0].shape() == Shape{0, 3});
  const Tensor centres = floats({1, 2, 4}, {1, 1, 2, 2, 1, 1, 2, 2});
  CHECK(ints_of(evaluate(LayerCase("NonMaxSuppression", {centres, floats({1, 1, 2}, {0.1f, 0.9f}), integers({}, {9})},
                                   {{"center_point_box", std::int64_t{1}}}))[0]) == Ints{0, 0, 1});
  const LayerCase beyond("NonMaxSuppression", {boxes, scores, integers({}, {3}), floats({}, {1.5f})});
  std::vector<Tensor> results;
  CHECK_ERROR(backends::cpu::evaluator().evaluate(beyond.node, beyond.inputs, beyond.outputs, results), ErrorCode::invalid_argument, "iou_threshold");
  // A score that is no number is no score.
  CHECK(ints_of(evaluate(LayerCase("NonMaxSuppression", {boxes, floats({1, 1, 3}, {kNan, 0.5f, kNan}), integers({}, {9})}))[0]) == Ints{0, 0, 1});
}

TEST_CASE("Compress keeps what the condition says, from any axis or from all elements") {
  const Tensor x = floats({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK(values_of(evaluate(LayerCase("Compress", {x, bools({0, 1, 1})}, {{"axis", std::int64_t{0}}}))[0]) == std::vector<float>{3, 4, 5, 6});
  CHECK(values_of(evaluate(LayerCase("Compress", {x, bools({0, 1})}, {{"axis", std::int64_t{-1}}}))[0]) == std::vector<float>{2, 4, 6});
  CHECK(values_of(evaluate(LayerCase("Compress", {x, bools({0, 1, 0, 0, 1})}))[0]) == std::vector<float>{2, 5});
  CHECK(evaluate(LayerCase("Compress", {x, bools({0, 0})}))[0].shape() == Shape{0});
  CHECK_ERROR(LayerCase("Compress", {x, bools({1, 1, 1, 1})}, {{"axis", std::int64_t{0}}}), ErrorCode::invalid_model, "4 entries for 3");
}
