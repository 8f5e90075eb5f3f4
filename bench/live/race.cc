// SPDX-License-Identifier: Apache-2.0
#include "live/race.h"

#include <map>
#include <memory>
#include <utility>

#include <dnntune/error.h>
#include <fmt/format.h>

#include "live/judge.h"

namespace dnntune::live {
namespace {

constexpr double kRaceDeadlineSeconds = 300.0;
/// Before anything counts: connects, has the server cut the network, fills caches.
constexpr int kRaceWarmUps = 2;

PlanRequest request_for(const Prepared& prepared, std::size_t link, WireEncoding encoding) {
  PlanRequest request{.graph = prepared.graph};
  request.device = {prepared.here};
  request.cloud = {prepared.there};
  request.link = prepared.measured[link];
  request.encoding = encoding;
  return request;
}

/// Runs cuts of one network over any link.
class Runner {
 public:
  Runner(Cloud& cloud, const Prepared& prepared, WireEncoding encoding)
      : cloud_(cloud), prepared_(prepared), request_(request_for(prepared, 0, encoding)), plan_(make_plan(request_)), inputs_(random_inputs(prepared.graph, 1)) {}

  /// A session that carries the cut out, warm.
  std::unique_ptr<SplitSession> session(const Cut& cut) {
    SplitOptions options;
    options.deadline_s = kRaceDeadlineSeconds;
    auto made = std::make_unique<SplitSession>(prepared_.graph, with_choice(plan_, request_, cut), cloud_.url(), options);
    cloud_.shape(Link::named("loopback"));
    for (int i = 0; i < kRaceWarmUps; ++i) run_ms(*made, cut);
    return made;
  }

  double run_ms(SplitSession& session, const Cut& cut) {
    const SplitResult result = session.run(inputs_);
    if (result.path == Path::fallback)
      throw Error(ErrorCode::network, fmt::format("{} of {} was finished on the device: {}", cut.name, prepared_.graph.name(), result.why));
    return result.total_ns * 1e-6;
  }

  void shape(const Link& link) { cloud_.shape(link); }

 private:
  Cloud& cloud_;
  const Prepared& prepared_;
  const PlanRequest request_;
  const Plan plan_;
  const Tensors inputs_;
};

int runs_of(const CutResult& cut, const RaceOptions& options) { return cut.predicted_ms > options.once_above_s * 1e3 ? 1 : options.rounds; }

void survey(Runner& runner, const RaceOptions& options, std::vector<PairResult>& pairs) {
  for (std::size_t c = 0; c < pairs.front().cuts.size(); ++c) {
    const Cut& cut = pairs.front().cuts[c].cut;
    const auto session = runner.session(cut);
    for (PairResult& pair : pairs) {
      runner.shape(pair.link);
      for (int i = runs_of(pair.cuts[c], options); i > 0; --i) pair.cuts[c].survey_ms.push_back(runner.run_ms(*session, cut));
    }
  }
}

/// Contenders take turns, each round in the other direction, so that a drift of the machine hits all alike; then the fastest
/// races the chosen one once more, because the least of several medians is a lucky one.
void race(Runner& runner, const RaceOptions& options, std::map<std::size_t, std::unique_ptr<SplitSession>>& sessions, PairResult& pair) {
  std::vector<double> surveyed;
  for (const CutResult& cut : pair.cuts) surveyed.push_back(cut.measured_ms());
  const std::vector<std::size_t> racing = contenders(surveyed, pair.chosen, options.margin, options.most);
  for (const std::size_t c : racing)
    if (!sessions[c]) sessions[c] = runner.session(pair.cuts[c].cut);
  runner.shape(pair.link);
  for (int round = 0; round < options.race_rounds; ++round)
    for (std::size_t i = 0; i < racing.size(); ++i) {
      const std::size_t c = racing[round % 2 == 0 ? i : racing.size() - 1 - i];
      pair.cuts[c].race_ms.push_back(runner.run_ms(*sessions[c], pair.cuts[c].cut));
    }
  pair.best = pair.chosen;
  for (const std::size_t c : racing)
    if (median(pair.cuts[c].race_ms) < median(pair.cuts[pair.best].race_ms)) pair.best = c;
  if (pair.best == pair.chosen) return;
  for (int round = 0; round < options.race_rounds; ++round)
    for (const bool first : {true, false}) {
      const bool chosen = first == (round % 2 == 0);
      const std::size_t c = chosen ? pair.chosen : pair.best;
      (chosen ? pair.duel_chosen_ms : pair.duel_best_ms).push_back(runner.run_ms(*sessions[c], pair.cuts[c].cut));
    }
}

}  // namespace

std::vector<PairResult> predict(const Prepared& prepared, WireEncoding encoding) {
  std::vector<Plan> plans;
  for (std::size_t l = 0; l < prepared.links.size(); ++l) plans.push_back(make_plan(request_for(prepared, l, encoding)));
  const std::vector<Cut> cuts = all_cuts(request_for(prepared, 0, encoding), plans);
  std::vector<PairResult> pairs;
  for (std::size_t l = 0; l < prepared.links.size(); ++l) {
    PairResult pair{.network = prepared.graph.name(), .link = prepared.links[l], .measured = prepared.measured[l], .cuts = {}, .chosen = index_of(cuts, plans[l]),
                    .duel_chosen_ms = {}, .duel_best_ms = {}};
    const std::vector<double> times = predicted_ms(request_for(prepared, l, encoding), cuts);
    for (std::size_t c = 0; c < cuts.size(); ++c) pair.cuts.push_back({.cut = cuts[c], .predicted_ms = times[c], .survey_ms = {}, .race_ms = {}});
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

double survey_s(const std::vector<PairResult>& pairs, const RaceOptions& options) {
  double ms = 0.0;
  for (const PairResult& pair : pairs)
    for (const CutResult& cut : pair.cuts) ms += cut.predicted_ms * runs_of(cut, options);
  return ms * 1e-3;
}

void measure(Cloud& cloud, const Prepared& prepared, const RaceOptions& options, std::vector<PairResult>& pairs) {
  Runner runner(cloud, prepared, options.encoding);
  survey(runner, options, pairs);
  for (PairResult& pair : pairs) {
    std::map<std::size_t, std::unique_ptr<SplitSession>> sessions;
    race(runner, options, sessions, pair);
  }
}

}  // namespace dnntune::live
