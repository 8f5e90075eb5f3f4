// SPDX-License-Identifier: Apache-2.0
// Kernels that are bound by memory or by the cost of a function.
#include <algorithm>
#include <string>
#include <utility>

#include "base/aligned.h"
#include "kernels/simd/copy.h"
#include "kernels/simd/elementwise.h"
#include "kernels/simd/pool.h"
#include "kernels/simd/rowwise.h"
#include "kernels/simd/transpose.h"
#include "report.h"

namespace dnntune::bench {
namespace {

using namespace kernels::simd;

constexpr std::int64_t kElements = 56 * 56 * 64;  // an early image of ResNet-50: stays in a level-2 cache

base::AlignedBuffer filled(std::int64_t floats) {
  base::AlignedBuffer buffer(static_cast<std::size_t>(floats) * sizeof(float));
  for (std::int64_t i = 0; i < floats; ++i) buffer.as<float>()[i] = static_cast<float>(i % 97) * 0.05f - 2.0f;
  return buffer;
}

}  // namespace

void measure_elementwise(const Report& report) {
  const base::AlignedBuffer x = filled(kElements), z = filled(kElements);
  base::AlignedBuffer y = filled(kElements);
  const auto bytes = static_cast<double>(2 * kElements * std::int64_t{sizeof(float)});
  constexpr std::pair<const char*, Unary> kUnary[] = {{"relu", Unary::relu},       {"hard_swish", Unary::hard_swish},
                                                      {"exp", Unary::exp},         {"sigmoid", Unary::sigmoid},
                                                      {"tanh", Unary::tanh},       {"erf", Unary::erf}};
  for (const auto& [function, kind] : kUnary) {
    if (!report.wanted(function)) continue;
    const UnaryFn kernel = unary_kernel(kind);
    report.stream(function, bytes, measure([&] { kernel({x.as<float>(), y.as<float>()}, {0, kElements}); }));
  }
  if (report.wanted("add")) {
    const auto walk = kernels::reference::make_walk<2>({kElements}, {{{1}, {1}}}, "add");
    const BinaryFn kernel = binary_kernel(Binary::add);
    report.stream("add", bytes * 1.5, measure([&] { kernel({x.as<float>(), z.as<float>(), y.as<float>(), &walk}, {0, kElements}); }));
  }
  RowArgs rows;
  rows.x = x.as<float>();
  rows.y = y.as<float>();
  rows.scale = rows.shift = z.as<float>();
  rows.columns = rows.x_stride = rows.y_stride = 784;
  constexpr std::pair<const char*, RowFunction> kRows[] = {{"softmax 256 x 784", RowFunction::softmax},
                                                           {"layer_normalization 256 x 784", RowFunction::layer_normalization},
                                                           {"scale_shift 256 x 784", RowFunction::scale_shift}};
  for (const auto& [function, kind] : kRows) {
    if (!report.wanted(function)) continue;
    const RowwiseFn kernel = row_kernel(kind);
    report.stream(function, bytes, measure([&] { kernel(rows, {0, 256}); }));
  }
  if (report.wanted("max_pool 3x3s2 56 64")) {
    PoolArgs pool;
    pool.input = x.as<float>();
    pool.output = y.as<float>();
    pool.channels = pool.in_pixel_stride = pool.out_pixel_stride = 64;
    pool.in_h = pool.in_w = 56;
    pool.out_h = pool.out_w = 28;
    pool.kernel_h = pool.kernel_w = 3;
    pool.stride_h = pool.stride_w = 2;
    pool.pad_bottom = pool.pad_right = 1;
    const PoolFn kernel = max_pool_kernel();
    report.stream("max_pool 3x3s2 56 64", bytes * 0.625, measure([&] { kernel(pool, {0, 28}); }));
  }
  if (report.wanted("copy_rows 3136 x 24 of 48")) {
    const CopyRowsFn kernel = copy_rows_kernel();
    const CopyRowsArgs args = {x.as<float>(), y.as<float>(), 24, 48, 24};
    report.stream("copy_rows 3136 x 24 of 48", 2.0 * 3136 * 24 * 4, measure([&] { kernel(args, {0, 3136}); }));
  }
  constexpr std::pair<std::int64_t, std::int64_t> kMatrices[] = {{3, 50176}, {64, 3136}, {3136, 64}, {448, 448}};
  for (const auto& [rows_of, columns] : kMatrices) {
    const std::string name = "transpose " + std::to_string(rows_of) + " x " + std::to_string(columns);
    if (!report.wanted(name)) continue;
    const TransposeFn kernel = transpose_kernel();
    const TransposeArgs args = {x.as<float>(), y.as<float>(), rows_of, columns};
    const std::int64_t blocks = (columns + kTransposeColumns - 1) / kTransposeColumns;
    report.stream(name, static_cast<double>(rows_of * columns * 8), measure([&] { kernel(args, {0, blocks}); }));
  }
}

}  // namespace dnntune::bench
