// SPDX-License-Identifier: Apache-2.0
// Fixing the shapes of graph inputs, and what follows for the shapes that the file states elsewhere.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "graph/lower.h"

namespace dnntune::graph::lowering {

/// Shapes stated in a file are true only as far as the inputs have the shapes that the file states.
class StatedShapes {
 public:
  /// Gives every input of `ir` a static shape (an unknown rank stays) and the constants in `bindings`.
  /// A symbol that one bound input fixes holds for all; other open dimensions become 1. Throws
  /// invalid_argument for an unknown input, a wrong rank or a negative dimension.
  StatedShapes(Ir& ir, const Bindings& bindings);

  /// The shape stated for `value` with symbols replaced; dimensions that remain open are -1. Unset when
  /// the file states none, or an input was bound to another size than the file says.
  std::optional<Shape> of(const Value& value) const;

 private:
  void bind_shape(Value& input, const Shape& shape);
  void close_dimensions(Value& input) const;

  std::map<std::string, std::int64_t, std::less<>> symbols_;
  bool as_stated_ = true;
};

}  // namespace dnntune::graph::lowering
