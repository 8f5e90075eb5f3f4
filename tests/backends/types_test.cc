// SPDX-License-Identifier: Apache-2.0
// Every float type computes what float32 computes on the same numbers, up to its own rounding.
#include <cmath>
#include <cstring>

#include <doctest/doctest.h>

#include "backends/cases.h"
#include "kernels/element.h"
#include "kernels/reference/elements.h"

using namespace dnntune;
using namespace dnntune::kernels;

namespace {

template <typename T>
Tensor converted(const Tensor& from) {
  std::vector<T> values;
  for (const float value : from.as<float>()) {
    values.emplace_back();
    reference::write_one(data_type_of<T>, static_cast<double>(value), &values.back());
  }
  return Tensor::copy_of(data_type_of<T>, from.shape(), values.data(), values.size() * sizeof(T));
}

template <typename T>
std::vector<float> widened(const Tensor& from) {
  std::vector<T> values(from.element_count());
  std::memcpy(values.data(), from.data(), from.size_bytes());
  std::vector<float> result;
  for (const T value : values) result.push_back(static_cast<float>(reference::read_one<double>(data_type_of<T>, &value)));
  return result;
}

/// Scales of Resize are float32 whatever the data is; indices are integers.
bool is_data(const test::LayerCase& layer, std::size_t input) {
  return layer.inputs[input].type() == DataType::float32 && (layer.node.op != graph::Op::Resize || input == 0);
}

template <typename T>
void check_type(double relative_rounding) {
  for (const test::LayerCase& layer : test::network_layers()) {
    INFO(layer.node.op_type);
    const bool is_recurrent = layer.node.op_type == "LSTM" || layer.node.op_type == "GRU" || layer.node.op_type == "RNN";
    if (is_recurrent && data_type_of<T> == DataType::bfloat16) continue;  // ONNX has none
    std::vector<Tensor> narrow = layer.inputs, wide = layer.inputs;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      if (!layer.inputs[i].defined() || !is_data(layer, i)) continue;
      narrow[i] = converted<T>(layer.inputs[i]);
      wide[i] = test::floats(layer.inputs[i].shape(), widened<T>(narrow[i]));
    }
    const int outputs = static_cast<int>(layer.outputs.size());
    const NodeAttributes& attributes = layer.node.attributes.all();
    const auto got = test::evaluate(test::LayerCase(layer.node.op_type, narrow, attributes, outputs));
    const auto wanted = test::evaluate(test::LayerCase(layer.node.op_type, wide, attributes, outputs));
    for (std::size_t o = 0; o < got.size(); ++o) {
      if (wanted[o].type() != DataType::float32) {  // MaxPool's indices
        CHECK(std::memcmp(got[o].data(), wanted[o].data(), wanted[o].size_bytes()) == 0);
        continue;
      }
      const auto values = got[o].type() == DataType::float32 ? test::values_of(got[o]) : widened<T>(got[o]);
      const auto exact = test::values_of(wanted[o]);
      REQUIRE(values.size() == exact.size());
      for (std::size_t i = 0; i < exact.size(); ++i) {
        const double allowed = relative_rounding * std::abs(exact[i]) + 1e-7;  // subnormal results of float16
        if (std::abs(static_cast<double>(values[i]) - exact[i]) > allowed)
          FAIL("output " << o << " element " << i << ": " << values[i] << " where float32 gives " << exact[i]);
      }
    }
  }
}

}  // namespace

TEST_CASE("float64 layers equal float32 ones") { check_type<double>(1.0 / (1 << 22)); }
TEST_CASE("float16 layers round once") { check_type<Float16>(1.001 / (1 << 11)); }
TEST_CASE("bfloat16 layers round once") { check_type<BFloat16>(1.001 / (1 << 8)); }
