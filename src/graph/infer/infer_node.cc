// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>

#include "graph/infer/infer.h"
#include "graph/lower.h"

namespace dnntune::graph {
namespace {

using Rule = void (*)(infer::Context&);

constexpr std::array kRules = {
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, rule, ...) Rule{&infer::infer_##rule},
#include "graph/operators.inc"
#undef DNNTUNE_OP
};

}  // namespace

void infer_node(Ir& ir, const Node& node) {
  const OpInfo* info = find_operator(node.op);
  if (info == nullptr) return;
  infer::Context context(ir, node);
  for (int i = 0; i < info->min_inputs; ++i)
    if (!context.has_input(static_cast<std::size_t>(i))) context.fail(fmt::format("input {} is missing", i));
  try {
    infer::check_types(context);
    kRules[static_cast<std::size_t>(node.op) - 1](context);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with("node '") || message.starts_with("output '")) throw;
    throw Error(error.code(), fmt::format("{}: {}", context.describe(), message));
  }
}

}  // namespace dnntune::graph
