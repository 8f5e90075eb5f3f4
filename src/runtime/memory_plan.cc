// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_plan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <string>

#include "base/aligned.h"
#include "base/checked.h"

namespace dnntune::runtime {
namespace {

std::int64_t aligned(std::int64_t bytes) {
  constexpr auto step = static_cast<std::int64_t>(base::kAlignment);
  return base::checked_add(bytes, step - 1, "arena") / step * step;
}

/// More blocks than these are put down as they come into being: the other orders compare each block with all before.
/// 4096 of them take about 0.1 s.
constexpr std::size_t kMostCompared = 4096;

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

/// The free parts of an arena, by place and by size.
class Gaps {
 public:
  /// The smallest that holds `bytes`, else room at the end.
  std::int64_t take(std::int64_t bytes) {
    if (const auto fit = by_size_.lower_bound({bytes, 0}); fit != by_size_.end()) {
      const auto [size, offset] = *fit;
      remove(by_offset_.find(offset));
      if (size > bytes) add(offset + bytes, size - bytes);
      return offset;
    }
    std::int64_t offset = end_;
    if (!by_offset_.empty() && by_offset_.rbegin()->first + by_offset_.rbegin()->second == end_) {
      offset = by_offset_.rbegin()->first;
      remove(std::prev(by_offset_.end()));
    }
    end_ = base::checked_add(offset, bytes, "arena");
    return offset;
  }
  void give(std::int64_t offset, std::int64_t bytes) {
    auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.end() && next->first == offset + bytes) {
      bytes += next->second;
      next = remove(next);
    }
    if (next != by_offset_.begin() && std::prev(next)->first + std::prev(next)->second == offset) {
      offset = std::prev(next)->first;
      bytes += std::prev(next)->second;
      remove(std::prev(next));
    }
    add(offset, bytes);
  }
  std::int64_t end() const noexcept { return end_; }

 private:
  using ByOffset = std::map<std::int64_t, std::int64_t>;
  void add(std::int64_t offset, std::int64_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  ByOffset::iterator remove(ByOffset::iterator gap) {
    by_size_.erase({gap->second, gap->first});
    return by_offset_.erase(gap);
  }

  ByOffset by_offset_;
  std::set<std::pair<std::int64_t, std::int64_t>> by_size_;
  std::int64_t end_ = 0;
};

/// Puts the blocks down as they come into being, as an allocator would.
MemoryPlan place_in_turn(std::span<const Block> blocks) {
  MemoryPlan plan;
  plan.offsets.assign(blocks.size(), 0);
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return blocks[a].first < blocks[b].first; });
  std::priority_queue<std::pair<int, std::size_t>, std::vector<std::pair<int, std::size_t>>, std::greater<>> alive;  // by last step
  Gaps gaps;
  for (const std::size_t b : order) {
    for (; !alive.empty() && alive.top().first < blocks[b].first; alive.pop())
      gaps.give(plan.offsets[alive.top().second], aligned(blocks[alive.top().second].bytes));
    if (blocks[b].bytes == 0) continue;
    plan.offsets[b] = gaps.take(aligned(blocks[b].bytes));
    alive.emplace(blocks[b].last, b);
  }
  plan.arena_bytes = gaps.end();
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

  if (blocks.size() > kMostCompared) {
    MemoryPlan plan = place_in_turn(blocks);
    plan.lower_bound = lower_bound_of(blocks);
    return plan;
  }

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

MemoryPlan plan_memory(std::span<const Block> blocks, std::span<const int> spaces, std::span<const std::size_t> alignment,
                       std::vector<std::int64_t>& device_bytes) {
  device_bytes.assign(alignment.size(), 0);
  if (alignment.empty()) return plan_memory(blocks);
  MemoryPlan result;
  result.offsets.resize(blocks.size());
  for (std::size_t space = 0; space <= alignment.size(); ++space) {
    std::vector<std::size_t> members;
    std::vector<Block> own;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      if (spaces[b] != static_cast<int>(space)) continue;
      members.push_back(b);
      own.push_back(blocks[b]);
      if (space == 0) continue;
      // Offsets are sums of sizes.
      const auto step = static_cast<std::int64_t>(std::max(alignment[space - 1], base::kAlignment));
      own.back().bytes = base::checked_add(own.back().bytes, step - 1, "arena") / step * step;
    }
    const MemoryPlan plan = plan_memory(own);
    for (std::size_t i = 0; i < members.size(); ++i) result.offsets[members[i]] = plan.offsets[i];
    if (space > 0) {
      device_bytes[space - 1] = plan.arena_bytes;
      continue;
    }
    result.arena_bytes = plan.arena_bytes;
    result.lower_bound = plan.lower_bound;
  }
  return result;
}

}  // namespace dnntune::runtime
