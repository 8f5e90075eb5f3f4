// SPDX-License-Identifier: Apache-2.0
// Hard limits on model files. Each is far above what real networks have and far below what would let a
// small hostile file take much memory or a deep stack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dnntune::onnx {

/// Protobuf's own limit on a message. Larger networks keep their weights in external files.
inline constexpr std::size_t kMaxModelBytes = 0x7fffffff;
inline constexpr std::size_t kMaxNodes = 1'000'000;
inline constexpr std::size_t kMaxValues = 4'000'000;
/// Attributes of one node; they are looked up one by one.
inline constexpr std::size_t kMaxAttributes = 256;
/// Entries of one small list such as metadata.
inline constexpr std::size_t kMaxEntries = 4096;
/// Inputs or outputs of one node.
inline constexpr std::size_t kMaxOperands = 65'536;
inline constexpr std::size_t kMaxRank = 32;
/// Sub-graphs within sub-graphs (If in If in Loop...).
inline constexpr int kMaxGraphDepth = 64;
inline constexpr std::size_t kMaxNameBytes = 4096;
/// Opsets of ONNX's default domain whose operators the upgrade table brings to their opset-17 form.
inline constexpr std::int64_t kOldestOpset = 1;
inline constexpr std::int64_t kNewestOpset = 25;

}  // namespace dnntune::onnx
