// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/depth_to_space.h"

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {
namespace {

/// Calls copy(deep element, wide element) for every pair.
template <typename Copy>
void for_each_pair(const DepthToSpaceArgs& args, base::Range pixels, Copy copy) noexcept {
  const std::int64_t blocks = args.block * args.block;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t row = pixel / args.width;  // of all images: they follow each other on both sides
    const std::int64_t column = pixel % args.width;
    for (std::int64_t in_block = 0; in_block < blocks; ++in_block) {
      const std::int64_t wide_row = row * args.block + in_block / args.block;
      const std::int64_t wide_column = column * args.block + in_block % args.block;
      const std::int64_t wide = (wide_row * args.width * args.block + wide_column) * args.channels;
      for (std::int64_t c = 0; c < args.channels; ++c) {
        const std::int64_t depth = args.channel_first ? c * blocks + in_block : in_block * args.channels + c;
        copy(pixel * args.channels * blocks + depth, wide + c);
      }
    }
  }
}

}  // namespace

void depth_to_space(const DepthToSpaceArgs& args, base::Range pixels) noexcept {
  for_each_pair(args, pixels, [&](std::int64_t deep, std::int64_t wide) { copy_element(args.element_bytes, args.input, deep, args.output, wide); });
}

void space_to_depth(const DepthToSpaceArgs& args, base::Range pixels) noexcept {
  for_each_pair(args, pixels, [&](std::int64_t deep, std::int64_t wide) { copy_element(args.element_bytes, args.input, wide, args.output, deep); });
}

}  // namespace dnntune::kernels::reference
