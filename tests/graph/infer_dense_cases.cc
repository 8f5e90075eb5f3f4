// SPDX-License-Identifier: Apache-2.0
#include "graph/infer_cases.h"

namespace dnntune::graph::testing {

std::vector<InferCase> dense_cases() {
  const std::string both = "bidirectional", reverse = "reverse";
  return {
      {"MatMul", {f32({2, 3}), f32({3, 4})}, {}, {f32({2, 4})}},
      {"MatMul", {f32({3}), f32({3, 4})}, {}, {f32({4})}},
      {"MatMul", {f32({2, 3}), f32({3})}, {}, {f32({2})}},
      {"MatMul", {f32({3}), f32({3})}, {}, {f32({})}},
      {"MatMul", {f32({5, 1, 2, 3}), f32({6, 3, 4})}, {}, {f32({5, 6, 2, 4})}},
      {"MatMul", {f32({7, 3}), f32({6, 3, 4})}, {}, {f32({6, 7, 4})}},
      {"MatMul", {f32({5, 3}), f32({2, 3, 3})}, {}, {f32({2, 5, 3})}},
      {"MatMul", {f32({3}), f32({6, 3, 4})}, {}, {f32({6, 4})}},
      {"MatMul", {f32({-1, 3}), f32({3, 4}), f32({4})}, {}, {f32({-1, 4})}},
      {"Gemm", {f32({2, 3}), f32({3, 4})}, {}, {f32({2, 4})}},
      {"Gemm", {f32({3, 2}), f32({4, 3}), f32({4})}, {{"transA", num(1)}, {"transB", num(1)}}, {f32({2, 4})}},
      {"Gemm", {f32({2, 3}), f32({3, 4}), f32({2, 1})}, {}, {f32({2, 4})}},
      {"Gemm", {unranked(), f32({3, 4}), f32({})}, {}, {f32({-1, 4})}},

      {"LSTM",
       {f32({7, 2, 5}), f32({1, 12, 5}), f32({1, 12, 3})},
       {{"hidden_size", num(3)}},
       {f32({7, 1, 2, 3}), f32({1, 2, 3}), f32({1, 2, 3})}},
      {"LSTM",
       {f32({7, 2, 5}), f32({2, 12, 5}), f32({2, 12, 3}), f32({2, 24}), of(DataType::int32, {2}), f32({2, 2, 3}), f32({2, 2, 3}), f32({2, 9})},
       {{"hidden_size", num(3)}, {"direction", both}},
       {f32({7, 2, 2, 3}), f32({2, 2, 3}), f32({2, 2, 3})}},
      {"LSTM",
       {f32({2, 7, 5}), f32({1, 12, 5}), f32({1, 12, 3}), none(), none(), f32({2, 1, 3})},
       {{"layout", num(1)}},
       {f32({2, 7, 1, 3}), f32({2, 1, 3}), f32({2, 1, 3})}},
      {"GRU",
       {f32({7, 2, 5}), f32({1, 9, 5}), f32({1, 9, 3}), f32({1, 18})},
       {{"direction", reverse}},
       {f32({7, 1, 2, 3}), f32({1, 2, 3})}},
      {"GRU", {f32({2, 7, 5}), f32({2, 9, 5}), f32({2, 9, 3})}, {{"layout", num(1)}, {"direction", both}}, {f32({2, 7, 2, 3}), f32({2, 2, 3})}},
      {"RNN", {f32({-1, 2, 5}), f32({1, 3, 5}), f32({1, 3, 3}), f32({1, 6})}, {}, {f32({-1, 1, 2, 3}), f32({1, 2, 3})}},

      {"GroupNormalization", {f32({2, 6, 4}), f32({6}), f32({6})}, {{"num_groups", num(3)}}, {f32({2, 6, 4})}},
      {"GroupNormalization", {f32({2, 6, 4}), f32({3}), f32({3})}, {{"num_groups", num(3)}}, {f32({2, 6, 4})}},  // of opset 18
      {"Einsum", {f32({2, 3, 4}), f32({2, 5, 4})}, {{"equation", std::string("bij,bkj->bik")}}, {f32({2, 3, 5})}},
      {"Einsum", {f32({7, 2, 3}), f32({3, -1})}, {{"equation", std::string("...ij,jk")}}, {f32({7, 2, -1})}},
      {"Einsum", {unranked(), f32({3})}, {{"equation", std::string("i,i->")}}, {unranked()}},
      {"Det", {f32({5, 3, 3})}, {}, {f32({5})}},
      {"NegativeLogLikelihoodLoss", {f32({3, 5, 2}), i64({3, 2}), f32({5})}, {{"reduction", std::string("none")}}, {f32({3, 2})}},
      {"NegativeLogLikelihoodLoss", {unranked(), i64({3, 2})}, {}, {f32({})}},
      {"SoftmaxCrossEntropyLoss", {f32({3, 5, 2}), i64({3, 2})}, {}, {f32({}), f32({3, 5, 2})}},
      {"DFT", {f32({1, 10, 6, 1})}, {}, {f32({1, 10, 6, 2})}},
      {"DFT", {f32({1, 10, 6, 1}), scalar(num(9))}, {{"axis", num(-2)}, {"onesided", num(1)}}, {f32({1, 10, 5, 2})}},
      {"DFT", {f32({1, 10, 1}), i64({})}, {}, {f32({1, -1, 2})}},
      {"STFT", {f32({1, 128, 1}), scalar(num(8)), none(), scalar(num(16))}, {}, {f32({1, 15, 9, 2})}},
      {"STFT", {f32({2, 64}), scalar(num(16)), f32({16})}, {}, {f32({2, 4, 9, 2})}},
      {"STFT", {f32({-1, -1, 1}), scalar(num(8)), f32({16})}, {{"onesided", num(0)}}, {f32({-1, -1, 16, 2})}},
      {"HannWindow", {scalar(num(10))}, {}, {f32({10})}},
      {"HammingWindow", {i64({})}, {}, {f32({-1})}},
      {"BlackmanWindow", {scalar(num(3))}, {{"output_datatype", num(11)}}, {of(DataType::float64, {3})}},
      {"MelWeightMatrix", {scalar(num(8)), scalar(num(16)), i64({}), f32({}), f32({})}, {}, {f32({9, 8})}},
      {"LayerNormalization", {f32({2, 3, 4}), f32({4})}, {}, {f32({2, 3, 4}), f32({2, 3, 1}), f32({2, 3, 1})}},
      {"LayerNormalization", {f32({2, 3, 4}), f32({3, 4}), f32({4})}, {{"axis", num(1)}}, {f32({2, 3, 4}), f32({2, 1, 1}), f32({2, 1, 1})}},
      {"LayerNormalization",
       {of(DataType::float16, {2, 3}), of(DataType::float16, {3})},
       {},
       {of(DataType::float16, {2, 3}), f32({2, 1}), f32({2, 1})}},
  };
}

std::vector<InferCase> reduce_cases() {
  std::vector<InferCase> cases;
  for (const char* op : {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
                         "ReduceLogSumExp", "ReduceSumSquare"}) {
    cases.push_back({op, {f32({2, 3, 4}), list({1})}, {}, {f32({2, 1, 4})}});
    cases.push_back({op, {f32({2, 3, 4}), list({-1, 0})}, {{"keepdims", num(0)}}, {f32({3})}});
  }
  const std::vector<InferCase> more = {
      {"ReduceSum", {f32({2, 3})}, {}, {f32({1, 1})}},
      {"ReduceSum", {f32({2, 3})}, {{"keepdims", num(0)}}, {f32({})}},
      {"ReduceSum", {f32({2, 3}), list({})}, {}, {f32({1, 1})}},
      {"ReduceSum", {f32({2, 3}), list({})}, {{"noop_with_empty_axes", num(1)}}, {f32({2, 3})}},
      {"ReduceSum", {f32({2, 3}), i64({1})}, {}, {f32({-1, -1})}},
      {"ReduceSum", {f32({2, 3}), i64({1})}, {{"keepdims", num(0)}}, {unranked()}},
      {"ArgMax", {f32({2, 3, 4})}, {{"axis", num(1)}}, {i64({2, 1, 4})}},
      {"ArgMin", {f32({2, 3, 4})}, {{"axis", num(-1)}, {"keepdims", num(0)}}, {i64({2, 3})}},
      {"TopK", {f32({2, 9}), list({4})}, {}, {f32({2, 4}), i64({2, 4})}},
      {"TopK", {f32({2, 9}), list({2})}, {{"axis", num(0)}}, {f32({2, 9}), i64({2, 9})}},
      {"TopK", {f32({2, 9}), i64({1})}, {}, {f32({2, -1}), i64({2, -1})}},
  };
  cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dnntune::graph::testing
