// SPDX-License-Identifier: Apache-2.0
#include "live/samples.h"

namespace dnntune::test {
namespace {

live::PairResult pair_over(const char* link) {
  live::PairResult pair{.network = "three", .link = Link::named(link), .measured = Link::named(link), .cuts = {}, .duel_chosen_ms = {}, .duel_best_ms = {}};
  const auto add = [&](const char* name, const char* kind, std::size_t here, const char* crosses, double predicted_ms, std::vector<double> survey_ms) {
    pair.cuts.push_back({.cut = {.name = name, .kind = kind, .layers_here = here, .crosses = crosses, .tiers = {}}, .predicted_ms = predicted_ms,
                         .survey_ms = std::move(survey_ms), .race_ms = {}});
  };
  add("cloud-only", "cloud-only", 0, "x", 110.0, {100.0, 90.0, 130.0});
  add("after <a>", "split", 1, "a", 40.0, {50.0});
  add("device-only", "device-only", 2, "", 60.0, {60.0, 60.0, 61.0});
  return pair;
}

}  // namespace

live::Setting sample_setting() {
  return {.device = "a phone", .cloud = "a server", .encoding = "int8", .rounds = 3, .race_rounds = 3, .once_above_s = 0.25, .margin = 0.1, .seconds = 12.0,
          .notes = {"vgg16 left out"}};
}

std::vector<live::PairResult> sample_pairs() {
  live::PairResult right = pair_over("wifi"), wrong = pair_over("3g"), lucky = pair_over("lte");
  right.chosen = right.best = 1;
  right.cuts[1].race_ms = {48.0, 50.0, 52.0};
  wrong.chosen = 1;
  wrong.best = 2;
  wrong.cuts[1].race_ms = {70.0, 70.0, 70.0};
  wrong.cuts[2].race_ms = {60.0, 60.0, 60.0};
  wrong.duel_chosen_ms = {66.0, 65.0, 67.0};
  wrong.duel_best_ms = {60.0, 59.0, 61.0};
  lucky.chosen = 2;
  lucky.best = 0;
  lucky.cuts[2].race_ms = {61.0, 61.0, 61.0};
  lucky.cuts[0].race_ms = {60.0, 60.0, 60.0};
  lucky.duel_chosen_ms = {60.0, 60.0, 60.0};
  lucky.duel_best_ms = {64.0, 64.0, 64.0};
  return {right, wrong, lucky};
}

}  // namespace dnntune::test
