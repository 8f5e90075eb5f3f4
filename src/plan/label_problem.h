// SPDX-License-Identifier: Apache-2.0
// Where each layer of a graph runs on a line of stops, on which processor there, and how each value that crosses is
// written, with several figures for each choice, in whole numbers. Knows nothing of profiles and links.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "plan/elimination.h"
#include "plan/line_cut.h"

namespace dnntune::plan {

/// What every choice costs by each measure. The first is the objective; limits may be on any.
inline constexpr std::size_t kFigures = 7;
using Figures = std::array<std::int64_t, kFigures>;
inline constexpr std::size_t kObjective = 0;

/// One processor of a layer at a stop, or one encoding of a value over a hop.
struct Choice {
  Figures figures{};
  /// Time on the resources it occupies: of a layer the stop's; of a crossing the sender's, the hop's, the receiver's.
  std::array<std::int64_t, 3> busy{};
  int id = 0;  ///< Processor or encoding, of the caller.
};

/// Choices [first, first + count) of LabelProblem::choices; none: impossible.
struct Choices {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

enum class ReturnRule : std::uint8_t { never, once, freely };

/// No sum of all figures of one kind exceeds 2^42.
struct LabelProblem {
  struct Limit {
    std::size_t figure = 0;
    std::int64_t at_most = 0;
  };
  /// Time that one resource may be busy; see `resource`.
  struct BusyLimit {
    int resource = 0;
    std::int64_t at_most = 0;
  };
  /// The sum of one figure plus the largest `peak` of a layer at stops [0, last_stop].
  struct PeakLimit {
    std::size_t figure = 0;
    std::vector<std::int64_t> peak;  ///< By layer.
    int last_stop = 0;
    std::int64_t at_most = 0;
  };

  int stops = 2;
  int home = 0;
  int layer_count = 0;
  std::vector<LineValue> values;
  std::vector<Choice> choices;
  /// Indexed by place(), outward() and homeward().
  std::vector<Choices> slots;
  std::vector<ReturnRule> returns;  ///< By hop.
  std::vector<Figures> once;        ///< By hop: paid once when a layer lies beyond it.
  std::vector<Limit> limits;
  std::vector<BusyLimit> busy_limits;
  std::optional<PeakLimit> peak;
  /// Minimise the time of the resource that is busy longest, not the objective.
  bool bottleneck = false;
  /// Solves in place of the minimum cut; none: not asked for, or the graph is too wide for it.
  std::shared_ptr<const Elimination> elimination;

  int hops() const noexcept { return stops - 1; }
  std::size_t place(int layer, int stop) const noexcept {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(stops) + static_cast<std::size_t>(stop);
  }
  std::size_t outward(std::size_t value, int hop) const noexcept {
    return static_cast<std::size_t>(layer_count) * static_cast<std::size_t>(stops) +
           2 * (value * static_cast<std::size_t>(hops()) + static_cast<std::size_t>(hop));
  }
  std::size_t homeward(std::size_t value, int hop) const noexcept { return outward(value, hop) + 1; }
  std::size_t slot_count() const noexcept { return outward(values.size(), 0); }

  /// Resources: the stops, then for each hop its way out and its way home.
  int resources() const noexcept { return stops + 2 * hops(); }
  int out_of(int hop) const noexcept { return stops + 2 * hop; }
  int home_over(int hop) const noexcept { return stops + 2 * hop + 1; }
};

/// One answer: a stop a layer, and the choice in every slot that is used.
struct Labelling {
  std::vector<int> stops;                           ///< By layer.
  std::vector<std::pair<std::size_t, std::uint32_t>> used;  ///< (slot, index into LabelProblem::choices), in slot order.
  Figures total{};
  std::vector<std::int64_t> busy;                   ///< By resource.
  std::int64_t peak = 0;                            ///< Of PeakLimit::peak, over the layers that count.

  std::int64_t longest_busy() const noexcept;
};

/// Visits the slots that a placement uses, in slot order: visit(slot, first resource, second, third); -1: none.
template <typename Visit>
void for_each_used_slot(const LabelProblem& problem, const std::vector<int>& stops, Visit visit) {
  for (int i = 0; i < problem.layer_count; ++i) {
    const int stop = stops[static_cast<std::size_t>(i)];
    visit(problem.place(i, stop), stop, -1, -1);
  }
  for (std::size_t v = 0; v < problem.values.size(); ++v) {
    const LineValue& value = problem.values[v];
    const int made = value.producer < 0 ? problem.home : stops[static_cast<std::size_t>(value.producer)];
    int nearest = value.output ? problem.home : made, farthest = nearest;
    for (const int reader : value.consumers) {
      nearest = std::min(nearest, stops[static_cast<std::size_t>(reader)]);
      farthest = std::max(farthest, stops[static_cast<std::size_t>(reader)]);
    }
    for (int k = 0; k < problem.hops(); ++k) {
      if (made <= k && farthest > k) visit(problem.outward(v, k), k, problem.out_of(k), k + 1);
      if (made > k && nearest <= k) visit(problem.homeward(v, k), k + 1, problem.home_over(k), k);
    }
  }
}

/// Sums of what `labelling.used` says for `labelling.stops`; fills total, busy and peak.
void add_up(const LabelProblem& problem, Labelling& labelling);

struct SearchAnswer {
  std::optional<Labelling> best;
  /// No answer is below: of the objective, or of the longest busy time. Equal to the best's when that is proven the least.
  double lower_bound = 0.0;
  bool proven = false;  ///< Also when there is no answer and that is proven.
  int cuts = 0;         ///< Minimum cuts that it took.
};

/// Where a search may go: bounds on the stop of each layer, and the choices still open in each slot.
struct Domain {
  std::vector<std::uint8_t> low, high;
  std::vector<std::uint32_t> open;  ///< By slot, a bit a choice: at most 32 choices a slot.

  explicit Domain(const LabelProblem& problem);
};

/// The best labelling within the limits: minimum cuts under Lagrange multipliers give lower bounds and candidates, and
/// branching on layers and choices closes what the multipliers leave open. Exact when it ends within `most_cuts`; else
/// the best found, with the bound that holds.
SearchAnswer search(const LabelProblem& problem, const Domain& domain, int most_cuts);

/// The cheapest by weighted figures within a domain, limits and the rule `once` left aside, and a bound that no labelling there
/// is below. `busy_weights` is by resource, or empty.
struct Relaxed {
  Labelling labelling;
  double bound = 0.0;
};
std::optional<Relaxed> relaxed(const LabelProblem& problem, const Domain& domain, const std::array<double, kFigures>& weights,
                               const std::vector<double>& busy_weights);

}  // namespace dnntune::plan
