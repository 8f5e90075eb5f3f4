// SPDX-License-Identifier: Apache-2.0
// Which element types each operator takes, as a table.
#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {
namespace {

/// One letter an input, the last one repeated for the rest: f float, n number, b bool, i int32 or int64,
/// l int64, d int32, q int8 or uint8, u unsigned, a anything. All inputs with a capital letter have one type in common.
struct Signature {
  Op op;
  std::string_view inputs;
};

/// Operators that are not listed take "A": anything, all inputs alike.
constexpr Signature kSignatures[] = {
    {Op::Abs, "N"}, {Op::Acos, "F"}, {Op::Acosh, "F"}, {Op::Asin, "F"}, {Op::Asinh, "F"}, {Op::Atan, "F"}, {Op::Atanh, "F"},
    {Op::Ceil, "F"}, {Op::Cos, "F"}, {Op::Cosh, "F"}, {Op::Erf, "N"}, {Op::Exp, "F"}, {Op::Floor, "F"}, {Op::Log, "F"},
    {Op::Neg, "N"}, {Op::Reciprocal, "F"}, {Op::Round, "F"}, {Op::Sign, "N"}, {Op::Sin, "F"}, {Op::Sinh, "F"}, {Op::Sqrt, "F"},
    {Op::Tan, "F"}, {Op::Tanh, "F"}, {Op::Relu, "N"}, {Op::LeakyRelu, "F"}, {Op::Elu, "F"}, {Op::Selu, "F"}, {Op::Celu, "F"},
    {Op::Sigmoid, "F"}, {Op::HardSigmoid, "F"}, {Op::HardSwish, "F"}, {Op::Gelu, "F"}, {Op::Mish, "F"}, {Op::Swish, "F"}, {Op::Softplus, "F"}, {Op::Softsign, "F"},
    {Op::ThresholdedRelu, "F"}, {Op::Shrink, "N"}, {Op::Not, "B"}, {Op::IsNaN, "F"}, {Op::IsInf, "F"}, {Op::Dropout, "ffb"},
    {Op::Clip, "N"}, {Op::CastLike, "a"},
    {Op::Add, "N"}, {Op::Sub, "N"}, {Op::Mul, "N"}, {Op::Div, "N"}, {Op::Pow, "nn"}, {Op::Mod, "N"}, {Op::PRelu, "N"},
    {Op::BitShift, "U"}, {Op::And, "B"}, {Op::Or, "B"}, {Op::Xor, "B"}, {Op::Greater, "N"}, {Op::GreaterOrEqual, "N"},
    {Op::Less, "N"}, {Op::LessOrEqual, "N"}, {Op::Max, "N"}, {Op::Min, "N"}, {Op::Sum, "F"}, {Op::Mean, "F"}, {Op::Where, "bAA"},
    {Op::Conv, "F"}, {Op::ConvTranspose, "F"}, {Op::MaxPool, "N"}, {Op::AveragePool, "F"}, {Op::LpPool, "F"},
    {Op::GlobalAveragePool, "F"}, {Op::GlobalMaxPool, "F"}, {Op::GlobalLpPool, "F"}, {Op::BatchNormalization, "f"},
    {Op::InstanceNormalization, "F"}, {Op::GroupNormalization, "F"}, {Op::LayerNormalization, "F"}, {Op::LRN, "F"}, {Op::MeanVarianceNormalization, "F"},
    {Op::MatMul, "N"}, {Op::Gemm, "N"}, {Op::LSTM, "FFFFiFFF"}, {Op::GRU, "FFFFiF"}, {Op::RNN, "FFFFiF"},
    {Op::MaxUnpool, "nll"}, {Op::GridSample, "nf"}, {Op::RoiAlign, "FFl"}, {Op::Einsum, "N"}, {Op::Det, "F"},
    {Op::NegativeLogLikelihoodLoss, "fif"}, {Op::SoftmaxCrossEntropyLoss, "fif"}, {Op::DFT, "fi"}, {Op::STFT, "fifi"},
    {Op::HannWindow, "i"}, {Op::HammingWindow, "i"}, {Op::BlackmanWindow, "i"}, {Op::MelWeightMatrix, "iiiFF"},
    {Op::QuantizeLinear, "nfn"}, {Op::DequantizeLinear, "nfn"}, {Op::DynamicQuantizeLinear, "f"}, {Op::ConvInteger, "qqqq"},
    {Op::MatMulInteger, "qqqq"}, {Op::QLinearConv, "qfqqfqfqd"}, {Op::QLinearMatMul, "qfqqfqfqd"}, {Op::QLinearAdd, "QfQQfQfQ"},
    {Op::QLinearGlobalAveragePool, "QfQfQ"}, {Op::QLinearSoftmax, "QfQfQ"},
    {Op::Softmax, "F"}, {Op::LogSoftmax, "F"}, {Op::Hardmax, "F"},
    {Op::ReduceMean, "nl"}, {Op::ReduceSum, "nl"}, {Op::ReduceMax, "nl"}, {Op::ReduceMin, "nl"}, {Op::ReduceProd, "nl"},
    {Op::ReduceL1, "nl"}, {Op::ReduceL2, "nl"}, {Op::ReduceLogSum, "nl"}, {Op::ReduceLogSumExp, "nl"}, {Op::ReduceSumSquare, "nl"},
    {Op::ArgMax, "n"}, {Op::ArgMin, "n"}, {Op::CumSum, "ni"}, {Op::TopK, "nl"},
    {Op::Reshape, "al"}, {Op::Squeeze, "al"}, {Op::Unsqueeze, "al"}, {Op::Split, "al"}, {Op::Slice, "aI"}, {Op::Pad, "AlAi"},
    {Op::Gather, "ai"}, {Op::GatherElements, "ai"}, {Op::GatherND, "al"}, {Op::ScatterElements, "AiA"}, {Op::ScatterND, "AlA"},
    {Op::Expand, "al"}, {Op::Tile, "al"}, {Op::Resize, "affl"}, {Op::OneHot, "nna"}, {Op::Trilu, "al"},
    {Op::ReverseSequence, "al"}, {Op::ConstantOfShape, "l"}, {Op::Range, "N"},
    {Op::If, "ba"}, {Op::Loop, "lba"}, {Op::Scan, "a"}, {Op::NonZero, "a"}, {Op::NonMaxSuppression, "fflff"}, {Op::Unique, "a"},
    {Op::Compress, "ab"},
};

constexpr std::string_view signature(Op op) noexcept {
  for (const Signature& row : kSignatures)
    if (row.op == op) return row.inputs;
  return "A";
}

/// Signatures by operator, so that a lookup is not a search.
constexpr auto kTable = [] {
  struct Table {
#define DNNTUNE_OP(...) +1
    std::string_view rows[1
#include "graph/operators.inc"
    ]{};
#undef DNNTUNE_OP
  } table;
  for (std::size_t i = 0; i < std::size(table.rows); ++i) table.rows[i] = signature(static_cast<Op>(i));
  return table;
}();

constexpr bool is_float(DataType type) noexcept {
  return type == DataType::float32 || type == DataType::float16 || type == DataType::float64 || type == DataType::bfloat16;
}

constexpr bool is_unsigned(DataType type) noexcept {
  return type == DataType::uint8 || type == DataType::uint16 || type == DataType::uint32 || type == DataType::uint64;
}

constexpr bool allowed(char letter, DataType type) noexcept {
  switch (letter) {
    case 'f': return is_float(type);
    case 'n': return type != DataType::boolean;
    case 'b': return type == DataType::boolean;
    case 'i': return type == DataType::int32 || type == DataType::int64;
    case 'l': return type == DataType::int64;
    case 'd': return type == DataType::int32;
    case 'q': return type == DataType::int8 || type == DataType::uint8;
    case 'u': return is_unsigned(type);
    default: return true;
  }
}

constexpr const char* meaning(char letter) noexcept {
  switch (letter) {
    case 'f': return "a floating-point type";
    case 'n': return "a number type";
    case 'b': return "bool";
    case 'i': return "int32 or int64";
    case 'l': return "int64";
    case 'd': return "int32";
    case 'q': return "int8 or uint8";
    case 'u': return "an unsigned integer type";
    default: return "any type";
  }
}

}  // namespace

void check_types(const Context& context) {
  const std::string_view letters = kTable.rows[static_cast<std::size_t>(context.op())];
  DataType common = DataType::undefined;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    const DataType type = context.type(i);
    if (type == DataType::undefined) continue;
    const char letter = i < letters.size() ? letters[i] : letters.back();
    const bool tied = letter >= 'A' && letter <= 'Z';
    const char kind = tied ? static_cast<char>(letter - 'A' + 'a') : letter;
    if (!allowed(kind, type)) context.fail(fmt::format("input {} is {}, the operator takes {}", i, to_string(type), meaning(kind)));
    if (!tied) continue;
    if (common == DataType::undefined) common = type;
    if (type != common) context.fail(fmt::format("input {} is {}, others are {}", i, to_string(type), to_string(common)));
  }
}

}  // namespace dnntune::graph::infer
