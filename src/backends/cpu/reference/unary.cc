// SPDX-License-Identifier: Apache-2.0
// Element-wise operators of one operand.
#include "kernels/reference/unary.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {
namespace {

using graph::Op;
using kernels::reference::Unary;

// The function with its parameters' names and ONNX defaults.
struct UnaryRow {
  Op op;
  Unary function;
  const char* alpha_name = nullptr;
  float alpha = 0.0f;
  const char* beta_name = nullptr;
  float beta = 0.0f;
};

constexpr UnaryRow kRows[] = {
    {Op::Abs, Unary::abs},
    {Op::Acos, Unary::acos},
    {Op::Acosh, Unary::acosh},
    {Op::Asin, Unary::asin},
    {Op::Asinh, Unary::asinh},
    {Op::Atan, Unary::atan},
    {Op::Atanh, Unary::atanh},
    {Op::Ceil, Unary::ceil},
    {Op::Cos, Unary::cos},
    {Op::Cosh, Unary::cosh},
    {Op::Erf, Unary::erf},
    {Op::Exp, Unary::exp},
    {Op::Floor, Unary::floor},
    {Op::Log, Unary::log},
    {Op::Neg, Unary::neg},
    {Op::Reciprocal, Unary::reciprocal},
    {Op::Round, Unary::round},
    {Op::Sign, Unary::sign},
    {Op::Sin, Unary::sin},
    {Op::Sinh, Unary::sinh},
    {Op::Sqrt, Unary::sqrt},
    {Op::Tan, Unary::tan},
    {Op::Tanh, Unary::tanh},
    {Op::Relu, Unary::relu},
    {Op::LeakyRelu, Unary::leaky_relu, "alpha", 0.01f},
    {Op::Elu, Unary::elu, "alpha", 1.0f},
    {Op::Selu, Unary::selu, "alpha", 1.67326319217681884765625f, "gamma", 1.05070102214813232421875f},
    {Op::Celu, Unary::celu, "alpha", 1.0f},
    {Op::Sigmoid, Unary::sigmoid},
    {Op::HardSigmoid, Unary::hard_sigmoid, "alpha", 0.2f, "beta", 0.5f},
    {Op::HardSwish, Unary::hard_swish},
    {Op::Gelu, Unary::gelu},
    {Op::Mish, Unary::mish},
    {Op::Swish, Unary::swish, "alpha", 1.0f},
    {Op::Softplus, Unary::softplus},
    {Op::Softsign, Unary::softsign},
    {Op::ThresholdedRelu, Unary::thresholded_relu, "alpha", 1.0f},
    {Op::Shrink, Unary::shrink, "lambd", 0.5f, "bias", 0.0f},
    {Op::Not, Unary::logical_not},
    {Op::IsNaN, Unary::is_nan},
    {Op::IsInf, Unary::is_inf},
};

const UnaryRow& find_row(const LayerSpec& layer) {
  for (const UnaryRow& row : kRows)
    if (row.op == layer.node.op) return row;
  throw_unsupported(layer, "the operator has no kernel here");
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_unary(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  require_same_count(layer, input(layer, 0), output(layer, 0));
  const UnaryRow& row = find_row(layer);
  const DataType type = input(layer, 0).type;
  const bool gives_bool = row.op == Op::IsNaN || row.op == Op::IsInf;
  require(output(layer, 0).type == (gives_bool ? DataType::boolean : type), layer, "the output's element type is wrong");

  const graph::Attributes& attributes = layer.node.attributes;
  kernels::reference::UnaryArgs args;
  if (row.alpha_name != nullptr) args.alpha = attributes.number(row.alpha_name, row.alpha);
  if (row.beta_name != nullptr) args.beta = attributes.number(row.beta_name, row.beta);
  if (row.op == Op::IsInf) {
    args.alpha = static_cast<float>(attributes.integer("detect_negative", 1));
    args.beta = static_cast<float>(attributes.integer("detect_positive", 1));
  }
  const bool by_tanh = row.op == Op::Gelu && attributes.text("approximate", "none") == "tanh";
  const auto kernel = require_kernel(layer, kernels::reference::unary_kernel(by_tanh ? Unary::gelu_tanh : row.function, type));
  const std::int64_t count = elements(output(layer, 0).shape);
  return make_layer({.kernel = "reference.unary", .in_place = !gives_bool},
                    [args, kernel, count](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.x = in<void>(buffers, 0);
                      call.y = out<void>(buffers, 0);
                      run_parallel(pool, count, kernel, call);
                    });
}

}  // namespace dnntune::backends::cpu
