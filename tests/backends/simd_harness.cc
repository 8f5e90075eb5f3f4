// SPDX-License-Identifier: Apache-2.0
#include "backends/simd_harness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/families.h"
#include "base/aligned.h"
#include "base/half.h"
#include "kernels/element.h"
#include "kernels/guarded.h"
#include "kernels/page_end.h"
#include "kernels/simd/gemm.h"
#include "kernels/tolerance.h"

namespace dnntune::test {
namespace {

template <typename T>
float value_of(T element) { return static_cast<float>(element); }
float value_of(kernels::Float16 element) { return base::float16_to_float(element.bits); }
float value_of(kernels::BFloat16 element) { return base::bfloat16_to_float(element.bits); }

using Bytes = GuardedBuffer<std::byte>;

/// A layer's operands as the executor would hand them over. Reading past an input crashes; writing past an
/// output or the scratch memory is found afterwards.
class Operands {
 public:
  /// `behind`: bytes behind the inputs that may be read.
  explicit Operands(const SimdCase& layer, std::size_t behind = 0) : layer_(layer) {
    for (const SimdCase::Input& input : layer.inputs) {
      const Tensor& value = input.value;
      inputs_.emplace_back(value.size_bytes() + behind);
      std::memset(inputs_.back().data(), 0xff, inputs_.back().size());
      if (value.size_bytes() > 0) std::memcpy(inputs_.back().data(), value.data(), value.size_bytes());
      backends::TensorSpec spec{.type = value.type(), .shape = value.shape(), .constant = {}, .readable_behind = behind};
      if (input.constant && value.defined()) spec.constant = Tensor::borrow(value.type(), value.shape(), inputs_.back().data());
      input_specs_.push_back(spec);
      input_pointers_.push_back(value.defined() ? inputs_.back().data() : nullptr);
    }
    for (const Shape& shape : layer.outputs)
      output_specs_.push_back({.type = layer.output_type, .shape = shape, .constant = {}, .readable_behind = behind});
  }

  backends::LayerSpec spec(int threads, backends::Context* context = nullptr, std::string* refusal = nullptr) const {
    return {.node = layer_.node, .inputs = input_specs_, .outputs = output_specs_, .threads = threads, .weights = layer_.weights,
            .math = layer_.math, .kernel = layer_.kernel, .context = context, .refusal = refusal};
  }

  /// The outputs' elements, one after the other. `shared`: output 0 lies in input 0's buffer.
  std::vector<float> run(const backends::PreparedLayer& prepared, int threads, bool shared = false) {
    std::vector<Bytes> outputs;
    std::vector<void*> output_pointers;
    for (const backends::TensorSpec& output : output_specs_)
      outputs.emplace_back(Tensor(output.type, output.shape).size_bytes());
    for (Bytes& output : outputs) output_pointers.push_back(output.data());
    if (shared) output_pointers[0] = inputs_[0].data();
    Bytes scratch(prepared.scratch_bytes());
    base::ThreadPool pool(threads);
    prepared.run({.inputs = input_pointers_, .outputs = output_pointers, .scratch = scratch.data()}, pool);

    CHECK(scratch.intact());
    std::vector<float> values;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      CHECK(outputs[i].intact());
      append(values, output_pointers[i], outputs[i].size());
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Tensor& value = layer_.inputs[i].value;
      if (value.size_bytes() == 0) continue;
      if (!(shared && i == 0)) CHECK(std::memcmp(inputs_[i].data(), value.data(), value.size_bytes()) == 0);
      std::memcpy(inputs_[i].data(), value.data(), value.size_bytes());
    }
    return values;
  }

