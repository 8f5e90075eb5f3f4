// SPDX-License-Identifier: Apache-2.0
#include "reproduce/taco19.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reproduce/chain.h"
#include "reproduce/joint.h"

namespace dnntune::reproduce {
namespace {

std::string misprint_at(const std::vector<Misprint>& misprints, const std::string& where) {
  for (const Misprint& misprint : misprints)
    if (misprint.where == where || misprint.where == "*") return misprint.note;
  return "";
}

/// One byte an element, as the paper counts.
PlanRequest request_of(const Chain& chain, const Link& link, const Objective& objective) {
  const Graph graph = chain_graph(chain, 8);
  return {.graph = graph,
          .device = {device_profile(graph, chain)},
          .cloud = {cloud_profile(graph, chain)},
          .link = link,
          .minimize = objective};
}

/// The same with the phone's part in `ms` and `joule`.
PlanRequest scaled(const Chain& chain, const Link& link, const Objective& objective, const Whole& whole) {
  PlanRequest request = request_of(chain, link, objective);
  request.device = {device_profile(request.graph, chain, whole)};
  return request;
}

std::string chosen_cut(const Chain& chain, const Deployment& deployment) {
  return cut_name(chain, layers_on_device(deployment));
}

/// What the phone must have taken up to the row's cut, if its split latency is to add up.
Whole implied(const Chain& chain, const SplitRow& row, const PlanRequest& request) {
  const int layers = layers_before(chain, row.cut);
  const PlanCost cost = cut_after(request, layers).cost;
  const double rest_ms = (cost.upload_ns.value + cost.round_trip_ns.value + cost.cloud_ns.value) * 1e-6;
  return {.name = "implied", .ms = row.mobile_ms, .joule = 1.0, .prefix_layers = layers, .prefix_ms = row.split_ms - rest_ms};
}

/// A network of which only totals are known.
Chain lump(const Decision& decision, double cloud_ms) {
  return {decision.network, decision.network, decision.input_elements, 1.0, {{"network", *decision.device, cloud_ms, 1000}}};
}

Cell bound_cell(const Decision& decision, const std::string& row, const std::string& column) {
  const Link link = paper_link(decision.link);
  const double left_ms = *decision.device - link.round_trip_s * 1e3 -
                         link.up_s(static_cast<double>(decision.input_elements)) * 1e3;
  Cell cell{row, column, decision.published, "?", "", Cell::Verdict::no_data, ""};
  cell.note = fmt::format("no cloud time is published; {} holds as long as the cloud takes less than {:.0f} ms",
                          decision.published, left_ms);
  return cell;
}

}  // namespace

Section figure_section(const Taco19& data, const Figure& figure) {
  const Chain& chain = data.chain(figure.chain);
  const bool energy = figure.quantity == "energy";
  Link link = paper_link(figure.link);
  if (figure.radio_w) link.radio.beta_w = *figure.radio_w;
  const PlanRequest request = request_of(chain, link, energy ? Objective::energy() : Objective::latency());
  const int digits = energy ? 4 : figure.step > 1.0 ? 0 : 1;

  Section section{.id = "figure-" + figure.id,
                  .title = fmt::format("{}: {} of {} by cut", figure.paper, figure.quantity, chain.title)};
  section.remarks.push_back(fmt::format(
      "{}. Ours: evaluate() on the published layers and the link {}. A cell agrees within two drawing steps, {} {}.",
      figure.unit, figure.link, 2 * figure.step, figure.unit));
  for (std::size_t k = 0; k < figure.totals.size(); ++k) {
    const int layers = static_cast<int>(k);
    const std::string cut = cut_name(chain, layers);
    const std::string drawn = layers == static_cast<int>(chain.layers.size()) ? chain.layers.back().name : cut;
    section.cells.push_back(compare(cut, "", figure.totals[k],
                                    objective_value(cut_after(request, layers), link, request.minimize), 2 * figure.step,
                                    digits, misprint_at(figure.misprints, drawn)));
  }
  const std::string marked = cut_name(chain, layers_before(chain, figure.optimum));
  section.cells.push_back(
      compare("best cut", "", marked, chosen_cut(chain, best(request)), misprint_at(figure.misprints, "best cut")));
  return section;
}

Section table3_section(const Taco19& data) {
  Section section{.id = "table-3", .title = "Table 3: partitioning over Wi-Fi"};
  section.remarks = {
      "Latency in ms. Only Mobile A's big core has published layers, so that elsewhere the row's mobile-only time is shared "
      "out in A's proportions: 'cut' "
      "and 'split' are predictions from them. 'speedup' is printed against printed, the better of mobile and cloud over "
      "split. Where the paper cuts "
      "inside, 'implied cut' takes the row's own split time as given, which fixes what the phone took up to that cut, and "
      "asks whether the planner then "
      "finds no better one."};
  for (const SplitRow& row : data.table3) {
    const Chain& chain = data.chain(row.chain);
    const std::string name = fmt::format("{} {}, {}", row.platform.substr(7), row.configuration, chain.title);
    const Link link = paper_link("dnntune-wifi");
    const PlanRequest request = scaled(chain, link, Objective::latency(),
                                       {.name = row.platform, .ms = row.mobile_ms, .joule = 1.0});
    const auto note = [&](const char* column) { return misprint_at(row.misprints, column); };
    section.cells.push_back(compare(name, "cloud", row.cloud_ms, latency_ms(cut_after(request, 0)), 1.0, 0));
    const Deployment found = best(request);
    section.cells.push_back(compare(name, "split", row.split_ms, latency_ms(found), 1.0, 0, note("split_ms")));
    section.cells.push_back(compare(name, "cut", row.cut, chosen_cut(chain, found), note("cut")));
    // Printed in whole ms, which may be cut off: up to 1 in the numerator.
    const double speedup = std::min(row.mobile_ms, row.cloud_ms) /
                           (note("split_ms").empty() ? row.split_ms : std::min(row.mobile_ms, row.cloud_ms));
    section.cells.push_back(compare(name, "speedup", row.speedup, speedup, 0.015, 2, note("speedup")));
    if (row.cut == "input" || row.cut == "output") continue;
    PlanRequest given = request;
    given.device = {device_profile(request.graph, chain, implied(chain, row, request))};
    section.cells.push_back(compare(name, "implied cut", row.cut, chosen_cut(chain, best(given)), note("cut")));
  }
  section.findings = {
      "1.66 and 1.2 come out as the quotients of the printed cells: 138 / 83 (Adreno 506) and 138 / 115 (one big core). From "
      "the published layers only the "
      "second can be predicted; the Adreno's 83 ms implies that it takes 33 % of its time up to bottleneck_4_4, where the "
      "big core takes 56 %."};
  return section;
}

Section table4_section(const Taco19& data) {
  const Chain& chain = data.chain("shufflenet_v2_x0_5");
  Section section{.id = "table-4", .title = "Table 4: energy of ShuffleNet-V2 0.5x over Wi-Fi"};
  section.remarks = {
      "Joule. The layers' energy is that of Fig. 9(b), scaled to each phone's mobile-only energy. 'saving' is printed "
      "against printed: 1 - split / "
      "the better of mobile and cloud, in percent."};
  const Link link = paper_link("dnntune-wifi");
  for (const EnergyRow& row : data.table4) {
    const std::string name = row.platform;
    const PlanRequest request = scaled(chain, link, Objective::energy(),
                                       {.name = name, .ms = chain.device_ms(), .joule = row.mobile_j});
    section.cells.push_back(compare(name, "cloud", row.cloud_j, energy_j(cut_after(request, 0), link), 0.0005, 3));
    section.cells.push_back(compare(name, "split at its cut", row.split_j,
                                    energy_j(cut_after(request, layers_before(chain, row.cut)), link), 0.001, 3));
    section.cells.push_back(compare(name, "cut", row.cut, chosen_cut(chain, best(request))));
    section.cells.push_back(
        compare(name, "saving %", row.saving, 100.0 * (1.0 - row.split_j / std::min(row.mobile_j, row.cloud_j)), 0.1, 1));
  }
  return section;
}

Section table5_section(const Taco19& data) {
  Section section{.id = "table-5", .title = "Table 5: which framework wins on Mobile A's four big cores"};
  section.remarks = {
      "Published: the smallest entry of the column. Ours: make_plan() over the four frameworks as four processors."};
  for (std::size_t i = 0; i < data.table5_networks.size(); ++i) {
    const Chain lump{data.table5_networks[i], data.table5_networks[i], 150528, 1.0, {{"network", 1.0, 0.0, 1000}}};
    const Graph graph = chain_graph(lump, 8);
    for (const bool energy : {false, true}) {
      PlanRequest request{.graph = graph,
                          .link = paper_link("dnntune-wifi"),
                          .minimize = energy ? Objective::energy() : Objective::latency()};
      std::string winner;
      double least = 0.0;
      for (const Framework& framework : data.table5) {
        request.device.push_back(device_profile(
            graph, lump, {.name = framework.name, .ms = framework.latency_ms[i], .joule = framework.energy_j[i]}));
        const double value = energy ? framework.energy_j[i] : framework.latency_ms[i];
        if (winner.empty() || value < least) winner = framework.name, least = value;
      }
      section.cells.push_back(compare(data.table5_networks[i], energy ? "energy" : "latency", winner,
                                      make_plan(request).chosen.device_processor));
    }
  }
  section.findings = {
      "TFLite with 8-bit weights wins everywhere but on Vgg16, where MACE in float does, in time (432 to 446 ms) and energy "
      "(2.169 to 2.202 J)."};
  return section;
}

Section decision_section(const Taco19& data) {
  Section section{.id = "decisions", .title = "Decisions by network, phone and link"};
  section.remarks = {
      "What the text says is best, against the planner's choice on the published figures. Networks without published layers "
      "are one block."};
  for (const Decision& decision : data.decisions) {
    const bool energy = decision.objective == "energy";
    const Chain* chain = data.find(decision.network);
    const std::string row = fmt::format("{}, {}", chain != nullptr ? chain->title : decision.network, decision.platform);
    const std::string column = fmt::format("{}, {}", decision.link.substr(8), decision.objective);
    if (chain == nullptr && !decision.cloud_ms) {
      section.cells.push_back(bound_cell(decision, row, column));
      continue;
    }
    const Chain blocks = chain != nullptr ? *chain : lump(decision, *decision.cloud_ms);
    Whole whole{.name = decision.platform, .ms = blocks.device_ms(), .joule = blocks.device_ms() * 1e-3 * blocks.device_w};
    if (decision.device) (energy ? whole.joule : whole.ms) = *decision.device;
    const Link link = paper_link(decision.link);
    const PlanRequest request = scaled(blocks, link, energy ? Objective::energy() : Objective::latency(), whole);
    const Deployment found = best(request);
    std::string ours = found.name == "split" ? chosen_cut(blocks, found) : found.name;
    Cell cell = compare(row, column, decision.published, ours);
    if (cell.verdict == Cell::Verdict::differs) {
      const bool cut = decision.published != "mobile-only" && decision.published != "cloud-only";
      const int layers = decision.published == "cloud-only" ? 0
                         : cut                              ? layers_before(blocks, decision.published)
                                                            : static_cast<int>(blocks.layers.size());
      const char* unit = energy ? "J" : "ms";
      cell.note = fmt::format("{} {:.3f} {}, {} {:.3f} {}{}{}", decision.published,
                              objective_value(cut_after(request, layers), link, request.minimize), unit, ours,
                              objective_value(found, link, request.minimize), unit, decision.note.empty() ? "" : "; ",
                              decision.note);
    }
    section.cells.push_back(std::move(cell));
  }
  return section;
}

Report taco19() {
  const Taco19 data = read_taco19();
  Report report{.title =
                    "DNNTune (Xia et al., ACM TACO 16(4), 2019), re-made from its published layer and device figures by "
                    "libdnntune's planner."};
  for (const Figure& figure : data.figures) report.sections.push_back(figure_section(data, figure));
  report.sections.push_back(table3_section(data));
  report.sections.push_back(table4_section(data));
  report.sections.push_back(table5_section(data));
  report.sections.push_back(decision_section(data));
  for (Section& section : joint_sections(data)) report.sections.push_back(std::move(section));
  report.sections.push_back(tail_section(data));
  report.sections.push_back(claim_section(data));
  return report;
}

}  // namespace dnntune::reproduce
