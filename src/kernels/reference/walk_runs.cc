// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference::detail {

template <int N>
void walk_runs(const Walk<N>& walk, Range range, RunFn<N> run, const void* body) noexcept {
  if (range.begin >= range.end) return;
  std::array<std::int64_t, kMaxRank> index{};
  std::array<std::int64_t, N> offsets{};
  const auto move = [&](std::size_t d, std::int64_t steps) {
    index[d] += steps;
    for (std::size_t k = 0; k < N; ++k) offsets[k] += steps * walk.strides[k][d];
  };
  std::int64_t rest = range.begin;
  for (auto d = static_cast<std::size_t>(walk.rank); d-- > 0;) {
    move(d, rest % walk.dims[d]);
    rest /= walk.dims[d];
  }
  const auto last = static_cast<std::size_t>(walk.rank - 1);
  for (std::int64_t first = range.begin; first < range.end;) {
    const std::int64_t length = std::min(walk.dims[last] - index[last], range.end - first);
    run(body, first, offsets, length);
    first += length;
    move(last, length);
    for (std::size_t d = last; d > 0 && index[d] == walk.dims[d]; --d) {
      move(d, -walk.dims[d]);
      move(d - 1, 1);
    }
  }
}

template void walk_runs<1>(const Walk<1>&, Range, RunFn<1>, const void*) noexcept;
template void walk_runs<2>(const Walk<2>&, Range, RunFn<2>, const void*) noexcept;
template void walk_runs<3>(const Walk<3>&, Range, RunFn<3>, const void*) noexcept;

}  // namespace dnntune::kernels::reference::detail
