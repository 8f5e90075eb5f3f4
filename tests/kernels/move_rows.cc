// SPDX-License-Identifier: Apache-2.0
// Cases of operators that move, select or make elements, written out by hand.
#include "kernels/elem_case.h"

namespace dnntune::test {
namespace {

using graph::Op;
using Ints = std::vector<std::int64_t>;

constexpr DataType kAllTypes[] = {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16, DataType::int8,
                                  DataType::int16,   DataType::int32,   DataType::int64,   DataType::uint8,    DataType::uint16,
                                  DataType::uint32,  DataType::uint64,  DataType::boolean};

Tensor index_tensor(const Ints& values) { return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values); }

std::pair<std::string, AttributeValue> axis(std::int64_t value) { return {"axis", value}; }

void add_views(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes) {
    const std::vector<double> v{1, 0, 1, 1, 0, 1};
    cases.push_back({to_string(type), Op::Reshape, {}, {make(type, {2, 3}, v), index_tensor({3, 2})}, {make(type, {3, 2}, v)}});
  }
  const Tensor x = iota(DataType::float32, {1, 2, 3});
  const std::vector<double> v{0, 1, 2, 3, 4, 5};
  cases.push_back({"", Op::Flatten, {axis(2)}, {x}, {f32({2, 3}, v)}});
  cases.push_back({"", Op::Squeeze, {}, {x, index_tensor({0})}, {f32({2, 3}, v)}});
  cases.push_back({"all", Op::Squeeze, {}, {x}, {f32({2, 3}, v)}});
  cases.push_back({"", Op::Unsqueeze, {}, {x, index_tensor({0, -1})}, {f32({1, 1, 2, 3, 1}, v)}});
  cases.push_back({"to a scalar", Op::Reshape, {}, {f32({1, 1}, {7}), index_tensor({})}, {f32({}, {7})}});
  cases.push_back({"no elements", Op::Reshape, {}, {f32({0, 3}, {}), index_tensor({3, 0})}, {f32({3, 0}, {})}});
}

