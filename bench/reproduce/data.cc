// SPDX-License-Identifier: Apache-2.0
#include "reproduce/data.h"

#include <nlohmann/json.hpp>

#include <dnntune/error.h>

namespace dnntune::reproduce {
namespace {

using Json = nlohmann::json;

std::vector<Misprint> misprints(const Json& row, const char* where) {
  std::vector<Misprint> found;
  for (const Json& each : row.value("misprints", Json::array())) found.push_back({each.at(where), each.at("note")});
  return found;
}

std::optional<double> number(const Json& row, const char* key) {
  if (!row.contains(key)) return std::nullopt;
  return row.at(key).get<double>();
}

Chain read_chain(const Json& row) {
  Chain chain{row.at("name"), row.at("title"), row.at("input_elements"), row.at("device_w"), {}};
  for (const Json& layer : row.at("layers"))
    chain.layers.push_back({layer.at("name"), layer.at("device_ms"), layer.at("cloud_ms"), layer.at("elements")});
  return chain;
}

Figure read_figure(const Json& row) {
  Figure figure;
  figure.id = row.at("id");
  figure.paper = row.at("paper");
  figure.chain = row.at("chain");
  figure.quantity = row.at("quantity");
  figure.unit = row.at("unit");
  figure.link = row.at("link");
  figure.step = row.at("step");
  figure.radio_w = number(row, "radio_w");
  figure.totals = row.at("totals").get<std::vector<double>>();
  figure.optimum = row.at("optimum");
  figure.misprints = misprints(row, "cut");
  return figure;
}

double printed(const Json& row, const char* key) { return std::stod(row.at(key).get<std::string>()); }

void read_decisions(const Json& rows, std::vector<Decision>& decisions) {
  for (const Json& row : rows) {
    Decision decision;
    decision.network = row.at("network");
    decision.platform = row.at("platform");
    decision.link = row.at("link");
    decision.objective = row.at("objective");
    decision.published = row.at("published");
    decision.note = row.value("note", "");
    decision.device = number(row, "device");
    decision.cloud_ms = number(row, "cloud_ms");
    decision.input_elements = row.value("input_elements", std::int64_t{0});
    decisions.push_back(std::move(decision));
  }
}

void read_configurations(const Json& sets, std::vector<ConfigurationSet>& configurations) {
  for (const Json& set : sets) {
    ConfigurationSet read{set.at("chain"), set.at("device"), set.at("source"), {}};
    for (const Json& row : set.at("rows")) {
      Configuration each{row.at("name"), row.at("ms"), row.at("joule"), row.value("baseline", false), "", 0.0};
      if (row.contains("prefix")) {
        each.prefix_cut = row["prefix"].at("cut");
        each.prefix_split_ms = row["prefix"].at("split_ms");
      }
      read.rows.push_back(std::move(each));
    }
    configurations.push_back(std::move(read));
  }
}

}  // namespace

double Chain::device_ms() const noexcept {
  double sum = 0.0;
  for (const ChainLayer& layer : layers) sum += layer.device_ms;
  return sum;
}

double Chain::cloud_ms() const noexcept {
  double sum = 0.0;
  for (const ChainLayer& layer : layers) sum += layer.cloud_ms;
  return sum;
}

const Chain* Taco19::find(std::string_view name) const noexcept {
  for (const Chain& chain : chains)
    if (chain.name == name) return &chain;
  return nullptr;
}

const Chain& Taco19::chain(std::string_view name) const {
  if (const Chain* found = find(name)) return *found;
  throw Error(ErrorCode::not_found, "taco19.json has no chain '" + std::string(name) + "'");
}

Taco19 read_taco19() {
  const Json text = Json::parse(taco19_text());
  Taco19 data;
  for (const Json& row : text.at("chains")) data.chains.push_back(read_chain(row));
  for (const Json& row : text.at("figures")) data.figures.push_back(read_figure(row));
  for (const Json& row : text.at("table3"))
    for (const char* chain : {"mobilenet_v2", "shufflenet_v2_x0_5"}) {
      const Json& half = row.at(chain);
      data.table3.push_back({row.at("platform"), row.at("configuration"), chain, half.at("mobile_ms"), half.at("cloud_ms"),
                             half.at("split_ms"), printed(half, "speedup"), half.at("cut"), misprints(half, "column")});
    }
  for (const Json& row : text.at("table4"))
    data.table4.push_back({row.at("platform"), row.at("mobile_j"), row.at("cloud_j"), row.at("split_j"),
                           printed(row, "saving"), row.at("cut")});
  data.table5_networks = text.at("table5").at("networks").get<std::vector<std::string>>();
  for (const Json& row : text.at("table5").at("frameworks"))
    data.table5.push_back({row.at("name"), row.at("latency_ms").get<std::vector<double>>(),
                           row.at("energy_j").get<std::vector<double>>(), row.at("memory_mb").get<std::vector<double>>()});
  read_decisions(text.at("decisions").at("rows"), data.decisions);
  read_configurations(text.at("configurations"), data.configurations);
  const Json& policies = text.at("policy_networks");
  data.policy_configurations = policies.at("configurations").get<std::vector<std::string>>();
  data.policy_watt = policies.at("watt").get<std::vector<double>>();
  for (const Json& row : policies.at("rows"))
    data.policy_networks.push_back(
        {row.at("zoo"), row.at("title"), row.at("device_ms").get<std::vector<double>>(), row.at("cloud_ms")});
  return data;
}

}  // namespace dnntune::reproduce
