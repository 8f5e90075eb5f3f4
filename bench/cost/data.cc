// SPDX-License-Identifier: Apache-2.0
#include "data.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include <dnntune/error.h>

namespace dnntune::bench {
namespace {

using Json = nlohmann::json;
constexpr const char* kSchema = "dnntune.cost_data/3";

/// Numbers of a shape in the order in which they are written.
std::vector<std::int64_t*> numbers_of(LayerShape& s) {
  return {&s.macs, &s.flops, &s.input_bytes, &s.output_bytes, &s.weight_bytes, &s.rows, &s.width, &s.in_channels,
          &s.out_channels, &s.groups, &s.taps, &s.stride, &s.steps, &s.conversion_bytes, &s.line};
}

Cost measured(double value, double spread) { return {value, spread, Provenance::measured}; }

Json layer_json(LayerShape shape, const LayerProfile& layer) {
  Json numbers = Json::array();
  for (const std::int64_t* number : numbers_of(shape)) numbers.push_back(*number);
  return {shape.name, shape.op, shape.kind, shape.layer, shape.activation_ops, numbers, layer.kernel,
          layer.latency_ns.value, layer.latency_ns.spread, layer.conversion_ns.value, layer.samples, shape.kernel, shape.chained_input, shape.chained_output, shape.in_place};
}

void read_layer(MeasuredNetwork& network, const Json& json) {
  LayerShape& shape = network.shape.layers.emplace_back();
  shape.name = json.at(0);
  shape.op = json.at(1);
  shape.kind = json.at(2);
  shape.layer = json.at(3);
  shape.activation_ops = json.at(4);
  const std::vector<std::int64_t*> numbers = numbers_of(shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) *numbers[i] = json.at(5).at(i);
  auto& layers = network.profile.layers;
  layers.resize(std::max(layers.size(), static_cast<std::size_t>(shape.layer) + 1));
  LayerProfile& layer = layers[static_cast<std::size_t>(shape.layer)];
  layer.name = shape.name;
  layer.op = shape.op;
  layer.kernel = json.at(6);
  layer.latency_ns = measured(json.at(7), json.at(8));
  layer.conversion_ns = measured(json.at(9), 0.0);
  layer.samples = json.at(10);
  shape.kernel = json.at(11);
  shape.chained_input = json.at(12);
  shape.chained_output = json.at(13);
  shape.in_place = json.at(14);
}

}  // namespace

void save(const Data& data, const std::string& path) {
  Json json = {{"schema", kSchema}, {"device", data.device}, {"machine", Json::parse(CostModel(data.roofline).to_json())}, {"records", Json::array()}};
  for (const Record& record : data.records) {
    const Profile& profile = record.network.profile;
    Json entry = {{"family", record.family}, {"model", record.network.shape.name}, {"threads", profile.threads}, {"effort_ns", record.network.shape.effort_ns}, {"activation_bytes", record.network.shape.activation_bytes},
                  {"run_ns", profile.run_ns.value}, {"run_spread_ns", profile.run_ns.spread}, {"arena_bytes", profile.arena_bytes}, {"layers", Json::array()}};
    for (const LayerShape& shape : record.network.shape.layers)
      entry["layers"].push_back(layer_json(shape, profile.layers[static_cast<std::size_t>(shape.layer)]));
    json["records"].push_back(std::move(entry));
  }
  std::ofstream(path) << json.dump() << '\n';
}

Data load(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::not_found, "'" + path + "' cannot be read");
  const Json json = Json::parse(file, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != kSchema) throw Error(ErrorCode::invalid_argument, "'" + path + "': schema is not " + kSchema);
  Data data;
  data.device = json.at("device");
  data.roofline = CostModel::from_json(json.at("machine").dump()).roofline();
  for (const Json& entry : json.at("records")) {
    Record& record = data.records.emplace_back();
    record.family = entry.at("family");
    record.network.shape.name = record.network.profile.model = entry.at("model");
    record.network.shape.effort_ns = entry.at("effort_ns");
    record.network.shape.activation_bytes = entry.at("activation_bytes");
    record.network.profile.threads = entry.at("threads");
    record.network.profile.run_ns = measured(entry.at("run_ns"), entry.at("run_spread_ns"));
    record.network.profile.arena_bytes = entry.at("arena_bytes");
    for (const Json& layer : entry.at("layers")) read_layer(record.network, layer);
  }
  return data;
}

Data with_threads(Data data, int threads) {
  if (threads != 0) std::erase_if(data.records, [&](const Record& record) { return record.network.profile.threads != threads; });
  return data;
}

}  // namespace dnntune::bench
