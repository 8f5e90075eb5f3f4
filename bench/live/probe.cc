// SPDX-License-Identifier: Apache-2.0
#include "live/probe.h"

#include <algorithm>

#include <dnntune/builder.h>
#include <dnntune/error.h>
#include <fmt/format.h>

#include "live/judge.h"

namespace dnntune::live {
namespace {

constexpr std::int64_t kSmall = 16;
constexpr int kWarmUps = 2;
constexpr double kDeadlineSeconds = 120.0;
/// Bytes that keep the link busy for a sixth of a second or so, as the cuts that compete do; in steps, so that links share probes.
std::int64_t bytes_for(double bandwidth_bps) {
  std::int64_t bytes = 1 << 14;
  while (bytes < (1 << 21) && static_cast<double>(bytes) * 8.0 < 0.1 * bandwidth_bps) bytes *= 2;
  return bytes;
}

std::int64_t coded_bytes(std::int64_t floats, WireEncoding encoding) {
  return wire_bytes({.name = "probe", .type = DataType::float32, .shape = {1, floats}, .dim_names = {}}, encoding);
}

std::int64_t floats_for(double bandwidth_bps, WireEncoding encoding) {
  constexpr std::int64_t kMany = 4096;  // an encoding's scale does not count then
  return bytes_for(bandwidth_bps) / (coded_bytes(kMany, encoding) / kMany);
}

/// A profile of layers that cost nothing: a probe's plan is not in question.
Profile free_profile(const Graph& graph) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  for (const LayerInfo& info : graph.layers()) {
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.latency_ns = {0.0, 0.0, Provenance::predicted};
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

/// One exchange without the server's computing, in seconds, once connections and the server's sessions are there.
double exchange_s(Cloud& cloud, const Link& link, const Graph& graph, WireEncoding encoding, int runs) {
  PlanRequest request{.graph = graph};
  request.device = request.cloud = {free_profile(graph)};
  request.link = link;
  request.encoding = encoding;
  Plan plan = make_plan(request);
  plan.chosen = plan.cloud_only;
  cloud.shape(Link::named("loopback"));
  SplitOptions options;
  options.deadline_s = kDeadlineSeconds;
  SplitSession session(graph, plan, cloud.url(), options);
  const Tensors inputs = random_inputs(graph, 1);
  for (int i = 0; i < kWarmUps; ++i) session.run(inputs);
  cloud.shape(link);
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    const SplitResult result = session.run(inputs);
    if (result.path != Path::cloud) throw Error(ErrorCode::network, fmt::format("link {}: a probe came back by {}: {}", link.name, to_string(result.path), result.why));
    seconds.push_back((result.total_ns - result.cloud_ns) * 1e-9);
  }
  return median(std::move(seconds));
}

/// Bits a second from what `bytes` more take. A link so fast that it does not show keeps its own figure.
double rate_bps(double bytes, double more_s, double nominal_bps) { return more_s > 0.0 ? std::min(bytes * 8.0 / more_s, nominal_bps) : nominal_bps; }

}  // namespace

Graph small_probe() {
  GraphBuilder builder("probe_small");
  builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {1, kSmall})}, {}, "y"));
  return builder.build();
}

Graph up_probe(std::int64_t floats) {
  GraphBuilder builder(fmt::format("probe_up_{}", floats));
  const std::string x = builder.input("x", DataType::float32, {1, floats});
  builder.output(builder.node("ReduceMax", {x}, {{"axes", std::vector<std::int64_t>{1}}}, "y"));
  return builder.build();
}

Graph down_probe(std::int64_t floats) {
  GraphBuilder builder(fmt::format("probe_down_{}", floats));
  const std::string x = builder.input("x", DataType::float32, {1, kSmall});
  const std::string zeros = builder.constant("zeros", Tensor(DataType::float32, {floats / kSmall, kSmall}));
  builder.output(builder.node("Add", {x, zeros}, {}, "y"));
  return builder.build();
}

std::vector<Graph> all_probes(const std::vector<Link>& links, WireEncoding encoding) {
  std::vector<Graph> graphs = {small_probe()};
  const auto add = [&](Graph graph) {
    if (std::none_of(graphs.begin(), graphs.end(), [&](const Graph& known) { return known.name() == graph.name(); })) graphs.push_back(std::move(graph));
  };
  for (const Link& link : links) {
    add(up_probe(floats_for(link.bandwidth_up_bps, encoding)));
    add(down_probe(floats_for(link.bandwidth_down_bps, WireEncoding::raw)));
  }
  return graphs;
}

Link measured_link(Cloud& cloud, const Link& link, WireEncoding encoding, int runs) {
  const std::int64_t up = floats_for(link.bandwidth_up_bps, encoding), down = floats_for(link.bandwidth_down_bps, WireEncoding::raw);
  Link measured = link;
  measured.round_trip_s = exchange_s(cloud, link, small_probe(), encoding, runs);
  const double up_s = exchange_s(cloud, link, up_probe(up), encoding, runs) - measured.round_trip_s;
  const double down_s = exchange_s(cloud, link, down_probe(down), encoding, runs) - measured.round_trip_s;
  measured.bandwidth_up_bps = rate_bps(static_cast<double>(coded_bytes(up, encoding)), up_s, link.bandwidth_up_bps);
  measured.bandwidth_down_bps = rate_bps(static_cast<double>(coded_bytes(down, WireEncoding::raw)), down_s, link.bandwidth_down_bps);
  measured.source = fmt::format("median of {} probes through the relay", runs);
  return measured;
}

}  // namespace dnntune::live
