// SPDX-License-Identifier: Apache-2.0
// Orders against a definition by addresses: an element's place in memory, computed one by one.
#include "runtime/order.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace dnntune;
using namespace dnntune::runtime;

namespace {

/// For each element in ONNX's order, its place in memory of the given order.
std::vector<std::int64_t> addresses(const Shape& shape, const Order& order) {
  const Shape physical = in_order(shape, order);
  std::vector<std::int64_t> stride(shape.size(), 1);
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    stride[static_cast<std::size_t>(order[i])] = step;
    step *= physical[i];
  }
  std::vector<std::int64_t> result;
  const std::int64_t count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  for (std::int64_t e = 0; e < count; ++e) {
    std::int64_t rest = e, address = 0;
    for (std::size_t d = shape.size(); d-- > 0;) {
      address += rest % shape[d] * stride[d];
      rest /= shape[d];
    }
    result.push_back(address);
  }
  return result;
}

struct Maker {
  std::mt19937 random{11};
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); }
  Order order(std::size_t rank) {
    Order result = plain_order(rank);
    std::shuffle(result.begin(), result.end(), random);
    return result;
  }
  /// Factors of 24 or so, cut up anew each time.
  Shape shape(std::int64_t count) {
    Shape result;
    while (count > 1) {
      std::int64_t factor = std::min<std::int64_t>(pick(2, 6), count);
      while (count % factor != 0) ++factor;
      result.push_back(factor);
      count /= factor;
    }
    for (int ones = pick(0, 2); ones > 0; --ones) result.insert(result.begin() + pick(0, static_cast<int>(result.size())), 1);
    return result;
  }
};

}  // namespace

TEST_CASE("usual orders") {
  CHECK(plain_order(3) == Order{0, 1, 2});
  CHECK(channels_last_order(2) == Order{0, 1});
  CHECK(channels_last_order(3) == Order{0, 2, 1});
  CHECK(channels_last_order(4) == Order{0, 2, 3, 1});
  CHECK(channels_last_order(5) == Order{0, 2, 3, 4, 1});
  CHECK(in_order({2, 3, 4, 5}, channels_last_order(4)) == Shape{2, 4, 5, 3});
  CHECK(position_of(1, channels_last_order(4)) == 3);
}

TEST_CASE("same_memory: true exactly when all addresses are equal") {
  Maker make;
  int same = 0;
  for (int round = 0; round < 3000; ++round) {
    const Shape shape = make.shape(make.pick(0, 1) == 0 ? 24 : 7);
    const Order a = make.order(shape.size()), b = make.order(shape.size());
    const bool equal = addresses(shape, a) == addresses(shape, b);
    CHECK(same_memory(a, b, shape) == equal);
    same += equal;
  }
  CHECK(same > 100);
}

TEST_CASE("reshaped_order: the same addresses under other dimensions; nothing only when it cannot be") {
  Maker make;
  int views = 0, copies = 0;
  for (int round = 0; round < 3000; ++round) {
    const Shape from = make.shape(120), to = make.shape(120);
    const Order order = make.order(from.size());
    const std::vector<std::int64_t> wanted = addresses(from, order);
    const auto result = reshaped_order(from, order, to);
    if (result) {
      ++views;
      REQUIRE(result->size() == to.size());
      CHECK(addresses(to, *result) == wanted);
      continue;
    }
    ++copies;
    // No order of the new dimensions has these addresses.
    Order candidate = plain_order(to.size());
    bool found = false;
    do found = found || addresses(to, candidate) == wanted;
    while (!found && std::next_permutation(candidate.begin(), candidate.end()));
    CHECK_FALSE(found);
  }
  CHECK(views > 100);
  CHECK(copies > 100);
}

TEST_CASE("reshapable_order: always can be reshaped, and is the order itself where that can") {
  Maker make;
  for (int round = 0; round < 1000; ++round) {
    const Shape from = make.shape(120), to = make.shape(120);
    const Order order = make.order(from.size());
    const Order near = reshapable_order(from, order, to);
    const auto result = reshaped_order(from, near, to);
    REQUIRE(result);
    CHECK(addresses(to, *result) == addresses(from, near));
    if (reshaped_order(from, order, to)) CHECK(same_memory(near, order, from));
  }
}

TEST_CASE("a channel shuffle needs one copy, between the groups") {
  // [1,12,5,7] channels-last -> [1,3,4,5,7] -> transposed to [1,4,3,5,7] -> [1,12,5,7]
  const Shape image = {1, 12, 5, 7}, split = {1, 3, 4, 5, 7}, swapped = {1, 4, 3, 5, 7};
  const auto first = reshaped_order(image, channels_last_order(4), split);
  REQUIRE(first);
  CHECK(same_memory(*first, {0, 3, 4, 1, 2}, split));
  const Order relabelled = {0, 3, 4, 2, 1};
  CHECK_FALSE(reshaped_order(swapped, relabelled, image));
  const Order near = reshapable_order(swapped, relabelled, image);
  CHECK(same_memory(near, {0, 3, 4, 1, 2}, swapped));
  CHECK(reshaped_order(swapped, near, image) == channels_last_order(4));
}

TEST_CASE("transposed and transpose_between move every element to its address") {
  Maker make;
  for (int round = 0; round < 300; ++round) {
    const Shape shape = make.shape(24);
    const Order a = make.order(shape.size()), b = make.order(shape.size());
    const auto from = addresses(shape, a), to = addresses(shape, b);
    std::vector<std::int32_t> memory(from.size());
    for (std::size_t e = 0; e < from.size(); ++e) memory[static_cast<std::size_t>(from[e])] = static_cast<std::int32_t>(e);
    const Tensor moved = transposed(Tensor::from(in_order(shape, a), memory), transpose_between(a, b));
    CHECK(moved.shape() == in_order(shape, b));
    for (std::size_t e = 0; e < to.size(); ++e) CHECK(moved.as<std::int32_t>()[static_cast<std::size_t>(to[e])] == static_cast<std::int32_t>(e));
  }
}

TEST_CASE("values without elements can be reshaped freely") {
  CHECK(reshaped_order({0, 3}, {1, 0}, {5, 0, 2}) == plain_order(3));
  CHECK(reshaped_order({}, {}, {1, 1}) == plain_order(2));
  CHECK(reshaped_order({1, 1}, {0, 1}, {}) == plain_order(0));
}
