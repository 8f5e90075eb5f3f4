// SPDX-License-Identifier: Apache-2.0
#include "zoo/weights.h"

namespace dnntune::zoo {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;

constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// 32 random bits to an odd integer in (-2^24, 2^24). An odd one is never 0, and all of them are exact in a
/// float, so that the only rounding is that of the scale.
constexpr float odd_integer(std::uint32_t bits) noexcept {
  return static_cast<float>(static_cast<std::int32_t>((bits >> 7) | 1u) - (1 << 24));
}

/// FNV-1a, 64 bits.
std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

void fill_uniform(std::span<float> values, std::uint64_t key, float half_range, float centre) noexcept {
  const float scale = half_range / static_cast<float>(1 << 24);
  std::uint64_t state = key;
  std::size_t i = 0;
  // Two weights a draw: VGG16 has 138 million.
  for (; i + 1 < values.size(); i += 2) {
    const std::uint64_t bits = mix(state += kGolden);
    values[i] = centre + scale * odd_integer(static_cast<std::uint32_t>(bits));
    values[i + 1] = centre + scale * odd_integer(static_cast<std::uint32_t>(bits >> 32));
  }
  if (i < values.size()) values[i] = centre + scale * odd_integer(static_cast<std::uint32_t>(mix(state + kGolden)));
}

WeightSource::WeightSource(std::string_view network, std::uint64_t seed) noexcept
    : key_(mix(mix(seed + kGolden) ^ hash_of(network))) {}

Tensor WeightSource::uniform(std::string_view name, Shape shape, float half_range, float centre) const {
  Tensor tensor(DataType::float32, std::move(shape));
  fill_uniform(tensor.as_mutable<float>(), mix(key_ ^ hash_of(name)), half_range, centre);
  return tensor;
}

}  // namespace dnntune::zoo
