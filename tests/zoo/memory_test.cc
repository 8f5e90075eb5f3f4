// SPDX-License-Identifier: Apache-2.0
// How much a prepared session holds beside its weights: no more than a tenth above what must be there at once.
#include "zoo/zoo.h"

#include <string>

#include <doctest/doctest.h>

#include "dnntune/device.h"
#include "dnntune/session.h"

using namespace dnntune;

TEST_CASE("the arena of each network is at most a tenth above its lower bound") {
  Processor processor;
  processor.backend = "cpu";
  for (const zoo::Model& model : zoo::models()) {
    const std::string name(model.name);
    CAPTURE(name);
    const Graph graph = model.build(1);
    for (const int threads : {1, 2}) {
      CAPTURE(threads);
      processor.threads = threads;
      const MemoryUse use = Session(graph, processor).memory();
      CHECK(use.arena_lower_bound > 0);
      CHECK(use.arena >= use.arena_lower_bound);
      CHECK(use.arena <= use.arena_lower_bound + use.arena_lower_bound / 10);
    }
  }
}
