// SPDX-License-Identifier: Apache-2.0
#include "kernels/elem_case.h"

#include <cmath>
#include <cstring>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "base/half.h"
#include "kernels/guarded.h"

namespace dnntune::test {
namespace {

using Bytes = GuardedBuffer<std::byte>;

template <typename T>
void put(void* data, std::size_t i, T value) {
  static_cast<T*>(data)[i] = value;
}
// The nearest T: a double cannot say 2^63 - 1.
template <typename T>
T whole(double v) {
  if (v >= std::ldexp(1.0, std::numeric_limits<T>::digits)) return std::numeric_limits<T>::max();
  return static_cast<T>(v);
}
template <typename T>
double get(const void* data, std::int64_t i) {
  return static_cast<double>(static_cast<const T*>(data)[i]);
}

std::uint32_t plan_operands(graph::Op op) {
  switch (op) {
    case graph::Op::Unknown: break;
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, shape_rule, layout, operands, family) \
  case graph::Op::name: return operands;
#include "graph/operators.inc"
#undef DNNTUNE_OP
  }
  return 0;
}

const char* op_name(graph::Op op) {
  switch (op) {
    case graph::Op::Unknown: break;
#define DNNTUNE_OP(name, ...) \
  case graph::Op::name: return #name;
#include "graph/operators.inc"
#undef DNNTUNE_OP
  }
  return "?";
}

// Moves the start of a guarded buffer to `type`'s alignment but not more, so that nobody relies on more.
Bytes guarded(std::size_t bytes, DataType type, bool misaligned) { return Bytes(bytes, misaligned ? size_of(type) : 0); }

struct Run {
  int threads = 1;
  bool misaligned = false;
  bool in_place = false;
};

std::vector<Tensor> run_once(const Case& c, Run how) {
  const std::uint32_t constants = c.run_time_operands ? 0 : plan_operands(c.op);
  std::vector<backends::TensorSpec> input_specs, output_specs;
  std::vector<Bytes> input_buffers, output_buffers;
  for (std::size_t k = 0; k < c.inputs.size(); ++k) {
    const Tensor& tensor = c.inputs[k];
    input_specs.push_back({tensor.type(), tensor.shape(), (constants >> k & 1u) != 0 ? tensor : Tensor()});
    input_buffers.push_back(guarded(tensor.size_bytes(), tensor.type(), how.misaligned));
    if (tensor.size_bytes() > 0) std::memcpy(input_buffers.back().data(), tensor.data(), tensor.size_bytes());
  }
  for (const Tensor& tensor : c.expected) {
    output_specs.push_back({tensor.type(), tensor.shape(), {}});
    output_buffers.push_back(guarded(tensor.size_bytes(), tensor.type(), false));
  }
  graph::Node node;
  node.op = c.op;
  node.op_type = op_name(c.op);
  node.name = "n";
  node.attributes = graph::Attributes(c.attributes);
  const auto layer = backends::cpu::reference_backend().prepare({node, input_specs, output_specs, how.threads});
  REQUIRE(layer != nullptr);
  CHECK(layer->kernel().substr(0, 10) == "reference.");

  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (std::size_t k = 0; k < c.inputs.size(); ++k) inputs.push_back(c.inputs[k].defined() ? input_buffers[k].data() : nullptr);
  for (std::size_t k = 0; k < c.expected.size(); ++k) outputs.push_back(c.expected[k].defined() ? output_buffers[k].data() : nullptr);
  const bool shares = how.in_place && layer->in_place() && !input_buffers.empty();
  if (shares) {
    REQUIRE(c.inputs[0].size_bytes() == c.expected[0].size_bytes());
    outputs[0] = input_buffers[0].data();
  }
  Bytes scratch(layer->scratch_bytes());
  base::ThreadPool pool(how.threads);
  layer->run({inputs, outputs, scratch.data()}, pool);

  CHECK(scratch.intact());
  for (std::size_t k = 0; k < c.inputs.size(); ++k) {
    CHECK(input_buffers[k].intact());
    if (c.inputs[k].size_bytes() > 0 && !(shares && k == 0))
      CHECK(std::memcmp(input_buffers[k].data(), c.inputs[k].data(), c.inputs[k].size_bytes()) == 0);
  }
  std::vector<Tensor> results;
  for (std::size_t k = 0; k < c.expected.size(); ++k) {
    CHECK(output_buffers[k].intact());
    const Tensor& like = c.expected[k];
    results.push_back(like.defined() ? Tensor::copy_of(like.type(), like.shape(), outputs[k], like.size_bytes()) : Tensor());
  }
  return results;
}

void check_same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  for (std::size_t k = 0; k < a.size(); ++k)
    if (a[k].size_bytes() > 0) CHECK(std::memcmp(a[k].data(), b[k].data(), a[k].size_bytes()) == 0);
}

