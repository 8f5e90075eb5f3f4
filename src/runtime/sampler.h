// SPDX-License-Identifier: Apache-2.0
// Times the steps of a prepared network, one sample of everything a pass, so that slow drifts of the
// machine (frequency, neighbours) hit all layers alike. Steps that the clock resolves are timed inside whole
// runs, with the caches as a run leaves them; shorter ones are repeated alone.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "dnntune/session.h"
#include "runtime/prepared.h"

namespace dnntune::runtime {

/// Nanoseconds a call; one entry a pass.
struct Samples {
  /// [step][pass]. Of a step whose commands go to a queue: the time that they took on the device.
  std::vector<std::vector<double>> steps;
  std::vector<std::vector<double>> enqueue;  ///< [step][pass]: host time of such a step; else empty.
  std::vector<double> plain_run;
  std::vector<double> profiled_run;        ///< A run with a clock read around each step.
  std::vector<double> input_output;        ///< Checks, pointers, output tensors; no steps.
  std::vector<int> repeats;                ///< Calls in one sample of each step, in whole runs or alone.
  double clock_resolution_ns = 0.0;
  /// Share of the time during which the calling thread had a core. Well below 1 on a machine that others
  /// use too: long samples are then interrupted more often than short ones.
  double cpu_share = 1.0;
  int disturbed = 0;                       ///< Looks at the cores, before and after passes, that did not find them calm.
  bool never_calm = false;                 ///< Passes were taken although the cores were slowed down.
  bool stopped_early = false;              ///< max_total_s came before the figures were steady.
};

/// What the sampler needs of the session, beside the network.
struct Subject {
  Prepared& network;
  const Tensors& inputs;
  std::function<void()> check_inputs;      ///< What every run does before its first step.
  std::function<void()> plain_run;         ///< One whole run as the user calls it.
  std::function<void()> when_warm = {};    ///< Called once, between the warm-up and the first pass.
};

Samples take_samples(const Subject& subject, const ProfileOptions& options);

}  // namespace dnntune::runtime
