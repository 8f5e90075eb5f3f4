// SPDX-License-Identifier: Apache-2.0
// LayerShape: what of a layer decides how long it takes, without weights or names of values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/graph.h"

namespace dnntune {

/// A layer as a cost model sees it. Sizes are elements unless they say bytes; what a layer does not have is 1
/// (a count) or 0 (bytes).
struct LayerShape {
  std::string name;  ///< LayerInfo::name
  std::string op;    ///< LayerInfo::op
  /// Layers that one kernel computes: "conv_1x1", "depthwise", "product_row", "unary:Sigmoid"; an element type other than
  /// float32 follows behind a dot. "unknown" for operators this build does not know.
  std::string kind;
  int layer = 0;     ///< Index into Graph::layers of the layer it belongs to.
  std::int64_t macs = 0;
  std::int64_t flops = 0;  ///< 2 x multiply-accumulates, plus one an output element elsewhere.
  std::int64_t input_bytes = 0, output_bytes = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t rows = 1;          ///< Output pixels, or rows of a product: how often the weights are used.
  std::int64_t width = 1;         ///< Output pixels of an image's row.
  std::int64_t in_channels = 1;   ///< Of the image, or of a row; of one group.
  std::int64_t out_channels = 1;
  std::int64_t groups = 1;
  std::int64_t taps = 1;          ///< Elements of the window.
  std::int64_t stride = 1;
  std::int64_t steps = 1;         ///< Of a recurrence.
  std::int64_t line = 0;          ///< Elements that are normalised together: of a softmax's axis, of a layer normalization; else 0.
  int activation_ops = 0;         ///< Operations of a fused activation for each output element, roughly; 0: none, or Relu, Clip.
  /// What a session runs it with, as LayerProfile::kernel says it; empty where plan_kernels (planned_kernels.h) was not asked.
  std::string kernel;
  /// Runs in turns with the layer before it, or behind it, some rows each, so that what lies between them stays in a cache.
  bool chained_input = false, chained_output = false;
  bool in_place = false;          ///< Its output takes the memory of its input; known with the kernel.
  /// Bytes that have to be brought into another order of dimensions first, as far as that can be told from shapes.
  std::int64_t conversion_bytes = 0;
};

/// The layers of a network at some input shapes.
struct NetworkShape {
  std::string name;
  std::vector<LayerShape> layers;
  /// How long a run takes on one fast core by order of magnitude: sessions leave networks below
  /// SessionOptions::alone_below_us to one thread.
  double effort_ns = 0.0;
  /// Memory of activations and scratch, as MemoryUse::arena; 0 where plan_kernels was not asked.
  std::int64_t activation_bytes = 0;
};

/// At the graph's default shapes, or with these for some inputs, by name: a batch, a sequence length. Takes as long as
/// lowering the graph once more; at default shapes microseconds a layer. Throws invalid_argument for an input that the
/// graph does not have, invalid_model when shapes do not fit.
DNNTUNE_API NetworkShape network_shape(const Graph& graph, const std::map<std::string, Shape>& input_shapes = {});

}  // namespace dnntune
