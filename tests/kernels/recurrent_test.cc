// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/recurrent.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/random.h"

using namespace dnntune;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

using Function = RecurrentFunction;

/// Operands of one recurrent layer with everything present.
struct Layer {
  RecurrentKernel kernel;
  std::int64_t gates, directions, batch, steps, input_size, hidden_size;
  std::vector<float> x, w, r, b, h0, c0, p;
  std::vector<std::int32_t> lengths;
  RecurrentArgs options;  ///< Everything but pointers and sizes

  Layer(RecurrentKernel fn, std::int64_t gate_count, std::int64_t d, std::int64_t n, std::int64_t t, std::int64_t i, std::int64_t h,
        std::uint64_t seed)
      : kernel(fn), gates(gate_count), directions(d), batch(n), steps(t), input_size(i), hidden_size(h) {
    Random random(seed);
    const auto values = [&](std::int64_t count) { return random.values(static_cast<std::size_t>(count)); };
    x = values(t * n * i);
    w = values(d * gates * h * i);
    r = values(d * gates * h * h);
    b = values(d * 2 * gates * h);
    h0 = values(d * n * h);
    c0 = values(d * n * h);
    p = values(d * 3 * h);
    for (auto& direction : options.activations)
      direction = {{{Function::sigmoid}, {Function::tanh}, {Function::tanh}}};
    if (gates == 1) options.activations[0][0] = options.activations[1][0] = {Function::tanh};
  }
};

struct Result {
  std::vector<float> y, y_h, y_c;
};

Result run(const Layer& layer) {
  const auto sequences = layer.directions * layer.batch;
  const GuardedBuffer<float> x(layer.x), w(layer.w), r(layer.r), b(layer.b), h0(layer.h0), c0(layer.c0), p(layer.p);
  const GuardedBuffer<std::int32_t> lengths(layer.lengths);
  GuardedBuffer<float> y(static_cast<std::size_t>(layer.steps * sequences * layer.hidden_size));
  GuardedBuffer<float> y_h(static_cast<std::size_t>(sequences * layer.hidden_size)), y_c(y_h.size());
  GuardedBuffer<double> scratch(static_cast<std::size_t>(recurrent_scratch_elements(sequences, layer.hidden_size)));
  const auto pointer = [](const auto& buffer) { return buffer.size() == 0 ? nullptr : buffer.data(); };
  RecurrentArgs args = layer.options;
  args.input = pointer(x);
  args.weights = pointer(w);
  args.recurrence = pointer(r);
  args.bias = pointer(b);
  args.lengths = pointer(lengths);
  args.initial_hidden = pointer(h0);
  args.output = y.data();
  args.last_hidden = y_h.data();
  if (layer.gates == 4) {
    args.initial_cell = pointer(c0);
    args.peephole = pointer(p);
    args.last_cell = y_c.data();
  }
  args.scratch = scratch.data();
  args.directions = layer.directions;
  args.batch = layer.batch;
  args.steps = layer.steps;
  args.input_size = layer.input_size;
  args.hidden_size = layer.hidden_size;
  for (std::int64_t i = sequences; i-- > 0;) layer.kernel(args, {i, i + 1});  // in any order
  CHECK((y.intact() && y_h.intact() && y_c.intact() && scratch.intact()));
  return {y.values(), y_h.values(), y_c.values()};
}

double sigmoid(double v) { return 1.0 / (1.0 + std::exp(-v)); }

/// Gate sums of one unit written straight from the operator's definition: X W^T + H R^T + Wb + Rb.
struct Sums {
  const Layer& layer;
  double operator()(std::int64_t gate, std::int64_t unit, std::int64_t step, const std::vector<double>& h) const {
    return input(gate, unit, step) + state(gate, unit, h);
  }
  double input(std::int64_t gate, std::int64_t unit, std::int64_t step) const {
    const auto row = static_cast<std::size_t>(gate * layer.hidden_size + unit);
    double sum = layer.b.empty() ? 0.0 : layer.b[row];
    const auto size = static_cast<std::size_t>(layer.input_size);
    for (std::size_t i = 0; i < size; ++i)
      sum += static_cast<double>(layer.x[static_cast<std::size_t>(step) * size + i]) * layer.w[row * size + i];
    return sum;
  }
  double state(std::int64_t gate, std::int64_t unit, const std::vector<double>& h) const {
    const auto row = static_cast<std::size_t>(gate * layer.hidden_size + unit);
    double sum = layer.b.empty() ? 0.0 : layer.b[static_cast<std::size_t>(layer.gates * layer.hidden_size) + row];
    for (std::size_t i = 0; i < h.size(); ++i) sum += h[i] * layer.r[row * h.size() + i];
    return sum;
  }
};

