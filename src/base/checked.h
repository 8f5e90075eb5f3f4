// SPDX-License-Identifier: Apache-2.0
// Arithmetic on sizes that come from a file, a socket or an argument: overflow is an Error, never a wrap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dnntune/tensor.h"

namespace dnntune::base {

/// `what` names the size in the message, such as "elements of weight 'conv1.w'".
std::int64_t checked_mul(std::int64_t a, std::int64_t b, std::string_view what);
std::int64_t checked_add(std::int64_t a, std::int64_t b, std::string_view what);
/// Product of the dimensions. Throws invalid_argument on a negative one, limit_exceeded on overflow.
std::int64_t element_count(const Shape& shape, std::string_view what);

}  // namespace dnntune::base
