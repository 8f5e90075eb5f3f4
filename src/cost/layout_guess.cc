// SPDX-License-Identifier: Apache-2.0
#include "cost/layout_guess.h"

#include <algorithm>

namespace dnntune::cost {
namespace {

using graph::Ir;
using graph::kAbsent;
using graph::Layout;
using graph::Node;
using graph::ValueId;

/// Whether its two orders differ in memory: more than one channel, and more than one pixel.
bool has_orders(const Ir& ir, ValueId id) {
  const graph::Value& value = ir.value(id);
  if (!value.is_static() || value.shape->size() < 3) return false;
  const Shape& shape = *value.shape;
  std::int64_t pixels = 1;
  for (std::size_t i = 2; i < shape.size(); ++i) pixels = std::max(pixels, shape[i]);
  return shape[1] > 1 && pixels > 1;
}

Layout layout_of(const Node& node) {
  const graph::OpInfo* info = graph::find_operator(node.op);
  return info == nullptr ? Layout::plain : info->layout;
}

}  // namespace

bool is_image(const Ir& ir, const Node& node) {
  const Layout layout = layout_of(node);
  if (layout == Layout::plain || node.inputs.empty() || node.inputs[0] == kAbsent) return false;
  return ir.value(node.inputs[0]).is_static() && ir.value(node.inputs[0]).shape->size() == 4;
}

std::vector<std::int64_t> conversion_bytes(const Ir& ir) {
  std::vector<bool> last(ir.values.size(), false), both(ir.values.size(), false);
  const auto index = [](ValueId id) { return static_cast<std::size_t>(id); };
  std::vector<std::int64_t> bytes(ir.nodes.size(), 0);
  for (std::size_t n = 0; n < ir.nodes.size(); ++n) {
    const Node& node = ir.nodes[n];
    const Layout layout = layout_of(node);
    const bool same = layout == Layout::elementwise || layout == Layout::permutable;
    bool any_last = false;
    for (const ValueId id : node.inputs) any_last = any_last || (id != kAbsent && last[index(id)]);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id == kAbsent || ir.value(id).is_constant() || !has_orders(ir, id)) continue;
      const bool wanted = layout == Layout::channels_last ? i == 0 : same && any_last;
      if (wanted == last[index(id)] || both[index(id)]) continue;
      bytes[n] += ir.value(id).size_bytes();
      both[index(id)] = true;
    }
    const bool out_last = layout == Layout::channels_last || (same && any_last);
    for (const ValueId id : node.outputs)
      if (id != kAbsent) last[index(id)] = out_last && ir.value(id).is_static() && ir.value(id).shape->size() > 2;
  }
  return bytes;
}

}  // namespace dnntune::cost
