// SPDX-License-Identifier: Apache-2.0
// Results are the same bits for any thread count, and no operand is read or written past its end.
#include <doctest/doctest.h>

#include "backends/cases.h"
#include "backends/cpu/cpu_backend.h"

using namespace dnntune;

TEST_CASE("reference layers give the same bits on one, two and five threads") {
  for (const test::LayerCase& layer : test::network_layers()) {
    INFO(layer.node.op_type);
    const auto once = test::run_guarded(backends::cpu::reference_backend(), test::PhysicalLayer(layer, 1));
    for (const int threads : {2, 5})
      CHECK(test::run_guarded(backends::cpu::reference_backend(), test::PhysicalLayer(layer, threads)) == once);
  }
}

TEST_CASE("layers that may run in place give the same bits there") {
  int in_place_layers = 0;
  for (const test::LayerCase& layer : test::network_layers()) {
    INFO(layer.node.op_type);
    const test::PhysicalLayer physical(layer);
    const auto prepared = backends::cpu::reference_backend().prepare(physical.spec());
    if (!prepared->in_place()) continue;
    ++in_place_layers;
    const auto apart = test::run_guarded(backends::cpu::reference_backend(), physical);
    Tensor shared = layer.inputs[0].clone();
    std::vector<const void*> inputs{shared.mutable_data()};
    for (std::size_t i = 1; i < layer.inputs.size(); ++i) inputs.push_back(layer.inputs[i].data());
    std::vector<Tensor> rest;
    std::vector<void*> outputs{shared.mutable_data()};
    for (std::size_t i = 1; i < layer.outputs.size(); ++i)
      outputs.push_back(rest.emplace_back(physical.outputs[i].type, physical.outputs[i].shape).mutable_data());
    base::ThreadPool pool(1);
    REQUIRE(prepared->scratch_bytes() == 0);
    prepared->run({inputs, outputs, nullptr}, pool);
    const auto* bytes = static_cast<const std::byte*>(shared.data());
    CHECK(std::vector<std::byte>(bytes, bytes + shared.size_bytes()) == apart[0]);
  }
  CHECK(in_place_layers >= 5);
}
