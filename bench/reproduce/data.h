// SPDX-License-Identifier: Apache-2.0
// DNNTune's published figures (data/taco19.json, embedded at build time) as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dnntune::reproduce {

std::string_view taco19_text() noexcept;

struct ChainLayer {
  std::string name;
  double device_ms = 0.0;
  double cloud_ms = 0.0;
  std::int64_t elements = 0;  ///< Of what a cut after it sends.
};

/// A network as the paper draws it: blocks in a row.
struct Chain {
  std::string name, title;
  std::int64_t input_elements = 0;
  double device_w = 0.0;  ///< Mobile A, one big core, above idle.
  std::vector<ChainLayer> layers;

  double device_ms() const noexcept;
  double cloud_ms() const noexcept;
};

struct Misprint {
  std::string where;  ///< A cut or a column; "*" is all.
  std::string note;
};

/// A chart of bars, one a cut.
struct Figure {
  std::string id, paper, chain, quantity, unit, link;
  double step = 0.0;              ///< The grid of the drawing.
  std::optional<double> radio_w;  ///< Where it is not the link's own.
  std::vector<double> totals;     ///< Cut before the first layer, after it, after the second...
  std::string optimum;            ///< The cut that the paper marks.
  std::vector<Misprint> misprints;
};

/// One network's half of a row of Table 3.
struct SplitRow {
  std::string platform, configuration, chain;
  double mobile_ms = 0.0, cloud_ms = 0.0, split_ms = 0.0, speedup = 0.0;
  std::string cut;
  std::vector<Misprint> misprints;
};

struct EnergyRow {
  std::string platform;
  double mobile_j = 0.0, cloud_j = 0.0, split_j = 0.0, saving = 0.0;  ///< Percent.
  std::string cut;
};

struct Framework {
  std::string name;
  std::vector<double> latency_ms, energy_j, memory_mb;  ///< A network each.
};

struct Decision {
  std::string network, platform, link, objective, published, note;
  std::optional<double> device;    ///< The whole network there, ms or J.
  std::optional<double> cloud_ms;  ///< Of networks without a chain.
  std::int64_t input_elements = 0;
};

/// A way to run a network on the phone, the whole of it.
struct Configuration {
  std::string name;
  double ms = 0.0;
  double joule = 0.0;
  bool baseline = false;   ///< What the paper splits.
  std::string prefix_cut;  ///< "" or a cut whose split latency is published: it fixes the part before it.
  double prefix_split_ms = 0.0;
};
struct ConfigurationSet {
  std::string chain, device, source;
  std::vector<Configuration> rows;
};

struct PolicyNetwork {
  std::string zoo, title;
  std::vector<double> device_ms;  ///< A configuration each.
  double cloud_ms = 0.0;
};

struct Taco19 {
  std::vector<Chain> chains;
  std::vector<Figure> figures;
  std::vector<SplitRow> table3;
  std::vector<EnergyRow> table4;
  std::vector<std::string> table5_networks;
  std::vector<Framework> table5;
  std::vector<Decision> decisions;
  std::vector<ConfigurationSet> configurations;
  std::vector<std::string> policy_configurations;
  std::vector<double> policy_watt;
  std::vector<PolicyNetwork> policy_networks;

  /// nullptr when there is none.
  const Chain* find(std::string_view name) const noexcept;
  const Chain& chain(std::string_view name) const;
};

Taco19 read_taco19();

}  // namespace dnntune::reproduce