void add_copies(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes) {
    const std::vector<double> v{1, 0, 0, 1, 1, 0};
    cases.push_back({to_string(type), Op::Transpose, {}, {make(type, {2, 3}, v)}, {make(type, {3, 2}, {1, 1, 0, 1, 0, 0})}});
    cases.push_back({to_string(type), Op::Concat, {axis(1)}, {make(type, {2, 3}, v), make(type, {2, 1}, {0, 1})},
                     {make(type, {2, 4}, {1, 0, 0, 0, 1, 1, 0, 1})}});
    cases.push_back({to_string(type), Op::Split, {axis(1)}, {make(type, {2, 3}, v), index_tensor({1, 2})},
                     {make(type, {2, 1}, {1, 1}), make(type, {2, 2}, {0, 0, 1, 0})}});
    cases.push_back({to_string(type), Op::Slice, {}, {make(type, {2, 3}, v), index_tensor({1}), index_tensor({3}), index_tensor({1})}, {make(type, {2, 2}, {0, 0, 1, 0})}});
    cases.push_back({to_string(type), Op::Expand, {}, {make(type, {2, 1}, {1, 0}), index_tensor({2, 2})}, {make(type, {2, 2}, {1, 1, 0, 0})}});
    cases.push_back({to_string(type), Op::Tile, {}, {make(type, {1, 2}, {1, 0}), index_tensor({2, 2})}, {make(type, {2, 4}, {1, 0, 1, 0, 1, 0, 1, 0})}});
  }
  const Tensor cube = iota(DataType::float32, {2, 2, 2});
  cases.push_back({"given order", Op::Transpose, {{"perm", Ints{1, 2, 0}}}, {cube}, {f32({2, 2, 2}, {0, 4, 1, 5, 2, 6, 3, 7})}});
  cases.push_back({"reversed by default", Op::Transpose, {}, {cube}, {f32({2, 2, 2}, {0, 4, 2, 6, 1, 5, 3, 7})}});
  cases.push_back({"scalar", Op::Transpose, {}, {f32({}, {3})}, {f32({}, {3})}});
  cases.push_back({"no elements", Op::Transpose, {}, {f32({0, 3}, {})}, {f32({3, 0}, {})}});

  cases.push_back({"three, negative axis", Op::Concat, {axis(-2)}, {f32({1, 2}, {1, 2}), f32({0, 2}, {}), f32({2, 2}, {3, 4, 5, 6})},
                   {f32({3, 2}, {1, 2, 3, 4, 5, 6})}});
  cases.push_back({"one", Op::Concat, {axis(0)}, {f32({2}, {1, 2})}, {f32({2}, {1, 2})}});

  const Tensor six = iota(DataType::float32, {6});
  cases.push_back({"equal parts", Op::Split, {}, {six}, {f32({3}, {0, 1, 2}), f32({3}, {3, 4, 5})}});
  cases.push_back({"the last is smaller", Op::Split, {}, {iota(DataType::float32, {5})}, {f32({2}, {0, 1}), f32({2}, {2, 3}), f32({1}, {4})}});
  cases.push_back({"an empty part", Op::Split, {}, {six, index_tensor({2, 0, 4})}, {f32({2}, {0, 1}), f32({0}, {}), f32({4}, {2, 3, 4, 5})}});
  cases.push_back({"an unwanted part", Op::Split, {}, {six, index_tensor({2, 4})}, {Tensor(), f32({4}, {2, 3, 4, 5})}});

  const auto slice = [&](const char* label, const Ints& starts, const Ints& ends, const Ints& axes, const Ints& steps, Shape shape,
                         std::vector<double> y) {
    cases.push_back({label, Op::Slice, {}, {iota(DataType::float32, {3, 4}), index_tensor(starts), index_tensor(ends), index_tensor(axes), index_tensor(steps)},
                     {f32(std::move(shape), y)}});
  };
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  slice("both axes", {1, 1}, {3, 3}, {0, 1}, {1, 1}, {2, 2}, {5, 6, 9, 10});
  slice("step 2", {0}, {4}, {1}, {2}, {3, 2}, {0, 2, 4, 6, 8, 10});
  slice("step 3 ends short", {1}, {100}, {-1}, {3}, {3, 1}, {1, 5, 9});
  slice("negative bounds", {-2}, {-1}, {1}, {1}, {3, 1}, {2, 6, 10});
  slice("backwards", {3, 2}, {0, kMin}, {1, 0}, {-2, -1}, {3, 2}, {11, 9, 7, 5, 3, 1});
  slice("backwards from beyond the end", {kMax}, {-100}, {1}, {-1}, {3, 4}, {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8});
  slice("the most negative step", {-1}, {kMin}, {1}, {kMin}, {3, 1}, {3, 7, 11});
  slice("to the end", {2}, {kMax}, {0}, {1}, {1, 4}, {8, 9, 10, 11});
  slice("nothing", {3}, {1}, {1}, {1}, {3, 0}, {});
  slice("start beyond the end", {1000}, {2000}, {1}, {1}, {3, 0}, {});
  slice("a huge step", {1}, {4}, {1}, {kMax}, {3, 1}, {1, 5, 9});
  slice("a huge step backwards", {3}, {0}, {1}, {kMin + 1}, {3, 1}, {3, 7, 11});
  cases.push_back({"int32 operands, leading axes", Op::Slice, {}, {iota(DataType::float32, {3, 2}), i32({1}, {1}), i32({1}, {2})}, {f32({1, 2}, {2, 3})}});

  cases.push_back({"new dimensions", Op::Expand, {}, {f32({2}, {1, 2}), index_tensor({2, 1, 2})}, {f32({2, 1, 2}, {1, 2, 1, 2})}});
  cases.push_back({"1 keeps the dimension", Op::Expand, {}, {f32({2, 1}, {1, 2}), index_tensor({1, 3})}, {f32({2, 3}, {1, 1, 1, 2, 2, 2})}});
  cases.push_back({"scalar", Op::Expand, {}, {f32({}, {4}), index_tensor({2, 2})}, {f32({2, 2}, {4, 4, 4, 4})}});
  cases.push_back({"to nothing", Op::Expand, {}, {f32({1}, {4}), index_tensor({2, 0})}, {f32({2, 0}, {})}});
  cases.push_back({"rows", Op::Tile, {}, {f32({2, 2}, {1, 2, 3, 4}), index_tensor({2, 1})}, {f32({4, 2}, {1, 2, 3, 4, 1, 2, 3, 4})}});
  cases.push_back({"columns", Op::Tile, {}, {f32({2, 2}, {1, 2, 3, 4}), index_tensor({1, 2})}, {f32({2, 4}, {1, 2, 1, 2, 3, 4, 3, 4})}});
  cases.push_back({"zero times", Op::Tile, {}, {f32({2}, {1, 2}), index_tensor({0})}, {f32({0}, {})}});
}

