// SPDX-License-Identifier: Apache-2.0
// Convolution: which kernel computes it. Depthwise ones are in depthwise.cc.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/direct_convolution.h"
#include "backends/cpu/simd/grouped_convolution.h"
#include "backends/cpu/simd/packed_product.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/tries.h"
#include "backends/cpu/simd/winograd_convolution.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::ConvWindow;

/// Every input pixel is one output pixel's whole window: A is the image itself.
bool is_pointwise(const ImageWindow& image) noexcept {
  return image.kernel_h == 1 && image.kernel_w == 1 && image.stride_h == 1 && image.stride_w == 1 &&
         image.pad_top == 0 && image.pad_left == 0 && image.in_h == image.out_h && image.in_w == image.out_w;
}

constexpr std::string_view kDirect = "simd.conv_direct", kProduct = "simd.conv_igemm";
constexpr std::string_view kDirectBfloat16 = "simd.conv_direct_bf16", kProductBfloat16 = "simd.conv_igemm_bf16";

std::unique_ptr<PreparedLayer> make_row_direct_layer(const ImageWindow& image, std::unique_ptr<DirectConvolution> convolution,
                                                     std::int64_t pixel_macs) {
  const LayerTraits traits = {.kernel = convolution->kernel(kDirect, kDirectBfloat16), .scratch_bytes = convolution->scratch_bytes(),
                              .weight_bytes = convolution->weight_bytes(), .shares_weights = true, .held = kHoldsWeights,
                              .pitched_inputs = 1, .pitched_output = true};
  const DirectConvolution& rowwise = *convolution;
  const RowShape shape = row_shape_of(image, pixel_macs, convolution->row_scratch_bytes());
  return make_row_layer(
      traits, shape,
      [convolution = std::move(convolution), in = image.in_channels, out = image.out_channels](const Buffers& buffers, base::ThreadPool& pool) {
        convolution->run(pitched_pair(buffers, in, out), buffers.scratch, pool);
      },
      [&rowwise, in = image.in_channels, out = image.out_channels](const RowBuffers& at, base::Range rows) {
        rowwise.run_rows(pitched_pair(at, in, out), rows, at.scratch);
      });
}

std::unique_ptr<PreparedLayer> make_row_product_layer(const ImageWindow& image, std::unique_ptr<PackedProduct> product,
                                                      std::int64_t pixel_macs) {
  const LayerTraits traits = {.kernel = product->kernel(kProduct, kProductBfloat16), .scratch_bytes = product->scratch_bytes(),
                              .weight_bytes = product->weight_bytes(), .shares_weights = true, .held = kHoldsWeights,
                              .pitched_inputs = 1, .pitched_output = true};
  const PackedProduct& rowwise = *product;
  const RowShape shape = row_shape_of(image, pixel_macs, product->row_scratch_bytes());
  auto run = [product = std::move(product)](const Buffers& buffers, base::ThreadPool& pool) {
    product->run(pitched_pair(buffers, product->input_columns(), product->output_columns()), buffers.scratch, pool);
  };
  if (image.out_pixels() == 1) return make_layer(traits, std::move(run));  // another kernel, with other bits
  return make_row_layer(
      traits, shape, std::move(run),
      [&rowwise, out_w = image.out_w, in_w = image.in_w](const RowBuffers& at, base::Range rows) {
        rowwise.run_rows(pitched_pair(at, rowwise.input_columns(), rowwise.output_columns()), at.readable.end * in_w,
                         {rows.begin * out_w, rows.end * out_w}, at.scratch);
      });
}

/// A way to compute a convolution.
struct Way {
  std::string_view name;
  const kernels::simd::WinogradKernels* winograd = nullptr;  ///< For Winograd's method only.
  bool bfloat16 = false;
};

/// All in one arithmetic, the one to take first.
std::vector<Way> ways_in(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups, bool bfloat16) {
  const std::string_view direct = bfloat16 ? kDirectBfloat16 : kDirect, product = bfloat16 ? kProductBfloat16 : kProduct;
  const kernels::simd::WinogradKernels* best_winograd = WinogradConvolution::kernels_for(image, groups, bfloat16);
  std::vector<Way> found;
  for (const kernels::simd::WinogradKernels& kernels : kernels::simd::winograd_kernels())
    if (WinogradConvolution::fits(kernels, image, bfloat16)) found.push_back({WinogradConvolution::name(kernels, bfloat16), &kernels, bfloat16});
  if (!is_pointwise(image) && DirectConvolution::fits(image, groups)) found.push_back({direct, nullptr, bfloat16});
  const bool grouped = !bfloat16 && fits_grouped(image, groups, fused_activation(layer));
  if (grouped) found.push_back({kGroupedConvolution});
  found.push_back({product, nullptr, bfloat16});
  const auto is_first = [&](const Way& way) {
    if (best_winograd != nullptr) return way.winograd == best_winograd;
    if (grouped) return way.name == kGroupedConvolution;
    return way.name == direct ? DirectConvolution::suits(image, bfloat16) : way.name == product;
  };
  const auto first = std::find_if(found.begin(), found.end(), is_first);
  std::rotate(found.begin(), first, first + 1);
  return found;
}

/// Whether a convolution is faster with products in bfloat16, each in the way that is taken first.
bool bfloat16_pays(const ImageWindow& image, std::int64_t groups, const Way& exact, const Way& rounding) noexcept {
  if (rounding.winograd != nullptr) return true;
  // Against Winograd's method, or the kernels for groups, twice as fast is no more than as fast.
  if (exact.winograd != nullptr || exact.name == kGroupedConvolution) return false;
  // A few products for each number that is read and stored: those take the time, and rounding comes on top.
  const std::int64_t k = image.kernel_h * image.kernel_w * image.in_channels / groups;
  return k >= 32 || (k > 16 && image.out_channels / groups > 32);
}

