// SPDX-License-Identifier: Apache-2.0
// The digit networks, plans that cut them at a given place, and answers to compare with.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "dnntune/dnntune.h"
#include "harness/plan_at.h"

namespace dnntune::test {

inline constexpr const char* kDigits[] = {"digits_mlp", "digits_cnn", "digits_lstm"};
/// Far beyond what a healthy exchange takes, however slow the machine.
inline constexpr double kPatientSeconds = 60.0;

inline Graph digits(const std::string& name) { return load_onnx(std::string(DNNTUNE_DIGITS) + "/" + name + ".onnx"); }
inline Processor one_thread() { return Device::local().processor("cpu:all x1"); }

using harness::plan_at;
/// A cut in the middle.
inline Plan middle_plan(const Graph& graph, WireEncoding encoding = WireEncoding::raw) {
  return plan_at(graph, graph.cut_points()[graph.cut_points().size() / 2], encoding);
}
inline Plan cloud_plan(const Graph& graph) { return plan_at(graph, graph.cut_points().front()); }

inline Tensors run_here(const Graph& graph, const Tensors& inputs) { return Session(graph, one_thread()).run(inputs); }

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.shape() == b.shape() && (a.size_bytes() == 0 || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}
inline void check_same(const Tensors& actual, const Tensors& expected) {
  REQUIRE(actual.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    CAPTURE(name);
    REQUIRE(actual.contains(name));
    CHECK(same_bits(actual.at(name), tensor));
  }
}

inline SplitOptions patient() {
  SplitOptions options;
  options.connect.connect_timeout_s = kPatientSeconds;
  options.deadline_s = kPatientSeconds;
  options.retry_after_s = 0.0;
  options.probe_timeout_s = kPatientSeconds;
  return options;
}

/// Calls `f`, which must throw an Error of `code` whose text has `part`.
template <typename F>
void check_error(ErrorCode code, const std::string& part, F&& f) {
  try {
    f();
    FAIL("nothing was thrown; expected: ", part);
  } catch (const Error& e) {
    CAPTURE(std::string(e.what()));
    CHECK(std::string(to_string(e.code())) == to_string(code));
    CHECK(std::string(e.what()).find(part) != std::string::npos);
  }
}

}  // namespace dnntune::test
