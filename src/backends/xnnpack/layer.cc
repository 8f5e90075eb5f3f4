// SPDX-License-Identifier: Apache-2.0
#include "backends/xnnpack/layer.h"

#include <array>
#include <bit>
#include <cstring>
#include <unistd.h>

#include <fmt/format.h>

#include "backends/weight_store.h"
#include "backends/xnnpack/context.h"

namespace dnntune::backends::xnnpack {
namespace {

constexpr std::size_t kMostOperands = 3;  // two inputs and an output

/// Whether XNN_EXTRA_BYTES behind `bytes` at `data` lie in the page of the last of them: reading them does no harm then.
bool may_overread(const void* data, std::size_t bytes) noexcept {
  static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t last = reinterpret_cast<std::uintptr_t>(data) + bytes - 1;
  return last / page == (last + XNN_EXTRA_BYTES) / page;
}

Threads threads_of(const LayerSpec& layer) noexcept {
  if (layer.threads <= 1 || layer.context == nullptr) return {};
  const auto& context = static_cast<const XnnContext&>(*layer.context);
  return {context.pool(), context.flags()};
}

/// A runtime and where it was pointed last. One run at a time, as everywhere in a session.
class Pass {
 public:
  Pass(Runtime runtime, std::size_t operands) : runtime_(std::move(runtime)), operands_(operands) {
    for (std::uint32_t id = 0; id < kMostOperands; ++id) values_[id].id = id;
  }

  xnn_status run(std::span<const void* const> pointers) {
    bool moved = !is_set_up_;
    for (std::size_t i = 0; i < operands_; ++i) {
      moved = moved || values_[i].data != pointers[i];
      values_[i].data = const_cast<void*>(pointers[i]);
    }
    if (moved) {
      const xnn_status status = setup_runtime(runtime_.get(), operands_, values_.data());
      is_set_up_ = status == xnn_status_success;
      if (!is_set_up_) return status;
    }
    return xnn_invoke_runtime(runtime_.get());
  }

 private:
  Runtime runtime_;
  std::size_t operands_;
  std::array<xnn_external_value, kMostOperands> values_{};
  bool is_set_up_ = false;
};

class XnnLayer final : public PreparedLayer {
 public:
  XnnLayer(const LayerSpec& layer, Traits traits, Runtime runtime, Runtime after)
      : name_(layer.node.name), traits_(std::move(traits)), main_(std::move(runtime), traits_.operands.size() + 1) {
    if (after != nullptr) after_.emplace(std::move(after), 2);
    for (const std::size_t index : traits_.operands) {
      const TensorSpec& operand = input(layer, index);
      const auto bytes = static_cast<std::size_t>(elements(operand.shape)) * size_of(operand.type);
      inputs_.push_back({index, bytes, scratch_bytes_, operand.readable_behind >= XNN_EXTRA_BYTES});
      if (!inputs_.back().padded) scratch_bytes_ += base::round_up(bytes + XNN_EXTRA_BYTES);
    }
  }

  void run(const Buffers& buffers, base::ThreadPool&) const override {
    std::array<const void*, kMostOperands> pointers{};
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Input& operand = inputs_[i];
      pointers[i] = buffers.inputs[operand.index];
      if (operand.padded || may_overread(pointers[i], operand.bytes)) continue;
      std::byte* const copy = buffers.scratch + operand.scratch_offset;
      std::memcpy(copy, pointers[i], operand.bytes);
      std::memset(copy + operand.bytes, 0, XNN_EXTRA_BYTES);
      pointers[i] = copy;
    }
    pointers[inputs_.size()] = buffers.outputs[0];
    check(main_.run(pointers));
    if (after_) check(after_->run(std::array<const void*, 2>{buffers.outputs[0], buffers.outputs[0]}));
  }

  std::size_t scratch_bytes() const noexcept override { return scratch_bytes_; }
  std::size_t weight_bytes() const noexcept override { return traits_.weight_bytes; }
  bool holds(std::size_t input) const noexcept override { return input < 32 && (traits_.held >> input & 1u) != 0; }
  bool in_place() const noexcept override { return traits_.in_place; }
  std::string_view kernel() const noexcept override { return traits_.kernel; }