bool close(double got, double expected, double tolerance) {
  if (std::isnan(expected)) return std::isnan(got);
  if (got == expected) return true;
  return std::isfinite(expected) && std::fabs(got - expected) <= tolerance * (1.0 + std::fabs(expected));
}

}  // namespace

Tensor make(DataType type, Shape shape, const std::vector<double>& values) {
  Tensor tensor(type, std::move(shape));
  REQUIRE(tensor.element_count() == values.size());
  void* data = tensor.mutable_data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    switch (type) {
      case DataType::float32: put(data, i, static_cast<float>(v)); break;
      case DataType::float64: put(data, i, v); break;
      case DataType::float16: put(data, i, base::float_to_float16(static_cast<float>(v))); break;
      case DataType::bfloat16: put(data, i, base::float_to_bfloat16(static_cast<float>(v))); break;
      case DataType::int8: put(data, i, whole<std::int8_t>(v)); break;
      case DataType::int16: put(data, i, whole<std::int16_t>(v)); break;
      case DataType::int32: put(data, i, whole<std::int32_t>(v)); break;
      case DataType::int64: put(data, i, whole<std::int64_t>(v)); break;
      case DataType::uint8: put(data, i, whole<std::uint8_t>(v)); break;
      case DataType::uint16: put(data, i, whole<std::uint16_t>(v)); break;
      case DataType::uint32: put(data, i, whole<std::uint32_t>(v)); break;
      case DataType::uint64: put(data, i, whole<std::uint64_t>(v)); break;
      case DataType::boolean: put(data, i, static_cast<std::uint8_t>(v != 0)); break;
      case DataType::undefined: FAIL("undefined type");
    }
  }
  return tensor;
}

Tensor iota(DataType type, Shape shape) {
  std::vector<double> values(Tensor(type, shape).element_count());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  return make(type, std::move(shape), values);
}

Tensor blank(DataType type, Shape shape) { return Tensor(type, std::move(shape)); }

double number_at(const Tensor& tensor, std::int64_t i) {
  const void* data = tensor.data();
  switch (tensor.type()) {
    case DataType::float32: return get<float>(data, i);
    case DataType::float64: return get<double>(data, i);
    case DataType::float16: return base::float16_to_float(static_cast<const std::uint16_t*>(data)[i]);
    case DataType::bfloat16: return base::bfloat16_to_float(static_cast<const std::uint16_t*>(data)[i]);
    case DataType::int8: return get<std::int8_t>(data, i);
    case DataType::int16: return get<std::int16_t>(data, i);
    case DataType::int32: return get<std::int32_t>(data, i);
    case DataType::int64: return get<std::int64_t>(data, i);
    case DataType::uint8: return get<std::uint8_t>(data, i);
    case DataType::uint16: return get<std::uint16_t>(data, i);
    case DataType::uint32: return get<std::uint32_t>(data, i);
    case DataType::uint64: return get<std::uint64_t>(data, i);
    case DataType::boolean: return get<std::uint8_t>(data, i);
    case DataType::undefined: break;
  }
  FAIL("undefined type");
  return 0.0;
}

std::vector<Tensor> run(const Case& c) {
  const std::vector<Tensor> results = run_once(c, {});
  check_same_bits(results, run_once(c, {.threads = 3}));
  check_same_bits(results, run_once(c, {.misaligned = true}));
  check_same_bits(results, run_once(c, {.threads = 3, .in_place = true}));
  return results;
}

void check(const Case& c) {
  const std::string name = std::string(op_name(c.op)) + ": " + c.label;
  INFO(name);
  const std::vector<Tensor> results = run(c);
  for (std::size_t k = 0; k < results.size(); ++k) {
    const Tensor& expected = c.expected[k];
    if (!expected.defined()) continue;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(expected.element_count()); ++i) {
      const double got = number_at(results[k], i);
      const double wanted = number_at(expected, i);
      INFO("output " << k << ", element " << i << ": got " << got << ", expected " << wanted);
      CHECK(close(got, wanted, c.tolerance));
    }
  }
}

}  // namespace dnntune::test
