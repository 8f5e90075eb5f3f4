// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/cpu_backend.h"

#include "backends/cpu/families.h"
#include "backends/cpu/layer_helpers.h"

namespace dnntune::backends::cpu {
namespace {

struct Family {
  std::string_view name;
  PrepareFn prepare;
};

constexpr Family kFamilies[] = {
    {"batch_normalization", &reference::prepare_batch_normalization},
    {"conv", &reference::prepare_conv},
    {"conv_transpose", &reference::prepare_conv_transpose},
    {"depth_to_space", &reference::prepare_depth_to_space},
    {"gemm", &reference::prepare_gemm},
    {"global_pool", &reference::prepare_global_pool},
    {"gru", &reference::prepare_gru},
    {"instance_normalization", &reference::prepare_instance_normalization},
    {"layer_normalization", &reference::prepare_layer_normalization},
    {"lrn", &reference::prepare_lrn},
    {"lstm", &reference::prepare_lstm},
    {"matmul", &reference::prepare_matmul},
    {"mean_variance_normalization", &reference::prepare_mean_variance_normalization},
    {"pool", &reference::prepare_pool},
    {"resize", &reference::prepare_resize},
    {"rnn", &reference::prepare_rnn},
    {"softmax", &reference::prepare_softmax},
    {"space_to_depth", &reference::prepare_space_to_depth},
};

std::string_view family_of(graph::Op op) noexcept {
  switch (op) {
    case graph::Op::Unknown: break;
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, shape_rule, layout, plan_operands, family) \
  case graph::Op::name: return #family;
#include "graph/operators.inc"
#undef DNNTUNE_OP
  }
  return "?";
}

PrepareFn find_reference(graph::Op op) noexcept {
  for (const Family& family : kFamilies)
    if (family.name == family_of(op)) return family.prepare;
  return nullptr;
}

class ReferenceBackend : public Backend {
 public:
  std::string_view name() const noexcept override { return "reference"; }
  std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) const override {
    const PrepareFn prepare_reference = find_reference(layer.node.op);
    if (prepare_reference == nullptr) throw_unsupported(layer, "the operator has no kernel here");
    return prepare_reference(layer);
  }
};

class CpuBackend final : public ReferenceBackend {
 public:
  std::string_view name() const noexcept override { return "cpu"; }
  std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) const override {
    if (std::unique_ptr<PreparedLayer> prepared = simd::prepare(layer)) return prepared;
    return ReferenceBackend::prepare(layer);
  }
};

// Without state and with a constexpr constructor: initialised at compile time.
constinit const CpuBackend kCpuBackend;
constinit const ReferenceBackend kReferenceBackend;

}  // namespace

const Backend& cpu_backend() noexcept { return kCpuBackend; }
const Backend& reference_backend() noexcept { return kReferenceBackend; }

}  // namespace dnntune::backends::cpu
