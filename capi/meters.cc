// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::Error;
using dnntune::ErrorCode;
using dnntune::capi::guard;
using dnntune::capi::need;

extern "C" {

dnntune_status dnntune_meters_create(dnntune_meters** meters) {
  return guard([&] { need(meters, "meters") = new dnntune_meters{dnntune::list_meters()}; });
}

dnntune_status dnntune_meters_count(const dnntune_meters* meters, size_t* count) {
  return guard([&] { need(count, "count") = need(meters, "meters").value.size(); });
}

dnntune_status dnntune_meters_at(const dnntune_meters* meters, size_t index, dnntune_meter* meter) {
  return guard([&] {
    need(meter, "meter");
    const auto& all = need(meters, "meters").value;
    if (index >= all.size()) throw Error(ErrorCode::invalid_argument, "meter " + std::to_string(index) + " of " + std::to_string(all.size()));
    const dnntune::MeterInfo& info = all[index];
    *meter = {info.name.c_str(), info.covers.c_str(), info.why_not.c_str(), info.usable, info.gives_energy, info.interval_ms};
  });
}

void dnntune_meters_destroy(dnntune_meters* meters) { delete meters; }

}  // extern "C"