void add_pads(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes)
    cases.push_back({to_string(type), Op::Pad, {}, {make(type, {2}, {1, 1}), index_tensor({1, 2}), make(type, {}, {1})}, {make(type, {5}, {1, 1, 1, 1, 1})}});
  const Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto pad = [&](const char* mode, const Ints& pads, Shape shape, std::vector<double> y) {
    cases.push_back({mode, Op::Pad, {{"mode", std::string(mode)}}, {x, index_tensor(pads)}, {f32(std::move(shape), y)}});
  };
  pad("constant", {1, 0, 0, 2}, {3, 5}, {0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0});
  pad("constant", {0, -1, 0, -1}, {2, 1}, {2, 5});
  pad("constant", {0, -2, 0, 1}, {2, 2}, {3, 0, 6, 0});
  pad("constant", {0, -3, 0, 2}, {2, 2}, {0, 0, 0, 0});
  pad("reflect", {1, 2, 1, 2}, {4, 7},
      {6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1, 6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1});
  pad("reflect", {0, 5, 0, 0}, {2, 8}, {2, 1, 2, 3, 2, 1, 2, 3, 5, 4, 5, 6, 5, 4, 5, 6});  // beyond one reflection, as numpy
  pad("edge", {1, 1, 0, 1}, {3, 5}, {1, 1, 2, 3, 3, 1, 1, 2, 3, 3, 4, 4, 5, 6, 6});
  pad("edge", {0, 1, 0, -1}, {2, 3}, {1, 1, 2, 4, 4, 5});
  pad("wrap", {0, 1, 1, 2}, {3, 6}, {3, 1, 2, 3, 1, 2, 6, 4, 5, 6, 4, 5, 3, 1, 2, 3, 1, 2});
  pad("wrap", {0, 4, 0, 0}, {2, 7}, {3, 1, 2, 3, 1, 2, 3, 6, 4, 5, 6, 4, 5, 6});
  cases.push_back({"value", Op::Pad, {}, {f32({1}, {1}), index_tensor({1, 1}), f32({1}, {9})}, {f32({3}, {9, 1, 9})}});
  cases.push_back({"one axis", Op::Pad, {}, {f32({2, 1}, {1, 2}), index_tensor({0, 2}), f32({}, {9}), index_tensor({-1})}, {f32({2, 3}, {1, 9, 9, 2, 9, 9})}});
  cases.push_back({"one element reflected", Op::Pad, {{"mode", std::string("reflect")}}, {f32({1}, {4}), index_tensor({1, 2})}, {f32({4}, {4, 4, 4, 4})}});
  cases.push_back({"from nothing", Op::Pad, {}, {f32({0}, {}), index_tensor({1, 1}), f32({}, {2})}, {f32({2}, {2, 2})}});
  cases.push_back({"a scalar", Op::Pad, {}, {f32({}, {3}), index_tensor({})}, {f32({}, {3})}});
}

void add_gathers(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes) {
    const Tensor x = make(type, {3}, {0, 1, 1});
    cases.push_back({to_string(type), Op::Gather, {}, {x, index_tensor({2, 0})}, {make(type, {2}, {1, 0})}});
    cases.push_back({to_string(type), Op::GatherElements, {}, {x, index_tensor({2, 0})}, {make(type, {2}, {1, 0})}});
    cases.push_back({to_string(type), Op::GatherND, {}, {x, i64({2, 1}, {2, 0})}, {make(type, {2}, {1, 0})}});
  }
  const Tensor x = iota(DataType::float32, {3, 2});
  cases.push_back({"rows", Op::Gather, {}, {x, i64({2, 2}, {0, 1, -1, 1})}, {f32({2, 2, 2}, {0, 1, 2, 3, 4, 5, 2, 3})}});
  cases.push_back({"columns", Op::Gather, {axis(1)}, {x, i32({1}, {-2})}, {f32({3, 1}, {0, 2, 4})}});
  cases.push_back({"one index", Op::Gather, {axis(-1)}, {x, i64({}, {1})}, {f32({3}, {1, 3, 5})}});
  cases.push_back({"no indices", Op::Gather, {}, {x, i64({0}, {})}, {f32({0, 2}, {})}});

  cases.push_back({"columns", Op::GatherElements, {axis(1)}, {f32({2, 2}, {1, 2, 3, 4}), i64({2, 2}, {0, 0, 1, 0})}, {f32({2, 2}, {1, 1, 4, 3})}});
  cases.push_back({"rows, negative", Op::GatherElements, {axis(0)}, {f32({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}), i32({2, 3}, {-1, -2, 0, -2, 0, 0})},
                   {f32({2, 3}, {7, 5, 3, 4, 2, 3})}});
  cases.push_back({"fewer lanes than the data", Op::GatherElements, {axis(1)}, {x, i64({1, 3}, {1, 0, 1})}, {f32({1, 3}, {1, 0, 1})}});

  const Tensor square = f32({2, 2}, {0, 1, 2, 3});
  const Tensor cube = iota(DataType::float32, {2, 2, 2});
  cases.push_back({"elements", Op::GatherND, {}, {square, i64({2, 2}, {0, 0, 1, -1})}, {f32({2}, {0, 3})}});
  cases.push_back({"slices", Op::GatherND, {}, {cube, i64({2, 1, 2}, {0, 1, 1, 0})}, {f32({2, 1, 2}, {2, 3, 4, 5})}});
  cases.push_back({"a batch dimension", Op::GatherND, {{"batch_dims", std::int64_t{1}}}, {cube, i64({2, 1}, {1, 0})}, {f32({2, 2}, {2, 3, 4, 5})}});
  cases.push_back({"empty tuples take all", Op::GatherND, {}, {square, i64({1, 0}, {})}, {f32({1, 2, 2}, {0, 1, 2, 3})}});
  cases.push_back({"no tuples", Op::GatherND, {}, {square, i64({0, 2}, {})}, {f32({0}, {})}});
}