 private:
  struct Input {
    std::size_t index, bytes, scratch_offset;
    bool padded;  ///< See TensorSpec::readable_behind.
  };

  void check(xnn_status status) const {
    if (status != xnn_status_success)
      throw Error(status == xnn_status_out_of_memory ? ErrorCode::out_of_memory : ErrorCode::internal,
                  fmt::format("layer '{}': XNNPACK cannot run it: {}", name_, status_text(status)));
  }

  std::string name_;
  Traits traits_;
  std::vector<Input> inputs_;
  std::size_t scratch_bytes_ = 0;
  mutable Pass main_;
  mutable std::optional<Pass> after_;  ///< Works on the output in place.
};

}  // namespace

std::nullptr_t refuse(const LayerSpec& layer, std::string_view why) noexcept {
  if (layer.refusal != nullptr) *layer.refusal = why;
  return nullptr;
}

std::nullptr_t refuse(const LayerSpec& layer, xnn_status status) noexcept { return refuse(layer, status_text(status)); }

TensorType floats(const Shape& shape) { return {.dims = dims_of(shape)}; }

Tensor constant_of(const TensorSpec& operand) { return operand.weights.defined() ? operand.weights.whole() : operand.constant; }

bool has_nan(const Tensor& floats) {
  if (!floats.defined()) return false;
  std::int32_t found = 0;  // of integers and without an early end, so that compilers vectorise it
  for (const float x : floats.as<float>()) found |= -static_cast<std::int32_t>((std::bit_cast<std::int32_t>(x) & 0x7fffffff) > 0x7f800000);
  return found != 0;
}

std::optional<Fused> fused_of(const LayerSpec& layer) {
  using Kind = kernels::Activation::Kind;
  const kernels::Activation activation = fused_activation(layer);
  const auto after = [](UnaryNode node) { return has(node.function) ? std::optional(Fused{.after = node}) : std::nullopt; };
  switch (activation.kind) {
    case Kind::none: return Fused{};
    case Kind::relu: return Fused{.bounds = {.low = 0.0f}};
    case Kind::clip: return activation.alpha < activation.beta ? std::optional(Fused{.bounds = {activation.alpha, activation.beta}}) : std::nullopt;
    case Kind::leaky_relu: return after({Unary::leaky_relu, activation.alpha});
    case Kind::sigmoid: return after({Unary::sigmoid});
    case Kind::tanh: return after({Unary::tanh});
    case Kind::hard_swish: return after({Unary::hard_swish});
    case Kind::hard_sigmoid: return std::nullopt;
  }
  return std::nullopt;
}

std::unique_ptr<PreparedLayer> make_layer(const LayerSpec& layer, Subgraph& graph, Traits traits, const std::optional<UnaryNode>& after) {
  Runtime runtime = graph.create(threads_of(layer)), second;
  if (runtime == nullptr) return refuse(layer, graph.status());
  if (after) {
    if (output(layer, 0).readable_behind < XNN_EXTRA_BYTES) return refuse(layer, "an activation in place on memory that ends with the output");
    const TensorType values = floats({elements(output(layer, 0).shape)});
    Subgraph in_place(2);
    in_place.input(0, values);
    in_place.output(1, values);
    in_place.node([&](xnn_subgraph_t g) { return define_unary(g, *after, 0, 1); });
    second = in_place.create(threads_of(layer));
    if (second == nullptr) return refuse(layer, in_place.status());
  }
  // Only making one tells whether XNNPACK takes the layer; what it has packed goes at once where nothing will run.
  if (layer.store != nullptr && layer.store->kind() == Forms::sizes) {
    runtime.reset();
    second.reset();
  }
  return std::make_unique<XnnLayer>(layer, std::move(traits), std::move(runtime), std::move(second));
}

base::AlignedBuffer padded_copy(const void* data, std::size_t bytes) {
  base::AlignedBuffer copy(bytes + XNN_EXTRA_BYTES);
  std::memcpy(copy.data(), data, bytes);
  std::memset(copy.data() + bytes, 0, XNN_EXTRA_BYTES);
  return copy;
}

}  // namespace dnntune::backends::xnnpack
