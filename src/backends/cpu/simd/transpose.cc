// SPDX-License-Identifier: Apache-2.0
// Transpose: whatever comes down to exchanging two neighbouring groups of dimensions.
#include "kernels/simd/transpose.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::TransposeArgs;

/// Leaves out dimensions of 1 and joins neighbours that stay neighbours.
struct Permutation {
  Shape dims;                     ///< Of the input.
  std::vector<std::size_t> perm;  ///< Output dimension i is input dimension perm[i].
};

Permutation simplify(const Shape& shape, const std::vector<std::int64_t>& perm) {
  std::vector<std::size_t> order;  // of the dimensions that are more than 1
  for (const std::int64_t d : perm)
    if (shape[static_cast<std::size_t>(d)] != 1) order.push_back(static_cast<std::size_t>(d));
  // Number them by place in the input; then join runs of successive numbers.
  std::vector<std::size_t> places = order;
  std::sort(places.begin(), places.end());
  std::vector<std::pair<std::size_t, std::int64_t>> groups;  // first place, size; in output order
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto place = static_cast<std::size_t>(std::lower_bound(places.begin(), places.end(), order[i]) - places.begin());
    const bool joins = i > 0 && place > 0 && order[i - 1] == places[place - 1];
    if (joins) {
      groups.back().second *= shape[order[i]];
    } else {
      groups.emplace_back(place, shape[order[i]]);
    }
  }
  Permutation result;
  std::vector<std::size_t> by_place(groups.size());
  std::iota(by_place.begin(), by_place.end(), 0u);
  std::sort(by_place.begin(), by_place.end(), [&](std::size_t a, std::size_t b) { return groups[a].first < groups[b].first; });
  result.perm.resize(groups.size());
  for (std::size_t d = 0; d < groups.size(); ++d) {
    result.dims.push_back(groups[by_place[d]].second);
    result.perm[by_place[d]] = d;
  }
  return result;
}

std::unique_ptr<PreparedLayer> make_matrices(std::int64_t batch, std::int64_t rows, std::int64_t columns) {
  return make_layer({.kernel = "simd.transpose"}, [=, kernel = kernels::simd::transpose_kernel()](const Buffers& buffers, base::ThreadPool& pool) {
    const TransposeArgs args = {in<float>(buffers, 0), out<float>(buffers, 0), rows, columns};
    const std::int64_t blocks = divide_up(columns, kernels::simd::kTransposeColumns);
    pool.parallel_for(batch * blocks, grain_for(rows * kernels::simd::kTransposeColumns * 8),
                      [&](base::Range range, int) { kernel(args, range); });
  });
}

/// [outer, a, b, inner] -> [outer, b, a, inner], `inner` floats at a time.
std::unique_ptr<PreparedLayer> make_rows(std::int64_t outer, std::int64_t a, std::int64_t b, std::int64_t inner) {
  return make_layer({.kernel = "simd.transpose_rows"}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    const float* const x = in<float>(buffers, 0);
    float* const y = out<float>(buffers, 0);
    pool.parallel_for(outer * a * b, grain_for(inner * 8), [&](base::Range rows, int) {
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        const std::int64_t from = (row / (a * b) * a + row % a) * b + row / a % b;
        std::memcpy(y + row * inner, x + from * inner, static_cast<std::size_t>(inner) * sizeof(float));
      }
    });
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_transpose(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  if (!all_float(layer) || shape.empty()) return nullptr;
  std::vector<std::int64_t> perm = layer.node.attributes.integers("perm");
  if (perm.empty()) {
    perm.resize(shape.size());
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  std::vector<std::int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted.size() != shape.size() || sorted[i] != static_cast<std::int64_t>(i)) return nullptr;
  const auto [dims, order] = simplify(shape, perm);
  using Order = std::vector<std::size_t>;
  if (order == Order{1, 0}) return make_matrices(1, dims[0], dims[1]);
  if (order == Order{0, 2, 1}) return make_matrices(dims[0], dims[1], dims[2]);
  if (order == Order{1, 0, 2}) return make_rows(1, dims[0], dims[1], dims[2]);
  if (order == Order{0, 2, 1, 3}) return make_rows(dims[0], dims[1], dims[2], dims[3]);
  return nullptr;
}

}  // namespace dnntune::backends::cpu::simd
