// SPDX-License-Identifier: Apache-2.0
#include "plan/elimination.h"

#include <algorithm>
#include <array>
#include "plan/at.h"

namespace dnntune::plan {
namespace {

constexpr std::int64_t kNever = Elimination::kNever;

std::int64_t limit(std::int64_t cost) noexcept { return cost == LineProblem::kImpossible ? kNever : cost; }
/// Sums of what is possible stay below kNever, and two of kNever fit 64 bits.
std::int64_t plus(std::int64_t a, std::int64_t b) noexcept { return std::min(a + b, kNever); }

/// What one value costs for stops of its maker and its readers.
class ValuePrices {
 public:
  ValuePrices(const LineProblem& problem, std::size_t index)
      : problem_(problem), value_(problem.values[index]), first_(index * at(problem.hops())) {}

  /// Made at `maker` and read as far as `reader`.
  std::int64_t outward(int maker, int reader) const {
    std::int64_t cost = 0;
    for (int k = maker; k < std::max(reader, value_.output ? problem_.home : 0); ++k) cost = plus(cost, limit(problem_.outward[first_ + at(k)]));
    return cost;
  }
  /// Made at `maker` and read as near as `reader`, over hops that layers may cross back.
  std::int64_t homeward(int maker, int reader) const {
    std::int64_t cost = 0;
    for (int k = 0; k < maker; ++k)
      if ((reader <= k && problem_.may_return[at(k)]) || (value_.output && problem_.home <= k)) cost = plus(cost, limit(problem_.homeward[first_ + at(k)]));
    return cost;
  }

 private:
  const LineProblem& problem_;
  const LineValue& value_;
  const std::size_t first_;
};

/// Adds a table to `sum`, whose entries are by the stops of the neighbours, the last one's outermost, and of the variable within.
void add_table(std::int64_t* sum, const std::int64_t* table, const std::uint32_t* strides, std::size_t width, int stops) {
  std::array<int, Elimination::kMostWidth> digits{};
  const std::size_t own = strides[0];
  std::size_t from = 0;
  while (true) {
    for (int s = 0; s < stops; ++s, ++sum) *sum = plus(*sum, table[from + at(s) * own]);
    std::size_t digit = 0;
    for (; digit < width; ++digit) {
      if (++digits[digit] < stops) {
        from += strides[digit + 1];
        break;
      }
      digits[digit] = 0;
      from -= at(stops - 1) * strides[digit + 1];
    }
    if (digit == width) return;
  }
}

/// The same of two stops and few neighbours, unrolled: nearly all tables of a route device -> cloud.
template <int kWidth>
std::int64_t* add_pairs(std::int64_t* sum, const std::int64_t* table, const std::uint32_t* strides) {
  if constexpr (kWidth == 0) {
    sum[0] = plus(sum[0], table[0]);
    sum[1] = plus(sum[1], table[strides[0]]);
    return sum + 2;
  } else {
    return add_pairs<kWidth - 1>(add_pairs<kWidth - 1>(sum, table, strides), table + strides[kWidth], strides);
  }
}
void add_two_stops(std::int64_t* sum, const std::int64_t* table, const std::uint32_t* strides, std::size_t width) {
  switch (width) {
    case 0: add_pairs<0>(sum, table, strides); break;
    case 1: add_pairs<1>(sum, table, strides); break;
    case 2: add_pairs<2>(sum, table, strides); break;
    case 3: add_pairs<3>(sum, table, strides); break;
    default: add_table(sum, table, strides, width, 2);
  }
}

}  // namespace

void Elimination::price(const LineProblem& problem, Costs& tables) const {
  std::copy(shared_.begin(), shared_.end(), tables.begin());
  for (std::size_t i = 0; i < problem.layers.size(); ++i) tables[first_unary_ + i] = limit(problem.layers[i]);
  const int none = stops_;  // nobody reads it near
  for (std::size_t v = 0; v < values_.size(); ++v) {
    const LineValue& value = problem.values[v];
    const Value& parts = values_[v];
    const ValuePrices prices(problem, v);
    /// Calls fill(entry, maker, reader) for a table, or for what the reader alone costs when the maker is fixed.
    const auto fill = [&](std::uint32_t table, int variable, auto cost) {
      for (int r = 0; r < stops_; ++r) {
        if (value.producer < 0) {
          std::int64_t& entry = tables[unary(variable) + at(r)];
          entry = plus(entry, cost(problem.home, r));
        } else {
          for (int m = 0; m < stops_; ++m) tables[table + at(m + stops_ * r)] = cost(m, r);
        }
      }
    };
    const auto never = [&](int m, int r) { return shared_[shared_never_ + at(m + stops_ * r)]; };
    if (value.consumers.empty()) {
      if (value.producer < 0) continue;
      for (int m = 0; m < stops_; ++m) {
        std::int64_t& entry = tables[unary(value.producer) + at(m)];
        entry = plus(entry, plus(prices.outward(m, 0), prices.homeward(m, none)));
      }
    } else if (value.consumers.size() == 1) {
      fill(parts.outward, value.consumers.front(), [&](int m, int r) { return plus(plus(prices.outward(m, r), prices.homeward(m, r)), never(m, r)); });
    } else if (parts.nearest < 0) {
      fill(parts.outward, parts.farthest, [&](int m, int r) { return plus(prices.outward(m, r), prices.homeward(m, none)); });
    } else {
      fill(parts.outward, parts.farthest, [&](int m, int r) { return prices.outward(m, r); });
      fill(parts.homeward, parts.nearest, [&](int m, int r) { return prices.homeward(m, r); });
    }
    if (value.producer >= 0 || value.consumers.size() < 2) continue;
    for (const int reader : value.consumers)
      for (int r = 0; r < stops_; ++r) {
        std::int64_t& entry = tables[unary(reader) + at(r)];
        entry = plus(entry, never(problem.home, r));
      }
  }
}

/// The least cost with no layer beyond `farthest`.
std::int64_t Elimination::eliminate(const LineProblem& problem, Costs& tables, int farthest) const {
  std::int64_t total = 0;
  if (farthest == 0) {  // nothing crosses
    for (int i = 0; i < layer_count_; ++i) total = plus(total, limit(problem.layers[at(i * stops_)]));
    return total;
  }
  Costs sums(widest_);
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
    const Step& step = steps_[i];
    const std::size_t width = steps_[i + 1].neighbours - step.neighbours;
    std::size_t entries = 1;
    for (std::size_t n = 0; n < width; ++n) entries *= at(stops_);
    const int last = step.variable < layer_count_ ? farthest : stops_ - 1;
    for (std::size_t e = 0; e < entries; ++e)
      for (int s = 0; s < stops_; ++s) sums[e * at(stops_) + at(s)] = s > last ? kNever : tables[unary(step.variable) + at(s)];
    for (std::uint32_t input = step.inputs; input < steps_[i + 1].inputs; ++input) {
      const std::int64_t* table = &tables[inputs_[input].table];
      const std::uint32_t* strides = &strides_[inputs_[input].strides];
      if (stops_ == 2) add_two_stops(sums.data(), table, strides, width);
      else add_table(sums.data(), table, strides, width, stops_);
    }
    const std::int64_t* sum = sums.data();
    for (std::size_t e = 0; e < entries; ++e, sum += stops_) tables[step.message + e] = *std::min_element(sum, sum + stops_);
    if (width == 0) total = plus(total, tables[step.message]);
  }
  return total;
}

