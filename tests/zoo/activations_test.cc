// SPDX-License-Identifier: Apache-2.0
// Random weights must make every layer compute as trained ones do: no value dies out, explodes, saturates
// or forgets the input.
#include "zoo/zoo.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "dnntune/device.h"
#include "dnntune/session.h"
#include "zoo/weights.h"

using namespace dnntune;

namespace {

/// Uniform in [-1, 1); word numbers below 10,000.
Tensors inputs_for(const Graph& graph, std::uint64_t seed) {
  Tensors inputs = random_inputs(graph, seed);
  for (auto& [name, tensor] : inputs) {
    if (tensor.type() != DataType::int64) continue;
    const Tensor random = zoo::WeightSource(name, seed).uniform("words", tensor.shape(), 5000.0f, 5000.0f);
    for (std::size_t i = 0; i < tensor.element_count(); ++i) tensor.as_mutable<std::int64_t>()[i] = static_cast<std::int64_t>(random.as<float>()[i]);
  }
  return inputs;
}

double root_mean_square(const Tensor& tensor) {
  double squares = 0;
  for (const float v : tensor.as<float>()) squares += static_cast<double>(v) * v;
  return std::sqrt(squares / static_cast<double>(tensor.element_count()));
}

/// |a - b| / |a|
double relative_difference(const Tensor& a, const Tensor& b) {
  double difference = 0, size = 0;
  const auto x = a.as<float>(), y = b.as<float>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += std::pow(static_cast<double>(x[i]) - y[i], 2);
    size += std::pow(static_cast<double>(x[i]), 2);
  }
  return std::sqrt(difference / size);
}

std::vector<std::string> names(const std::vector<TensorInfo>& values) {
  std::vector<std::string> result;
  for (const TensorInfo& value : values) result.push_back(value.name);
  return result;
}

/// The outputs of all layers whose values have a natural scale.
std::vector<std::string> observed(const Graph& graph) {
  std::vector<std::string> values;
  for (const LayerInfo& layer : graph.layers()) {
    if (layer.op.find("Softmax") != std::string::npos) continue;  // 1 / classes
    for (const std::string& value : layer.outputs) {
      // Attention: before the scaling by 1 / sqrt(64), and with -1e9 for what must not be seen.
      if (value.ends_with(".scores") || value.ends_with(".masked")) continue;
      if (graph.value(value).type == DataType::float32) values.push_back(value);
    }
  }
  return values;
}

}  // namespace

TEST_CASE("activations stay in range through every layer, and outputs depend on the input") {
  const Processor cpu = Device::local().processor("cpu:all");
  for (const zoo::Model& model : zoo::models()) {
    CAPTURE(model.name);
    const Graph graph = zoo::build(model.name);
    const std::string& output = graph.outputs().front().name;
    const std::vector<std::string> values = observed(graph);
    std::vector<std::string> wanted = values;
    if (std::find(wanted.begin(), wanted.end(), output) == wanted.end()) wanted.push_back(output);

    Session session(graph.extract(names(graph.inputs()), wanted), cpu);
    const Tensors one = session.run(inputs_for(graph, 1)), two = session.run(inputs_for(graph, 2));
    REQUIRE(one.size() == wanted.size());
    for (const std::string& name : values) {
      CAPTURE(name);
      const double rms = root_mean_square(one.at(name));  // NaN and infinity fail both
      CHECK(rms > 0.03);
      CHECK(rms < 10.0);
    }

    const Tensor &first = one.at(output), &second = two.at(output);
    if (first.type() == DataType::int64) {
      int changed = 0;
      for (std::size_t i = 0; i < first.element_count(); ++i) changed += first.as<std::int64_t>()[i] != second.as<std::int64_t>()[i];
      CHECK(changed > 0);
      continue;
    }
    CHECK(relative_difference(first, second) > 0.005);
    if (output != "probabilities") continue;
    double sum = 0;
    float largest = 0;
    for (const float p : first.as<float>()) {
      sum += p;
      largest = std::max(largest, p);
    }
    CHECK(sum == doctest::Approx(static_cast<double>(first.shape().front())).epsilon(1e-4));
    CHECK(largest < 0.9f);
  }
}
