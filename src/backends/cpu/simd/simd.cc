// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/families.h"

namespace dnntune::backends::cpu::simd {
namespace {

/// Tried in order; the first that takes the layer wins. Ends with null.
constexpr PrepareFn kTries[] = {nullptr};

}  // namespace

std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) {
  for (const PrepareFn* attempt = kTries; *attempt != nullptr; ++attempt)
    if (std::unique_ptr<PreparedLayer> prepared = (*attempt)(layer)) return prepared;
  return nullptr;
}

}  // namespace dnntune::backends::cpu::simd
