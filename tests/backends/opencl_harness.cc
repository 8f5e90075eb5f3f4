// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl_harness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/opencl/opencl_backend.h"
#include "base/half.h"
#include "device/opencl/devices.h"

namespace dnntune::test {
namespace {

using backends::Buffers;
using backends::TensorSpec;

constexpr std::byte kPattern{0xa5};
constexpr std::size_t kGuard = 256;

std::size_t round_up(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

DataType stored_type(DataType type, DataType floats) { return type == DataType::float32 ? floats : type; }

std::vector<float> as_floats(const std::vector<std::byte>& bytes, DataType type) {
  std::vector<float> values(bytes.size() / size_of(type));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t integer = 0;
    if (type == DataType::float32) std::memcpy(&values[i], &bytes[i * 4], 4);
    else {
      std::memcpy(&integer, &bytes[i * size_of(type)], size_of(type));
      values[i] = static_cast<float>(integer);
    }
  }
  return values;
}

/// With all float32 elements as float16 holds them.
SimdCase as_halves(SimdCase layer) {
  for (SimdCase::Input& input : layer.inputs)
    if (input.value.type() == DataType::float32) input.value = rounded(input.value, DataType::float16);
  return layer;
}

/// Values one after the other in the arena, with room for the pattern between them.
struct Placed {
  std::size_t offset, bytes;
};

std::vector<float> reference_values(const SimdCase& layer) {
  std::vector<TensorSpec> inputs, outputs;
  std::vector<const void*> in;
  std::vector<std::vector<std::byte>> results;
  std::vector<void*> out;
  for (const SimdCase::Input& input : layer.inputs) {
    inputs.push_back({input.value.type(), input.value.shape(), input.constant ? input.value : Tensor()});
    in.push_back(input.value.data());
  }
  for (const Shape& shape : layer.outputs) {
    outputs.push_back({layer.output_type, shape, {}});
    results.emplace_back(Tensor(layer.output_type, shape).size_bytes());
  }
  for (auto& result : results) out.push_back(result.data());
  const auto prepared = backends::cpu::reference_backend().prepare({.node = layer.node, .inputs = inputs, .outputs = outputs});
  std::vector<std::byte> scratch(prepared->scratch_bytes() + 64);
  base::ThreadPool pool(1);
  prepared->run({.inputs = in, .outputs = out, .scratch = scratch.data()}, pool);
  std::vector<float> values;
  for (const auto& result : results) {
    const std::vector<float> some = as_floats(result, layer.output_type);
    values.insert(values.end(), some.begin(), some.end());
  }
  return values;
}

}  // namespace

Processor opencl_processor() {
  Processor processor;
  processor.name = "opencl:0";
  processor.backend = "opencl";
  return processor;
}

bool has_opencl() {
  static const bool has = [] {
    Device device;
    device.add_accelerators();
    if (!device.processors.empty()) return true;
    MESSAGE("SKIPPED, no OpenCL device: " << (device.notes.empty() ? "" : device.notes.front()));
    return false;
  }();
  return has;
}

backends::opencl::OpenClContext& opencl_context(bool as_gpu) {
  static std::unique_ptr<backends::opencl::OpenClContext> contexts[2];
  auto& context = contexts[as_gpu ? 1 : 0];
  if (!context) context = std::make_unique<backends::opencl::OpenClContext>(opencl_processor(), backends::opencl::ContextOptions{.as_gpu = as_gpu, .measure = false});
  return *context;
}

OpenClRun run_opencl(const SimdCase& layer, bool as_gpu, DataType type) {
  backends::opencl::OpenClContext& context = opencl_context(as_gpu);
  backends::DeviceQueue& queue = *context.queue();
  OpenClRun result;
  std::vector<TensorSpec> inputs, outputs;
  for (const SimdCase::Input& input : layer.inputs) {
    TensorSpec spec{stored_type(input.value.type(), type), input.value.shape(), {}};
    if (input.constant && input.value.defined()) spec.constant = input.value;
    if (spec.is_constant()) spec.type = input.value.type();
    inputs.push_back(spec);
  }
  for (const Shape& shape : layer.outputs) outputs.push_back({stored_type(layer.output_type, type), shape, {}});
  const backends::LayerSpec spec{.node = layer.node, .inputs = inputs, .outputs = outputs, .kernel = layer.kernel, .context = &context, .refusal = &result.refusal};
  const auto prepared = backends::opencl::opencl_backend().prepare(spec);
  if (prepared == nullptr) return result;
  result.kernel = prepared->kernel();

  std::size_t end = 0;
  const auto place = [&](const TensorSpec& operand) {
    const std::size_t bytes = Tensor(operand.type, operand.shape).size_bytes();
    const Placed placed{round_up(end + kGuard, queue.alignment()), bytes};
    end = placed.offset + bytes;
    return placed;
  };
  std::vector<Placed> input_places(inputs.size()), output_places;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].present() && !prepared->holds(i)) input_places[i] = place(inputs[i]);
  for (const TensorSpec& output : outputs) output_places.push_back(place(output));
  const std::size_t total = round_up(end + kGuard, queue.alignment());
  queue.reserve(total);
  const std::vector<std::byte> pattern(total, kPattern);
  void* const whole = queue.part(0, total);
  queue.upload(pattern.data(), DataType::uint8, whole, DataType::uint8, static_cast<std::int64_t>(total));
  std::vector<const void*> in(inputs.size(), nullptr);
  std::vector<void*> out;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].present() || prepared->holds(i)) continue;
    const Tensor& value = layer.inputs[i].value;
    void* const part = queue.part(input_places[i].offset, input_places[i].bytes);
    queue.upload(value.data(), value.type(), part, inputs[i].type, static_cast<std::int64_t>(value.element_count()));
    in[i] = part;
  }
  for (const Placed& placed : output_places) out.push_back(queue.part(placed.offset, placed.bytes));
  std::vector<std::byte> before(total), after(total);
  queue.download(whole, DataType::uint8, before.data(), DataType::uint8, static_cast<std::int64_t>(total));
  base::ThreadPool pool(1);
  prepared->run({.inputs = in, .outputs = out, .scratch = nullptr}, pool);
  std::vector<std::vector<std::byte>> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor shape(layer.output_type, outputs[i].shape);
    results.emplace_back(shape.size_bytes());
    queue.download(out[i], outputs[i].type, results.back().data(), layer.output_type, static_cast<std::int64_t>(shape.element_count()));
  }
  queue.download(whole, DataType::uint8, after.data(), DataType::uint8, static_cast<std::int64_t>(total));
  queue.finish();

  for (const Placed& placed : output_places)  // what may differ
    std::copy_n(after.begin() + static_cast<std::ptrdiff_t>(placed.offset), placed.bytes, before.begin() + static_cast<std::ptrdiff_t>(placed.offset));
  CHECK(before == after);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::vector<float> some = as_floats(results[i], layer.output_type);
    result.values.insert(result.values.end(), some.begin(), some.end());
  }
  return result;
}

