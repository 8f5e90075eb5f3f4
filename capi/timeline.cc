// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

extern "C" {

dnntune_status dnntune_timeline_create(const char* process, size_t max_spans, dnntune_timeline** timeline) {
  return guard([&] {
    need(timeline, "timeline");
    const char* const name = &need(process, "process");
    *timeline = new dnntune_timeline{max_spans == 0 ? std::make_shared<dnntune::Timeline>(name) : std::make_shared<dnntune::Timeline>(name, max_spans)};
  });
}

dnntune_status dnntune_timeline_save(const dnntune_timeline* timeline, const char* path) {
  return guard([&] { need(timeline, "timeline").value->save(&need(path, "path")); });
}

void dnntune_timeline_destroy(dnntune_timeline* timeline) { delete timeline; }

}  // extern "C"
