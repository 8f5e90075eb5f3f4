// SPDX-License-Identifier: Apache-2.0
// Session, and where its threads run.
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_session_options session_defaults() {
  return {sizeof(dnntune_session_options), 0, 0, DNNTUNE_FLOAT32, 100, DNNTUNE_FLOAT32, 1000000, INT64_C(1) << 30, 0, 16, DNNTUNE_FLOAT32, nullptr, nullptr, INT64_MAX};
}

dnntune::SessionOptions settings_of(const dnntune_session_options* options) {
  const dnntune_session_options given = dnntune::capi::options_or_default(options, session_defaults());
  dnntune::SessionOptions settings;
  settings.reference_kernels = given.reference_kernels != 0;
  settings.weights = static_cast<dnntune::DataType>(given.weights);
  settings.math = static_cast<dnntune::DataType>(given.math);
  settings.worker_spin_us = given.worker_spin_us;
  settings.alone_below_us = given.alone_below_us;
  settings.max_loop_iterations = given.max_loop_iterations;
  settings.allow_missing_cores = given.allow_missing_cores != 0;
  settings.max_plans = given.max_plans;
  settings.storage = static_cast<dnntune::DataType>(given.storage);
  if (given.assignment != nullptr) settings.assignment = given.assignment->value;
  settings.tuning_cache = dnntune::capi::text_or_empty(given.tuning_cache);
  settings.max_loop_bytes = given.max_loop_bytes;
  settings.max_arena_bytes = given.max_arena_bytes;
  return settings;
}

}  // namespace

extern "C" {

void dnntune_session_options_init(dnntune_session_options* options, size_t size) { dnntune::capi::init_options(options, size, session_defaults()); }

dnntune_status dnntune_session_create(const dnntune_graph* graph, const dnntune_processor* processor, const dnntune_session_options* options,
                                      dnntune_session** session) {
  return guard([&] {
    need(session, "session");
    *session = new dnntune_session{dnntune::Session(need(graph, "graph").value, need(processor, "processor").value, settings_of(options))};
  });
}

dnntune_status dnntune_planned_memory(const dnntune_graph* graph, const dnntune_processor* processor, const dnntune_session_options* options,
                                      dnntune_memory_use* use) {
  return guard([&] {
    need(use, "use");
    const dnntune::MemoryUse planned = dnntune::planned_memory(need(graph, "graph").value, need(processor, "processor").value, settings_of(options));
    *use = {planned.packed_weights, planned.arena, planned.arena_lower_bound};
  });
}

dnntune_status dnntune_session_run(dnntune_session* session, const char* const* names, const dnntune_tensor* const* inputs, size_t count,
                                   dnntune_tensors** outputs) {
  return guard([&] {
    need(outputs, "outputs");
    *outputs = new dnntune_tensors(need(session, "session").value.run(dnntune::capi::collect(names, inputs, count)));
  });
}

void dnntune_session_destroy(dnntune_session* session) { delete session; }

dnntune_status dnntune_session_threads(const dnntune_session* session, dnntune_threads** threads) {
  return guard([&] {
    need(threads, "threads");
    *threads = new dnntune_threads{need(session, "session").value.processor_state()};
  });
}

dnntune_status dnntune_threads_count(const dnntune_threads* threads, size_t* count) {
  return guard([&] { need(count, "count") = need(threads, "threads").states.size(); });
}

dnntune_status dnntune_threads_at(const dnntune_threads* threads, size_t index, dnntune_thread_state* state) {
  return guard([&] {
    need(state, "state");
    const dnntune::ThreadState& found = dnntune::capi::at(need(threads, "threads").states, index, "thread");
    *state = {found.asked_core, found.cores.data(), found.cores.size(), found.pinned ? 1 : 0, found.problem.c_str()};
  });
}

void dnntune_threads_destroy(dnntune_threads* threads) { delete threads; }

}  // extern "C"
