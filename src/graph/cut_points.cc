// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/checked.h"
#include "graph/layer_info.h"
#include "graph/liveness.h"

namespace dnntune::graph {
namespace {

/// Of the values of all cuts together.
constexpr std::size_t kMaxEntries = std::size_t{1} << 22;

/// How many values a cut may have, so that all cuts listed have kMaxEntries at most.
std::size_t widest_listed(std::vector<std::size_t> widths) {
  std::sort(widths.begin(), widths.end());
  std::size_t entries = 0;
  for (std::size_t i = 0; i < widths.size(); ++i)
    if ((entries += widths[i]) > kMaxEntries) return i == 0 ? 0 : widths[i] == widths[i - 1] ? widths[i] - 1 : widths[i - 1];
  return widths.empty() ? 0 : widths.back();
}

}  // namespace

std::vector<CutPoint> find_cut_points(const Ir& ir) {
  const std::size_t positions = ir.nodes.size() + 1;
  const std::vector<LiveRange> ranges = live_ranges(ir);
  // A value crosses the cuts from `first` on, up to the one before the layer that reads it last.
  std::vector<std::vector<ValueId>> begin(positions), end(positions + 1);
  const auto add = [&](ValueId id, std::size_t first) {
    if (id == kAbsent || ir.value(id).is_constant()) return;
    const auto last = static_cast<std::ptrdiff_t>(ranges[static_cast<std::size_t>(id)].last);
    if (last < static_cast<std::ptrdiff_t>(first)) return;
    begin[first].push_back(id);
    end[static_cast<std::size_t>(last) + 1].push_back(id);
  };
  for (const ValueId id : ir.inputs) add(id, 0);
  for (std::size_t n = 0; n < ir.nodes.size(); ++n)
    for (const ValueId id : ir.nodes[n].outputs) add(id, n + 1);

  std::vector<std::size_t> widths;
  for (std::size_t position = 0, width = 0; position < positions; ++position) widths.push_back(width += begin[position].size() - end[position].size());
  const std::size_t widest = widest_listed(widths);

  std::map<std::size_t, ValueId> crossing;  // in the order in which values come into being
  std::vector<std::size_t> rank(ir.values.size());
  std::size_t next_rank = 0;
  std::int64_t bytes = 0;
  std::vector<CutPoint> cuts;
  for (std::size_t position = 0; position < positions; ++position) {
    for (const ValueId id : end[position]) {
      crossing.erase(rank[static_cast<std::size_t>(id)]);
      bytes -= ir.value(id).size_bytes();
    }
    for (const ValueId id : begin[position]) {
      crossing.emplace(rank[static_cast<std::size_t>(id)] = next_rank++, id);
      bytes = base::checked_add(bytes, ir.value(id).size_bytes(), "bytes of a cut");
    }
    if (widths[position] > widest) continue;
    CutPoint cut{static_cast<int>(position), {}, bytes};
    for (const auto& [_, id] : crossing) cut.values.push_back(ir.value(id).name);
    cuts.push_back(std::move(cut));
  }
  return cuts;
}

}  // namespace dnntune::graph
