// SPDX-License-Identifier: Apache-2.0
#include "cli/tensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"

namespace dnntune::cli {
namespace {

float half_to_float(std::uint16_t h, bool brain) {
  if (brain) {
    const std::uint32_t bits = static_cast<std::uint32_t>(h) << 16;
    float f;
    std::memcpy(&f, &bits, sizeof f);
    return f;
  }
  const int exponent = (h >> 10) & 31;
  const int mantissa = h & 1023;
  const float sign = (h & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return mantissa != 0 ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
}

/// Element `i` as double; 64-bit integers beyond 2^53 lose digits, which a tolerance check allows.
double element(const Tensor& t, std::size_t i) {
  switch (t.type()) {
    case DataType::float32: return t.as<float>()[i];
    case DataType::float64: return t.as<double>()[i];
    case DataType::int8: return t.as<std::int8_t>()[i];
    case DataType::uint8: return t.as<std::uint8_t>()[i];
    case DataType::int16: return t.as<std::int16_t>()[i];
    case DataType::uint16: return t.as<std::uint16_t>()[i];
    case DataType::int32: return t.as<std::int32_t>()[i];
    case DataType::uint32: return t.as<std::uint32_t>()[i];
    case DataType::int64: return static_cast<double>(t.as<std::int64_t>()[i]);
    case DataType::uint64: return static_cast<double>(t.as<std::uint64_t>()[i]);
    case DataType::boolean: return t.as<bool>()[i] ? 1.0 : 0.0;
    case DataType::float16: return half_to_float(static_cast<const std::uint16_t*>(t.data())[i], false);
    case DataType::bfloat16: return half_to_float(static_cast<const std::uint16_t*>(t.data())[i], true);
    case DataType::undefined: break;
  }
  return 0.0;
}

}  // namespace

Tensors read_inputs(const Graph& graph, const std::vector<std::string>& arguments, std::uint64_t seed) {
  Tensors inputs = random_inputs(graph, seed);
  std::size_t next = 0;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    std::string name;
    if (equals != std::string::npos) {
      name = argument.substr(0, equals);
    } else {
      if (next >= graph.inputs().size())
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}': the model has only {} inputs", argument, graph.inputs().size()));
      name = graph.inputs()[next].name;
    }
    ++next;
    if (!inputs.contains(name)) {
      std::string names;
      for (const TensorInfo& info : graph.inputs()) names += " " + info.name;
      throw Error(ErrorCode::invalid_argument, fmt::format("the model has no input '{}'; it has:{}", name, names));
    }
    inputs[name] = load_tensor(equals != std::string::npos ? argument.substr(equals + 1) : argument);
  }
  return inputs;
}

Difference compare(const Tensor& actual, const Tensor& expected, double rtol, double atol) {
  Difference result;
  if (actual.type() != expected.type() || actual.shape() != expected.shape()) {
    result.comparable = result.within = false;
    result.why = fmt::format("got {} {}, expected {} {}", to_string(actual.type()), to_string(actual.shape()), to_string(expected.type()),
                             to_string(expected.shape()));
    return result;
  }
  for (std::size_t i = 0; i < actual.element_count(); ++i) {
    const double a = element(actual, i);
    const double e = element(expected, i);
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    const double absolute = std::abs(a - e);
    const bool bad = !(absolute <= atol + rtol * std::abs(e));  // also catches NaN against a number
    if (bad && result.within) {
      result.within = false;
      result.first_bad = i;
    }
    if (std::isnan(absolute)) {
      result.largest_absolute = result.largest_relative = std::numeric_limits<double>::infinity();
      continue;
    }
    result.largest_absolute = std::max(result.largest_absolute, absolute);
    const double scale = std::max(std::abs(e), static_cast<double>(std::numeric_limits<float>::min()));
    result.largest_relative = std::max(result.largest_relative, absolute / scale);
  }
  return result;
}

}  // namespace dnntune::cli
