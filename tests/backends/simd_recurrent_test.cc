// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN on the SIMD kernels against the reference.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"
#include "base/half.h"
#include "dnntune/error.h"

namespace dnntune::test {
namespace {

using graph::Op;

struct Recurrent {
  Op op = Op::LSTM;
  std::int64_t steps = 4, batch = 1, inputs = 5, units = 6;
  std::string direction = "forward";
  bool bias = true;
  std::vector<std::int32_t> lengths = {};
  bool initial = false;
  bool batch_first = false;
  std::int64_t linear_before_reset = 0;
  bool all_outputs = true;
};

SimdCase make_case(const Recurrent& r) {
  const std::int64_t gates = r.op == Op::LSTM ? 4 : r.op == Op::GRU ? 3 : 1;
  const std::int64_t d = r.direction == "bidirectional" ? 2 : 1;
  const Shape state = r.batch_first ? Shape{r.batch, d, r.units} : Shape{d, r.batch, r.units};
  SimdCase layer;
  layer.node = make_node(r.op, {{"hidden_size", r.units}, {"direction", r.direction}, {"layout", std::int64_t{r.batch_first}}});
  if (r.op == Op::GRU) layer.node.attributes.set("linear_before_reset", r.linear_before_reset);
  layer.inputs = {{random_tensor(r.batch_first ? Shape{r.batch, r.steps, r.inputs} : Shape{r.steps, r.batch, r.inputs}, 1), false},
                  {random_tensor({d, gates * r.units, r.inputs}, 2, -0.5f, 0.5f), true},
                  {random_tensor({d, gates * r.units, r.units}, 3, -0.5f, 0.5f), true},
                  {r.bias ? random_tensor({d, 2 * gates * r.units}, 4) : Tensor(), true},
                  {r.lengths.empty() ? Tensor() : Tensor::from<std::int32_t>({r.batch}, r.lengths), false},
                  {r.initial ? random_tensor(state, 5) : Tensor(), false}};
  if (r.op == Op::LSTM) layer.inputs.push_back({r.initial ? random_tensor(state, 6) : Tensor(), false});
  layer.outputs = {r.batch_first ? Shape{r.batch, r.steps, d, r.units} : Shape{r.steps, d, r.batch, r.units}};
  if (r.all_outputs) layer.outputs.push_back(state);
  if (r.all_outputs && r.op == Op::LSTM) layer.outputs.push_back(state);
  return layer;
}

void check(const Recurrent& r) {
  CAPTURE(r.steps);
  CAPTURE(r.batch);
  CAPTURE(r.inputs);
  CAPTURE(r.units);
  CAPTURE(r.direction);
  CAPTURE(r.linear_before_reset);
  check_simd(make_case(r), r.op == Op::LSTM ? "simd.lstm" : r.op == Op::GRU ? "simd.gru" : "simd.rnn");
}

/// Both cells, and both forms of GRU.
template <typename F>
void for_each_cell(F f) {
  f(Recurrent{.op = Op::LSTM});
  f(Recurrent{.op = Op::GRU, .linear_before_reset = 0});
  f(Recurrent{.op = Op::GRU, .linear_before_reset = 1});
}

TEST_CASE("plain recurrence") {
  for (const char* direction : {"forward", "reverse", "bidirectional"})
    for (const char* function : {"", "Tanh", "Relu", "Sigmoid"})
      for (const std::int64_t units : {1, 5, 16, 17, 33})
        for (const std::int64_t batch : {1, 3}) {
          CAPTURE(function);
          SimdCase layer = make_case({.op = Op::RNN, .batch = batch, .units = units, .direction = direction, .initial = units > 5});
          if (const std::size_t count = layer.inputs[1].value.shape()[0] == 2 ? 2 : 1; *function != 0)
            layer.node.attributes.set("activations", std::vector<std::string>(count, function));
          check_simd(layer, "simd.rnn");
        }
  check({.op = Op::RNN, .batch = 4, .units = 19, .lengths = {4, 0, 2, 3}, .batch_first = true});
  SimdCase layer = make_case({.op = Op::RNN});
  layer.node.attributes.set("activations", std::vector<std::string>{"Softsign"});
  check_declined(layer);
}

TEST_CASE("units and batches around the vector and tile sizes") {
  for_each_cell([](Recurrent r) {
    for (r.units = 1; r.units <= 33; r.units += r.units < 4 ? 1 : 5)
      for (const std::int64_t batch : {1, 2, 7, 15}) {
        r.batch = batch;
        check(r);
      }
  });
}

TEST_CASE("directions, initial states, lengths, layouts") {
  for_each_cell([](Recurrent r) {
    r.units = 19;
    for (const char* direction : {"forward", "reverse", "bidirectional"}) {
      r.direction = direction;
      for (const bool batch_first : {false, true}) {
        r.batch_first = batch_first;
        r.initial = batch_first;
        r.batch = 1;
        r.lengths = {};
        check(r);
        r.lengths = {3};
        check(r);
        r.batch = 4;
        r.lengths = {};
        check(r);
        r.lengths = {4, 0, 2, 3};
        check(r);
      }
    }
    r.bias = false;
    r.all_outputs = false;
    check(r);
  });
}

TEST_CASE("a recurrence large enough for several threads") {
  for_each_cell([](Recurrent r) {
    r.units = 300;
    r.steps = 2;
    r.direction = "bidirectional";
    for (const std::int64_t batch : {1, 3}) {
      r.batch = batch;
      check(r);
    }
  });
}

TEST_CASE("recurrences in bfloat16, of several sequences and of one") {
  for_each_cell([](Recurrent r) {
    r.direction = "bidirectional";
    for (const std::int64_t batch : {1, 4, 15})
      for (const std::int64_t units : {19, 32}) {
        r.batch = batch;
        r.units = units;
        CAPTURE(batch);
        CAPTURE(units);
        SimdCase layer = make_case(r);
        layer.math = layer.weights = DataType::bfloat16;
        const std::string cell = r.op == Op::LSTM ? "simd.lstm" : "simd.gru";
        for_each_target([&](const std::string& target) {
          CAPTURE(target);
          CHECK(simd_kernel(layer) == cell + (batch == 1 ? "_bf16" : bfloat16_suffix()));
        });
        check_simd(layer, cell, 0.03);
      }
  });
}

TEST_CASE("recurrences with weights of 16 bits: the results of weights so rounded") {
  for_each_cell([](Recurrent r) {
    r.units = 19;
    r.direction = "bidirectional";
    const std::string cell = r.op == Op::LSTM ? "simd.lstm" : "simd.gru";
    for (const DataType type : {DataType::float16, DataType::bfloat16}) {
      const bool fp16 = type == DataType::float16;
      SimdCase narrow = make_case(r), wide = make_case(r);
      narrow.weights = type;
      for (float& x : wide.inputs[2].value.as_mutable<float>())
        x = fp16 ? base::float16_to_float(base::float_to_float16(x)) : base::bfloat16_to_float(base::float_to_bfloat16(x));
      for_each_target([&](const std::string& target) {
        CAPTURE(target);
        CHECK(simd_kernel(narrow) == cell + (fp16 ? "_fp16" : "_bf16"));
        CHECK(run_simd(narrow) == run_simd(wide));
      });
      check_simd(wide, cell);
    }
    // One weight beyond the range, the last and the first: all stay as they are.
    for (const bool first : {true, false}) {
      SimdCase large = make_case(r), exact = make_case(r);
      for (SimdCase* layer : {&large, &exact}) {
        const std::span<float> weights = layer->inputs[2].value.as_mutable<float>();
        (first ? weights.front() : weights.back()) = 70000.0f;
      }
      large.weights = DataType::float16;
      CHECK(simd_kernel(large) == cell);
      CHECK(run_simd(large) == run_simd(exact));
    }
    r.batch = 2;
    SimdCase several = make_case(r);
    several.weights = DataType::bfloat16;
    CHECK(simd_kernel(several) == cell);
  });
}

TEST_CASE("a length out of range is refused") {
  for_each_cell([](Recurrent r) {
    r.lengths = {5};
    CHECK_THROWS_AS(run_simd(make_case(r)), Error);
  });
}

TEST_CASE("forms without a SIMD kernel are left to the reference") {
  for_each_cell([](const Recurrent& r) {
    SimdCase layer = make_case(r);
    layer.node.attributes.set("clip", 3.0f);
    check_declined(layer);
    layer = make_case(r);
    layer.node.attributes.set("activations", std::vector<std::string>{"Relu", "Tanh", "Tanh"});
    if (r.op == Op::GRU) layer.node.attributes.set("activations", std::vector<std::string>{"Relu", "Tanh"});
    check_declined(layer);
    layer = make_case(r);
    layer.inputs[2].constant = false;
    check_declined(layer);
  });
}

}  // namespace
}  // namespace dnntune::test
