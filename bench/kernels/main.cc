// SPDX-License-Identifier: Apache-2.0
// dnntune_kernel_bench [word]: speed of our kernels beside the machine's limits, for cases whose name has
// `word` in it. On one thread, but for cases that say otherwise, which need two cores. Pin it (taskset -c 1)
// and let nothing else run.
#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/float_mode.h"
#include "kernels/simd/peak.h"
#include "report.h"

namespace {

/// Floating-point operations a second, two a multiply-add, on this thread.
double measure_peak_flops() {
  constexpr std::int64_t kRounds = 200000;
  const auto start = dnntune::base::now_ns();
  [[maybe_unused]] volatile float keep = dnntune::kernels::simd::multiply_add(kRounds);
  const auto elapsed = dnntune::base::now_ns() - start;
  return static_cast<double>(kRounds * dnntune::kernels::simd::multiply_add_flops()) / static_cast<double>(elapsed) * 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace dnntune;
  const base::FlushDenormals flush;
  const std::string word = argc > 1 ? argv[1] : "";
  bench::Report report;
  report.wanted = [&](const std::string& name) { return name.find(word) != std::string::npos; };
  // The peak is measured beside every case: on a shared machine it drifts.
  report.compute = [](const std::string& name, double macs, bench::Timing time) {
    const double peak = measure_peak_flops();
    const auto flops = [&](double ns) { return 2.0 * macs / ns * 1e9; };
    std::printf("%-42s %10.1f us %8.1f GFLOP/s %6.1f %% of peak   best %8.1f GFLOP/s\n", name.c_str(), time.median_ns / 1e3,
                flops(time.median_ns) / 1e9, 100.0 * flops(time.median_ns) / peak, flops(time.best_ns) / 1e9);
    std::fflush(stdout);
  };
  report.stream = [](const std::string& name, double bytes, bench::Timing time) {
    std::printf("%-42s %10.1f us %8.1f GB/s   best %8.1f GB/s\n", name.c_str(), time.median_ns / 1e3, bytes / time.median_ns,
                bytes / time.best_ns);
    std::fflush(stdout);
  };
  report.reads = [](const std::string& name, double bytes, bench::Timing time, bench::Timing reading) {
    std::printf("%-42s %10.1f us %8.1f GB/s %6.1f %% of reading   best %8.1f GB/s\n", name.c_str(), time.median_ns / 1e3,
                bytes / time.median_ns, 100.0 * reading.median_ns / time.median_ns, bytes / time.best_ns);
    std::fflush(stdout);
  };
  report.ratio = [](const std::string& name, bench::Timing slow, bench::Timing fast) {
    std::printf("%-42s %10.2f          best %8.2f\n", name.c_str(), slow.median_ns / fast.median_ns, slow.best_ns / fast.best_ns);
    std::fflush(stdout);
  };
  std::printf("peak %.1f GFLOP/s, kernels for %s\n", measure_peak_flops() / 1e9, kernels::simd::instruction_set());
  bench::measure_bandwidth(report);
  bench::measure_convolutions(report);
  bench::measure_depthwise(report);
  bench::measure_products(report);
  bench::measure_elementwise(report);
  bench::measure_references(report);
}
