// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN on an OpenCL device against the reference kernels.
#include <doctest/doctest.h>

#include "backends/opencl_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;

struct Recurrent {
  Op op = Op::LSTM;
  std::int64_t steps = 4, batch = 1, inputs = 5, units = 6;
  std::string direction = "forward";
  bool bias = true, initial = false, batch_first = false;
  std::int64_t linear_before_reset = 0;
  bool output = true;
};

SimdCase make_recurrent(const Recurrent& r) {
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
                  {},
                  {r.initial ? random_tensor(state, 5) : Tensor(), false}};
  if (r.op == Op::LSTM) layer.inputs.push_back({r.initial ? random_tensor(state, 6) : Tensor(), true});
  layer.outputs = {r.batch_first ? Shape{r.batch, r.steps, d, r.units} : Shape{r.steps, d, r.batch, r.units}, state};
  if (r.op == Op::LSTM) layer.outputs.push_back(state);
  return layer;
}

void check_recurrent(const Recurrent& r, const OpenClChecks& checks) {
  CAPTURE(r.steps);
  CAPTURE(r.batch);
  CAPTURE(r.units);
  CAPTURE(r.direction);
  CAPTURE(r.linear_before_reset);
  check_opencl(make_recurrent(r), r.op == Op::LSTM ? "opencl.lstm" : r.op == Op::GRU ? "opencl.gru" : "opencl.rnn", checks);
}

template <typename F>
void for_each_cell(F f) {
  f(Recurrent{.op = Op::LSTM});
  f(Recurrent{.op = Op::GRU, .linear_before_reset = 0});
  f(Recurrent{.op = Op::GRU, .linear_before_reset = 1});
  f(Recurrent{.op = Op::RNN});
}

TEST_CASE("units and batches around the vectors and work-groups") {
  for_each_cell([](Recurrent r) {
    for (const std::int64_t units : {1, 3, 8, 37})
      for (const std::int64_t batch : {1, 3}) {
        r.units = units;
        r.batch = batch;
        check_recurrent(r, {.half = false});
      }
  });
}

TEST_CASE("directions, initial states, layouts, one step and many") {
  for_each_cell([](Recurrent r) {
    r.units = 10;
    for (const char* direction : {"forward", "reverse", "bidirectional"})
      for (const bool batch_first : {false, true}) {
        r.direction = direction;
        r.batch_first = r.initial = batch_first;
        r.batch = batch_first ? 3 : 2;
        r.steps = batch_first ? 5 : 4;
        check_recurrent(r, {.scale = 2.0, .as_gpu = true});
      }
    r.steps = 1;
    r.bias = false;
    check_recurrent(r, {.scale = 2.0, .as_gpu = true});
    r.steps = 40;
    check_recurrent(r, {.scale = 2.0, .as_gpu = true});
  });
}

TEST_CASE("recurrences that are left to others") {
  SimdCase lengths = make_recurrent({});
  lengths.inputs[4] = {Tensor::from<std::int32_t>({1}, std::vector<std::int32_t>{3}), true};
  check_refused(lengths, "lengths");
  SimdCase functions = make_recurrent({.op = Op::RNN});
  functions.node.attributes.set("activations", std::vector<std::string>{"Relu"});
  check_refused(functions, "activations");
  SimdCase clipped = make_recurrent({});
  clipped.node.attributes.set("clip", 0.5f);
  check_refused(clipped, "clips");
}

}  // namespace
}  // namespace dnntune::test
