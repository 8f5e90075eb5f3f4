// SPDX-License-Identifier: Apache-2.0
#include "base/checked.h"

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::base {

std::int64_t checked_mul(std::int64_t a, std::int64_t b, std::string_view what) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result))
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: {} x {} does not fit in 63 bits", what, a, b));
  return result;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b, std::string_view what) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result))
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: {} + {} does not fit in 63 bits", what, a, b));
  return result;
}

std::int64_t element_count(const Shape& shape, std::string_view what) {
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) {
    if (dim < 0) throw Error(ErrorCode::invalid_argument, fmt::format("{}: negative dimension in {}", what, to_string(shape)));
    count = checked_mul(count, dim, what);
  }
  return count;
}

}  // namespace dnntune::base
