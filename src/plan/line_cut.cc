// SPDX-License-Identifier: Apache-2.0
#include "plan/line_cut.h"

#include "plan/at.h"
#include "plan/max_flow.h"

namespace dnntune::plan {
namespace {

constexpr int kNear = 0, kFar = 1, kFirstNode = 2;  // source, sink, and the first node of a layer

std::int64_t flow_limit(std::int64_t cost) noexcept { return cost == LineProblem::kImpossible ? MaxFlow::kUnlimited : cost; }

/// Writes a LineProblem as a flow network. Node (layer, hop) lies on the sink's side when the layer lies beyond the hop
/// (Ishikawa, "Exact optimization for Markov random fields with convex priors", PAMI 2003). A value gets a node of its own
/// for each hop and direction, so that several readers beyond cut one edge (Hu et al., "Dynamic adaptive DNN surgery",
/// INFOCOM 2019); unlimited edges reader -> maker forbid the way back (Picard, Management Science 1976).
class Network {
 public:
  explicit Network(const LineProblem& problem)
      : problem_(problem), hops_(problem.hops()), layers_(static_cast<int>(problem.layers.size()) / problem.stops),
        spare_(kFirstNode + layers_ * hops_), flow_(count_nodes()) {}

  std::optional<LinePlacement> solve() {
    for (int i = 0; i < layers_; ++i) add_layer(i);
    for (std::size_t v = 0; v < problem_.values.size(); ++v)
      for (int k = 0; k < hops_; ++k) {
        const std::size_t index = v * at(hops_) + at(k);
        add_outward(problem_.values[v], k, problem_.outward[index]);
        add_homeward(problem_.values[v], k, problem_.homeward[index]);
      }
    for (int k = problem_.home; k < hops_; ++k) add_once(k);
    LinePlacement result;
    result.cost = flow_.solve(kNear, kFar);
    if (result.cost >= MaxFlow::kUnlimited) return std::nullopt;
    const std::vector<bool> beyond = flow_.sink_side(kFar);
    for (int i = 0; i < layers_; ++i) {
      int stop = 0;
      while (stop < hops_ && beyond[at(node(i, stop))]) ++stop;
      result.stops.push_back(stop);
    }
    return result;
  }

 private:
  int node(int layer, int hop) const noexcept { return kFirstNode + layer * hops_ + hop; }
  /// Of what is fixed at home.
  int home(int hop) const noexcept { return problem_.home > hop ? kFar : kNear; }
  int maker(const LineValue& value, int hop) const noexcept { return value.producer < 0 ? home(hop) : node(value.producer, hop); }
  /// One for each value, hop and direction, and one for each hop: some stay unused.
  int count_nodes() const { return spare_ + hops_ * (2 * static_cast<int>(problem_.values.size()) + 1); }

  void add(int from, int to, std::int64_t capacity) {
    if (from != to && capacity > 0) flow_.add_edge(from, to, capacity);
  }

  void add_layer(int i) {
    for (int s = 0; s < problem_.stops; ++s) {
      const std::int64_t cost = flow_limit(problem_.layers[at(i * problem_.stops + s)]);
      add(s == hops_ ? kNear : node(i, s), s == 0 ? kFar : node(i, s - 1), cost);
    }
    for (int k = 0; k + 1 < hops_; ++k) add(node(i, k), node(i, k + 1), MaxFlow::kUnlimited);  // beyond 1 is beyond 0
  }

  void add_outward(const LineValue& value, int k, std::int64_t cost) {
    const bool sink_reads = value.output && home(k) == kFar;
    const int made = maker(value, k);
    if (cost == 0 || made == kFar) return;
    if (value.consumers.size() + (sink_reads ? 1 : 0) == 1) {
      add(made, sink_reads ? kFar : node(value.consumers.front(), k), flow_limit(cost));
    } else if (!value.consumers.empty()) {
      const int sent = spare_++;
      add(made, sent, flow_limit(cost));
      for (const int reader : value.consumers) add(sent, node(reader, k), MaxFlow::kUnlimited);
      if (sink_reads) add(sent, kFar, MaxFlow::kUnlimited);
    }
  }

  void add_homeward(const LineValue& value, int k, std::int64_t cost) {
    const bool source_reads = value.output && home(k) == kNear;
    const int made = maker(value, k);
    if (made == kNear) return;
    if (!problem_.may_return[at(k)]) {
      for (const int reader : value.consumers) add(node(reader, k), made, MaxFlow::kUnlimited);
      if (source_reads) add(kNear, made, flow_limit(cost));
      return;
    }
    if (cost == 0) return;
    if (source_reads) {  // whoever else reads it near, the maker beyond pays
      add(kNear, made, flow_limit(cost));
    } else if (value.consumers.size() == 1) {
      add(node(value.consumers.front(), k), made, flow_limit(cost));
    } else if (!value.consumers.empty()) {
      const int sent = spare_++;
      for (const int reader : value.consumers) add(node(reader, k), sent, MaxFlow::kUnlimited);
      add(sent, made, flow_limit(cost));
    }
  }

  void add_once(int k) {
    const std::int64_t cost = problem_.once[at(k)];
    if (cost == 0) return;
    const int used = spare_++;
    add(kNear, used, flow_limit(cost));
    for (int i = 0; i < layers_; ++i) add(used, node(i, k), MaxFlow::kUnlimited);
  }

  const LineProblem& problem_;
  const int hops_, layers_;
  int spare_;
  MaxFlow flow_;
};

}  // namespace

std::optional<LinePlacement> cheapest(const LineProblem& problem) {
  if (problem.stops == 1) {
    LinePlacement only;
    for (const std::int64_t cost : problem.layers) {
      if (cost == LineProblem::kImpossible) return std::nullopt;
      only.stops.push_back(0);
      only.cost += cost;
    }
    return only;
  }
  return Network(problem).solve();
}

}  // namespace dnntune::plan
