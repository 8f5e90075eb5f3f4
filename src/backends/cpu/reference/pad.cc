// SPDX-License-Identifier: Apache-2.0
// Pad: constant, reflect, edge and wrap; negative pads crop.
#include "kernels/reference/pad.h"

#include <array>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "base/checked.h"

namespace dnntune::backends::cpu {
namespace {

enum class Mode { constant, reflect, edge, wrap };

Mode mode_of(const LayerSpec& layer) {
  const std::string mode = layer.node.attributes.text("mode", "constant");
  if (mode == "constant") return Mode::constant;
  if (mode == "reflect") return Mode::reflect;
  if (mode == "edge") return Mode::edge;
  if (mode == "wrap") return Mode::wrap;
  throw_invalid(layer, fmt::format("attribute mode is '{}'", mode));
}

// Where coordinate `at` of the padded dimension comes from: [0, dim), or kPadded. 0 lies at the first
// element of the input.
std::int64_t source_of(Mode mode, std::int64_t at, std::int64_t dim) {
  if (at >= 0 && at < dim) return at;
  const auto modulo = [](std::int64_t a, std::int64_t b) { return (a % b + b) % b; };
  switch (mode) {
    case Mode::constant: return kernels::reference::kPadded;
    case Mode::edge: return at < 0 ? 0 : dim - 1;
    case Mode::wrap: return modulo(at, dim);
    case Mode::reflect: {
      if (dim == 1) return 0;
      const std::int64_t turn = modulo(at, 2 * (dim - 1));  // there and back
      return turn < dim ? turn : 2 * (dim - 1) - turn;
    }
  }
  return kernels::reference::kPadded;
}

/// Begin and end of every dimension; input 3 names those that input 1 is about.
std::vector<std::int64_t> pads_of(const LayerSpec& layer, std::size_t rank) {
  std::vector<std::int64_t> pads = constant_integers(layer, 1);
  if (!input(layer, 3).present()) return pads;
  const std::vector<std::int64_t> axes = constant_integers(layer, 3);
  require(pads.size() == 2 * axes.size(), layer, "input 1 must give two counts for every axis");
  std::vector<std::int64_t> all(2 * rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = normalized_axis(layer, axes[i], rank);
    all[axis] = pads[i];
    all[axis + rank] = pads[axes.size() + i];
  }
  return all;
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_pad(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  if (input(layer, 2).present()) {
    require_same_type(layer, x, input(layer, 2));
    require(elements(input(layer, 2).shape) == 1, layer, "the value to pad with must be a scalar");
  }
  const Mode mode = mode_of(layer);
  const std::size_t rank = x.shape.size();
  const std::vector<std::int64_t> pads = pads_of(layer, rank);
  require(pads.size() == 2 * rank, layer, "input 1 must give two counts for every dimension");
  require(y.shape.size() == rank, layer, "the output's rank differs from the input's");

  // A scalar has one row of one element.
  Shape dims = rank == 0 ? Shape{1} : y.shape;
  std::vector<std::vector<std::int64_t>> sources;
  if (rank == 0) sources.push_back({0});
  const std::vector<std::int64_t> strides = dense_strides(x.shape);
  const bool empty = elements(y.shape) == 0;  // then no dimension may ask for a table, however long it is
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t dim = x.shape[d];
    const std::int64_t padded = base::checked_add(base::checked_add(dim, pads[d], "padded dimension"), pads[d + rank], "padded dimension");
    require(padded == y.shape[d], layer, fmt::format("dimension {} of the output should be {}", d, padded));
    require(dim > 0 || padded == 0 || mode == Mode::constant, layer, "an empty dimension cannot be extended in this mode");
    std::vector<std::int64_t>& table = sources.emplace_back();
    for (std::int64_t i = 0; i < padded && !empty; ++i) {
      const std::int64_t source = source_of(mode, i - pads[d], dim);
      table.push_back(source == kernels::reference::kPadded ? source : source * strides[d]);
    }
  }
  const auto kernel = require_kernel(layer, kernels::reference::pad_kernel(size_of(x.type)));
  const std::int64_t rows = empty ? 0 : elements(dims, 0, dims.size() - 1);
  std::vector<const std::int64_t*> tables;
  for (const auto& table : sources) tables.push_back(table.data());  // a moved vector keeps its storage
  return make_layer({.kernel = "reference.pad"}, [kernel, rows, dims = std::move(dims), sources = std::move(sources),
                                                  tables = std::move(tables)](const Buffers& buffers, base::ThreadPool& pool) {
    static constexpr std::uint64_t kZero = 0;  // all types write 0 as zero bits
    const void* value = in<void>(buffers, 2);
    const kernels::reference::PadArgs args{in<void>(buffers, 0), value == nullptr ? &kZero : value, out<void>(buffers, 0),
                                           static_cast<int>(dims.size()), dims.data(), tables.data()};
    run_parallel(pool, rows, grain_of(dims.back()), kernel, args);
  });
}

}  // namespace dnntune::backends::cpu
