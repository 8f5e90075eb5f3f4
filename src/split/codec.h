// SPDX-License-Identifier: Apache-2.0
// The wire's encodings: what a value becomes before it is sent, and the nodes in front of a suffix that undo it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/plan.h"
#include "dnntune/tensor.h"
#include "graph/ir.h"
#include "graph/lower.h"
#include "split/wire.h"

namespace dnntune::split {

/// raw, fp16 and int8.
bool carries(WireEncoding encoding) noexcept;
/// What an encoding adds to the names of values and suffixes: "", ".fp16", ".int8".
const char* entry_ending(WireEncoding encoding) noexcept;
/// The name under which a crossing value enters the suffix: its own, or with the encoding's ending behind it, since the
/// node that decodes it writes the value's own name. int8 also brings ".scale" and ".zero_point".
std::string entry_name(const Crossing& crossing);

/// What goes onto the wire for a value. As int8: x = scale * (q - zero_point), scale (float32) and zero_point (int8) of one element
/// that spread the range of the value, 0 in it, over -128 to 127; no element is off by more than one scale. Throws unsupported when such
/// a value holds a NaN or an infinity.
std::vector<NamedTensor> encode(const Tensor& value, const Crossing& crossing);

/// Throws unsupported when a model of this opset has no operator that decodes a crossing.
void check_decoders(const std::vector<Crossing>& crossings, std::int64_t opset);
/// Puts the decoder of an encoded crossing in front of the suffix and makes what it reads the suffix's inputs: a Cast for
/// fp16, a DequantizeLinear for int8 whose scale and zero point two Squeezes bring. Throws invalid_argument when the value is not float32.
void add_decoder(graph::Ir& ir, graph::Bindings& bindings, const Crossing& crossing);

}  // namespace dnntune::split
