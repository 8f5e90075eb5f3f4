// SPDX-License-Identifier: Apache-2.0
// Every cut of a network, carried out over every link: a survey of all, then a race of those that may be the best.
#pragma once

#include <vector>

#include <dnntune/graph.h>

#include "live/results.h"
#include "live/sides.h"

namespace dnntune::live {

struct RaceOptions {
  WireEncoding encoding = WireEncoding::int8;
  int rounds = 3;              ///< Runs of each cut in the survey,
  double once_above_s = 0.1;   ///< of which cuts that should take longer get one.
  int race_rounds = 7;
  double margin = 0.10;        ///< Cuts within this of the survey's fastest race.
  std::size_t most = 4;        ///< Of them, beside the chosen one.
};

/// A network with its profiles, planned for links.
struct Prepared {
  Graph graph;
  Profile here, there;
  std::vector<Link> links, measured;  ///< As shaped, and as the probes found them.
};

/// Plans over each link and predicts every cut: results without measured times.
std::vector<PairResult> predict(const Prepared& prepared, WireEncoding encoding);
/// How long measure's survey should take.
double survey_s(const std::vector<PairResult>& pairs, const RaceOptions& options);
/// Carries every cut out and fills in what it took. Throws network when a run came back another way than its cut wants.
void measure(Cloud& cloud, const Prepared& prepared, const RaceOptions& options, std::vector<PairResult>& pairs);

}  // namespace dnntune::live