  /// The same in the memory of a device; operands lie one behind the other.
  std::vector<float> run_on(const backends::PreparedLayer& prepared, backends::DeviceQueue& queue, bool shared = false) {
    std::vector<std::size_t> at, bytes;
    std::size_t end = 0;
    const auto place = [&](std::size_t size) {
      at.push_back(end);
      bytes.push_back(size);
      end = (end + size + queue.alignment() - 1) / queue.alignment() * queue.alignment();
    };
    for (const SimdCase::Input& input : layer_.inputs) place(input.value.size_bytes());
    for (const backends::TensorSpec& output : output_specs_) place(Tensor(output.type, output.shape).size_bytes());
    queue.reserve(std::max<std::size_t>(end, 64));
    const std::size_t inputs = layer_.inputs.size();
    std::vector<const void*> input_handles;
    std::vector<void*> output_handles;
    for (std::size_t i = 0; i < inputs; ++i) {
      const Tensor& value = layer_.inputs[i].value;
      const bool held = input_specs_[i].is_constant() && prepared.holds(i);
      if (!value.defined() || held || bytes[i] == 0) {
        input_handles.push_back(nullptr);
        continue;
      }
      void* const handle = queue.part(at[i], bytes[i]);
      queue.upload(value.data(), value.type(), handle, value.type(), static_cast<std::int64_t>(value.element_count()));
      input_handles.push_back(handle);
    }
    for (std::size_t i = 0; i < output_specs_.size(); ++i) {
      const bool over_input = shared && i == 0;
      output_handles.push_back(bytes[inputs + i] == 0 ? nullptr : over_input ? const_cast<void*>(input_handles[0]) : queue.part(at[inputs + i], bytes[inputs + i]));
    }
    base::ThreadPool pool(1);
    prepared.run({.inputs = input_handles, .outputs = output_handles, .scratch = nullptr}, pool);
    std::vector<float> values;
    for (std::size_t i = 0; i < output_specs_.size(); ++i) {
      Tensor result(output_specs_[i].type, output_specs_[i].shape);
      if (bytes[inputs + i] > 0)
        queue.download(output_handles[i], result.type(), result.mutable_data(), result.type(), static_cast<std::int64_t>(result.element_count()));
      queue.finish();
      append(values, result.data(), result.size_bytes());
    }
    return values;
  }

  /// The same with rows at a pitch wherever the layer takes one, NaNs between those of inputs.
  std::vector<float> run_pitched(const backends::PreparedLayer& prepared, int threads) {
    std::vector<PageEndBuffer> inputs;
    std::vector<const void*> input_pointers = input_pointers_;
    std::vector<std::int64_t> pitches(input_specs_.size(), 0);
    for (std::size_t i = 0; i < std::min(prepared.pitched_inputs(), input_specs_.size()); ++i) {
      const backends::TensorSpec& spec = input_specs_[i];
      if (!spec.present() || spec.shape.empty() || spec.constant.defined() || layer_.inputs[i].value.size_bytes() == 0) continue;
      const Rows rows(spec.shape, 5);
      std::vector<float> wide(rows.floats(), std::numeric_limits<float>::quiet_NaN());
      for (std::size_t row = 0; row < rows.count; ++row)
        std::copy_n(layer_.inputs[i].value.as<float>().begin() + static_cast<std::ptrdiff_t>(row * rows.columns), rows.columns, &wide[row * rows.pitch]);
      inputs.emplace_back(wide.size() * sizeof(float));
      std::memcpy(inputs.back().data(), wide.data(), wide.size() * sizeof(float));
      input_pointers[i] = inputs.back().data();
      pitches[i] = static_cast<std::int64_t>(rows.pitch);
    }
    const bool pitched = prepared.pitched_output() && !output_specs_[0].shape.empty();
    constexpr float kUntouched = -77.0f;
    std::vector<GuardedBuffer<float>> outputs;
    std::vector<void*> output_pointers;
    for (std::size_t i = 0; i < output_specs_.size(); ++i) {
      const Rows rows(output_specs_[i].shape, i == 0 && pitched ? 3 : 0);
      outputs.emplace_back(std::vector<float>(rows.floats(), kUntouched));
    }
    for (GuardedBuffer<float>& output : outputs) output_pointers.push_back(output.data());
    Bytes scratch(prepared.scratch_bytes());
    base::ThreadPool pool(threads);
    const Rows first(output_specs_[0].shape, pitched ? 3 : 0);
    prepared.run({.inputs = input_pointers, .outputs = output_pointers, .scratch = scratch.data(), .input_pitches = pitches,
                  .output_pitch = pitched ? static_cast<std::int64_t>(first.pitch) : 0},
                 pool);
    CHECK(scratch.intact());
    std::vector<float> values;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      CHECK(outputs[i].intact());
      const Rows rows(output_specs_[i].shape, i == 0 && pitched ? 3 : 0);
      const std::vector<float> all = outputs[i].values();
      for (std::size_t at = 0; at < all.size(); ++at) {
        if (at % rows.pitch < rows.columns)
          values.push_back(all[at]);
        else
          CHECK(all[at] == kUntouched);
      }
    }
    return values;
  }

 private:
  /// Rows of a shape's innermost dimension with `gap` floats between them.
  struct Rows {
    Rows(const Shape& shape, std::size_t gap)
        : columns(shape.empty() ? 1 : static_cast<std::size_t>(shape.back())), pitch(columns + gap),
          count(columns == 0 ? 0 : Tensor(DataType::float32, shape).element_count() / columns) {}
    std::size_t columns, pitch, count;
    std::size_t floats() const { return count == 0 ? 0 : (count - 1) * pitch + columns; }
  };

