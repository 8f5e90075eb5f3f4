// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "graph/layer_info.h"
#include "graph/liveness.h"

namespace dnntune::graph {
namespace {

constexpr std::size_t kMaxEntries = std::size_t{1} << 22;

}  // namespace

std::vector<CutPoint> find_cut_points(const Ir& ir) {
  const auto node_count = static_cast<int>(ir.nodes.size());
  const std::vector<LiveRange> ranges = live_ranges(ir);
  const auto last_needed = [&](ValueId id) { return ranges[static_cast<std::size_t>(id)].last; };

  std::map<std::size_t, ValueId> crossing;  // in the order in which values come into being
  std::size_t next_rank = 0, entries = 0;
  std::int64_t bytes = 0;
  const auto add = [&](ValueId id, int position) {
    if (id == kAbsent || ir.value(id).is_constant() || last_needed(id) < position) return;
    crossing.emplace(next_rank++, id);
    bytes = base::checked_add(bytes, ir.value(id).size_bytes(), "bytes of a cut");
  };

  std::vector<CutPoint> cuts;
  cuts.reserve(ir.nodes.size() + 1);
  for (const ValueId id : ir.inputs) add(id, 0);
  for (int position = 0; position <= node_count; ++position) {
    if (position > 0) {
      std::erase_if(crossing, [&](const auto& entry) {
        if (last_needed(entry.second) >= position) return false;
        bytes -= ir.value(entry.second).size_bytes();
        return true;
      });
      for (const ValueId id : ir.nodes[static_cast<std::size_t>(position - 1)].outputs) add(id, position);
    }
    entries += crossing.size();
    if (entries > kMaxEntries)
      throw Error(ErrorCode::limit_exceeded, fmt::format("the cuts of this graph have more than {} crossing values", kMaxEntries));
    CutPoint cut{position, {}, bytes};
    for (const auto& [rank, id] : crossing) cut.values.push_back(ir.value(id).name);
    cuts.push_back(std::move(cut));
  }
  return cuts;
}

}  // namespace dnntune::graph