void check_close(const std::vector<float>& got, const std::vector<double>& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == doctest::Approx(wanted[i]).epsilon(1e-6));
}

std::vector<double> widened(const std::vector<float>& values) { return {values.begin(), values.end()}; }

/// The whole output of a forward LSTM with batch 1.
std::vector<double> plain_lstm(const Layer& layer, double clip, bool input_forget) {
  const Sums sum{layer};
  const auto hidden = static_cast<std::size_t>(layer.hidden_size);
  std::vector<double> h = widened(layer.h0), c = widened(layer.c0), output;
  const auto clipped = [&](double v) { return std::clamp(v, -clip, clip); };
  const auto peephole = [&](std::size_t gate, std::size_t unit) {
    return layer.p.empty() ? 0.0 : static_cast<double>(layer.p[gate * hidden + unit]);
  };
  for (std::int64_t t = 0; t < layer.steps; ++t) {
    const std::vector<double> before = h;
    for (std::size_t u = 0; u < hidden; ++u) {
      const auto unit = static_cast<std::int64_t>(u);
      const double i = sigmoid(clipped(sum(0, unit, t, before) + peephole(0, u) * c[u]));
      const double f = input_forget ? 1.0 - i : sigmoid(clipped(sum(2, unit, t, before) + peephole(2, u) * c[u]));
      c[u] = f * c[u] + i * std::tanh(clipped(sum(3, unit, t, before)));
      h[u] = sigmoid(clipped(sum(1, unit, t, before) + peephole(1, u) * c[u])) * std::tanh(c[u]);
    }
    output.insert(output.end(), h.begin(), h.end());
  }
  return output;
}

void reverse_steps(std::vector<float>& values, std::size_t step_size) {
  for (std::size_t low = 0, high = values.size() / step_size; low + 1 < high; ++low)
    std::swap_ranges(values.begin() + static_cast<long>(low * step_size), values.begin() + static_cast<long>((low + 1) * step_size),
                     values.begin() + static_cast<long>(--high * step_size));
}

const Layer kLayers[] = {{lstm_kernel(DataType::float32), 4, 1, 3, 5, 2, 4, 11}, {gru_kernel(DataType::float32), 3, 1, 3, 5, 2, 4, 12}, {rnn_kernel(DataType::float32), 1, 1, 3, 5, 2, 4, 13}};

}  // namespace

TEST_CASE("LSTM equals its definition, with and without options") {
  Layer layer(lstm_kernel(DataType::float32), 4, 1, 1, 6, 3, 5, 10);
  const double none = std::numeric_limits<double>::infinity();
  check_close(run(layer).y, plain_lstm(layer, none, false));
  layer.options.clip = 0.25;
  check_close(run(layer).y, plain_lstm(layer, 0.25, false));
  layer.options.clip = none;
  layer.options.input_forget = true;
  check_close(run(layer).y, plain_lstm(layer, none, true));
  layer.p.clear();
  layer.b.clear();
  layer.options.input_forget = false;
  check_close(run(layer).y, plain_lstm(layer, none, false));
  layer.h0.clear();
  layer.c0.clear();
  const auto without_states = run(layer).y;
  layer.h0.assign(5, 0.0f);
  layer.c0.assign(5, 0.0f);
  CHECK(without_states == run(layer).y);
}

