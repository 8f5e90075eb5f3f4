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

template <typename Index>
void check_classes(const std::string& name, const Index* target, std::int64_t count, std::int64_t classes, std::optional<std::int64_t> ignored) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto wanted = static_cast<std::int64_t>(target[i]);
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
  const bool wide = target.type == DataType::int64;
  if (!wide) require_type(layer, target, DataType::int32, "the target");
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
  return dispatch<float, double>(layer, scores.type, [&]<typename T>() {
    return make_layer({.kernel = "reference.loss"},
                      [=, name = layer_name(layer), count = elements(positions), classes = scores.shape[1],
                       inner = elements(scores.shape, 2, scores.shape.size())](const Buffers& buffers, base::ThreadPool&) {
                        const LossArgs<T> args{in<T>(buffers, 0), in<T>(buffers, 2), reduction == Reduction::none ? out<T>(buffers, 0) : nullptr,
                                               out<T>(buffers, 1), classes, inner, ignored, softmax};
                        const auto run = [&]<typename Index>(const Index* classes_wanted) {
                          check_classes(name, classes_wanted, count, classes, ignored);
                          return kernels::reference::loss(args, classes_wanted, {0, count});
                        };
                        const LossSum sum = wide ? run(in<std::int64_t>(buffers, 1)) : run(in<std::int32_t>(buffers, 1));
                        if (reduction == Reduction::sum) *out<T>(buffers, 0) = static_cast<T>(sum.losses);
                        if (reduction == Reduction::mean) *out<T>(buffers, 0) = static_cast<T>(sum.losses / sum.weights);
                      });
  });
}

}  // namespace dnntune::backends::cpu::reference
