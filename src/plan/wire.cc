// SPDX-License-Identifier: Apache-2.0
// What a value takes on the wire, and the names of the plan's enumerations.
#include "base/checked.h"
#include "dnntune/plan.h"

namespace dnntune {

const char* to_string(WireEncoding encoding) noexcept { return encoding == WireEncoding::fp16 ? "fp16" : "raw"; }

const char* to_string(Objective::Kind kind) noexcept { return kind == Objective::Kind::energy ? "energy" : "latency"; }

std::int64_t wire_bytes(const TensorInfo& value, WireEncoding encoding) {
  const bool halved = encoding == WireEncoding::fp16 && value.type == DataType::float32;
  const auto element = static_cast<std::int64_t>(size_of(halved ? DataType::float16 : value.type));
  const std::string what = "bytes of value '" + value.name + "' on the wire";
  return base::checked_mul(base::element_count(value.shape, what), element, what);
}

}  // namespace dnntune
