// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/loss.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::LossArgs;
using kernels::reference::LossSum;

enum class Reduction { none, sum, mean };

Reduction read_reduction(const LayerSpec& layer) {
  const std::string text = layer.node.attributes.text("reduction", "mean");
  if (text == "none") return Reduction::none;
  if (text == "sum") return Reduction::sum;
  require(text == "mean", layer, fmt::format("attribute 'reduction' is '{}'", text));
  return Reduction::mean;
}

void check_classes(const std::string& name, DataType type, const void* targets, std::int64_t count, std::int64_t classes, std::optional<std::int64_t> ignored) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto wanted = kernels::reference::read_one<std::int64_t>(type, targets, i);
    if (wanted != ignored && (wanted < 0 || wanted >= classes))
      throw_contents(name, fmt::format("class {} at position {} is outside {} classes", wanted, i, classes));
  }
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_loss(const LayerSpec& layer) {
  const TensorSpec &scores = input(layer, 0), &target = input(layer, 1), &weights = input(layer, 2), &y = output(layer, 0);
  require(scores.shape.size() >= 2, layer, "needs a batch and a class dimension");
  Shape positions = scores.shape;
  positions.erase(positions.begin() + 1);
  require_shape(layer, target, positions, "the target");
  if (target.type != DataType::int64) require_type(layer, target, DataType::int32, "the target");
  if (weights.present()) require_shape(layer, weights, {scores.shape[1]}, "the weights");
  require_type(layer, weights, scores.type, "the weights");
  require_type(layer, y, scores.type, "the output");
  require_type(layer, output(layer, 1), scores.type, "the log-probabilities");
  if (output(layer, 1).present()) require_shape(layer, output(layer, 1), scores.shape, "the log-probabilities");
  const Reduction reduction = read_reduction(layer);
  require_shape(layer, y, reduction == Reduction::none ? positions : Shape{}, "the output");
  const graph::Attributes& attributes = layer.node.attributes;
  const auto ignored = attributes.has("ignore_index") ? std::optional(attributes.integer("ignore_index", 0)) : std::nullopt;
  const bool softmax = layer.node.op == graph::Op::SoftmaxCrossEntropyLoss;
  if (scores.type != DataType::float32 && scores.type != DataType::float64) throw_unsupported(layer, "there is no kernel for these types");
  return make_layer({.kernel = "reference.loss"},
                    [=, name = layer_name(layer), type = scores.type, target_type = target.type, count = elements(positions),
                     classes = scores.shape[1], inner = elements(scores.shape, 2, scores.shape.size())](const Buffers& buffers, base::ThreadPool&) {
                      void* const result = out<void>(buffers, 0);
                      const LossArgs args{type, target_type, in<void>(buffers, 1), in<void>(buffers, 0), in<void>(buffers, 2),
                                          reduction == Reduction::none ? result : nullptr, out<void>(buffers, 1), classes, inner, ignored, softmax};
                      check_classes(name, target_type, args.targets, count, classes, ignored);
                      const LossSum sum = kernels::reference::loss(args, {0, count});
                      if (reduction == Reduction::sum) kernels::reference::write_one(type, sum.losses, result);
                      if (reduction == Reduction::mean) kernels::reference::write_one(type, sum.losses / sum.weights, result);
                    });
}

}  // namespace dnntune::backends::cpu::reference
