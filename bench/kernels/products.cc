// SPDX-License-Identifier: Apache-2.0
// Matrix products: one row (bound by the memory the weights lie in), few rows, and square ones.
#include <algorithm>
#include <string>
#include <utility>

#include "bandwidth.h"
#include "base/aligned.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/row.h"
#include "report.h"

namespace dnntune::bench {
namespace {

using namespace kernels::simd;

struct Product {
  std::int64_t m, k, n;
};
constexpr Product kProducts[] = {{1, 256, 1024},    {1, 512, 2048},     {1, 1024, 1000},    {1, 2048, 1000},
                              {1, 4096, 4096},   {1, 25088, 4096},   {16, 4096, 4096},   {32, 256, 1024},
                              {128, 768, 768},   {128, 768, 3072},   {256, 256, 256},    {512, 512, 512},
                              {1024, 1024, 1024}};

}  // namespace

void measure_products(const Report& report) {
  const GemmKernels& kernels = gemm_kernels();
  for (const Product& c : kProducts) {
    const std::string name = "product " + std::to_string(c.m) + " x " + std::to_string(c.k) + " x " + std::to_string(c.n);
    if (!report.wanted(name)) continue;
    const auto filled = [](std::int64_t floats) {
      base::AlignedBuffer buffer(static_cast<std::size_t>(floats) * sizeof(float));
      std::fill_n(buffer.as<float>(), floats, 0.5f);
      return buffer;
    };
    GemmArgs args;
    args.m = c.m;
    args.layout = {.rows = c.k, .columns = c.n, .lanes = kernels.lanes};
    const base::AlignedBuffer a = filled(c.m * c.k), b = filled(args.layout.floats());
    base::AlignedBuffer out = filled(c.m * c.n);
    args.a = a.as<float>();
    args.a_floats = c.m * c.k;
    args.a_stride = c.k;
    args.b = b.as<float>();
    args.c = out.as<float>();
    args.c_stride = c.n;
    if (c.m == 1) {
      const std::int64_t pairs = (args.layout.panels() + 1) / 2;
      for (int threads = 1; threads <= possible_threads(2); ++threads) {
        base::ThreadPool pool(threads);
        const base::PoolRun awake(pool);
        volatile float keep = 0.0f;
        const auto [product, reading] = measure_in_turn(
            [&] { pool.parallel_for(pairs, 1, [&](base::Range range, int) { row_kernels().fp32(args, range); }); },
            [&] { keep = read_all(b.as<float>(), args.layout.floats(), pool); });
        report.reads(name + (threads == 1 ? "" : ", 2 threads"), static_cast<double>(b.size()), product, reading);
      }
      // Weights of 16 bits: the same shape, half the bytes.
      args.b_half = reinterpret_cast<const std::uint16_t*>(args.b);
      base::ThreadPool pool(1);
      constexpr std::pair<const char*, RowFn RowKernels::*> kHalves[] = {{" fp16", &RowKernels::fp16}, {" bf16", &RowKernels::bf16}};
      for (const auto& [half, member] : kHalves) {
        const RowFn kernel = row_kernels().*member;
        volatile float keep = 0.0f;
        const auto [product, reading] = measure_in_turn([&] { kernel(args, {0, pairs}); },
                                                        [&] { keep = read_all(b.as<float>(), args.layout.floats() / 2, pool); });
        report.reads(name + half, static_cast<double>(b.size()) / 2, product, reading);
      }
      continue;
    }
    const std::int64_t depth = gemm_depth(c.k), rows = gemm_block_rows(kernels, c.m, depth);
    base::AlignedBuffer scratch = filled(gemm_scratch_floats(kernels, rows, depth));
    const Timing time = measure([&] {
      for (std::int64_t row = 0; row < c.m; row += rows)
        kernels.block(args, {{row, std::min(c.m, row + rows)}, {0, args.layout.panels()}, depth}, scratch.as<float>());
    });
    report.compute(name, static_cast<double>(c.m * c.k * c.n), time);
  }
}

}  // namespace dnntune::bench