std::pair<std::string, AttributeValue> reduction(const char* name) { return {"reduction", std::string(name)}; }

void add_scatters(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes) {
    const Tensor x = make(type, {3}, {0, 0, 1}), updates = make(type, {2}, {1, 0});
    cases.push_back({to_string(type), Op::ScatterElements, {}, {x, index_tensor({0, -1}), updates}, {make(type, {3}, {1, 0, 0})}});
    cases.push_back({to_string(type), Op::ScatterND, {}, {x, i64({2, 1}, {0, -1}), updates}, {make(type, {3}, {1, 0, 0})}});
    if (type == DataType::boolean) continue;
    const Tensor data = make(type, {3}, {2, 3, 4}), two = make(type, {2}, {3, 2});
    const auto both = [&](const char* how, const std::vector<double>& y) {
      cases.push_back({how, Op::ScatterElements, {reduction(how)}, {data, index_tensor({1, 1}), two}, {make(type, {3}, y)}});
      cases.push_back({how, Op::ScatterND, {reduction(how)}, {data, i64({2, 1}, {1, 1}), two}, {make(type, {3}, y)}});
    };
    both("none", {2, 2, 4});  // the later update stays
    both("add", {2, 8, 4});
    both("mul", {2, 18, 4});
    both("max", {2, 3, 4});
    both("min", {2, 2, 4});
  }
  cases.push_back({"rows", Op::ScatterElements, {axis(0)}, {f32({3, 3}, std::vector<double>(9, 0)), i64({2, 3}, {1, 0, 2, 0, 2, 1}),
                                                            f32({2, 3}, {1, 1.125, 1.25, 2, 2.125, 2.25})},
                   {f32({3, 3}, {2, 1.125, 0, 1, 0, 2.25, 0, 2.125, 1.25})}});
  cases.push_back({"columns", Op::ScatterElements, {axis(1)}, {f32({1, 5}, {1, 2, 3, 4, 5}), i32({1, 2}, {1, -2}), f32({1, 2}, {1.5, 2.5})},
                   {f32({1, 5}, {1, 1.5, 3, 2.5, 5})}});
  cases.push_back({"nothing", Op::ScatterElements, {}, {f32({2}, {1, 2}), i64({0}, {}), f32({0}, {})}, {f32({2}, {1, 2})}});
  cases.push_back({"slices", Op::ScatterND, {}, {iota(DataType::float32, {3, 2}), i64({2, 1}, {2, 0}), f32({2, 2}, {9, 8, 7, 6})},
                   {f32({3, 2}, {7, 6, 2, 3, 9, 8})}});
  cases.push_back({"the whole", Op::ScatterND, {reduction("add")}, {f32({2}, {1, 2}), i64({2, 0}, {}), f32({2, 2}, {1, 1, 5, 5})}, {f32({2}, {7, 8})}});
  cases.push_back({"wraps", Op::ScatterND, {reduction("add")}, {make(DataType::int8, {1}, {127}), i32({1, 1}, {0}), make(DataType::int8, {1}, {1})},
                   {make(DataType::int8, {1}, {-128})}});
}

