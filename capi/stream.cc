// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

constexpr int kWhenFull = 3;

dnntune_stream_options stream_defaults() {
  const dnntune::StreamOptions defaults;
  return {sizeof(dnntune_stream_options), defaults.most_in_flight, defaults.most_unread, DNNTUNE_FULL_BLOCK, nullptr, 0, nullptr};
}

dnntune::StreamOptions settings_of(const dnntune_stream_options* options) {
  const dnntune_stream_options given = dnntune::capi::options_or_default(options, stream_defaults());
  dnntune::StreamOptions settings;
  settings.adaptive = dnntune::capi::adaptive_settings(given.adaptive);
  settings.most_in_flight = given.most_in_flight;
  settings.most_unread = given.most_unread;
  settings.when_full = dnntune::capi::checked_enum<dnntune::WhenFull>(given.when_full, kWhenFull, "when_full");
  if (given.state_count > 0) need(given.states, "states");
  for (size_t i = 0; i < given.state_count; ++i) {
    const dnntune_state_loop& loop = given.states[i];
    dnntune::StateLoop& state = settings.states.emplace_back();
    state.output = &need(loop.output, "states[i].output");
    state.input = &need(loop.input, "states[i].input");
    if (loop.initial != nullptr) state.initial = loop.initial->value;
  }
  return settings;
}

}  // namespace

extern "C" {

void dnntune_stream_options_init(dnntune_stream_options* options, size_t size) { dnntune::capi::init_options(options, size, stream_defaults()); }

dnntune_status dnntune_stream_create(const dnntune_graph* graph, const dnntune_plans* plans, const char* url, const dnntune_stream_options* options,
                                     dnntune_stream** stream) {
  return guard([&] {
    need(stream, "stream");
    *stream = new dnntune_stream{dnntune::FrameStream(need(graph, "graph").value, need(plans, "plans").values(), &need(url, "url"), settings_of(options))};
  });
}

dnntune_status dnntune_stream_submit(dnntune_stream* stream, const char* const* names, const dnntune_tensor* const* inputs, size_t count, int* taken, uint64_t* frame) {
  return guard([&] {
    need(taken, "taken");
    const auto number = need(stream, "stream").value.submit(dnntune::capi::collect(names, inputs, count));
    *taken = number ? 1 : 0;
    if (number && frame != nullptr) *frame = *number;
  });
}

dnntune_status dnntune_stream_next(dnntune_stream* stream, dnntune_frame_result** result) {
  return guard([&] {
    need(result, "result");
    auto next = need(stream, "stream").value.next();
    *result = next ? new dnntune_frame_result(std::move(*next)) : nullptr;
  });
}

dnntune_status dnntune_stream_close(dnntune_stream* stream) {
  return guard([&] { need(stream, "stream").value.close(); });
}

dnntune_status dnntune_stream_counters(const dnntune_stream* stream, dnntune_stream_counts* counts) {
  return guard([&] {
    need(counts, "counts");
    const dnntune::StreamCounters c = need(stream, "stream").value.counters();
    *counts = {c.taken, c.begun, c.answered, c.dropped, c.refused};
  });
}

dnntune_status dnntune_stream_session_counters(const dnntune_stream* stream, dnntune_adaptive_counts* counts) {
  return guard([&] { need(counts, "counts") = dnntune::capi::counts_of(need(stream, "stream").value.session_counters()); });
}

void dnntune_stream_destroy(dnntune_stream* stream) { delete stream; }

dnntune_status dnntune_frame_result_describe(const dnntune_frame_result* result, dnntune_frame_info* info) {
  return guard([&] {
    need(info, "info");
    const dnntune::FrameResult& value = need(result, "result").value;
    *info = {value.frame, value.dropped ? 1 : 0, value.latency_ns};
  });
}

dnntune_status dnntune_frame_result_answer(const dnntune_frame_result* result, const dnntune_adaptive_result** answer) {
  return guard([&] {
    need(answer, "answer");
    if (need(result, "result").value.dropped)
      throw dnntune::Error(dnntune::ErrorCode::not_found, "frame " + std::to_string(result->value.frame) + " was dropped: it has no answer");
    *answer = &result->answer;
  });
}

void dnntune_frame_result_destroy(dnntune_frame_result* result) { delete result; }

}  // extern "C"
