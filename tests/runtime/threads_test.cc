// SPDX-License-Identifier: Apache-2.0
// Where a session's threads run: as asked, refused, moved; and cores of another machine.
#include <algorithm>
#include <filesystem>
#include <sched.h>
#include <set>
#include <thread>

#include "base/cores.h"
#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "runtime/naive.h"
#include "throws.h"

using namespace dnntune;
using Cores = std::vector<int>;

namespace {

constexpr int kNoSuchCore = base::kMaxCores - 1;

Graph network(const char* op = "Exp") {
  GraphBuilder b("net");
  b.output(b.node(op, {b.input("x", DataType::float32, {1, 64})}, {}, "layer"));
  return b.build();
}

Processor on(const Cores& cores) {
  Processor processor = naive::cpu(static_cast<int>(cores.size()));
  processor.name = "cpu:" + base::core_list_text(cores);
  processor.cores = cores;
  return processor;
}

Cores own_cores() { return base::CoreMask::of_thread()->cores(); }

ProfileOptions quick() {
  ProfileOptions options;
  options.warmup_runs = 1;
  options.min_samples = 3;
  options.min_sample_s = 1e-5;
  options.max_total_s = 0.0;
  return options;
}

bool noted(const Profile& profile, const std::string& part) {
  return std::any_of(profile.notes.begin(), profile.notes.end(), [&](const std::string& n) { return n.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("threads that run as asked say so") {
  const Cores allowed = own_cores();
  Session session(network(), on({allowed.back()}), {.alone_below_us = 0});
  const auto states = session.processor_state();
  REQUIRE(states.size() == 1);
  CHECK(states[0].asked_core == allowed.back());
  CHECK(states[0].pinned);
  CHECK(states[0].cores == Cores{allowed.back()});
  CHECK(states[0].problem.empty());
  CHECK(noted(session.profile(quick()), "threads ran on cores " + std::to_string(allowed.back()) + " as asked"));
  CHECK(own_cores() == allowed);

  const Session free(network(), naive::cpu(2), {.alone_below_us = 0});
  CHECK(free.processor_state().size() == 2);
  CHECK(free.processor_state()[1].asked_core == -1);
  CHECK_FALSE(free.processor_state()[1].pinned);
  CHECK(free.processor_state()[1].cores == allowed);
}

TEST_CASE("cores of another machine are an error, or are run without by those who say so") {
  const Cores allowed = own_cores();
  const Processor processor = on({allowed.front(), kNoSuchCore});
  CHECK_ERROR(Session(network(), processor), ErrorCode::not_found, "names core 8191; this machine has cores 0");
  CHECK_ERROR(Session(network(), processor), ErrorCode::not_found, "allow_missing_cores");

  Session session(network(), processor, {.alone_below_us = 0, .allow_missing_cores = true});
  const auto states = session.processor_state();
  REQUIRE(states.size() == 2);
  CHECK(states[0].pinned);
  CHECK_FALSE(states[1].pinned);
  CHECK(states[1].asked_core == kNoSuchCore);
  CHECK(states[1].cores == allowed);
  CHECK(states[1].problem == "pin to core 8191 refused: Invalid argument");
  const Profile profile = session.profile(quick());
  CHECK(noted(profile, "warning: thread 1: pin to core 8191 refused: Invalid argument; it may run on cores " + base::core_list_text(allowed)));
  CHECK(noted(profile, "other threads ran on cores " + std::to_string(allowed.front()) + " as asked"));
}

TEST_CASE("a processor's cores count, not the mask of the thread that makes the session, which comes back") {
  const Cores allowed = own_cores();
  if (allowed.size() < 2) return;
  std::thread([&] {
    REQUIRE(base::CoreMask::only(allowed[0]).apply() == 0);
    Session session(network(), on({allowed[1]}), {.alone_below_us = 0});
    CHECK(session.processor_state()[0].pinned);
    CHECK(own_cores() == Cores{allowed[0]});
  }).join();
}

TEST_CASE("a thread that was moved is noticed at the end of a profile, also of a network that runs in stages") {
  const Cores allowed = own_cores();
  if (allowed.size() < 2) return;
  for (const char* op : {"Exp", "NonZero"}) {
    const auto threads = [] {
      std::set<int> ids;
      for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ids.insert(std::stoi(entry.path().filename()));
      return ids;
    };
    const std::set<int> before = threads();
    Session session(network(op), on({allowed[0], allowed[0]}), {.alone_below_us = 0});
    cpu_set_t other;
    CPU_ZERO(&other);
    CPU_SET(static_cast<unsigned>(allowed[1]), &other);
    for (const int id : threads())
      if (!before.contains(id)) REQUIRE(sched_setaffinity(id, sizeof other, &other) == 0);
    CHECK(session.processor_state()[1].problem == "moved away from core " + std::to_string(allowed[0]) + " after it was pinned there");
    const Profile profile = session.profile(quick());
    CHECK(noted(profile, "warning: thread 1: moved away from core " + std::to_string(allowed[0])));
    CHECK(noted(profile, "it may run on cores " + std::to_string(allowed[1])));
  }
}
