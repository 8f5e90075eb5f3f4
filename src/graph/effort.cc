// SPDX-License-Identifier: Apache-2.0
#include "graph/effort.h"

#include "base/checked.h"
#include "graph/layer_info.h"

namespace dnntune::graph {

double estimated_ns(const Ir& lowered) {
  // Of one core of a Zen 5, on which waking a worker costs 5 to 50 us and pinning the caller 5: LeNet (40 us on
  // one thread) took 50 to 70 us on two. A slower core takes longer for the work, and for waking as well.
  constexpr double kMacsPerNs = 100.0, kWeightBytesPerNs = 100.0, kValueBytesPerNs = 25.0;
  double ns = 4.0 * static_cast<double>(count_parameters(lowered)) / kWeightBytesPerNs;
  for (const Node& layer : lowered.nodes) {
    ns += static_cast<double>(count_macs(lowered, layer)) / kMacsPerNs;
    for (const ValueId id : layer.outputs) {
      if (id == kAbsent || !lowered.value(id).is_static()) continue;
      const Value& value = lowered.value(id);
      ns += static_cast<double>(base::element_count(*value.shape, value.name)) * static_cast<double>(size_of(value.type)) / kValueBytesPerNs;
    }
  }
  return ns;
}

}  // namespace dnntune::graph
