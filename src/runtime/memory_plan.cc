// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "base/aligned.h"
#include "base/checked.h"

namespace dnntune::runtime {
namespace {

std::int64_t aligned(std::int64_t bytes) {
  constexpr auto step = static_cast<std::int64_t>(base::kAlignment);
  return base::checked_add(bytes, step - 1, "arena") / step * step;
}

double lifetime(const Block& b) { return static_cast<double>(b.last - b.first + 1); }

bool alive_together(const Block& a, const Block& b) { return a.first <= b.last && b.first <= a.last; }

/// Puts the blocks down in the given order, each into the smallest gap that holds it.
MemoryPlan place(std::span<const Block> blocks, const std::vector<std::size_t>& order) {
  MemoryPlan plan;
  plan.offsets.assign(blocks.size(), 0);
  std::vector<std::size_t> placed;  // sorted by offset
  for (const std::size_t b : order) {
    const std::int64_t bytes = aligned(blocks[b].bytes);
    if (bytes == 0) continue;
    std::int64_t best = -1, best_gap = std::numeric_limits<std::int64_t>::max(), end = 0;
    for (const std::size_t other : placed) {
      if (!alive_together(blocks[b], blocks[other])) continue;
      const std::int64_t gap = plan.offsets[other] - end;
      if (gap >= bytes && gap < best_gap) {
        best = end;
        best_gap = gap;
      }
      end = std::max(end, plan.offsets[other] + aligned(blocks[other].bytes));
    }
    plan.offsets[b] = best >= 0 ? best : end;
    plan.arena_bytes = std::max(plan.arena_bytes, base::checked_add(plan.offsets[b], bytes, "arena"));
    const auto at = std::upper_bound(placed.begin(), placed.end(), b,
                                     [&](std::size_t x, std::size_t y) { return plan.offsets[x] < plan.offsets[y]; });
    placed.insert(at, b);
  }
  return plan;
}

std::int64_t lower_bound_of(std::span<const Block> blocks) {
  std::map<int, std::int64_t> change;
  for (const Block& block : blocks) {
    change[block.first] += block.bytes;
    change[block.last + 1] -= block.bytes;
  }
  std::int64_t alive = 0, most = 0;
  for (const auto& [step, delta] : change) most = std::max(most, alive += delta);
  return most;
}

}  // namespace

MemoryPlan plan_memory(std::span<const Block> blocks) {
  std::int64_t sum = 0;  // checks that no sum below can overflow
  for (const Block& block : blocks) sum = base::checked_add(sum, aligned(block.bytes), "arena");

  const auto sorted_by = [&](bool (*before)(const Block&, const Block&)) {
    std::vector<std::size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return before(blocks[a], blocks[b]); });
    return order;
  };
  MemoryPlan best = place(blocks, sorted_by([](const Block& a, const Block& b) { return a.bytes > b.bytes; }));
  for (const auto& order : {sorted_by([](const Block& a, const Block& b) {
                              return static_cast<double>(a.bytes) * lifetime(a) > static_cast<double>(b.bytes) * lifetime(b);
                            }),
                            sorted_by([](const Block& a, const Block& b) {
                              return lifetime(a) != lifetime(b) ? lifetime(a) > lifetime(b) : a.bytes > b.bytes;
                            }),
                            sorted_by([](const Block& a, const Block& b) { return a.first < b.first; })}) {
    MemoryPlan plan = place(blocks, order);
    if (plan.arena_bytes < best.arena_bytes) best = std::move(plan);
  }
  best.lower_bound = lower_bound_of(blocks);
  return best;
}

}  // namespace dnntune::runtime
