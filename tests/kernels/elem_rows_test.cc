// SPDX-License-Identifier: Apache-2.0
// The operators whose cases are computed by hand: element-wise, reducing, moving, sampling, signals...
#include <algorithm>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

#include "kernels/elem_case.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("element-wise operators give what was computed by hand") {
  for (const Case& c : elementwise_cases()) check(c);
}

TEST_CASE("reductions give what was computed by hand") {
  for (const Case& c : reduction_cases()) check(c);
}

TEST_CASE("operators that move elements give what was written by hand") {
  for (const Case& c : movement_cases()) check(c);
}

TEST_CASE("sums of products, determinants and losses give what was computed by hand") {
  for (const Case& c : product_cases()) check(c);
}

TEST_CASE("sampled images give what was computed by hand") {
  for (const Case& c : sampling_cases()) check(c);
}

TEST_CASE("transforms, windows and filters give what was computed by hand") {
  for (const Case& c : signal_cases()) check(c);
}

TEST_CASE("every operator of these families has a case") {
  constexpr std::string_view kFamilies[] = {
      "unary", "binary", "compare", "variadic", "where", "clip", "cast", "dropout", "view", "reduce", "arg_reduce", "cumsum", "top_k",
      "transpose", "concat", "split", "slice", "pad", "gather", "gather_elements", "gather_nd", "scatter_elements", "scatter_nd", "expand",
      "tile", "one_hot", "trilu", "reverse_sequence", "constant", "shape", "constant_of_shape", "range", "eye_like",
      "einsum", "det", "loss", "grid_sample", "roi_align", "max_unpool", "dft", "stft", "window", "mel_weight_matrix"};
  std::set<graph::Op> covered;
  for (const auto& cases : {elementwise_cases(), reduction_cases(), movement_cases(), product_cases(), sampling_cases(), signal_cases()})
    for (const Case& c : cases) covered.insert(c.op);
  std::set<std::string_view> seen;
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, shape_rule, layout, plan_operands, family) \
  if (std::ranges::find(kFamilies, #family) != std::end(kFamilies)) {                                 \
    seen.insert(#family);                                                                             \
    CHECK_MESSAGE(covered.contains(graph::Op::name), "operator " #name " has no case");              \
  }
#include "graph/operators.inc"
#undef DNNTUNE_OP
  for (const std::string_view family : kFamilies) CHECK_MESSAGE(seen.contains(family), "no operator is of family " << family);
}
