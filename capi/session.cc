// SPDX-License-Identifier: Apache-2.0
// Processor and session.
#include "handles.h"

using dnntune::Error;
using dnntune::ErrorCode;
using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_session_options session_defaults() {
  return {sizeof(dnntune_session_options), 0, 0, DNNTUNE_FLOAT32, 100, DNNTUNE_FLOAT32, 1000000, INT64_C(1) << 30};
}

}  // namespace

extern "C" {

dnntune_status dnntune_processor_local(const char* name, dnntune_processor** processor) {
  return guard([&] {
    need(processor, "processor");
    *processor = new dnntune_processor{dnntune::Device::local().processor(&need(name, "name"))};
  });
}

dnntune_status dnntune_processor_with_power(const dnntune_processor* processor, double active_power_w, dnntune_processor** powered) {
  return guard([&] {
    need(powered, "powered");
    dnntune::Processor value = need(processor, "processor").value;
    if (!(active_power_w > 0)) throw Error(ErrorCode::invalid_argument, "active_power_w must be positive");
    value.active_power_w = active_power_w;
    value.power_source = "given by the caller";
    *powered = new dnntune_processor{std::move(value)};
  });
}

void dnntune_processor_destroy(dnntune_processor* processor) { delete processor; }

void dnntune_session_options_init(dnntune_session_options* options, size_t size) { dnntune::capi::init_options(options, size, session_defaults()); }

dnntune_status dnntune_session_create(const dnntune_graph* graph, const dnntune_processor* processor, const dnntune_session_options* options,
                                      dnntune_session** session) {
  return guard([&] {
    need(session, "session");
    const dnntune_session_options given = dnntune::capi::options_or_default(options, session_defaults());
    dnntune::SessionOptions settings;
    settings.reference_kernels = given.reference_kernels != 0;
    settings.weights = static_cast<dnntune::DataType>(given.weights);
    settings.math = static_cast<dnntune::DataType>(given.math);
    settings.worker_spin_us = given.worker_spin_us;
    settings.alone_below_us = given.alone_below_us;
    settings.max_loop_iterations = given.max_loop_iterations;
    settings.max_loop_bytes = given.max_loop_bytes;
    *session = new dnntune_session{dnntune::Session(need(graph, "graph").value, need(processor, "processor").value, settings)};
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

}  // extern "C"
