// SPDX-License-Identifier: Apache-2.0
// Cases of Einsum, determinants and losses, computed by hand.
#include "kernels/elem_case.h"

namespace dnntune::test {
namespace {

using graph::Op;

constexpr double kLog2 = 0.6931471805599453;

void add_einsums(std::vector<Case>& cases) {
  const auto add = [&](const char* equation, std::vector<Tensor> inputs, Tensor expected) {
    cases.push_back({equation, Op::Einsum, {{"equation", std::string(equation)}}, std::move(inputs), {std::move(expected)}});
  };
  const Tensor a = f32({2, 2}, {1, 2, 3, 4}), b = f32({2, 3}, {1, 0, 2, 0, 1, 1});
  add("ij,jk->ik", {a, b}, f32({2, 3}, {1, 2, 4, 3, 4, 10}));
  add("ij,jk", {a, b}, f32({2, 3}, {1, 2, 4, 3, 4, 10}));
  add("ba", {a}, f32({2, 2}, {1, 3, 2, 4}));  // the output is in alphabetical order
  add(" i j -> j i ", {a}, f32({2, 2}, {1, 3, 2, 4}));
  add("ij->", {a}, f32({}, {10}));
  add("ii->i", {a}, f32({2}, {1, 4}));
  add("ii", {a}, f32({}, {5}));
  add("i,i", {f32({2}, {1, 2}), f32({2}, {3, 4})}, f32({}, {11}));
  add("i,j->ij", {f32({2}, {1, 2}), f32({2}, {3, 4})}, f32({2, 2}, {3, 4, 6, 8}));
  add("i,ij,j->", {f32({2}, {1, 2}), a, f32({2}, {1, 1})}, f32({}, {17}));
  add("...ii->...i", {f32({1, 2, 2}, {1, 2, 3, 4})}, f32({1, 2}, {1, 4}));
  add("...ij,jk->...ik", {f32({2, 1, 2}, {1, 2, 3, 4}), b}, f32({2, 1, 3}, {1, 2, 4, 3, 4, 10}));
  add("...i,...i", {f32({2, 2}, {1, 2, 3, 4}), f32({2}, {1, 10})}, f32({2}, {21, 43}));
  add("i...->...", {f32({2, 2}, {1, 2, 3, 4})}, f32({2}, {4, 6}));
  add("ij,ij->ij", {a, f32({2, 1}, {1, 10})}, f32({2, 2}, {1, 2, 30, 40}));  // a size of 1 repeats
  add(",", {f32({}, {3}), f32({}, {4})}, f32({}, {12}));
  add("ij,jk->ik", {i32({1, 2}, {1, 2}), i32({2, 1}, {3, 4})}, i32({1, 1}, {11}));
  add("iZ,Zi->", {f32({0, 2}, {}), f32({2, 0}, {})}, f32({}, {0}));
}

void add_determinants(std::vector<Case>& cases) {
  cases.push_back({"", Op::Det, {}, {f32({2, 2}, {0, 2, 3, 4})}, {f32({}, {-6})}});
  cases.push_back({"a batch", Op::Det, {}, {f32({3, 1, 1}, {2, 0, -1})}, {f32({3}, {2, 0, -1})}});
  cases.push_back({"singular", Op::Det, {}, {f32({3, 3}, {1, 2, 3, 2, 4, 6, 0, 1, 1})}, {f32({}, {0})}});
  cases.push_back({"no rows", Op::Det, {}, {f32({1, 0, 0}, {})}, {f32({1}, {1})}});
}

void add_losses(std::vector<Case>& cases) {
  using Text = std::string;
  const Tensor scores = f32({3, 2}, {1, 2, 3, 4, 5, 6}), target = i64({3}, {0, 1, 1}), weights = f32({2}, {1, 3});
  const auto add = [&](const char* label, Op op, NodeAttributes attributes, std::vector<Tensor> inputs, std::vector<Tensor> expected) {
    cases.push_back({label, op, std::move(attributes), std::move(inputs), std::move(expected), 1e-6});
  };
  add("mean", Op::NegativeLogLikelihoodLoss, {}, {scores, target}, {f32({}, {-11.0 / 3})});
  add("none", Op::NegativeLogLikelihoodLoss, {{"reduction", Text("none")}}, {scores, target}, {f32({3}, {-1, -4, -6})});
  add("sum", Op::NegativeLogLikelihoodLoss, {{"reduction", Text("sum")}}, {scores, target, weights}, {f32({}, {-31})});
  add("weighted mean", Op::NegativeLogLikelihoodLoss, {}, {scores, i32({3}, {0, 1, 1}), weights}, {f32({}, {-31.0 / 7})});
  add("ignored", Op::NegativeLogLikelihoodLoss, {{"ignore_index", std::int64_t{-7}}}, {scores, i64({3}, {0, -7, 1})}, {f32({}, {-3.5})});
  add("positions", Op::NegativeLogLikelihoodLoss, {{"reduction", Text("none")}}, {f32({1, 2, 2}, {1, 2, 3, 4}), i64({1, 2}, {1, 0})},
      {f32({1, 2}, {-3, -2})});
  const Tensor even = f32({1, 2}, {7, 7}), first = i64({1}, {0});
  add("", Op::SoftmaxCrossEntropyLoss, {}, {even, first}, {f32({}, {kLog2})});
  add("probabilities", Op::SoftmaxCrossEntropyLoss, {{"reduction", Text("none")}}, {even, first},
      {f32({1}, {kLog2}), f32({1, 2}, {-kLog2, -kLog2})});
  add("large scores", Op::SoftmaxCrossEntropyLoss, {}, {f32({1, 2}, {1000, 0}), first}, {f32({}, {0})});
}

}  // namespace

std::vector<Case> product_cases() {
  std::vector<Case> cases;
  add_einsums(cases);
  add_determinants(cases);
  add_losses(cases);
  return cases;
}

}  // namespace dnntune::test