TEST_CASE("GRU equals its definition, both places of the reset gate") {
  for (const bool linear_before_reset : {false, true}) {
    Layer layer(gru_kernel(DataType::float32), 3, 1, 1, 6, 3, 5, 14);
    layer.options.linear_before_reset = linear_before_reset;
    const Sums sum{layer};
    std::vector<double> h = widened(layer.h0), wanted;
    for (std::int64_t t = 0; t < layer.steps; ++t) {
      const std::vector<double> before = h;
      std::vector<double> reset(5), reset_h(5);
      for (std::size_t u = 0; u < 5; ++u) {
        reset[u] = sigmoid(sum(1, static_cast<std::int64_t>(u), t, before));
        reset_h[u] = reset[u] * before[u];
      }
      for (std::size_t u = 0; u < 5; ++u) {
        const auto unit = static_cast<std::int64_t>(u);
        const double z = sigmoid(sum(0, unit, t, before));
        const double state = linear_before_reset ? reset[u] * sum.state(2, unit, before) : sum.state(2, unit, reset_h);
        h[u] = (1.0 - z) * std::tanh(sum.input(2, unit, t) + state) + z * before[u];
      }
      wanted.insert(wanted.end(), h.begin(), h.end());
    }
    check_close(run(layer).y, wanted);
  }
}

TEST_CASE("RNN equals its definition") {
  Layer layer(rnn_kernel(DataType::float32), 1, 1, 1, 6, 3, 5, 15);
  layer.options.activations[0][0] = {Function::leaky_relu, 0.5, 0.0};
  layer.options.clip = 0.75;
  const Sums sum{layer};
  std::vector<double> h = widened(layer.h0), wanted;
  for (std::int64_t t = 0; t < layer.steps; ++t) {
    const std::vector<double> before = h;
    for (std::size_t u = 0; u < 5; ++u) {
      const double value = std::clamp(sum(0, static_cast<std::int64_t>(u), t, before), -0.75, 0.75);
      h[u] = value < 0.0 ? 0.5 * value : value;
    }
    wanted.insert(wanted.end(), h.begin(), h.end());
  }
  check_close(run(layer).y, wanted);
}

TEST_CASE("the last states are those of the last step; each sequence of a batch is on its own") {
  for (const Layer& layer : kLayers) {
    const Result whole = run(layer);
    const std::size_t state = 4 * 3;
    CHECK(std::equal(whole.y_h.begin(), whole.y_h.end(), whole.y.end() - static_cast<long>(state)));
    Layer second = layer;
    second.batch = 1;
    const auto pick = [](const std::vector<float>& values, std::size_t size) {
      std::vector<float> picked;
      for (std::size_t first = size; first < values.size(); first += 3 * size)
        picked.insert(picked.end(), values.begin() + static_cast<long>(first), values.begin() + static_cast<long>(first + size));
      return picked;
    };
    second.x = pick(layer.x, 2);
    second.h0 = pick(layer.h0, 4);
    second.c0 = pick(layer.c0, 4);
    const Result alone = run(second);
    CHECK(alone.y == pick(whole.y, 4));
    CHECK(alone.y_h == pick(whole.y_h, 4));
    if (layer.gates == 4) CHECK(alone.y_c == pick(whole.y_c, 4));
  }
}

TEST_CASE("reverse equals forward on the reversed sequence; bidirectional is both") {
  for (const Layer& forward : kLayers) {
    Layer reverse = forward;
    reverse.options.reversed = {true, true};
    Layer mirrored = forward;
    reverse_steps(mirrored.x, 3 * 2);
    const Result backwards = run(reverse);
    Result wanted = run(mirrored);
    CHECK(backwards.y_h == wanted.y_h);
    reverse_steps(wanted.y, 3 * 4);
    CHECK(backwards.y == wanted.y);

    Layer both = forward;
    both.directions = 2;
    for (std::vector<float>* operand : {&both.w, &both.r, &both.b, &both.h0, &both.c0, &both.p}) {
      const std::vector<float> once = *operand;
      operand->insert(operand->end(), once.begin(), once.end());
    }
    const Result ahead = run(forward);
    const Result two = run(both);
    for (std::size_t t = 0; t < 5; ++t)
      for (std::size_t i = 0; i < 12; ++i) {
        REQUIRE(two.y[t * 24 + i] == ahead.y[t * 12 + i]);
        REQUIRE(two.y[t * 24 + 12 + i] == backwards.y[t * 12 + i]);
      }
  }
}

