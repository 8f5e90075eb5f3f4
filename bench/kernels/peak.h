// SPDX-License-Identifier: Apache-2.0
// The machine's own limits, measured: what the kernels are compared with.
#pragma once

namespace dnntune::bench {

/// Multiply-adds of registers only, in floating-point operations a second (two each), on this thread.
double measure_peak_flops();
/// Name of the instruction set that is used.
const char* instruction_set();

}  // namespace dnntune::bench
