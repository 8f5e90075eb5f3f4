// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/apart.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/layer_helpers.h"
#include "kernels/reference/elements.h"

namespace dnntune::backends::cpu {
namespace {

/// Elements as the bits they are: zero is zero in every type, and -0 too.
template <typename Bits>
void find_non_zero(const Tensor& x, std::vector<std::int64_t>& found) {
  const Bits mask = kernels::reference::is_real(x.type()) ? static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1) : static_cast<Bits>(~Bits{0});
  const auto* data = static_cast<const Bits*>(x.data());
  for (std::size_t i = 0; i < x.element_count(); ++i)
    if ((data[i] & mask) != 0) found.push_back(static_cast<std::int64_t>(i));
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_apart(const LayerSpec& layer) {
  throw_unsupported(layer, "it runs between prepared layers and is none");
}

std::vector<Tensor> reference::compute_apart(const graph::Node& node, std::span<const Tensor> inputs) {
  switch (node.op) {
    case graph::Op::NonZero: return non_zero(node, inputs);
    case graph::Op::NonMaxSuppression: return non_max_suppression(node, inputs);
    case graph::Op::Unique: return unique(node, inputs);
    default: throw Error(ErrorCode::internal, fmt::format("node '{}' ({}) does not run apart", node.name, node.op_type));
  }
}

std::vector<Tensor> reference::non_zero(const graph::Node&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Shape& shape = x.shape();
  std::vector<std::int64_t> found;  // positions, counted in elements
  switch (size_of(x.type())) {
    case 1: find_non_zero<std::uint8_t>(x, found); break;
    case 2: find_non_zero<std::uint16_t>(x, found); break;
    case 4: find_non_zero<std::uint32_t>(x, found); break;
    default: find_non_zero<std::uint64_t>(x, found); break;
  }
  const auto count = found.size();
  Tensor y = Tensor::uninitialized(DataType::int64, {static_cast<std::int64_t>(shape.size()), static_cast<std::int64_t>(count)});
  const auto out = y.as_mutable<std::int64_t>();
  for (std::size_t d = shape.size(); d-- > 0;)
    for (std::size_t k = 0; k < count; ++k) {
      out[d * count + k] = found[k] % shape[d];
      found[k] /= shape[d];
    }
  return {y};
}

}  // namespace dnntune::backends::cpu
