// SPDX-License-Identifier: Apache-2.0
// The passes of lowering, in the order in which `lower` calls them. Each takes time linear in the graph.
//
// Every decision depends on a layer and on who consumes its output, never on what lies elsewhere: the two
// halves of a cut network must come out as the same layers with the same constants as the whole. The
// order matters for that too: dead nodes are no consumers, so they go before anybody counts consumers.
#pragma once

#include <vector>

#include "graph/evaluator.h"
#include "graph/ir.h"

namespace dnntune::graph::lowering {

/// True when output 0 of `node` always equals input 0 in type, shape and elements, and no other output
/// is wanted.
bool is_no_op(const Ir& ir, const Node& node);

/// Sets the constants of the node's outputs when its inputs, or for some operators their shapes, are
/// known. Returns false when they are not, when nobody can compute them, or when the outputs would be
/// far larger than the inputs.
bool fold_node(Ir& ir, const Node& node, const Evaluator* evaluator);

/// Removes nodes whose outputs nobody wants, and marks unwanted optional outputs as absent.
void remove_dead_nodes(Ir& ir);

/// Removes nodes that hand on their input, except those that write a graph output.
void remove_no_ops(Ir& ir);

/// Layers on dequantized values whose result is quantized again become layers on 8-bit integers: a convolution or
/// product with its bias and a clamping activation, a sum, a global mean, and what only moves elements. Looks for
/// nodes that dequantize weights, so it comes before those are folded. A value is dequantized either for all of
/// its readers or for none: whether a layer reads the integers or the floats must not depend on the cut.
void fuse_quantized(Ir& ir);

/// Folds what follows a Conv, ConvTranspose, Gemm or MatMul into it: normalisation, per-channel scale
/// and bias, and one activation; each only when nobody else reads the value in between.
void fuse(Ir& ir);

/// A no-op that remains copies a value to a graph output: its producer writes the output itself when
/// nobody else reads the value.
void write_outputs_directly(Ir& ir);

/// Drops values that nothing refers to.
void remove_unused_values(Ir& ir);

/// Erases the nodes that are marked.
void erase_nodes(Ir& ir, const std::vector<bool>& marked);

}  // namespace dnntune::graph::lowering
