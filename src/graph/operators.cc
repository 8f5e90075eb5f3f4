// SPDX-License-Identifier: Apache-2.0
#include "graph/operators.h"

#include <array>
#include <string_view>

namespace dnntune::graph {
namespace {

constexpr std::array kOperators = {
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, rule, layout, plan_operands, family) \
  OpInfo{Op::name, #name, min_in, max_in, min_out, max_out, #rule, Layout::layout, plan_operands, #family},
#include "graph/operators.inc"
#undef DNNTUNE_OP
};

/// Indices into kOperators in the order of their names, for a binary search.
constexpr auto kByName = [] {
  std::array<std::uint16_t, kOperators.size()> order{};
  for (std::size_t i = 0; i < order.size(); ++i) {  // insertion sort: the list is short and this runs in the compiler
    std::size_t j = i;
    for (; j > 0 && kOperators[i].name < kOperators[order[j - 1]].name; --j) order[j] = order[j - 1];
    order[j] = static_cast<std::uint16_t>(i);
  }
  return order;
}();

}  // namespace

std::span<const OpInfo> operators() noexcept { return kOperators; }

const OpInfo* find_operator(Op op) noexcept {
  const auto index = static_cast<std::size_t>(op);
  return index == 0 || index > kOperators.size() ? nullptr : &kOperators[index - 1];
}

std::string_view domain_of(Op op) noexcept {
  return op == Op::QLinearAdd || op == Op::QLinearGlobalAveragePool || op == Op::QLinearSoftmax ? "com.microsoft" : "";
}

const OpInfo* find_operator(std::string_view name) noexcept {
  std::size_t low = 0, high = kByName.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (kOperators[kByName[middle]].name < name)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == kByName.size() || kOperators[kByName[low]].name != name) return nullptr;
  return &kOperators[kByName[low]];
}

}  // namespace dnntune::graph