void add_arrangements(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes) {
    cases.push_back({to_string(type), Op::OneHot, {}, {index_tensor({1, 0}), i64({}, {2}), make(type, {2}, {0, 1})}, {make(type, {2, 2}, {0, 1, 1, 0})}});
    cases.push_back({to_string(type), Op::Trilu, {}, {make(type, {2, 2}, {1, 1, 1, 1})}, {make(type, {2, 2}, {1, 1, 0, 1})}});
    cases.push_back({to_string(type), Op::ReverseSequence, {}, {make(type, {2, 1}, {1, 0}), index_tensor({2})}, {make(type, {2, 1}, {0, 1})}});
  }
  const Tensor off_on = f32({2}, {-1, 5});
  cases.push_back({"negative and outside", Op::OneHot, {}, {index_tensor({-1, 3, -4, 0}), i64({1}, {3}), off_on},
                   {f32({4, 3}, {-1, -1, 5, -1, -1, -1, -1, -1, -1, 5, -1, -1})}});
  cases.push_back({"axis 0", Op::OneHot, {axis(0)}, {i64({2}, {1, 0}), i32({}, {3}), off_on}, {f32({3, 2}, {-1, 5, 5, -1, -1, -1})}});
  cases.push_back({"floating indices", Op::OneHot, {}, {f32({2}, {1.75, 0}), f32({}, {2}), off_on}, {f32({2, 2}, {-1, 5, 5, -1})}});
  cases.push_back({"a scalar index", Op::OneHot, {}, {i64({}, {1}), i64({}, {2}), off_on}, {f32({2}, {-1, 5})}});

  const Tensor x = iota(DataType::float32, {2, 3});
  const auto trilu = [&](std::int64_t upper, std::int64_t k, std::vector<double> y) {
    cases.push_back({"k", Op::Trilu, {{"upper", upper}}, {x, i64({}, {static_cast<double>(k)})}, {f32({2, 3}, y)}});
  };
  trilu(1, 0, {0, 1, 2, 0, 4, 5});
  trilu(1, 1, {0, 1, 2, 0, 0, 5});
  trilu(1, -1, {0, 1, 2, 3, 4, 5});
  trilu(1, 7, {0, 0, 0, 0, 0, 0});
  trilu(0, 0, {0, 0, 0, 3, 4, 0});
  trilu(0, 1, {0, 1, 0, 3, 4, 5});
  trilu(0, -1, {0, 0, 0, 3, 0, 0});
  trilu(0, -7, {0, 0, 0, 0, 0, 0});
  cases.push_back({"extreme k", Op::Trilu, {}, {x, index_tensor({std::numeric_limits<std::int64_t>::max()})}, {f32({2, 3}, {0, 0, 0, 0, 0, 0})}});
  cases.push_back({"two matrices", Op::Trilu, {}, {iota(DataType::float32, {2, 2, 2})}, {f32({2, 2, 2}, {0, 1, 0, 3, 4, 5, 0, 7})}});
  cases.push_back({"no rows", Op::Trilu, {}, {f32({0, 2}, {})}, {f32({0, 2}, {})}});

  // ONNX's own two examples.
  cases.push_back({"time first", Op::ReverseSequence, {{"time_axis", std::int64_t{0}}, {"batch_axis", std::int64_t{1}}},
                   {f32({4, 4}, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}), index_tensor({4, 3, 2, 1})},
                   {f32({4, 4}, {3, 6, 9, 12, 2, 5, 8, 13, 1, 4, 10, 14, 0, 7, 11, 15})}});
  cases.push_back({"batch first", Op::ReverseSequence, {{"time_axis", std::int64_t{1}}, {"batch_axis", std::int64_t{0}}},
                   {iota(DataType::float32, {4, 4}), index_tensor({1, 2, 3, 4})},
                   {f32({4, 4}, {0, 1, 2, 3, 5, 4, 6, 7, 10, 9, 8, 11, 15, 14, 13, 12})}});
  cases.push_back({"slices", Op::ReverseSequence, {}, {iota(DataType::float32, {3, 1, 2}), index_tensor({2})}, {f32({3, 1, 2}, {2, 3, 0, 1, 4, 5})}});
  cases.push_back({"of length 0", Op::ReverseSequence, {}, {f32({2, 1}, {1, 2}), index_tensor({0})}, {f32({2, 1}, {1, 2})}});
}

