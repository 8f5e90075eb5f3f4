// SPDX-License-Identifier: Apache-2.0
// How much faster the SIMD kernels are than the reference kernels that they stand in for.
#include <cstdint>
#include <string>
#include <utility>

#include "base/aligned.h"
#include "kernels/reference/cast.h"
#include "kernels/reference/order.h"
#include "kernels/reference/reduce.h"
#include "kernels/reference/softmax.h"
#include "kernels/reference/unary.h"
#include "kernels/simd/cast.h"
#include "kernels/simd/elementwise.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/rowwise.h"
#include "report.h"

namespace dnntune::bench {
namespace {

namespace reference = kernels::reference;
namespace simd = kernels::simd;

constexpr std::int64_t kRows = 256, kColumns = 784, kCount = kRows * kColumns;

struct Data {
  base::AlignedBuffer x{kCount * sizeof(float)}, y{kCount * sizeof(std::int64_t)};
  Data() {
    for (std::int64_t i = 0; i < kCount; ++i) x.as<float>()[i] = 1.0f + static_cast<float>(i % 97) * 0.01f;
  }
};

template <typename Slow, typename Fast>
void compare(const Report& report, const std::string& name, Slow slow, Fast fast) {
  if (!report.wanted(name)) return;
  const auto [of_slow, of_fast] = measure_in_turn(slow, fast);
  report.ratio(name, of_slow, of_fast);
}

void compare_unary(const Report& report, Data& data) {
  const struct {
    const char* name;
    reference::Unary slow;
    simd::Unary fast;
  } kFunctions[] = {{"acosh", reference::Unary::acosh, simd::Unary::acosh},    {"atan", reference::Unary::atan, simd::Unary::atan},
                    {"exp", reference::Unary::exp, simd::Unary::exp},          {"log", reference::Unary::log, simd::Unary::log},
                    {"sin", reference::Unary::sin, simd::Unary::sin},          {"sinh", reference::Unary::sinh, simd::Unary::sinh},
                    {"softplus", reference::Unary::softplus, simd::Unary::softplus}, {"tan", reference::Unary::tan, simd::Unary::tan}};
  for (const auto& function : kFunctions) {
    const auto slow = reference::unary_kernel(function.slow, DataType::float32);
    const auto fast = simd::unary_kernel(function.fast);
    compare(
        report, std::string("reference/simd ") + function.name, [&] { slow({data.x.as<float>(), data.y.as<float>()}, {0, kCount}); },
        [&] { fast({data.x.as<float>(), data.y.as<float>()}, {0, kCount}); });
  }
}

/// Over the rows of a matrix, and over its columns.
void compare_reductions(const Report& report, Data& data) {
  const struct {
    const char* name;
    reference::Reduction slow;
    simd::Reduction fast;
  } kReductions[] = {{"max", reference::Reduction::max, simd::Reduction::maximum},
                     {"sum", reference::Reduction::sum, simd::Reduction::sum},
                     {"sum_square", reference::Reduction::sum_square, simd::Reduction::sum_square}};
  for (const auto& reduction : kReductions) {
    const auto slow = reference::reduce_kernel(reduction.slow, DataType::float32);
    const auto fast = simd::reduce_kernel(reduction.fast);
    for (const bool rows : {true, false}) {
      const auto kept = reference::make_walk<1>({rows ? kRows : kColumns}, {{{rows ? kColumns : 1}}}, "kept");
      const auto reduced = reference::make_walk<1>({rows ? kColumns : kRows}, {{{rows ? 1 : kColumns}}}, "reduced");
      simd::ReduceArgs args;
      args.x = data.x.as<float>();
      args.y = data.y.as<float>();
      args.count = rows ? kColumns : kRows;
      args.inner = rows ? 1 : kColumns;
      compare(
          report, std::string("reference/simd ") + reduction.name + (rows ? " of rows" : " of columns"),
          [&] { slow({data.x.as<float>(), data.y.as<float>(), &kept, &reduced}, {0, kept.count}); },
          [&] { fast(args, {0, rows ? kRows : simd::column_blocks(kColumns)}); });
    }
  }
}

void compare_others(const Report& report, Data& data) {
  float* const x = data.x.as<float>();
  const auto arg_slow = reference::arg_max_kernel(DataType::float32);
  const auto arg_fast = simd::arg_reduce_kernel();
  compare(
      report, "reference/simd arg_max of rows", [&] { arg_slow({x, data.y.as<std::int64_t>(), kColumns, 1}, {0, kRows}); },
      [&] { arg_fast({x, data.y.as<std::int64_t>(), kColumns, 1}, {0, kRows}); });
  const auto softmax_slow = reference::softmax_kernel(DataType::float32);
  const auto softmax_fast = simd::row_kernel(simd::RowFunction::softmax_columns);
  simd::RowArgs softmax;
  softmax.x = x;
  softmax.y = data.y.as<float>();
  softmax.columns = kRows;
  softmax.inner = kColumns;
  compare(
      report, "reference/simd softmax of columns",
      [&] { softmax_slow({x, data.y.as<float>(), kRows, kColumns, reference::Softmax::softmax}, {0, kColumns}); },
      [&] { softmax_fast(softmax, {0, simd::column_blocks(kColumns)}); });
  const auto cast_slow = reference::cast_kernel(DataType::float32, DataType::uint8);
  const auto cast_fast = simd::cast_kernel(DataType::float32, DataType::uint8);
  compare(
      report, "reference/simd cast to uint8", [&] { cast_slow({x, data.y.as<std::uint8_t>()}, {0, kCount}); },
      [&] { cast_fast({x, data.y.as<std::uint8_t>()}, {0, kCount}); });
}

}  // namespace

void measure_references(const Report& report) {
  Data data;
  compare_unary(report, data);
  compare_reductions(report, data);
  compare_others(report, data);
}

}  // namespace dnntune::bench
