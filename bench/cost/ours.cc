// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "predictor.h"

namespace dnntune::bench {
namespace {

class Ours final : public Predictor {
 public:
  std::string name() const override { return "dnntune"; }
  void learn(const Data& data) override {
    model_.emplace(data.roofline);
    std::vector<MeasuredNetwork> networks;
    for (const Record& record : data.records) networks.push_back(record.network);
    model_->learn(networks);
  }
  Predicted predict(const NetworkShape& network, int threads) const override {
    Processor processor;
    processor.threads = threads;
    const Profile profile = model_->predict(network, processor);
    Predicted result{profile.run_ns.value, profile.run_ns.spread, {}, {}};
    for (const LayerShape& shape : network.layers) {
      const Cost& cost = profile.layers[static_cast<std::size_t>(shape.layer)].latency_ns;
      result.layer_ns.push_back(cost.value);
      result.layer_spread_ns.push_back(cost.spread);
    }
    return result;
  }

 private:
  std::optional<CostModel> model_;
};

}  // namespace

std::unique_ptr<Predictor> make_ours() { return std::make_unique<Ours>(); }

double measured_layer_ns(const MeasuredNetwork& network, std::size_t layer) {
  return network.profile.layers[static_cast<std::size_t>(network.shape.layers[layer].layer)].latency_ns.value;
}

}  // namespace dnntune::bench
