// SPDX-License-Identifier: Apache-2.0
// What the experiment found, as data: pairs of network and link, with all cuts; summed up, as JSON, as a table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <dnntune/link.h>

#include "live/cuts.h"

namespace dnntune::live {

/// Within this of the measured best, a choice counts as right.
inline constexpr double kWithin = 0.03;

struct CutResult {
  Cut cut;
  double predicted_ms = 0.0;
  std::vector<double> survey_ms;  ///< Runs one after another.
  std::vector<double> race_ms;    ///< Runs in turn with the other contenders; empty: it did not race.
  double measured_ms() const;     ///< Median of the survey.
};

/// One network over one link.
struct PairResult {
  std::string network;
  Link link;      ///< As shaped.
  Link measured;  ///< As the probes found it: what was planned with.
  std::vector<CutResult> cuts;
  std::size_t chosen = 0;         ///< What the plan chose.
  std::size_t best = 0;           ///< What was fastest in the race.
  /// Runs of the chosen and of the fastest, in turn, after the race; empty when they are the same.
  std::vector<double> duel_chosen_ms, duel_best_ms;

  /// Medians of the duel, or of the race where there was none.
  double chosen_ms() const;
  double best_ms() const;
  double ratio() const;           ///< Of the two.
  bool right() const { return ratio() <= 1.0 + kWithin; }
};

/// The settings that the text and the page tell.
struct Setting {
  std::string device, cloud;      ///< In words.
  std::string encoding;
  int rounds = 0, race_rounds = 0;
  double once_above_s = 0.0, margin = 0.0;
  double seconds = 0.0;           ///< All took.
  std::vector<std::string> notes;  ///< What was left out, and why.
};

struct Summary {
  std::size_t pairs = 0, right = 0;
  std::size_t cuts = 0;           ///< Over all pairs.
  double median_error = 0.0, p90_error = 0.0;  ///< Of all cuts' predictions, relative.
  double chosen_median_error = 0.0, chosen_p90_error = 0.0;  ///< Of the chosen ones'.
  double worst_ratio = 1.0;
  std::size_t device_only = 0, cloud_only = 0, split = 0;  ///< Which kind was measured best.
  double share() const { return pairs == 0 ? 0.0 : static_cast<double>(right) / static_cast<double>(pairs); }
};

Summary summed_up(const std::vector<PairResult>& pairs);
/// Tables for people; the last line is the share of pairs that were right.
std::string text(const Setting& setting, const std::vector<PairResult>& pairs);
/// Schema "dnntune.live/1".
std::string to_json(const Setting& setting, const std::vector<PairResult>& pairs);

}  // namespace dnntune::live
