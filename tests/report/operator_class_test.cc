// SPDX-License-Identifier: Apache-2.0
#include "cli/operator_class.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "report/samples.h"

using namespace dnntune;
using namespace dnntune::cli;

namespace {

std::string_view class_of(const char* op, const char* kernel = "") { return operator_class(samples::layer("x", op, kernel, 1.0)); }

std::map<std::string, double> times_of(const Profile& profile) {
  std::map<std::string, double> times;
  for (const ClassTime& time : time_by_class(profile)) times[std::string(time.name)] = time.ns;
  return times;
}

}  // namespace

TEST_CASE("a layer's class is that of its first operator") {
  CHECK(class_of("Conv+BatchNormalization+Relu", "simd.conv_direct") == "convolution");
  CHECK(class_of("QLinearConv") == "convolution");
  CHECK(class_of("Gemm+Relu") == "dense");
  CHECK(class_of("LSTM") == "recurrent");
  CHECK(class_of("GlobalAveragePool") == "pooling");
  CHECK(class_of("Softmax") == "normalize");
  CHECK(class_of("Add+Relu") == "element-wise");
  CHECK(class_of("Max") == "element-wise");  // and not MaxPool
  CHECK(class_of("Concat") == "move");
  CHECK(class_of("QuantizeLinear") == "quantize");
  CHECK(class_of("If") == "control flow");
  CHECK(class_of("NonMaxSuppression") == "other");
  CHECK(class_of("") == "other");
}

TEST_CASE("depthwise convolutions are known by their kernels, of every backend") {
  for (const char* kernel : {"simd.depthwise_walk", "simd.quantized_depthwise", "xnnpack.dwconv", "opencl.conv_depthwise"})
    CHECK(class_of("Conv+Clip", kernel) == "depthwise");
  CHECK(class_of("Gemm", "a.depthwise") == "dense");
}

TEST_CASE("classes, conversions, inputs and what is between add up to the run") {
  Profile profile = samples::profile(1e6);
  profile.layers[0].conversion_ns = {1e5, 0.0, Provenance::measured};
  const std::map<std::string, double> times = times_of(profile);
  CHECK(times.at("convolution") == doctest::Approx(4e5));
  CHECK(times.at("depthwise") == doctest::Approx(2e5));
  CHECK(times.at("dense") == doctest::Approx(1.5e5));
  CHECK(times.at("pooling") == doctest::Approx(5e4));
  CHECK(times.at("copies") == doctest::Approx(1e5));
  CHECK(times.at("inputs, outputs") == doctest::Approx(2e4));
  CHECK(times.at("between layers") == doctest::Approx(8e4));
  double sum = 0.0;
  for (const auto& [name, ns] : times) sum += ns;
  CHECK(sum == doctest::Approx(1e6));
}

TEST_CASE("a run shorter than its layers leaves nothing between them") {
  Profile profile = samples::profile(1e6);
  profile.run_ns.value = 5e5;
  CHECK(times_of(profile).at("between layers") == 0.0);
}
