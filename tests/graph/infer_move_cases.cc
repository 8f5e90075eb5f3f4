// SPDX-License-Identifier: Apache-2.0
#include "graph/infer_cases.h"

namespace dnntune::graph::testing {
namespace {

Tensor bools(const std::vector<bool>& values) {
  Tensor t(DataType::boolean, {static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) static_cast<std::uint8_t*>(t.mutable_data())[i] = values[i] ? 1 : 0;
  return t;
}

}  // namespace

std::vector<InferCase> view_cases() {
  return {
      {"Reshape", {f32({2, 3, 4}), list({4, 6})}, {}, {f32({4, 6})}},
      {"Reshape", {f32({2, 3, 4}), list({0, -1})}, {}, {f32({2, 12})}},
      {"Reshape", {f32({2, 3, 4}), list({-1, 0, 2})}, {}, {f32({4, 3, 2})}},
      {"Reshape", {f32({2, 3, 4}), list({24})}, {}, {f32({24})}},
      {"Reshape", {f32({1}), list({})}, {}, {f32({})}},
      {"Reshape", {f32({0, 3}), list({3, 0})}, {{"allowzero", num(1)}}, {f32({3, 0})}},
      {"Reshape", {f32({0, 3}), list({0, 3})}, {}, {f32({0, 3})}},
      {"Reshape", {f32({-1, 3, 4}), list({0, -1})}, {}, {f32({-1, 12})}},
      {"Reshape", {f32({-1, 3, 4}), list({-1, 12})}, {}, {f32({-1, 12})}},
      {"Reshape", {f32({2, 3}), i64({3})}, {}, {f32({-1, -1, -1})}},
      {"Reshape", {unranked(), list({0, 5})}, {}, {f32({-1, 5})}},
      {"Flatten", {f32({2, 3, 4, 5})}, {}, {f32({2, 60})}},
      {"Flatten", {f32({2, 3, 4, 5})}, {{"axis", num(0)}}, {f32({1, 120})}},
      {"Flatten", {f32({2, 3, 4, 5})}, {{"axis", num(-1)}}, {f32({24, 5})}},
      {"Flatten", {f32({2, 3})}, {{"axis", num(2)}}, {f32({6, 1})}},
      {"Flatten", {f32({-1, 3, 4})}, {}, {f32({-1, 12})}},
      {"Squeeze", {f32({1, 3, 1, 5}), list({0, -2})}, {}, {f32({3, 5})}},
      {"Squeeze", {f32({1, 3, 1, 5})}, {}, {f32({3, 5})}},
      {"Squeeze", {f32({-1, 3})}, {}, {unranked()}},
      {"Squeeze", {f32({-1, 3}), list({0})}, {}, {f32({3})}},
      {"Unsqueeze", {f32({3, 4}), list({0, -1})}, {}, {f32({1, 3, 4, 1})}},
      {"Unsqueeze", {f32({}), list({0})}, {}, {f32({1})}},
      {"Unsqueeze", {f32({3, 4, 5}), list({4, 1})}, {}, {f32({3, 1, 4, 5, 1})}},
      {"Transpose", {f32({2, 3, 4})}, {}, {f32({4, 3, 2})}},
      {"Transpose", {f32({2, 3, 4})}, {{"perm", List{1, 2, 0}}}, {f32({3, 4, 2})}},
      {"Expand", {f32({3, 1}), list({2, 1, 6})}, {}, {f32({2, 3, 6})}},
      {"Expand", {f32({3, 4}), list({1})}, {}, {f32({3, 4})}},
      {"Expand", {f32({3, 4}), i64({3})}, {}, {f32({-1, -1, -1})}},
      {"Tile", {f32({2, 3}), list({2, 4})}, {}, {f32({4, 12})}},
      {"Tile", {f32({2, -1}), list({0, 4})}, {}, {f32({0, -1})}},
  };
}

std::vector<InferCase> move_cases() {
  const std::string reflect = "reflect", edge = "edge";
  const std::int64_t least = INT64_MIN, most = INT64_MAX;
  return {
      {"Compress", {f32({3, 4}), known(bools({true, false, true}))}, {{"axis", num(0)}}, {f32({2, 4})}},
      {"Compress", {f32({3, 4}), known(bools({true, false, true}))}, {{"axis", num(-1)}}, {f32({3, 2})}},
      {"Compress", {f32({3, 4}), known(bools({true, true}))}, {}, {f32({2})}},
      {"Compress", {f32({3, 4}), boolean({3})}, {{"axis", num(1)}}, {f32({3, -1})}},
      {"NonZero", {f32({3, 4, 5})}, {}, {i64({3, -1})}},
      {"NonZero", {f32({})}, {}, {i64({0, -1})}},
      {"NonMaxSuppression", {f32({1, 6, 4}), f32({1, 2, 6}), scalar(std::int64_t{3})}, {}, {i64({-1, 3})}},
      {"Unique", {f32({2, 3})}, {}, {f32({-1}), i64({-1}), i64({6}), i64({-1})}},
      {"Unique", {f32({2, 3})}, {{"axis", num(-1)}}, {f32({2, -1}), i64({-1}), i64({3}), i64({-1})}},
      {"Concat", {f32({2, 3}), f32({2, 5})}, {{"axis", num(1)}}, {f32({2, 8})}},
      {"Concat", {f32({2, 3}), f32({4, 3}), f32({1, 3})}, {{"axis", num(-2)}}, {f32({7, 3})}},
      {"Concat", {f32({2, -1}), f32({-1, 3})}, {{"axis", num(1)}}, {f32({2, -1})}},
      {"Concat", {f32({2, 3}), unranked()}, {{"axis", num(1)}}, {f32({2, -1})}},
      {"Split", {f32({6, 2})}, {}, {f32({3, 2}), f32({3, 2})}},
      {"Split", {f32({2, 7}), list({2, 5})}, {{"axis", num(1)}}, {f32({2, 2}), f32({2, 5})}},
      {"Split", {f32({7}), list({0, 7})}, {{"axis", num(-1)}}, {f32({0}), f32({7})}},
      {"Split", {f32({7})}, {{"num_outputs", num(3)}}, {f32({3}), f32({3}), f32({1})}},
      {"Split", {f32({6, -1})}, {{"axis", num(1)}}, {f32({6, -1}), f32({6, -1})}},
      {"Slice", {f32({20, 10, 5}), list({0, 0}), list({3, 10}), list({0, 1}), list({1, 1})}, {}, {f32({3, 10, 5})}},
      {"Slice", {f32({20, 10, 5}), list({0, 0, 3}), list({20, 10, 4})}, {}, {f32({20, 10, 1})}},
      {"Slice", {f32({20}), list({1}), list({1000})}, {}, {f32({19})}},
      {"Slice", {f32({20}), list({-3}), list({-1})}, {}, {f32({2})}},
      {"Slice", {f32({20}), list({20}), list({0}), list({0}), list({-4})}, {}, {f32({5})}},  // 19 15 11 7 3
      {"Slice", {f32({20}), list({most}), list({least}), list({0}), list({-1})}, {}, {f32({20})}},
      {"Slice", {f32({20}), list({0}), list({most}), list({-1}), list({3})}, {}, {f32({7})}},
      {"Slice", {f32({20}), list({5}), list({2})}, {}, {f32({0})}},
      {"Slice", {f32({20}), list({most}), list({0}), list({0}), list({least})}, {}, {f32({1})}},
      {"Slice", {f32({20, 10}), i64({1}), list({3}), list({1})}, {}, {f32({20, -1})}},
      {"Slice", {f32({20, 10}), i64({1}), i64({1})}, {}, {f32({-1, -1})}},
      {"Pad", {f32({3, 2}), list({0, 2, 1, 0})}, {}, {f32({4, 4})}},
      {"Pad", {f32({3, 4}), list({-1, 0, 0, -2})}, {}, {f32({2, 2})}},
      {"Pad", {f32({3, 4}), list({2, 0, 0, 3})}, {{"mode", reflect}}, {f32({5, 7})}},
      {"Pad", {f32({1, 4}), list({3, 0, 0, 0}), scalar(1.5f)}, {{"mode", edge}}, {f32({4, 4})}},
      {"Pad", {f32({3, 4}), list({0, 9, 1, 0})}, {{"mode", std::string("wrap")}}, {f32({4, 13})}},
      {"Pad", {f32({3, 4}), list({1, 2}), none(), list({-1})}, {}, {f32({3, 7})}},
      {"Pad", {f32({3, 4}), list({1, 2}), none(), i64({1})}, {}, {f32({-1, -1})}},
      {"Pad", {f32({3, 4}), i64({4})}, {}, {f32({-1, -1})}},
      {"Gather", {f32({5, 4, 3}), i64({2, 6})}, {{"axis", num(1)}}, {f32({5, 2, 6, 3})}},
      {"Gather", {f32({5, 4}), i64({})}, {}, {f32({4})}},
      {"GatherElements", {f32({3, 3}), i64({2, 3})}, {{"axis", num(0)}}, {f32({2, 3})}},
      {"GatherND", {f32({2, 2, 3}), i64({4, 2})}, {}, {f32({4, 3})}},
      {"GatherND", {f32({2, 5, 3}), i64({2, 1})}, {{"batch_dims", num(1)}}, {f32({2, 3})}},
      {"GatherND", {f32({2, 2}), i64({2, 2})}, {}, {f32({2})}},
  };
}

std::vector<InferCase> generate_cases() {
  const auto int32_scalar = [](std::int32_t v) { return known(Tensor::from<std::int32_t>({}, std::vector<std::int32_t>{v})); };
  return {
      {"Constant", {}, {{"value", pattern({2, 3})}}, {f32({2, 3})}},
      {"Constant", {}, {{"value_int", num(5)}}, {i64({})}},
      {"Constant", {}, {{"value_ints", List{5, 6}}}, {i64({2})}},
      {"Constant", {}, {{"value_float", 1.0f}}, {f32({})}},
      {"Constant", {}, {{"value_floats", std::vector<float>{1, 2, 3}}}, {f32({3})}},
      {"Shape", {f32({2, -1, 4})}, {}, {i64({3})}},
      {"Shape", {f32({2, 3, 4})}, {{"start", num(-2)}}, {i64({2})}},
      {"Shape", {f32({2, 3, 4})}, {{"start", num(1)}, {"end", num(-1)}}, {i64({1})}},
      {"Shape", {f32({2, 3, 4})}, {{"start", num(2)}, {"end", num(1)}}, {i64({0})}},
      {"Shape", {unranked()}, {}, {i64({-1})}},
      {"Size", {f32({2, 3})}, {}, {i64({})}},
      {"ConstantOfShape", {list({2, 0, 3})}, {}, {f32({2, 0, 3})}},
      {"ConstantOfShape", {list({})}, {{"value", ints({7})}}, {i64({})}},
      {"ConstantOfShape", {i64({2})}, {}, {f32({-1, -1})}},
      {"Range", {scalar(num(0)), scalar(num(10)), scalar(num(3))}, {}, {i64({4})}},
      {"Range", {scalar(num(10)), scalar(num(4)), scalar(num(-2))}, {}, {i64({3})}},
      {"Range", {scalar(num(10)), scalar(num(4)), scalar(num(2))}, {}, {i64({0})}},
      {"Range", {scalar(1.0f), scalar(2.0f), scalar(0.25f)}, {}, {f32({4})}},
      {"Range", {int32_scalar(0), int32_scalar(5), int32_scalar(5)}, {}, {of(DataType::int32, {1})}},
      {"Range", {i64({}), scalar(num(4)), scalar(num(2))}, {}, {i64({-1})}},
      {"EyeLike", {f32({3, 4})}, {}, {f32({3, 4})}},
      {"EyeLike", {f32({3, 4})}, {{"dtype", num(7)}}, {i64({3, 4})}},
      {"OneHot", {i64({2, 3}), scalar(num(10)), f32({2})}, {}, {f32({2, 3, 10})}},
      {"OneHot", {i64({2, 3}), list({10}), f32({2})}, {{"axis", num(0)}}, {f32({10, 2, 3})}},
      {"OneHot", {i64({2, 3}), i64({}), i64({2})}, {{"axis", num(-2)}}, {i64({2, -1, 3})}},
  };
}

}  // namespace dnntune::graph::testing
