// SPDX-License-Identifier: Apache-2.0
#include "overhead/request.h"

#include <chrono>

#include "harness/plan_at.h"

namespace dnntune::overhead_bench {
namespace {

std::string started(Server& server, const Graph& graph) {
  server.add_model(graph);
  server.start();
  return server.url();
}

}  // namespace

Graph trivial(std::size_t bytes, bool any_rows) {
  GraphBuilder builder("trivial");
  builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {any_rows ? -1 : 1, static_cast<std::int64_t>(bytes / sizeof(float))})}));
  return builder.build();
}

Requests::Requests(std::size_t bytes)
    : graph_(trivial(bytes)), inputs_(random_inputs(graph_, 1)), server_(Device::local().processor("cpu:all x1")),
      session_(graph_, harness::plan_at(graph_, graph_.cut_points().front()), started(server_, graph_)) {}

RequestTimes Requests::exchange() {
  const auto start = std::chrono::steady_clock::now();
  const SplitResult result = session_.run(inputs_);
  const double total_ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  if (result.path != Path::cloud) throw Error(ErrorCode::network, result.why);
  return {total_ns, result.cloud_ns};
}

}  // namespace dnntune::overhead_bench