/// All there are, the one to take first.
std::vector<Way> ways(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) {
  std::vector<Way> exact = ways_in(layer, image, groups, false);
  if (layer.math != DataType::bfloat16 || kernels::simd::bfloat16_gemm_kernels() == nullptr) return exact;
  std::vector<Way> rounding = ways_in(layer, image, groups, true);
  const bool exact_first = !bfloat16_pays(image, groups, exact.front(), rounding.front());
  std::vector<Way>& found = exact_first ? exact : rounding;
  const std::vector<Way>& others = exact_first ? rounding : exact;
  found.insert(found.end(), others.begin(), others.end());
  return found;
}

Way choose(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) {
  const std::vector<Way> all = ways(layer, image, groups);
  if (layer.kernel.empty()) return all.front();
  std::string names;
  for (const Way& way : all) {
    if (way.name == layer.kernel) return way;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", way.name);
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("layer '{}' has no kernel '{}' here; it has {}", layer.node.name, layer.kernel, names));
}

SharedWeights convolution_weights(const LayerSpec& layer, std::int64_t channels, std::int64_t taps, std::int64_t groups, const WeightStorage& storage) {
  const TensorSpec &weights = layer.inputs[1], &bias = input(layer, 2);
  FormKey key("convolution");
  key.add(channels).add(taps).add(groups).add(weights).add(bias);
  storage.add_to(key);
  return shared_weights(layer, key, taps * channels, weights.shape[0] / groups, groups, bias.present(), storage, [&](PackedWeights& packed) {
    ConstantFloats source(weights), row(bias);
    packed.pack_convolution(source, taps);
    if (bias.present()) packed.set_bias(row.all(), 1, 1.0f);
  });
}

std::unique_ptr<PreparedLayer> prepare_product(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) {
  const std::int64_t taps = image.kernel_h * image.kernel_w;
  const std::int64_t channels = image.in_channels / groups;
  const Way way = choose(layer, image, groups);
  if (way.name == kGroupedConvolution) return prepare_grouped(layer, image, groups);
  if (way.winograd != nullptr) {
    auto product = std::make_unique<WinogradConvolution>(*way.winograd, way.bfloat16, image, groups, layer);
    const std::string_view kernel = product->kernel();
    return make_product_layer(kernel, std::move(product));
  }
  const bool direct = way.name == kDirect || way.name == kDirectBfloat16;
  const bool pointwise = is_pointwise(image);
  WeightStorage storage;
  if (way.bfloat16 && pointwise && groups == 1 && image.out_pixels() == 1) {
    storage.row_type = layer.weights;  // of a single row
  } else if (way.bfloat16) {
    storage.pair_run = direct ? DirectConvolution::run_values(image) : taps * channels;
  }
  SharedWeights weights = convolution_weights(layer, channels, taps, groups, storage);
  const std::int64_t pixel_macs = taps * channels * image.out_channels;
  if (direct) {
    return make_row_direct_layer(
        image, std::make_unique<DirectConvolution>(image, std::move(weights), fused_activation(layer), layer.threads), pixel_macs);
  }
  const ConvWindow window = conv_window(image, groups);
  auto product = std::make_unique<PackedProduct>(
      PackedProduct::Shape{.m = image.out_pixels(), .groups = groups,
                           .a_rows = image.batch * image.in_h * image.in_w,
                           .a_stride = image.in_channels, .a_group_stride = channels, .c_stride = image.out_channels},
      std::move(weights), fused_activation(layer), layer.threads, pointwise ? nullptr : &window);
  return make_row_product_layer(image, std::move(product), pixel_macs);
}

struct Convolution {
  VolumeWindow volume;
  ImageWindow image;  ///< The volume's.
  std::int64_t groups;
  bool is_image;
  bool depthwise() const noexcept { return groups == image.in_channels && groups == image.out_channels && groups > 1; }
};

/// Nullopt for what the reference kernels see to.
std::optional<Convolution> convolution_of(const LayerSpec& layer) {
  const TensorSpec& weights = input(layer, 1);
  const TensorSpec& bias = input(layer, 2);
  if (!all_float(layer) || !weights.is_constant() || (bias.present() && !bias.is_constant())) return std::nullopt;
  if (weights.shape.size() < 3) return std::nullopt;
  const std::optional<VolumeWindow> volume = volume_window(layer, Shape(weights.shape.begin() + 2, weights.shape.end()));
  if (!volume) return std::nullopt;
  const ImageWindow* const image = &volume->image;
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  if (groups < 1 || image->in_channels % groups != 0 || image->out_channels % groups != 0) return std::nullopt;
  if (weights.shape[0] != image->out_channels || weights.shape[1] != image->in_channels / groups) return std::nullopt;
  if (bias.present() && elements(bias.shape) != image->out_channels) return std::nullopt;
  return Convolution{*volume, *image, groups, weights.shape.size() < 5};
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer) {
  const std::optional<Convolution> convolution = convolution_of(layer);
  if (!convolution) return nullptr;
  if (!convolution->is_image) return prepare_volume(layer, convolution->volume, convolution->groups);
  if (convolution->depthwise()) return prepare_depthwise(layer, convolution->image);
  return prepare_product(layer, convolution->image, convolution->groups);
}

std::vector<std::string_view> conv_kernels(const LayerSpec& layer) {
  std::vector<std::string_view> names;
  const std::optional<Convolution> convolution = convolution_of(layer);
  if (!convolution || !convolution->is_image || convolution->depthwise()) return names;
  for (const Way& way : ways(layer, convolution->image, convolution->groups)) names.push_back(way.name);
  return names;
}

}  // namespace dnntune::backends::cpu::simd
