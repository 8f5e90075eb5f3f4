// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/layer.h"

#include <algorithm>
#include <cstring>
#include <list>

#include "backends/opencl/texts.h"
#include "base/half.h"

namespace dnntune::backends::opencl {
namespace {

class LaunchLayer final : public PreparedLayer {
 public:
  LaunchLayer(LayerTraits traits, std::list<Launch> launches, std::vector<Handle<cl_mem>> memory)
      : traits_(traits), launches_(std::move(launches)), memory_(std::move(memory)) {}
  void run(const Buffers& buffers, base::ThreadPool&) const override {
    for (const Launch& launch : launches_) launch.run(buffers);
  }
  std::size_t weight_bytes() const noexcept override { return traits_.weight_bytes; }
  bool holds(std::size_t input) const noexcept override { return traits_.holds(input); }
  bool in_place() const noexcept override { return traits_.in_place; }
  std::string_view kernel() const noexcept override { return traits_.kernel; }

 private:
  LayerTraits traits_;
  std::list<Launch> launches_;
  std::vector<Handle<cl_mem>> memory_;
};

void store(bool half, const std::vector<float>& values, void* to) {
  if (!half) {
    std::memcpy(to, values.data(), values.size() * sizeof(float));
    return;
  }
  auto* const halves = static_cast<std::uint16_t*>(to);
  for (std::size_t i = 0; i < values.size(); ++i) halves[i] = base::float_to_float16(values[i]);
}

std::size_t largest_operand(const LayerSpec& layer) {
  std::size_t most = 4;
  const auto count = [&](std::span<const TensorSpec> operands) {
    for (const TensorSpec& operand : operands)
      if (operand.present()) most = std::max(most, size_of_count(backends::elements(operand.shape)) * size_of(operand.type));
  };
  count(layer.inputs);
  count(layer.outputs);
  return most;
}

std::vector<std::string_view> with_common(std::initializer_list<std::string_view> texts) {
  std::vector<std::string_view> all{texts::common()};
  all.insert(all.end(), texts);
  return all;
}

}  // namespace

cl_int int_of(std::int64_t count) {
  if (count > INT32_MAX || count < INT32_MIN) refuse(fmt::format("{} elements are more than kernels count to", count));
  return static_cast<cl_int>(count);
}

std::vector<float> constant_floats(const TensorSpec& operand) {
  std::vector<float> floats;
  if (operand.weights.defined()) {
    floats.resize(operand.weights.element_count());
    operand.weights.read(0, static_cast<std::int64_t>(floats.size()), floats.data());
  } else if (operand.constant.type() == DataType::float32) {
    const auto values = operand.constant.as<float>();
    floats.assign(values.begin(), values.end());
  } else if (operand.constant.type() == DataType::float16) {
    const auto* halves = static_cast<const std::uint16_t*>(operand.constant.data());
    for (std::size_t i = 0; i < operand.constant.element_count(); ++i) floats.push_back(base::float16_to_float(halves[i]));
  } else {
    refuse("a constant is neither float32 nor float16");
  }
  return floats;
}

void Launch::complete(std::size_t operand_bytes) {
  if (local_[0] == 0) {
    Handle<cl_mem> stand_in;
    if (context_->work_groups.measures()) {
      stand_in = context_->device.buffer(operand_bytes, "an operand while work-group sizes are measured");
      for (const Binding& binding : bindings_)
        kernel_.set(context_->device, binding.argument,
                    binding.source == Source::scratch ? context_->commands.scratch(binding.index) : stand_in.get());
    }
    local_ = context_->work_groups.choose(kernel_, key_, items_);
  }
  global_ = whole_groups(items_, local_);
  // NVIDIA counts groups to 65535 in all dimensions but the first.
  constexpr std::size_t kMostGroups = 65535;
  for (const std::size_t d : {1u, 2u})
    if (const std::size_t groups = global_[d] / local_[d]; groups > kMostGroups)
      refuse(fmt::format("kernel '{}' would have {} work-groups in dimension {}", kernel_.name, groups, d));
}

void Launch::run(const Buffers& buffers) const {
  for (const Binding& binding : bindings_) {
    cl_mem memory = nullptr;
    switch (binding.source) {
      case Source::input: memory = static_cast<const Memory*>(buffers.inputs[binding.index])->buffer.get(); break;
      case Source::output: memory = static_cast<Memory*>(buffers.outputs[binding.index])->buffer.get(); break;
      case Source::scratch: memory = context_->commands.scratch(binding.index); break;
    }
    kernel_.set(context_->device, binding.argument, memory);
  }
  context_->commands.launch(kernel_, global_, local_);
}

struct LayerBuilder::Parts {
  LayerTraits traits;
  std::list<Launch> launches;  // references to them stay
  std::vector<Handle<cl_mem>> memory;
};

LayerBuilder::LayerBuilder(OpenClContext& context, const LayerSpec& layer, std::string_view kernel)
    : context_(context), layer_(layer), half_(layer.outputs[0].type == DataType::float16),
      name_(fmt::format("weights of '{}'", layer.node.name)), parts_(std::make_unique<Parts>()) {
  parts_->traits.kernel = kernel;
}
LayerBuilder::LayerBuilder(LayerBuilder&&) noexcept = default;
LayerBuilder::~LayerBuilder() = default;

Launch& LayerBuilder::launch(std::string_view definitions, std::initializer_list<std::string_view> texts, const char* kernel) {
  return parts_->launches.emplace_back(context_, all_definitions(definitions), with_common(texts), kernel);
}

Kernel LayerBuilder::kernel(std::string_view definitions, std::initializer_list<std::string_view> texts, const char* kernel) {
  return context_.kernel(all_definitions(definitions), with_common(texts), kernel);
}

std::string LayerBuilder::all_definitions(std::string_view definitions) const {
  return fmt::format("{}{}", half_ ? "#define HALF_STORAGE\n" : "", definitions);
}

void LayerBuilder::operand(Launch& launch, std::size_t index) {
  const TensorSpec& operand = layer_.inputs[index];
  if (!operand.is_constant()) {
    launch.input(index);
    return;
  }
  hold(index);
  if (operand.weights.defined() || operand.constant.type() == DataType::float32 || operand.constant.type() == DataType::float16) {
    launch.memory(elements(constant_floats(operand)));
    return;
  }
  const Tensor& constant = operand.constant;
  launch.memory(filled(constant.size_bytes(), true, [&](void* to) { std::memcpy(to, constant.data(), constant.size_bytes()); }));
}

cl_mem LayerBuilder::own(Handle<cl_mem> memory, std::size_t weight_bytes) {
  parts_->traits.weight_bytes += weight_bytes;
  return parts_->memory.emplace_back(std::move(memory)).get();
}

// Kernels read vectors of up to 16 past the last element of these.
cl_mem LayerBuilder::floats(const std::vector<float>& values) {
  std::vector<float> padded = values;
  padded.resize(values.size() + 16);
  return filled(padded.size() * sizeof(float), true, [&](void* to) { store(false, padded, to); });
}

cl_mem LayerBuilder::ints(const std::vector<cl_int>& values) {
  const std::size_t bytes = values.size() * sizeof(cl_int);
  return filled(bytes, false, [&](void* to) { std::memcpy(to, values.data(), bytes); });
}

cl_mem LayerBuilder::elements(const std::vector<float>& values) {
  return filled(values.size() * element_bytes(), true, [&](void* to) { store(half_, values, to); });
}

cl_mem LayerBuilder::image(std::size_t width, std::size_t height, const std::vector<float>& values) {
  const std::size_t bytes = width * height * 4 * element_bytes();
  std::vector<std::byte> texels(bytes);
  store(half_, values, texels.data());
  const cl_image_format format{CL_RGBA, static_cast<cl_channel_type>(half_ ? CL_HALF_FLOAT : CL_FLOAT)};
  cl_image_desc size{};
  size.image_type = CL_MEM_OBJECT_IMAGE2D;
  size.image_width = width;
  size.image_height = height;
  const Library& cl = *context_.device.library;
  cl_int status = CL_SUCCESS;
  const cl_mem made = cl.CreateImage(context_.device.context.get(), CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, &format, &size, texels.data(), &status);
  if (status != CL_SUCCESS)
    throw device::opencl::status_error(status, context_.device.name, fmt::format("clCreateImage of {} x {} texels for {}", width, height, name_));
  return own(Handle<cl_mem>(cl, made), bytes);
}

void LayerBuilder::reserve_scratch(std::size_t slot, std::int64_t floats) {
  int_of(floats);
  context_.commands.reserve_scratch(slot, size_of_count(floats) * sizeof(float));
}

void LayerBuilder::set_in_place() noexcept { parts_->traits.in_place = true; }
// Beyond the 32nd the executor keeps its copy too.
void LayerBuilder::hold(std::size_t input) noexcept {
  if (input < 32) parts_->traits.held |= 1u << input;
}

std::unique_ptr<PreparedLayer> LayerBuilder::finish() {
  const std::size_t bytes = largest_operand(layer_);
  for (Launch& launch : parts_->launches) launch.complete(bytes);
  return std::make_unique<LaunchLayer>(parts_->traits, std::move(parts_->launches), std::move(parts_->memory));
}

}  // namespace dnntune::backends::opencl
