// SPDX-License-Identifier: Apache-2.0
// What a value takes on the wire, and the names of the plan's enumerations.
#include "base/checked.h"
#include "dnntune/plan.h"
#include "plan/wire_size.h"

namespace dnntune {

const char* to_string(WireEncoding encoding) noexcept {
  switch (encoding) {
    case WireEncoding::fp16: return "fp16";
    case WireEncoding::int8: return "int8";
    case WireEncoding::int8_channel: return "int8_channel";
    case WireEncoding::int4: return "int4";
    case WireEncoding::raw: break;
  }
  return "raw";
}

const char* to_string(Objective::Kind kind) noexcept { return kind == Objective::Kind::energy ? "energy" : "latency"; }

std::int64_t wire_bytes(const TensorInfo& value, WireEncoding encoding) {
  const std::string what = "bytes of value '" + value.name + "' on the wire";
  const std::int64_t raw = base::checked_mul(base::element_count(value.shape, what), static_cast<std::int64_t>(size_of(value.type)), what);
  return value.type == DataType::float32 ? plan::coded_bytes(raw, plan::channels_of(value.shape), encoding) : raw;
}

}  // namespace dnntune
