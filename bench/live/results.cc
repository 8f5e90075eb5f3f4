// SPDX-License-Identifier: Apache-2.0
#include "live/results.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "live/judge.h"

namespace dnntune::live {
namespace {

using Json = nlohmann::ordered_json;

std::string ms_cell(double value) { return fmt::format("{:.{}f}", value, value < 100.0 ? 2 : 0); }
std::string percent_cell(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

Json link_json(const Link& link) {
  return {{"name", link.name}, {"bandwidth_up_bps", link.bandwidth_up_bps}, {"bandwidth_down_bps", link.bandwidth_down_bps}, {"round_trip_s", link.round_trip_s}, {"source", link.source}};
}

Json pair_json(const PairResult& pair) {
  Json cuts = Json::array();
  for (const CutResult& one : pair.cuts)
    cuts.push_back({{"name", one.cut.name}, {"kind", one.cut.kind}, {"layers_here", one.cut.layers_here}, {"crosses", one.cut.crosses},
                    {"predicted_ms", one.predicted_ms}, {"survey_ms", one.survey_ms}, {"race_ms", one.race_ms}});
  return {{"network", pair.network}, {"link", link_json(pair.link)}, {"measured_link", link_json(pair.measured)}, {"chosen", pair.chosen}, {"best", pair.best},
          {"chosen_ms", pair.chosen_ms()}, {"best_ms", pair.best_ms()}, {"ratio", pair.ratio()}, {"within", pair.right()},
          {"duel_chosen_ms", pair.duel_chosen_ms}, {"duel_best_ms", pair.duel_best_ms}, {"cuts", cuts}};
}

std::string links_text(const std::vector<PairResult>& pairs) {
  cli::Table table({"link", ">up Mbit/s", ">measured", ">down Mbit/s", ">measured", ">round trip ms", ">measured"});
  std::vector<std::string> seen;
  for (const PairResult& pair : pairs) {
    if (std::find(seen.begin(), seen.end(), pair.link.name) != seen.end()) continue;
    seen.push_back(pair.link.name);
    table.row({pair.link.name, fmt::format("{:.3f}", pair.link.bandwidth_up_bps * 1e-6), fmt::format("{:.3f}", pair.measured.bandwidth_up_bps * 1e-6),
               fmt::format("{:.3f}", pair.link.bandwidth_down_bps * 1e-6), fmt::format("{:.3f}", pair.measured.bandwidth_down_bps * 1e-6),
               fmt::format("{:.2f}", pair.link.round_trip_s * 1e3), fmt::format("{:.2f}", pair.measured.round_trip_s * 1e3)});
  }
  return table.text(100);
}

}  // namespace

double CutResult::measured_ms() const { return median(survey_ms); }

double PairResult::chosen_ms() const { return median(duel_chosen_ms.empty() ? cuts[chosen].race_ms : duel_chosen_ms); }
double PairResult::best_ms() const { return median(duel_best_ms.empty() ? cuts[best].race_ms : duel_best_ms); }
double PairResult::ratio() const { return chosen_ms() / best_ms(); }

Summary summed_up(const std::vector<PairResult>& pairs) {
  Summary sum;
  std::vector<double> predicted, measured, chosen_predicted, chosen_measured;
  for (const PairResult& pair : pairs) {
    ++sum.pairs;
    sum.right += pair.right();
    sum.worst_ratio = std::max(sum.worst_ratio, pair.ratio());
    const std::string& kind = pair.cuts[pair.best].cut.kind;
    ++(kind == "device-only" ? sum.device_only : kind == "cloud-only" ? sum.cloud_only : sum.split);
    for (const CutResult& cut : pair.cuts) {
      predicted.push_back(cut.predicted_ms);
      measured.push_back(cut.measured_ms());
    }
    chosen_predicted.push_back(pair.cuts[pair.chosen].predicted_ms);
    chosen_measured.push_back(pair.chosen_ms());
  }
  sum.cuts = predicted.size();
  if (sum.cuts == 0) return sum;
  const std::vector<double> errors = relative_errors(predicted, measured), chosen_errors = relative_errors(chosen_predicted, chosen_measured);
  sum.median_error = median(errors);
  sum.p90_error = quantile(errors, 0.9);
  sum.chosen_median_error = median(chosen_errors);
  sum.chosen_p90_error = quantile(chosen_errors, 0.9);
  return sum;
}

std::string text(const Setting& setting, const std::vector<PairResult>& pairs) {
  std::string out = fmt::format("device: {}\ncloud:  {}\nvalues cross as {}\n\n{}\n", setting.device, setting.cloud, setting.encoding, links_text(pairs));
  cli::Table table({"network", "link", ">cuts", "chosen", ">predicted ms", ">measured ms", ">+-", "measured best", ">ms", ">ratio", "within 3 %", ">median error"});
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const PairResult& pair = pairs[i];
    if (i > 0 && pairs[i - 1].network != pair.network) table.rule();
    std::vector<double> predicted, measured;
    for (const CutResult& cut : pair.cuts) {
      predicted.push_back(cut.predicted_ms);
      measured.push_back(cut.measured_ms());
    }
    const CutResult& chosen = pair.cuts[pair.chosen];
    table.row({pair.network, pair.link.name, fmt::format("{}", pair.cuts.size()), chosen.cut.name, ms_cell(chosen.predicted_ms), ms_cell(pair.chosen_ms()),
               ms_cell(spread(pair.duel_chosen_ms.empty() ? chosen.race_ms : pair.duel_chosen_ms)), pair.best == pair.chosen ? "the same" : pair.cuts[pair.best].cut.name,
               ms_cell(pair.best_ms()), fmt::format("{:.3f}", pair.ratio()), pair.right() ? "yes" : "NO", percent_cell(median(relative_errors(predicted, measured)))});
  }
  const Summary sum = summed_up(pairs);
  out += table.text(160);
  for (const std::string& note : setting.notes) out += "note: " + note + "\n";
  out += fmt::format("\nmeasured best: device-only {}, cloud-only {}, split {} of {} pairs; all took {:.0f} s\n", sum.device_only, sum.cloud_only, sum.split, sum.pairs, setting.seconds);
  out += fmt::format("prediction against measurement: {} cuts, median error {}, 90 % of them within {}; chosen cuts {} and {}\n", sum.cuts, percent_cell(sum.median_error),
                     percent_cell(sum.p90_error), percent_cell(sum.chosen_median_error), percent_cell(sum.chosen_p90_error));
  out += fmt::format("chosen within 3 % of the measured best: {} of {} pairs, {}; the worst takes {:.3f} times as long as the best\n", sum.right, sum.pairs,
                     percent_cell(sum.share()), sum.worst_ratio);
  return out;
}

std::string to_json(const Setting& setting, const std::vector<PairResult>& pairs) {
  const Summary sum = summed_up(pairs);
  Json all = {{"schema", "dnntune.live/1"}, {"device", setting.device}, {"cloud", setting.cloud}, {"encoding", setting.encoding}, {"rounds", setting.rounds},
              {"once_above_s", setting.once_above_s}, {"race_rounds", setting.race_rounds}, {"margin", setting.margin}, {"seconds", setting.seconds}, {"notes", setting.notes},
              {"summary", {{"pairs", sum.pairs}, {"within", sum.right}, {"share", sum.share()}, {"worst_ratio", sum.worst_ratio}, {"cuts", sum.cuts},
                           {"median_error", sum.median_error}, {"p90_error", sum.p90_error}, {"chosen_median_error", sum.chosen_median_error},
                           {"chosen_p90_error", sum.chosen_p90_error}, {"device_only", sum.device_only}, {"cloud_only", sum.cloud_only}, {"split", sum.split}}}};
  all["pairs"] = Json::array();
  for (const PairResult& pair : pairs) all["pairs"].push_back(pair_json(pair));
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dnntune::live
