// SPDX-License-Identifier: Apache-2.0
// nn-Meter's method: a random forest a kind of kernel, on height, channels, kernel size, stride, FLOPs and parameters.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>

#include "predictor.h"

namespace dnntune::bench {
namespace {

constexpr std::size_t kFeatures = 10;
using Features = std::array<double, kFeatures>;

struct Row {
  Features x;
  double ns;
};

Features features_of(const LayerShape& s) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  return {number(s.rows), number(s.width), number(s.in_channels * s.groups), number(s.out_channels * s.groups), number(s.taps),
          number(s.stride), number(s.steps), number(s.flops), number(s.weight_bytes), number(s.input_bytes)};
}

/// A regression tree that splits where the squared error falls most.
class Tree {
 public:
  Tree(const std::vector<Row>& rows, std::vector<std::size_t> chosen) { grow(rows, chosen.begin(), chosen.end()); }
  double predict(const Features& x) const {
    std::size_t at = 0;
    while (nodes_[at].feature >= 0) at = x[static_cast<std::size_t>(nodes_[at].feature)] <= nodes_[at].threshold ? nodes_[at].left : nodes_[at].right;
    return nodes_[at].value;
  }

 private:
  struct Node {
    int feature = -1;
    double threshold = 0.0, value = 0.0;
    std::size_t left = 0, right = 0;
  };
  using Iterator = std::vector<std::size_t>::iterator;

  std::size_t grow(const std::vector<Row>& rows, Iterator begin, Iterator end) {
    const std::size_t at = nodes_.size();
    nodes_.emplace_back();
    const auto n = static_cast<double>(end - begin);
    double sum = 0.0;
    for (auto i = begin; i != end; ++i) sum += rows[*i].ns;
    nodes_[at].value = sum / n;
    if (end - begin < 2) return at;
    double best = sum * sum / n * (1.0 + 1e-12);
    int feature = -1;
    double threshold = 0.0;
    for (std::size_t f = 0; f < kFeatures; ++f) {
      std::sort(begin, end, [&](std::size_t a, std::size_t b) { return rows[a].x[f] < rows[b].x[f]; });
      double left = 0.0, count = 0.0;
      for (auto i = begin; i + 1 != end; ++i) {
        left += rows[*i].ns;
        count += 1.0;
        if (rows[*i].x[f] == rows[*(i + 1)].x[f]) continue;
        const double score = left * left / count + (sum - left) * (sum - left) / (n - count);
        if (score <= best) continue;
        best = score;
        feature = static_cast<int>(f);
        threshold = 0.5 * (rows[*i].x[f] + rows[*(i + 1)].x[f]);
      }
    }
    if (feature < 0) return at;
    const Iterator middle = std::partition(begin, end, [&](std::size_t i) { return rows[i].x[static_cast<std::size_t>(feature)] <= threshold; });
    if (middle == begin || middle == end) return at;
    nodes_[at].feature = feature;
    nodes_[at].threshold = threshold;
    const std::size_t l = grow(rows, begin, middle);
    const std::size_t r = grow(rows, middle, end);
    nodes_[at].left = l;
    nodes_[at].right = r;
    return at;
  }

  std::vector<Node> nodes_;
};

class Forests final : public Predictor {
 public:
  std::string name() const override { return "nn-Meter's forests"; }
  void learn(const Data& data) override {
    constexpr int kTrees = 100;
    std::map<Key, std::vector<Row>> samples;
    for (const Record& record : data.records)
      for (std::size_t i = 0; i < record.network.shape.layers.size(); ++i) {
        const LayerShape& shape = record.network.shape.layers[i];
        samples[{shape.kind, record.network.profile.threads}].push_back({features_of(shape), measured_layer_ns(record.network, i)});
      }
    std::mt19937_64 random(1);
    for (const auto& [key, rows] : samples)
      for (int t = 0; t < kTrees; ++t) {
        std::vector<std::size_t> chosen(rows.size());
        for (std::size_t& row : chosen) row = random() % rows.size();
        forests_[key].emplace_back(rows, std::move(chosen));
      }
  }
  Predicted predict(const NetworkShape& network, int threads) const override {
    Predicted result;
    for (const LayerShape& shape : network.layers) {
      double ns = 0.0;
      if (const auto found = forests_.find({shape.kind, threads}); found != forests_.end()) {
        for (const Tree& tree : found->second) ns += tree.predict(features_of(shape));
        ns /= static_cast<double>(found->second.size());
      }
      result.layer_ns.push_back(ns);
      result.run_ns += ns;
    }
    return result;
  }

 private:
  using Key = std::pair<std::string, int>;
  std::map<Key, std::vector<Tree>> forests_;
};

}  // namespace

std::unique_ptr<Predictor> make_forests() { return std::make_unique<Forests>(); }

}  // namespace dnntune::bench
