// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_plan.h"

#include <algorithm>
#include <limits>
#include <random>

#include "throws.h"

using namespace dnntune;
using runtime::Block;
using runtime::MemoryPlan;
using runtime::plan_memory;

namespace {

/// Marks every byte of the arena at every step; false when two blocks want the same one.
bool no_overlap(const std::vector<Block>& blocks, const MemoryPlan& plan) {
  int steps = 0;
  for (const Block& block : blocks) steps = std::max(steps, block.last + 1);
  for (int step = 0; step < steps; ++step) {
    std::vector<bool> taken(static_cast<std::size_t>(plan.arena_bytes), false);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      if (step < blocks[b].first || step > blocks[b].last) continue;
      for (std::int64_t i = 0; i < blocks[b].bytes; ++i) {
        const auto at = static_cast<std::size_t>(plan.offsets[b] + i);
        if (at >= taken.size() || taken[at]) return false;
        taken[at] = true;
      }
    }
  }
  return true;
}

std::int64_t bound_by_counting(const std::vector<Block>& blocks) {
  std::int64_t most = 0;
  for (int step = 0; step < 100; ++step) {
    std::int64_t sum = 0;
    for (const Block& block : blocks) sum += step >= block.first && step <= block.last ? block.bytes : 0;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("memory plan: random lifetimes never overlap, offsets are aligned, the bound is the bound") {
  std::mt19937 random(7);
  const auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  for (int round = 0; round < 300; ++round) {
    std::vector<Block> blocks;
    const int count = pick(0, 30);
    for (int i = 0; i < count; ++i) {
      const int first = pick(0, 20);
      blocks.push_back({pick(0, 4) == 0 ? 0 : pick(1, 700), first, std::min(25, first + pick(0, 8))});
    }
    const MemoryPlan plan = plan_memory(blocks);
    REQUIRE(plan.offsets.size() == blocks.size());
    CHECK(no_overlap(blocks, plan));
    CHECK(std::all_of(plan.offsets.begin(), plan.offsets.end(), [](std::int64_t offset) { return offset >= 0 && offset % 64 == 0; }));
    CHECK(plan.lower_bound == bound_by_counting(blocks));
    CHECK(plan.arena_bytes >= plan.lower_bound);
  }
}

TEST_CASE("memory plan: a chain needs two buffers, a chain of equal ones reaches the bound") {
  std::vector<Block> blocks;
  for (int i = 0; i < 20; ++i) blocks.push_back({6400, i, i + 1});
  const MemoryPlan plan = plan_memory(blocks);
  CHECK(plan.arena_bytes == 12800);
  CHECK(plan.lower_bound == 12800);
}

TEST_CASE("memory plan: a long-lived block between short ones") {
  // Where a first-fit by time would leave a hole below the long one.
  const std::vector<Block> blocks = {{64, 0, 1}, {128, 1, 9}, {256, 2, 3}, {256, 4, 5}, {64, 6, 7}};
  const MemoryPlan plan = plan_memory(blocks);
  CHECK(no_overlap(blocks, plan));
  CHECK(plan.arena_bytes == plan.lower_bound);
}

TEST_CASE("memory plan: nothing, and too much") {
  CHECK(plan_memory({}).arena_bytes == 0);
  const std::vector<Block> absurd = {{std::numeric_limits<std::int64_t>::max() - 100, 0, 1}, {1000, 0, 1}};
  CHECK_ERROR(plan_memory(absurd), ErrorCode::limit_exceeded, "arena");
}

TEST_CASE("memory plan: many blocks never overlap, and gaps are used again") {
  std::mt19937 random(11);
  const auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  std::vector<Block> blocks;
  for (int i = 0; i < 5000; ++i) blocks.push_back({pick(0, 9) == 0 ? 0 : pick(1, 700), i / 2, i / 2 + pick(0, 12)});
  std::shuffle(blocks.begin(), blocks.end(), random);
  const MemoryPlan plan = plan_memory(blocks);
  CHECK(no_overlap(blocks, plan));
  CHECK(plan.arena_bytes >= plan.lower_bound);
  CHECK(plan.arena_bytes <= 2 * plan.lower_bound);
  // Comparing each of a million with all before would take an hour.
  blocks.clear();
  for (int i = 0; i < 1'000'000; ++i) blocks.push_back({64, i, i + 1});
  CHECK(plan_memory(blocks).arena_bytes == 128);
}
