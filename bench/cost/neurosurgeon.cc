// SPDX-License-Identifier: Apache-2.0
// Neurosurgeon's regressions. Variables of a type as in its descendants' papers (Edgent, HotEdge 2018, table 1):
// convolution: input feature maps, and (filter / stride)^2 x filters; dense: input and output size; pooling: the same;
// all else: input size.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <Eigen/Dense>

#include "predictor.h"

namespace dnntune::bench {
namespace {

using Variables = std::array<double, 2>;

std::string type_of(const LayerShape& s) {
  if (s.kind.starts_with("conv") || s.kind == "depthwise") return "convolution";
  if (s.kind.starts_with("product")) return "dense";
  if (s.kind.starts_with("pool") || s.kind == "global_pool") return "pooling";
  return s.kind;
}

Variables variables_of(const LayerShape& s) {
  const double in = static_cast<double>(s.input_bytes) / 4.0, out = static_cast<double>(s.output_bytes) / 4.0;
  const std::string type = type_of(s);
  if (type == "convolution")
    return {in, static_cast<double>(s.taps) / static_cast<double>(s.stride * s.stride) * static_cast<double>(s.out_channels * s.groups)};
  return {in, out};
}

struct Regression {
  bool logarithmic = false;
  Eigen::Vector3d weights = Eigen::Vector3d::Zero();

  static Eigen::Vector3d row(const Variables& v, bool logarithmic) {
    return logarithmic ? Eigen::Vector3d(1.0, std::log1p(v[0]), std::log1p(v[1])) : Eigen::Vector3d(1.0, v[0], v[1]);
  }
  double predict(const Variables& v) const { return std::max(weights.dot(row(v, logarithmic)), 0.0); }

  static Regression fit(const std::vector<std::pair<Variables, double>>& samples, bool logarithmic) {
    Eigen::MatrixXd x(static_cast<Eigen::Index>(samples.size()), 3);
    Eigen::VectorXd y(x.rows());
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      x.row(i) = row(samples[static_cast<std::size_t>(i)].first, logarithmic).transpose();
      y(i) = samples[static_cast<std::size_t>(i)].second;
    }
    return {logarithmic, x.colPivHouseholderQr().solve(y)};
  }
  double squared_error(const std::vector<std::pair<Variables, double>>& samples) const {
    double sum = 0.0;
    for (const auto& [variables, ns] : samples) sum += std::pow(predict(variables) - ns, 2);
    return sum;
  }
};

class Neurosurgeon final : public Predictor {
 public:
  std::string name() const override { return "Neurosurgeon's regressions"; }
  void learn(const Data& data) override {
    std::map<std::pair<std::string, int>, std::vector<std::pair<Variables, double>>> samples;
    for (const Record& record : data.records)
      for (std::size_t i = 0; i < record.network.shape.layers.size(); ++i) {
        const LayerShape& shape = record.network.shape.layers[i];
        samples[{type_of(shape), record.network.profile.threads}].emplace_back(variables_of(shape), measured_layer_ns(record.network, i));
      }
    for (const auto& [key, list] : samples) {
      const Regression linear = Regression::fit(list, false), logarithmic = Regression::fit(list, true);
      regressions_[key] = linear.squared_error(list) <= logarithmic.squared_error(list) ? linear : logarithmic;
    }
  }
  Predicted predict(const NetworkShape& network, int threads) const override {
    Predicted result;
    for (const LayerShape& shape : network.layers) {
      const auto found = regressions_.find({type_of(shape), threads});
      const double ns = found == regressions_.end() ? 0.0 : found->second.predict(variables_of(shape));
      result.layer_ns.push_back(ns);
      result.run_ns += ns;
    }
    return result;
  }

 private:
  std::map<std::pair<std::string, int>, Regression> regressions_;
};

}  // namespace

std::unique_ptr<Predictor> make_neurosurgeon() { return std::make_unique<Neurosurgeon>(); }

}  // namespace dnntune::bench
