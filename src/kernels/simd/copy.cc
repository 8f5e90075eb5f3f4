// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/copy.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/copy.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

void copy_rows(const CopyRowsArgs& args, base::Range rows) noexcept {
  with_channel_vectors(args.floats, [&](auto d) HWY_ATTR {
    constexpr std::int64_t kLanes = hn::MaxLanes(decltype(d)());
    const float* from = args.from + rows.begin * args.from_stride;
    float* to = args.to + rows.begin * args.to_stride;
    const std::int64_t last = args.floats - kLanes;  // the last vector overlaps the one before it
    for (std::int64_t row = rows.size(); row > 0; --row, from += args.from_stride, to += args.to_stride) {
      for (std::int64_t i = 0; i < last; i += kLanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
      hn::StoreU(hn::LoadU(d, from + last), d, to + last);
    }
  });
}

CopyRowsFn kernel() { return &copy_rows; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernel);
CopyRowsFn copy_rows_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(kernel)(); }
}  // namespace dnntune::kernels::simd
#endif