/// The stops behind eliminate's cost: last eliminated, first known. Among equals the nearest; all of them together are then
/// nearest too, as the cheapest placements of a cut are a lattice.
std::vector<int> Elimination::trace(const Costs& tables, int farthest) const {
  std::vector<int> stops(at(variables_), 0);
  if (farthest > 0) {
    for (std::size_t i = steps_.size() - 1; i-- > 0;) {
      const Step& step = steps_[i];
      const std::size_t width = steps_[i + 1].neighbours - step.neighbours;
      const int last = step.variable < layer_count_ ? farthest : stops_ - 1;
      std::array<std::int64_t, 8> costs{};
      for (int s = 0; s <= last; ++s) costs[at(s)] = tables[unary(step.variable) + at(s)];
      for (std::uint32_t input = step.inputs; input < steps_[i + 1].inputs; ++input) {
        const std::uint32_t* strides = &strides_[inputs_[input].strides];
        std::size_t from = inputs_[input].table;
        for (std::size_t n = 0; n < width; ++n) from += strides[n + 1] * at(stops[at(neighbours_[step.neighbours + n])]);
        for (int s = 0; s <= last; ++s) costs[at(s)] = plus(costs[at(s)], tables[from + at(s) * strides[0]]);
      }
      stops[at(step.variable)] = static_cast<int>(std::min_element(costs.begin(), costs.begin() + last + 1) - costs.begin());
    }
  }
  stops.resize(at(layer_count_));
  return stops;
}

std::optional<LinePlacement> Elimination::solve(const LineProblem& problem) const {
  Costs tables(size_, 0);
  price(problem, tables);
  LinePlacement best;
  best.cost = kNever;
  std::int64_t once = 0;
  for (int farthest = problem.home; farthest < stops_; ++farthest) {
    if (farthest > problem.home) once += problem.once[at(farthest - 1)];
    if (farthest < problem.hops() && problem.once[at(farthest)] == 0) continue;  // going farther costs nothing by itself
    const std::int64_t cost = plus(eliminate(problem, tables, farthest), once);
    if (cost >= best.cost) continue;
    best.cost = cost;
    best.stops = trace(tables, farthest);
  }
  if (best.cost >= kNever) return std::nullopt;
  return best;
}

}  // namespace dnntune::plan
