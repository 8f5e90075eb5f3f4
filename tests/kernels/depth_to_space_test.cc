// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/depth_to_space.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "kernels/guarded.h"

using namespace dnntune;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;

namespace {

template <typename T, typename Kernel>
std::vector<T> run(Kernel kernel, const std::vector<T>& input, std::int64_t height, std::int64_t width, std::int64_t channels,
                   std::int64_t block, bool channel_first) {
  const GuardedBuffer<T> x(input);
  GuardedBuffer<T> y(input.size());
  DepthToSpaceArgs args;
  args.input = reinterpret_cast<const std::byte*>(x.data());
  args.output = reinterpret_cast<std::byte*>(y.data());
  args.element_bytes = sizeof(T);
  args.height = height;
  args.width = width;
  args.channels = channels;
  args.block = block;
  args.channel_first = channel_first;
  const std::int64_t pixels = static_cast<std::int64_t>(input.size()) / (channels * block * block);
  kernel(args, base::Range{0, 1});
  kernel(args, base::Range{1, pixels});
  CHECK(y.intact());
  return y.values();
}

}  // namespace

TEST_CASE("depth_to_space by hand, both orders of the channels") {
  // One pixel row of two pixels, 8 deep channels = 2 wide channels x 2x2 block.
  const std::vector<std::int16_t> deep{0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17};
  CHECK(run<std::int16_t>(depth_to_space, deep, 1, 2, 2, 2, false) ==
        std::vector<std::int16_t>{0, 1, 2, 3, 10, 11, 12, 13, 4, 5, 6, 7, 14, 15, 16, 17});
  CHECK(run<std::int16_t>(depth_to_space, deep, 1, 2, 2, 2, true) ==
        std::vector<std::int16_t>{0, 4, 1, 5, 10, 14, 11, 15, 2, 6, 3, 7, 12, 16, 13, 17});
}

TEST_CASE("space_to_depth undoes depth_to_space") {
  std::vector<std::uint8_t> bytes(2 * 3 * 2 * 5 * 9);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  for (const bool channel_first : {false, true}) {
    const auto wide = run<std::uint8_t>(depth_to_space, bytes, 3, 2, 5, 3, channel_first);
    CHECK(wide != bytes);
    CHECK(run<std::uint8_t>(space_to_depth, wide, 3, 2, 5, 3, channel_first) == bytes);
  }
}
