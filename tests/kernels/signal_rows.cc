// SPDX-License-Identifier: Apache-2.0
// Cases of Fourier transforms, window functions and mel filters, computed by hand.
#include "kernels/elem_case.h"

namespace dnntune::test {
namespace {

using graph::Op;

std::pair<std::string, AttributeValue> number(const char* name, std::int64_t value) { return {name, value}; }
Tensor scalar(std::int64_t value) { return i64({}, {static_cast<double>(value)}); }

constexpr double kRoot3Half = 0.8660254037844386;

}  // namespace

std::vector<Case> signal_cases() {
  std::vector<Case> cases;
  const auto add = [&](const char* label, Op op, NodeAttributes attributes, std::vector<Tensor> inputs, Tensor expected) {
    cases.push_back({label, op, std::move(attributes), std::move(inputs), {std::move(expected)}, 1e-6});
  };
  const Tensor real = f32({1, 4, 1}, {1, 2, 3, 4});
  const std::vector<double> spectrum{10, 0, -2, 2, -2, 0, -2, -2};
  add("real", Op::DFT, {}, {real}, f32({1, 4, 2}, spectrum));
  add("one side", Op::DFT, {number("onesided", 1)}, {real}, f32({1, 3, 2}, {10, 0, -2, 2, -2, 0}));
  add("back", Op::DFT, {number("inverse", 1)}, {f32({1, 4, 2}, spectrum)}, f32({1, 4, 2}, {1, 0, 2, 0, 3, 0, 4, 0}));
  add("cut short", Op::DFT, {}, {real, scalar(2)}, f32({1, 2, 2}, {3, 0, -1, 0}));
  add("filled up", Op::DFT, {}, {f32({1, 1, 1}, {5}), scalar(3)}, f32({1, 3, 2}, {5, 0, 5, 0, 5, 0}));
  add("a prime length", Op::DFT, {}, {f32({1, 3, 1}, {0, 1, 0})}, f32({1, 3, 2}, {1, 0, -0.5, -kRoot3Half, -0.5, kRoot3Half}));
  add("an inner axis", Op::DFT, {number("axis", -2)}, {f32({2, 2, 1}, {1, 2, 3, 5})}, f32({2, 2, 2}, {3, 0, -1, 0, 8, 0, -2, 0}));
  add("an outer axis", Op::DFT, {number("axis", 0)}, {f32({2, 2, 1}, {1, 2, 3, 5})}, f32({2, 2, 2}, {4, 0, 7, 0, -2, 0, -3, 0}));
  add("double", Op::DFT, {}, {make(DataType::float64, {1, 2, 1}, {1, 2})}, make(DataType::float64, {1, 2, 2}, {3, 0, -1, 0}));

  const Tensor long_signal = f32({1, 5, 1}, {1, 2, 3, 4, 5});
  add("frames", Op::STFT, {}, {long_signal, scalar(2), {}, scalar(2)}, f32({1, 2, 2, 2}, {3, 0, -1, 0, 7, 0, -1, 0}));
  add("without components", Op::STFT, {}, {f32({1, 5}, {1, 2, 3, 4, 5}), scalar(2), {}, scalar(2)}, f32({1, 2, 2, 2}, {3, 0, -1, 0, 7, 0, -1, 0}));
  add("window", Op::STFT, {number("onesided", 0)}, {long_signal, scalar(3), f32({2}, {1, 0.5})},
      f32({1, 2, 2, 2}, {2, 0, 0, 0, 6.5, 0, 1.5, 0}));

  add("", Op::HannWindow, {}, {scalar(4)}, f32({4}, {0, 0.5, 1, 0.5}));
  add("symmetric", Op::HannWindow, {number("periodic", 0)}, {scalar(3)}, f32({3}, {0, 1, 0}));
  add("one element", Op::HannWindow, {number("periodic", 0)}, {scalar(1)}, f32({1}, {0}));
  add("", Op::HammingWindow, {}, {scalar(2)}, f32({2}, {4.0 / 46.0, 1}));
  add("double", Op::BlackmanWindow, {number("output_datatype", 11)}, {scalar(2)}, make(DataType::float64, {2}, {0, 1}));

  // Edges at bins 0, 1, 2 and 3 of 5, from mel 0 to what 3600 hertz of 8000 make.
  add("", Op::MelWeightMatrix, {}, {scalar(2), scalar(8), scalar(8000), f32({}, {0}), f32({}, {3600})},
      f32({5, 2}, {1, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
  return cases;
}

}  // namespace dnntune::test