TEST_CASE("batch-first is a transposition of the operands") {
  for (const Layer& layer : kLayers) {
    Layer moved = layer;
    moved.options.batch_first = true;  // one direction: states [B, 1, H] are laid out as [1, B, H]
    const auto swap_axes = [](const std::vector<float>& from, std::size_t outer, std::size_t inner, std::size_t size) {
      std::vector<float> to(from.size());
      for (std::size_t a = 0; a < outer; ++a)
        for (std::size_t b = 0; b < inner; ++b)
          std::copy_n(from.begin() + static_cast<long>((a * inner + b) * size), size, to.begin() + static_cast<long>((b * outer + a) * size));
      return to;
    };
    moved.x = swap_axes(layer.x, 5, 3, 2);
    const Result wanted = run(layer);
    const Result got = run(moved);
    CHECK(got.y == swap_axes(wanted.y, 5, 3, 4));
    CHECK(got.y_h == wanted.y_h);
  }
}

TEST_CASE("sequence lengths: as if the sequence were that short, then zeros") {
  for (const Layer& layer : kLayers)
    for (const bool reversed : {false, true}) {
      Layer ragged = layer;
      ragged.options.reversed = {reversed, true};
      ragged.lengths = {5, 2, 0};
      const Result got = run(ragged);
      for (std::size_t sequence = 0; sequence < 3; ++sequence) {
        const auto length = static_cast<std::size_t>(ragged.lengths[sequence]);
        Layer cut = layer;
        cut.options.reversed = {reversed, true};
        cut.steps = static_cast<std::int64_t>(length);
        cut.x.resize(length * 3 * 2);
        const Result wanted = run(cut);
        for (std::size_t t = 0; t < 5; ++t)
          for (std::size_t u = 0; u < 4; ++u) {
            const std::size_t at = (t * 3 + sequence) * 4 + u;
            REQUIRE(got.y[at] == (t < length ? wanted.y[at] : 0.0f));
          }
        for (std::size_t u = 0; u < 4; ++u)
          REQUIRE(got.y_h[sequence * 4 + u] == (length == 0 ? 0.0f : wanted.y_h[sequence * 4 + u]));
      }
    }
}

TEST_CASE("outputs that nobody wants may be left out") {
  Layer layer(lstm_kernel(DataType::float32), 4, 1, 2, 3, 2, 3, 16);
  const Result all = run(layer);
  GuardedBuffer<float> y_c(6);
  GuardedBuffer<double> scratch(static_cast<std::size_t>(recurrent_scratch_elements(2, 3)));
  RecurrentArgs args = layer.options;
  args.input = layer.x.data();
  args.weights = layer.w.data();
  args.recurrence = layer.r.data();
  args.bias = layer.b.data();
  args.initial_hidden = layer.h0.data();
  args.initial_cell = layer.c0.data();
  args.peephole = layer.p.data();
  args.last_cell = y_c.data();
  args.scratch = scratch.data();
  args.batch = 2;
  args.steps = 3;
  args.input_size = 2;
  args.hidden_size = 3;
  lstm_kernel(DataType::float32)(args, {0, 2});
  CHECK(y_c.values() == all.y_c);
  CHECK(y_c.intact());
}

TEST_CASE("recurrent activation functions") {
  CHECK(apply({Function::affine, 2.0, 1.0}, 3.0) == 7.0);
  CHECK(apply({Function::elu, 2.0, 0.0}, -1.0) == doctest::Approx(2.0 * (std::exp(-1.0) - 1.0)));
  CHECK(apply({Function::hard_sigmoid, 0.25, 0.5}, 1.0) == 0.75);
  CHECK(apply({Function::hard_sigmoid, 0.25, 0.5}, 9.0) == 1.0);
  CHECK(apply({Function::leaky_relu, 0.25, 0.0}, -2.0) == -0.5);
  CHECK(apply({Function::relu}, -2.0) == 0.0);
  CHECK(apply({Function::scaled_tanh, 2.0, 0.5}, 1.0) == doctest::Approx(2.0 * std::tanh(0.5)));
  CHECK(apply({Function::sigmoid}, 0.0) == 0.5);
  CHECK(apply({Function::softplus}, 1.0) == doctest::Approx(std::log(1.0 + std::exp(1.0))));
  CHECK(apply({Function::softplus}, 1000.0) == 1000.0);
  CHECK(apply({Function::softsign}, -3.0) == -0.75);
  CHECK(apply({Function::tanh}, 0.5) == std::tanh(0.5));
  CHECK(apply({Function::thresholded_relu, 1.0, 0.0}, 0.5) == 0.0);
  CHECK(apply({Function::thresholded_relu, 1.0, 0.0}, 1.5) == 1.5);
}
