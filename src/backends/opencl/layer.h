// SPDX-License-Identifier: Apache-2.0
// A layer as a list of launches. What the functions that bind a LayerSpec to kernels share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/opencl/context.h"

namespace dnntune::backends::opencl {

/// Why the backend leaves a layer to another.
struct Refusal {
  std::string reason;
};
[[noreturn]] inline void refuse(std::string reason) { throw Refusal{std::move(reason)}; }
inline void take_if(bool holds, const char* otherwise) {
  if (!holds) refuse(otherwise);
}

/// A count that kernels take as an int; refuses larger ones.
cl_int int_of(std::int64_t count);
inline std::size_t size_of_count(std::int64_t count) { return static_cast<std::size_t>(count); }
inline cl_int4 int4(std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t w) {
  return {{int_of(x), int_of(y), int_of(z), int_of(w)}};
}
inline cl_int2 int2(std::int64_t x, std::int64_t y) { return {{int_of(x), int_of(y)}}; }

/// A constant as float32 elements, whatever its type and however it is held.
std::vector<float> constant_floats(const TensorSpec& operand);

/// One launch of a kernel. Arguments are added in the order of the kernel's parameters.
class Launch {
 public:
  Launch(OpenClContext& context, const std::string& definitions, std::span<const std::string_view> texts, const char* kernel)
      : context_(&context), key_(definitions), kernel_(context.kernel(definitions, texts, kernel)) {}

  Launch& input(std::size_t index) { return bind(Source::input, index); }
  Launch& output(std::size_t index) { return bind(Source::output, index); }
  Launch& scratch(std::size_t slot) { return bind(Source::scratch, slot); }
  Launch& memory(cl_mem memory) { return value(memory); }
  template <typename T>
  Launch& value(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    kernel_.set(context_->device, next_++, value);
    return *this;
  }
  Launch& activation(const kernels::Activation& activation) {
    return value(static_cast<cl_int>(activation.kind)).value(cl_float2{{activation.alpha, activation.beta}});
  }
  Launch& local(std::size_t bytes) {
    kernel_.set_bytes(context_->device, next_++, bytes, nullptr);
    return *this;
  }
  /// Work-items. The size of work-groups is chosen when the layer is complete, or fixed here.
  void over(std::int64_t x, std::int64_t y = 1, std::int64_t z = 1) { items_ = {size_of_count(x), size_of_count(y), size_of_count(z)}; }
  void in_groups(const WorkSize& local) { local_ = local; }

  /// `operand_bytes`: of the largest operand.
  void complete(std::size_t operand_bytes);
  void run(const Buffers& buffers) const;

 private:
  enum class Source { input, output, scratch };
  struct Binding {
    cl_uint argument;
    Source source;
    std::size_t index;
  };
  Launch& bind(Source source, std::size_t index) {
    bindings_.push_back({next_++, source, index});
    return *this;
  }

  OpenClContext* context_;
  std::string key_;
  Kernel kernel_;
  cl_uint next_ = 0;
  std::vector<Binding> bindings_;
  WorkSize items_{1, 1, 1}, local_{0, 0, 0}, global_{1, 1, 1};
};

/// Collects launches and the memory that they read. `kernel` is a string literal.
class LayerBuilder {
 public:
  LayerBuilder(OpenClContext& context, const LayerSpec& layer, std::string_view kernel);
  LayerBuilder(LayerBuilder&&) noexcept;
  ~LayerBuilder();

  OpenClContext& context() noexcept { return context_; }
  const LayerSpec& layer() const noexcept { return layer_; }
  /// Values are stored as float16.
  bool half() const noexcept { return half_; }
  std::size_t element_bytes() const noexcept { return half_ ? 2 : 4; }

  /// A launch of a kernel of `texts`, after texts::common.
  Launch& launch(std::string_view definitions, std::initializer_list<std::string_view> texts, const char* kernel);
  /// A kernel of the same kind that the layer launches by itself.
  Kernel kernel(std::string_view definitions, std::initializer_list<std::string_view> texts, const char* kernel);
  /// Adds input `index` as an argument: where the executor has it or, a constant, from a copy of its own.
  void operand(Launch& launch, std::size_t index);

  /// Memory that stays with the layer; `count_as_weights` adds it to weight_bytes.
  template <typename Write>
  cl_mem filled(std::size_t bytes, bool count_as_weights, Write write) {
    return own(context_.commands.filled(bytes, name_, write), count_as_weights ? bytes : 0);
  }
  cl_mem floats(const std::vector<float>& values);
  cl_mem ints(const std::vector<cl_int>& values);
  /// In the storage's type.
  cl_mem elements(const std::vector<float>& values);
  /// An image of `width` x `height` texels of four elements each.
  cl_mem image(std::size_t width, std::size_t height, const std::vector<float>& values);
  void reserve_scratch(std::size_t slot, std::int64_t floats);

  void set_in_place() noexcept;
  void hold(std::size_t input) noexcept;
  std::unique_ptr<PreparedLayer> finish();

 private:
  struct Parts;
  cl_mem own(Handle<cl_mem> memory, std::size_t weight_bytes);
  std::string all_definitions(std::string_view definitions) const;

  OpenClContext& context_;
  const LayerSpec& layer_;
  bool half_;
  std::string name_;  ///< "weights of 'conv1'", for messages.
  std::unique_ptr<Parts> parts_;
};

}  // namespace dnntune::backends::opencl
