// SPDX-License-Identifier: Apache-2.0
#include "graph/weights.h"

#include <cstring>

#include <doctest/doctest.h>

#include "throws.h"

using namespace dnntune;
using graph::ChannelRuns;
using graph::Weights;

namespace {

/// 0, 1, 2... as float32 that begin `shift` bytes into a buffer.
struct Shifted {
  Shifted(std::size_t shift, std::size_t count) : buffer(std::make_shared<std::vector<std::byte>>(shift + count * sizeof(float))) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<float>(i);
      std::memcpy(buffer->data() + shift + i * sizeof value, &value, sizeof value);
    }
    bytes = std::span<const std::byte>(*buffer).subspan(shift);
  }
  std::shared_ptr<std::vector<std::byte>> buffer;
  std::span<const std::byte> bytes;
};

std::vector<float> in_pieces(const Weights& weights, std::int64_t piece) {
  std::vector<float> all(weights.element_count());
  const auto count = static_cast<std::int64_t>(all.size());
  for (std::int64_t first = 0; first < count; first += piece)
    weights.read(first, std::min(piece, count - first), all.data() + first);
  return all;
}

std::vector<float> whole(const Weights& weights) {
  const Tensor tensor = weights.whole();
  CHECK(tensor.shape() == weights.shape());
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

}  // namespace

TEST_CASE("weights at any address are read in any pieces") {
  for (const std::size_t shift : {0, 1, 2, 3, 4}) {
    const Shifted at(shift, 24);
    const Weights weights({2, 3, 4}, at.bytes, at.buffer, nullptr);
    CHECK(weights.element_count() == 24);
    CHECK(weights.size_bytes() == 96);
    CHECK(weights.bytes().data() == at.bytes.data());
    for (const std::int64_t piece : {1, 5, 24}) {
      const std::vector<float> all = in_pieces(weights, piece);
      for (std::size_t i = 0; i < 24; ++i) CHECK(all[i] == static_cast<float>(i));
    }
    CHECK(whole(weights) == in_pieces(weights, 24));
  }
}

TEST_CASE("aligned weights are borrowed, others copied") {
  const Shifted aligned(4, 8), shifted(1, 8);
  CHECK(Weights({8}, aligned.bytes, aligned.buffer, nullptr).whole().data() == aligned.bytes.data());
  const Tensor copy = Weights({8}, shifted.bytes, shifted.buffer, nullptr).whole();
  CHECK(static_cast<const void*>(shifted.bytes.data()) != copy.data());
  CHECK(copy.as<float>()[7] == 7.0f);
}

TEST_CASE("weights are read in place where they lie as they are") {
  const Shifted aligned(4, 8), shifted(1, 8);
  const Weights there({8}, aligned.bytes, aligned.buffer, nullptr);
  REQUIRE(there.in_place(3) != nullptr);
  CHECK(*there.in_place(3) == 3.0f);
  there.release(3, 5);  // of no file: nothing to do
  CHECK(Weights({8}, shifted.bytes, shifted.buffer, nullptr).in_place(0) == nullptr);
  CHECK(there.scaled({.length = 8}, {2.0}).in_place(0) == nullptr);
}

TEST_CASE("factors are applied by channel, one folding after the other") {
  const Shifted at(3, 12);
  const Weights weights({2, 3, 2}, at.bytes, at.buffer, nullptr);
  // Conv: each output channel is one run.
  const Weights conv = weights.scaled({.length = 6, .outputs = 2, .repeats = 1}, {2.0, -1.0});
  // Gemm without transB: columns are channels.
  const Weights gemm = weights.scaled({.length = 1, .outputs = 2, .repeats = 6}, {10.0, 0.5});
  // ConvTranspose of two groups: input channels, outputs of a group, taps.
  const Weights transposed = weights.scaled({.length = 2, .outputs = 3, .repeats = 1}, {1, 2, 3, 4, 5, 6});
  for (const std::int64_t piece : {1, 5, 12})
    for (std::size_t i = 0; i < 12; ++i) {
      const auto x = static_cast<float>(i);
      CHECK(in_pieces(conv, piece)[i] == x * (i < 6 ? 2.0f : -1.0f));
      CHECK(in_pieces(gemm, piece)[i] == x * (i % 2 == 0 ? 10.0f : 0.5f));
      CHECK(in_pieces(transposed, piece)[i] == x * static_cast<float>(i / 2 + 1));
    }
  // Rounded after each folding, as if the first one's result had been stored.
  const Weights twice = weights.scaled({.length = 12, .outputs = 1, .repeats = 1}, {1.0 / 3}).scaled({.length = 12, .outputs = 1, .repeats = 1}, {3.0});
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(in_pieces(twice, 12)[i] == static_cast<float>(3.0 * static_cast<double>(static_cast<float>(static_cast<double>(i) / 3))));
  CHECK(conv.bytes().empty());
  CHECK(whole(conv) == in_pieces(conv, 12));
  CHECK(whole(conv.reshaped({12})) == whole(conv));
}

TEST_CASE("weights must fill their shape") {
  const Shifted at(0, 6);
  CHECK_ERROR(Weights({7}, at.bytes, at.buffer, nullptr), ErrorCode::internal, "24 bytes");
  CHECK_ERROR(Weights({6}, at.bytes, at.buffer, nullptr).reshaped({5}), ErrorCode::internal, "[5]");
}
