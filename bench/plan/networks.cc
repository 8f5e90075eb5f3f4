// SPDX-License-Identifier: Apache-2.0
#include "networks.h"

#include <array>
#include <utility>
#include <vector>

#include <dnntune/builder.h>

namespace dnntune::bench {
namespace {

std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

/// Additions and Sigmoids, which no pass fuses or folds: a layer a node.
class Network {
 public:
  explicit Network(const char* name) : builder_(name) {}
  std::string input() { return builder_.input("x", DataType::float32, {1, 4, 8, 8}); }
  std::string layer(const std::string& x) { return ++layers_, builder_.node("Sigmoid", {x}); }
  std::string add(const std::string& a, const std::string& b) { return ++layers_, builder_.node("Add", {a, b}); }
  int layers() const noexcept { return layers_; }
  Graph build(const std::string& output) {
    builder_.output(output);
    return builder_.build();
  }

 private:
  GraphBuilder builder_;
  int layers_ = 0;
};

Graph chain(Random&, int layers) {
  Network net("chain");
  std::string x = net.input();
  while (net.layers() < layers) x = net.layer(x);
  return net.build(x);
}

Graph residual(Random& random, int layers) {
  Network net("residual");
  std::string x = net.layer(net.input());
  while (net.layers() < layers) {
    std::string y = x;
    for (std::int64_t depth = pick(random, 1, 3); depth > 0; --depth) y = net.layer(y);
    x = net.add(x, y);
  }
  return net.build(x);
}

Graph inception(Random& random, int layers) {
  Network net("inception");
  std::string x = net.layer(net.input());
  while (net.layers() < layers) {
    std::vector<std::string> ends;
    for (std::int64_t branch = pick(random, 2, 4); branch > 0; --branch) {
      std::string y = x;
      for (std::int64_t depth = pick(random, 1, 3); depth > 0; --depth) y = net.layer(y);
      ends.push_back(y);
    }
    x = ends.front();
    for (std::size_t e = 1; e < ends.size(); ++e) x = net.add(x, ends[e]);
  }
  return net.build(x);
}

/// Up to three skips are open at a time.
Graph skips(Random& random, int layers) {
  Network net("skips");
  std::string x = net.layer(net.input());
  std::vector<std::pair<int, std::string>> open;  // where each ends, and its value
  while (net.layers() < layers || !open.empty()) {
    x = net.layer(x);
    for (std::size_t s = open.size(); s-- > 0;) {
      if (net.layers() < layers && open[s].first > net.layers()) continue;
      x = net.add(x, open[s].second);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(s));
    }
    if (net.layers() < layers && open.size() < 3 && pick(random, 0, 9) == 0) open.emplace_back(net.layers() + pick(random, 2, 300), x);
  }
  return net.build(x);
}

/// Blocks of 24 layers, each of which reads all before it in the block.
Graph dense(Random&, int layers) {
  Network net("dense");
  std::string x = net.layer(net.input());
  while (net.layers() < layers) {
    std::vector<std::string> made = {x};
    for (int i = 0; i < 24; ++i) {
      std::string sum = made.front();
      for (std::size_t m = 1; m < made.size(); ++m) sum = net.add(sum, made[m]);
      made.push_back(net.layer(sum));
    }
    x = made.back();
  }
  return net.build(x);
}

constexpr std::array kPatterns = {
    Pattern{"chain", "one after another", chain},
    Pattern{"residual", "one to three layers, added to what they read", residual},
    Pattern{"inception", "two to four branches that join", inception},
    Pattern{"skips", "a chain with up to three skips at a time, of up to 300 layers", skips},
    Pattern{"dense", "blocks whose layers read all before them", dense},
};

}  // namespace

std::span<const Pattern> patterns() noexcept { return kPatterns; }

Profile random_profile(Random& random, const Graph& graph, const std::string& processor, std::int64_t fastest_ns, std::int64_t slowest_ns) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = processor;
  profile.layers.reserve(graph.layers().size());
  for (const LayerInfo& info : graph.layers()) {
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.kernel = "random";
    layer.outputs = info.outputs;
    layer.output_bytes = info.output_bytes;
    layer.latency_ns = {static_cast<double>(pick(random, fastest_ns, slowest_ns)), 0.0, Provenance::predicted};
    layer.energy_uj = {layer.latency_ns.value * 2e-3, 0.0, Provenance::predicted};
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

RouteRequest even_request(Random& random, const Graph& graph, int stops) {
  RouteRequest request{.graph = graph};
  for (int s = 0; s < stops; ++s) {
    const std::string name = "stop" + std::to_string(s);
    request.stops.push_back({.name = name, .profiles = {random_profile(random, graph, name, 90'000, 900'000)}});
    if (s > 0) request.hops.push_back(RouteHop::network(Link::named("wifi")));
  }
  return request;
}

}  // namespace dnntune::bench
