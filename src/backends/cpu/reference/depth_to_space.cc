// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/depth_to_space.h"

#include "backends/cpu/families.h"
#include "backends/layer_helpers.h"

namespace dnntune::backends::cpu::reference {
namespace {

/// `deep` and `wide` are the two sides; either may be the input.
template <typename Kernel>
std::unique_ptr<PreparedLayer> make(const LayerSpec& layer, const Shape& deep, const Shape& wide, bool channel_first,
                                    std::string_view name, Kernel kernel) {
  const std::int64_t block = layer.node.attributes.integer("blocksize", 0);
  require(block >= 1 && block <= (1 << 15), layer, "attribute 'blocksize' must be in [1, 32768]");
  require(deep.size() == 4 && wide.size() == 4, layer, "needs four dimensions");
  require(deep[3] % (block * block) == 0, layer, "the block does not divide the channels");
  const Shape wanted{deep[0], deep[1] * block, deep[2] * block, deep[3] / (block * block)};
  require(wide == wanted, layer, "the block does not lead from the input's shape to the output's");
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  kernels::reference::DepthToSpaceArgs args;
  args.element_bytes = size_of(input(layer, 0).type);
  args.height = deep[1];
  args.width = deep[2];
  args.channels = wide[3];
  args.block = block;
  args.channel_first = channel_first;
  const std::int64_t pixels = elements(deep, 0, 3);
  return make_layer({name}, [args, pixels, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    auto bound = args;
    bound.input = in<std::byte>(buffers, 0);
    bound.output = out<std::byte>(buffers, 0);
    pool.parallel_for(pixels, grain(args.channels * args.block * args.block),
                      [&](base::Range range, int) { kernel(bound, range); });
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_depth_to_space(const LayerSpec& layer) {
  const std::string mode = layer.node.attributes.text("mode", "DCR");
  require(mode == "DCR" || mode == "CRD", layer, "attribute 'mode' is '" + mode + "'");
  return make(layer, input(layer, 0).shape, output(layer, 0).shape, mode == "CRD", "reference.depth_to_space",
              &kernels::reference::depth_to_space);
}

std::unique_ptr<PreparedLayer> prepare_space_to_depth(const LayerSpec& layer) {
  return make(layer, output(layer, 0).shape, input(layer, 0).shape, false, "reference.space_to_depth",
              &kernels::reference::space_to_depth);
}

}  // namespace dnntune::backends::cpu::reference