void check_opencl(const SimdCase& layer, const std::string& kernel, const OpenClChecks& checks) {
  if (!has_opencl()) return;
  for (const DataType type : {DataType::float32, DataType::float16}) {
    if (type == DataType::float16 && !checks.half) continue;
    const SimdCase stored = type == DataType::float32 ? layer : as_halves(layer);
    const std::vector<float> want = reference_values(stored);
    for (const bool as_gpu : {false, true}) {
      if (!(as_gpu ? checks.as_gpu : checks.as_cpu)) continue;
      CAPTURE(as_gpu);
      CAPTURE(std::string(to_string(type)));
      CAPTURE(layer.node.op_type);
      const OpenClRun got = run_opencl(stored, as_gpu, type);
      CAPTURE(got.refusal);
      CHECK(got.kernel.substr(0, kernel.size()) == kernel);
      REQUIRE(got.values.size() == want.size());
      const double tolerance = checks.scale * (type == DataType::float32 ? kOpenClTolerance : kOpenClHalfTolerance);
      double largest = 1.0;
      for (const float x : want) largest = std::max(largest, std::abs(static_cast<double>(x)));
      const auto close = [&](double a, double b) {
        if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b);
        return a == b || std::abs(a - b) <= tolerance * (checks.of_largest ? largest : std::max(1.0, std::abs(b)));
      };
      std::size_t index = 0;
      while (index < want.size() && close(got.values[index], want[index])) ++index;
      if (index < want.size()) {
        CAPTURE(index);
        CHECK(got.values[index] == doctest::Approx(want[index]));
        FAIL_CHECK("the OpenCL kernel differs from the reference kernel");
      }
    }
  }
}

void check_refused(const SimdCase& layer, const std::string& reason) {
  if (!has_opencl()) return;
  const OpenClRun run = run_opencl(layer, false, DataType::float32);
  CHECK(run.kernel == "");
  CHECK_MESSAGE(run.refusal.find(reason) != std::string::npos, run.refusal);
}

}  // namespace dnntune::test