  void append(std::vector<float>& values, const void* elements, std::size_t bytes) const {
    const auto as = [&](const auto* first) {
      for (std::size_t i = 0; i < bytes / sizeof(*first); ++i) values.push_back(value_of(first[i]));
    };
    switch (layer_.output_type) {
      case DataType::int64: return as(static_cast<const std::int64_t*>(elements));
      case DataType::int32: return as(static_cast<const std::int32_t*>(elements));
      case DataType::int8: return as(static_cast<const std::int8_t*>(elements));
      case DataType::uint8:
      case DataType::boolean: return as(static_cast<const std::uint8_t*>(elements));
      case DataType::float16: return as(static_cast<const kernels::Float16*>(elements));
      case DataType::bfloat16: return as(static_cast<const kernels::BFloat16*>(elements));
      default: return as(static_cast<const float*>(elements));
    }
  }

  const SimdCase& layer_;
  std::vector<PageEndBuffer> inputs_;
  std::vector<const void*> input_pointers_;
  std::vector<backends::TensorSpec> input_specs_, output_specs_;
};

/// Index of the first element that is not close; the size when all are.
std::size_t first_difference(const std::vector<float>& got, const std::vector<float>& want, double of_largest) {
  double allowed = 0.0;
  for (const float x : want) allowed = std::max(allowed, of_largest * std::abs(static_cast<double>(x)));
  const auto close = [&](float a, float b) {
    return of_largest == 0.0 ? simd_close(a, b) : std::abs(static_cast<double>(a) - static_cast<double>(b)) <= allowed;
  };
  std::size_t i = 0;
  while (i < want.size() && close(got[i], want[i])) ++i;
  return i;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// One for each backend and number of threads, as sessions have them. Null where the backend needs none.
backends::Context* context_of(const backends::Backend& backend, int threads) {
  static std::map<std::pair<std::string_view, int>, std::unique_ptr<backends::Context>> contexts;
  const auto [at, is_new] = contexts.try_emplace({backend.name(), threads});
  if (is_new) {
    Processor processor;
    processor.backend = backend.name();
    processor.threads = threads;
    if (processor.backend == "opencl") processor.name = "opencl:0";
    at->second = backend.open(processor);
  }
  return at->second.get();
}

}  // namespace

graph::Node make_node(graph::Op op, NodeAttributes attributes, graph::Activation activation) {
  graph::Node node;
  node.op = op;
  node.op_type = graph::find_operator(op)->name;
  node.name = "layer";
  node.attributes = graph::Attributes(std::move(attributes));
  node.activation = activation;
  return node;
}

std::string bfloat16_suffix() { return kernels::simd::bfloat16_gemm_kernels() != nullptr ? "_bf16" : ""; }

Tensor rounded(const Tensor& tensor, DataType type) {
  Tensor result = tensor.clone();
  for (float& x : result.as_mutable<float>())
    x = type == DataType::float16 ? base::float16_to_float(base::float_to_float16(x)) : base::bfloat16_to_float(base::float_to_bfloat16(x));
  return result;
}

Tensor random_tensor(const Shape& shape, unsigned seed, float low, float high) {
  Tensor tensor(DataType::float32, shape);
  std::mt19937 bits(seed);
  for (float& x : tensor.as_mutable<float>())
    x = low + (high - low) * static_cast<float>(bits() >> 8) * (1.0f / 16777216.0f);
  return tensor;
}

void check_simd(const SimdCase& layer, const std::string& kernel, double of_largest) {
  Operands operands(layer);
  const auto reference = backends::cpu::reference_backend().prepare(operands.spec(1));
  const std::vector<float> want = operands.run(*reference, 1);
  for_each_target([&](const std::string& target) {
    CAPTURE(target);
    std::vector<float> single;
    for (const int threads : {1, 2, 3}) {
      CAPTURE(threads);
      const auto prepared = backends::cpu::simd::prepare(operands.spec(threads));
      REQUIRE(prepared != nullptr);
      CHECK(prepared->kernel().substr(0, kernel.size()) == kernel);
      const std::vector<float> got = operands.run(*prepared, threads);
      REQUIRE(got.size() == want.size());
      const std::size_t index = first_difference(got, want, of_largest);
      if (index < want.size()) {
        CAPTURE(index);
        CHECK(got[index] == doctest::Approx(want[index]));
        FAIL_CHECK("the SIMD kernel differs from the reference kernel");
      }
      if (threads == 1) single = got;
      CHECK(same_bits(got, single));
      if (prepared->pitched_inputs() > 0 || prepared->pitched_output()) CHECK(same_bits(operands.run_pitched(*prepared, threads), single));
      if (threads == 1 && prepared->in_place()) CHECK(same_bits(operands.run(*prepared, 1, true), single));
    }
  });
}

