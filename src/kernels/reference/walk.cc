// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/walk.h"

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::kernels::reference {

namespace detail {

void merge_dimensions(Shape& dims, std::vector<Strides>& strides) {
  std::size_t kept = 0;  // dims[0, kept) are the merged ones
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 1) continue;
    bool merges = kept > 0;
    for (const Strides& s : strides) merges = merges && s[kept - 1] == s[d] * dims[d];
    if (merges) {
      dims[kept - 1] *= dims[d];
      for (Strides& s : strides) s[kept - 1] = s[d];
    } else {
      dims[kept] = dims[d];
      for (Strides& s : strides) s[kept] = s[d];
      ++kept;
    }
  }
  dims.resize(kept);
  for (Strides& s : strides) s.resize(kept);
  if (kept == 0) {
    dims.push_back(1);
    for (Strides& s : strides) s.push_back(0);
  }
}

void throw_rank(std::size_t rank, std::string_view what) {
  throw Error(ErrorCode::unsupported, fmt::format("{}: {} dimensions are more than the limit of {}", what, rank, kMaxRank));
}

}  // namespace detail
}  // namespace dnntune::kernels::reference