void add_generators(std::vector<Case>& cases) {
  for (const DataType type : kAllTypes) {
    cases.push_back({to_string(type), Op::Constant, {{"value", make(type, {2}, {1, 0})}}, {}, {make(type, {2}, {1, 0})}});
    cases.push_back({to_string(type), Op::ConstantOfShape, {{"value", make(type, {1}, {1})}}, {index_tensor({2, 2})}, {make(type, {2, 2}, {1, 1, 1, 1})}});
    cases.push_back({to_string(type), Op::EyeLike, {{"dtype", static_cast<std::int64_t>(type)}}, {i32({2, 3}, {7, 7, 7, 7, 7, 7})},
                     {make(type, {2, 3}, {1, 0, 0, 0, 1, 0})}});
  }
  cases.push_back({"number", Op::Constant, {{"value_float", 1.5f}}, {}, {f32({}, {1.5})}});
  cases.push_back({"numbers", Op::Constant, {{"value_floats", std::vector<float>{1.5f, 2.0f}}}, {}, {f32({2}, {1.5, 2})}});
  cases.push_back({"integer", Op::Constant, {{"value_int", std::int64_t{-3}}}, {}, {i64({}, {-3})}});
  cases.push_back({"integers", Op::Constant, {{"value_ints", Ints{4, 5}}}, {}, {i64({2}, {4, 5})}});

  const Tensor x = f32({2, 3, 4}, std::vector<double>(24, 0));
  const auto shape = [&](NodeAttributes attributes, const Ints& y) {
    cases.push_back({"", Op::Shape, std::move(attributes), {x}, {index_tensor(y)}});
  };
  shape({}, {2, 3, 4});
  shape({{"start", std::int64_t{1}}}, {3, 4});
  shape({{"start", std::int64_t{-1}}}, {4});
  shape({{"end", std::int64_t{-1}}}, {2, 3});
  shape({{"start", std::int64_t{1}}, {"end", std::int64_t{2}}}, {3});
  shape({{"start", std::int64_t{-10}}, {"end", std::int64_t{10}}}, {2, 3, 4});
  shape({{"start", std::int64_t{2}}, {"end", std::int64_t{1}}}, {});
  cases.push_back({"of a scalar", Op::Shape, {}, {f32({}, {1})}, {index_tensor({})}});
  cases.push_back({"", Op::Size, {}, {x}, {i64({}, {24})}});
  cases.push_back({"of nothing", Op::Size, {}, {f32({2, 0}, {})}, {i64({}, {0})}});

  cases.push_back({"zeros by default", Op::ConstantOfShape, {}, {index_tensor({3})}, {f32({3}, {0, 0, 0})}});
  cases.push_back({"a scalar", Op::ConstantOfShape, {}, {index_tensor({})}, {f32({}, {0})}});
  cases.push_back({"nothing", Op::ConstantOfShape, {}, {index_tensor({0, 2})}, {f32({0, 2}, {})}});

  for (const DataType type : {DataType::float32, DataType::float64, DataType::int16, DataType::int32, DataType::int64}) {
    cases.push_back({to_string(type), Op::Range, {}, {make(type, {}, {1}), make(type, {}, {6}), make(type, {}, {2})}, {make(type, {3}, {1, 3, 5})}});
    cases.push_back({"down", Op::Range, {}, {make(type, {}, {10}), make(type, {}, {4}), make(type, {}, {-3})}, {make(type, {2}, {10, 7})}});
  }
  cases.push_back({"fractions", Op::Range, {}, {f32({}, {0}), f32({}, {1}), f32({}, {0.25})}, {f32({4}, {0, 0.25, 0.5, 0.75})}});
  cases.push_back({"empty", Op::Range, {}, {i64({}, {5}), i64({}, {5}), i64({}, {1})}, {i64({0}, {})}});

  cases.push_back({"above", Op::EyeLike, {{"k", std::int64_t{1}}}, {f32({2, 2}, {5, 5, 5, 5})}, {f32({2, 2}, {0, 1, 0, 0})}});
  cases.push_back({"below", Op::EyeLike, {{"k", std::int64_t{-1}}}, {f32({2, 2}, {5, 5, 5, 5})}, {f32({2, 2}, {0, 0, 1, 0})}});
}

}  // namespace

std::vector<Case> movement_cases() {
  std::vector<Case> cases;
  add_views(cases);
  add_copies(cases);
  add_pads(cases);
  add_gathers(cases);
  add_scatters(cases);
  add_arrangements(cases);
  add_generators(cases);
  return cases;
}

}  // namespace dnntune::test
