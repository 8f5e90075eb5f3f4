// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/cpu_backend.h"

#include "backends/cpu/families.h"
#include "backends/layer_helpers.h"

namespace dnntune::backends::cpu {
namespace {

// A family without a function fails to link.
PrepareFn find_reference(graph::Op op) noexcept {
  switch (op) {
    case graph::Op::Unknown: break;
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, shape_rule, layout, plan_operands, family) \
  case graph::Op::name: return &reference::prepare_##family;
#include "graph/operators.inc"
#undef DNNTUNE_OP
  }
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
  std::vector<std::string_view> kernels(const LayerSpec& layer) const override { return simd::kernels(layer); }
};

// Without state and with a constexpr constructor: initialised at compile time.
constinit const CpuBackend kCpuBackend;
constinit const ReferenceBackend kReferenceBackend;

}  // namespace

const Backend& cpu_backend() noexcept { return kCpuBackend; }
const Backend& reference_backend() noexcept { return kReferenceBackend; }

}  // namespace dnntune::backends::cpu
