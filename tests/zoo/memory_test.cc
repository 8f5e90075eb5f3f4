// SPDX-License-Identifier: Apache-2.0
// How much a prepared session holds beside its weights: no more than a tenth above what must be there at once, and to the
// byte what is planned without a session.
#include "zoo/zoo.h"

#include <string>

#include <doctest/doctest.h>

#include "dnntune/device.h"
#include "dnntune/error.h"
#include "dnntune/planned_memory.h"
#include "dnntune/session.h"

using namespace dnntune;

namespace {

void check_equal(const MemoryUse& planned, const MemoryUse& held) {
  CHECK(planned.arena == held.arena);
  CHECK(planned.arena_lower_bound == held.arena_lower_bound);
  CHECK(planned.packed_weights == held.packed_weights);
}

}  // namespace

TEST_CASE("what a session of other backends holds is planned to the byte") {
  Processor processor;
  for (const zoo::Model& model : zoo::models()) {
    const std::string name(model.name);
    CAPTURE(name);
    const Graph graph = model.build(1);
    for (const char* backend : {"xnnpack", "cpu"}) {
      processor.backend = backend;
      processor.threads = 2;
      // What is stored in 16 bits is packed to be counted.
      const SessionOptions options = {.weights = processor.backend == "cpu" ? DataType::float16 : DataType::float32};
      try {
        const MemoryUse held = Session(graph, processor, options).memory();
        check_equal(planned_memory(graph, processor, options), held);
      } catch (const Error& error) {
        REQUIRE(processor.backend == "xnnpack");
        REQUIRE(error.code() == ErrorCode::not_found);  // a build without it
      }
    }
  }
}

TEST_CASE("the arena of each network is at most a tenth above its lower bound, and planned to the byte") {
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
      check_equal(planned_memory(graph, processor), use);
    }
  }
}
