// SPDX-License-Identifier: Apache-2.0
// Layers of random operands and wrong shapes: prepare refuses, or what it prepares stays within its
// buffers. The guards see writes; a build with the address sanitizer sees reads as well.
#include <doctest/doctest.h>

#include "backends/cases.h"
#include "backends/cpu/cpu_backend.h"
#include "kernels/random.h"

using namespace dnntune;

namespace {

/// Prepares and, when that is accepted, runs it. Errors are fine; anything else is not.
bool survives(const test::PhysicalLayer& layer) {
  try {
    test::run_guarded(backends::cpu::reference_backend(), layer);
    return true;
  } catch (const Error& error) {
    CHECK(error.code() != ErrorCode::internal);
    return false;
  }
}

}  // namespace

TEST_CASE("every operator refuses a layer without operands") {
  for (const graph::OpInfo& info : graph::operators()) {
    INFO(info.name);
    if (info.min_inputs == 0) continue;
    graph::Node node;
    node.op = info.op;
    node.op_type = info.name;
    node.name = "case";
    CHECK_THROWS_AS(backends::cpu::reference_backend().prepare({node, {}, {}, 1}), Error);
  }
}

TEST_CASE("shapes changed at random are refused or run within their bounds") {
  test::Random random(99);
  const std::vector<test::LayerCase> layers = test::network_layers();
  int ran = 0;
  for (int round = 0; round < 600; ++round) {
    const test::LayerCase& layer = layers[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(layers.size()) - 1))];
    INFO("round " << round << " " << layer.node.op_type);
    test::PhysicalLayer physical(layer);
    for (int change = 0; change < 2; ++change) {
      auto& list = random.integer(0, 1) == 0 ? physical.inputs : physical.outputs;
      backends::TensorSpec& spec = list[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(list.size()) - 1))];
      if (!spec.present()) continue;
      if (spec.shape.empty() || random.integer(0, 9) == 0)
        spec.shape.push_back(random.integer(0, 2));
      else if (random.integer(0, 9) == 0)
        spec.shape.pop_back();
      else
        spec.shape[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(spec.shape.size()) - 1))] = random.integer(0, 6);
    }
    for (backends::TensorSpec& spec : physical.inputs)
      if (spec.present()) spec.constant = Tensor(spec.type, spec.shape);
    ran += survives(physical) ? 1 : 0;
  }
  CHECK(ran > 10);
}

TEST_CASE("empty batches run and write nothing") {
  for (const char* op : {"Relu", "GlobalAveragePool", "Softmax", "MaxPool", "BatchNormalization"}) {
    INFO(op);
    std::vector<Tensor> operands{Tensor(DataType::float32, {0, 3, 4, 4})};
    NodeAttributes attributes;
    if (std::string_view(op) == "MaxPool") attributes = {{"kernel_shape", std::vector<std::int64_t>{2, 2}}};
    if (std::string_view(op) == "BatchNormalization") operands.resize(5, Tensor(DataType::float32, {3}));
    CHECK(survives(test::PhysicalLayer(test::LayerCase(op, operands, attributes))));
  }
}
