// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/recurrent.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/recurrent.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

void lstm_step(const LstmStepArgs& args) noexcept {
  const D d;
  const float* const input = args.sums;
  const float* const output = input + args.units;
  const float* const forget = output + args.units;
  const float* const candidate = forget + args.units;
  for (std::int64_t i = 0; i < args.units; i += kLanes) {
    const V kept = hn::Mul(sigmoid(d, hn::LoadU(d, forget + i)), hn::LoadU(d, args.cell + i));
    const V cell = hn::MulAdd(sigmoid(d, hn::LoadU(d, input + i)), tanh(d, hn::LoadU(d, candidate + i)), kept);
    hn::StoreU(cell, d, args.cell + i);
    hn::StoreU(hn::Mul(sigmoid(d, hn::LoadU(d, output + i)), tanh(d, cell)), d, args.hidden + i);
  }
}

void gru_reset(const GruStepArgs& args) noexcept {
  const D d;
  map(d, 2 * args.units, args.gates, [&](V v) HWY_ATTR { return sigmoid(d, v); }, args.gates);
  const float* const reset = args.gates + args.units;
  for (std::int64_t i = 0; i < args.units; i += kLanes)
    hn::StoreU(hn::Mul(hn::LoadU(d, reset + i), hn::LoadU(d, args.hidden + i)), d, args.reset_hidden + i);
}

void gru_finish(const GruStepArgs& args) noexcept {
  const D d;
  const float* const update = args.gates;
  const float* const reset = args.gates + args.units;
  for (std::int64_t i = 0; i < args.units; i += kLanes) {
    const V from_state = hn::LoadU(d, args.from_state + i);
    const V gated = args.linear_before_reset ? hn::Mul(hn::LoadU(d, reset + i), from_state) : from_state;
    const V candidate = tanh(d, hn::Add(hn::LoadU(d, args.from_input + i), gated));
    const V z = hn::LoadU(d, update + i);
    const V hidden = hn::LoadU(d, args.hidden + i);
    hn::StoreU(hn::MulAdd(z, hn::Sub(hidden, candidate), candidate), d, args.hidden + i);
  }
}

void rnn_step(const RnnStepArgs& args) noexcept {
  const D d;
  switch (args.function) {
    case RnnStepArgs::Function::relu:
      return map(d, args.units, args.hidden, [&](V v) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); }, args.sums);
    case RnnStepArgs::Function::sigmoid: return map(d, args.units, args.hidden, [&](V v) HWY_ATTR { return sigmoid(d, v); }, args.sums);
    case RnnStepArgs::Function::tanh: return map(d, args.units, args.hidden, [&](V v) HWY_ATTR { return tanh(d, v); }, args.sums);
  }
}

const RecurrentKernels* kernels() {
  static constexpr RecurrentKernels table = {&lstm_step, &gru_reset, &gru_finish, &rnn_step};
  return &table;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);
const RecurrentKernels& recurrent_kernels() noexcept { return *HWY_DYNAMIC_DISPATCH(kernels)(); }
}  // namespace dnntune::kernels::simd
#endif