/// In the memory of a device: results are the same each time, in place too. Kernels for them sum in other orders and by
/// Winograd's method, so they may be off by a part of the largest result.
void check_on_queue(const backends::PreparedLayer& prepared, Operands& operands, backends::DeviceQueue& queue, const std::vector<float>& want, int steps) {
  constexpr double kOfLargest = 1e-4;
  const std::vector<float> got = operands.run_on(prepared, queue);
  REQUIRE(got.size() == want.size());
  double allowed = steps;
  for (const float x : want)
    if (steps == 0 && std::isfinite(x)) allowed = std::max(allowed, kOfLargest * std::abs(static_cast<double>(x)));
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (simd_close(got[i], want[i]) || std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i])) <= allowed) continue;
    CAPTURE(i);
    CHECK(got[i] == want[i]);
    FAIL_CHECK("the kernel differs from the reference kernel");
    return;
  }
  CHECK(same_bits(operands.run_on(prepared, queue), got));
  if (prepared.in_place()) CHECK(same_bits(operands.run_on(prepared, queue, true), got));
}

Outcome check_on(const backends::Backend& backend, const SimdCase& layer, int steps) {
  Outcome outcome;
  std::vector<float> want, single;
  const bool bytes = layer.output_type == DataType::int8 || layer.output_type == DataType::uint8;
  for (const std::size_t behind : {base::kReadableBehind, std::size_t{0}}) {
    CAPTURE(behind);
    Operands operands(layer, behind);
    if (want.empty()) want = operands.run(*backends::cpu::reference_backend().prepare(operands.spec(1)), 1);
    for (const int threads : {1, 2, 3}) {
      if (behind == 0 && threads > 1) break;  // what lies behind does not meet the threads
      CAPTURE(threads);
      backends::Context* const context = context_of(backend, threads);
      std::string refusal;
      const auto prepared = backend.prepare(operands.spec(threads, context, &refusal));
      if (prepared == nullptr) {
        CHECK((threads == 1 || single.empty()));
        outcome.refusal = refusal;
        break;
      }
      outcome.taken = true;
      outcome.kernel = prepared->kernel();
      if (context != nullptr && context->queue() != nullptr) {
        check_on_queue(*prepared, operands, *context->queue(), want, bytes ? steps : 0);
        return outcome;
      }
      const std::vector<float> got = operands.run(*prepared, threads);
      REQUIRE(got.size() == want.size());
      const auto is_close = [&](float a, float b) { return bytes ? std::abs(a - b) <= static_cast<float>(steps) : simd_close(a, b); };
      std::size_t index = 0;
      while (index < want.size() && is_close(got[index], want[index])) ++index;
      if (index < want.size()) {
        CAPTURE(index);
        CHECK(got[index] == want[index]);
        FAIL_CHECK("the kernel differs from the reference kernel");
      }
      if (single.empty()) single = got;
      CHECK(same_bits(got, single));
      if (threads == 1) CHECK(same_bits(operands.run(*prepared, threads), single));
      if (threads <= 2 && prepared->in_place()) CHECK(same_bits(operands.run(*prepared, threads, true), single));
      if (context != nullptr) context->rest();
    }
  }
  return outcome;
}

std::vector<float> run_on(const backends::Backend& backend, const SimdCase& layer) {
  Operands operands(layer, base::kReadableBehind);
  const auto prepared = backend.prepare(operands.spec(1, context_of(backend, 1)));
  REQUIRE(prepared != nullptr);
  return operands.run(*prepared, 1);
}

std::vector<float> run_simd(const SimdCase& layer) {
  Operands operands(layer);
  const auto prepared = backends::cpu::simd::prepare(operands.spec(1));
  REQUIRE(prepared != nullptr);
  return operands.run(*prepared, 1);
}

std::string simd_kernel(const SimdCase& layer) {
  Operands operands(layer);
  const auto prepared = backends::cpu::simd::prepare(operands.spec(1));
  return prepared == nullptr ? "" : std::string(prepared->kernel());
}

std::vector<std::string> simd_kernels(const SimdCase& layer) {
  Operands operands(layer);
  std::vector<std::string> names;
  for (const std::string_view name : backends::cpu::cpu_backend().kernels(operands.spec(1))) names.emplace_back(name);
  return names;
}

void check_declined(const SimdCase& layer) {
  Operands operands(layer);
  CHECK(backends::cpu::simd::prepare(operands.spec(1)) == nullptr);
}

}  // namespace dnntune::test
