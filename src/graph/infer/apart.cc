// SPDX-License-Identifier: Apache-2.0
// Control flow, and operators whose output shapes follow from what an input contains.
#include <algorithm>

#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {
namespace {

/// The sub-graph called `name`. Only a file can give one.
const Ir& subgraph(const Context& c, std::string_view name) {
  for (const Subgraph& s : c.node().subgraphs)
    if (s.name == name) return *s.ir;
  c.fail(fmt::format("it has no sub-graph '{}'", name));
}

/// Inputs of a sub-graph that are its own, not captured.
std::size_t own_inputs(const Context& c) { return c.node().subgraphs[0].ir->inputs.size() - c.node().subgraphs[0].captures.size(); }

DataType output_type(const Ir& ir, std::size_t i) { return ir.value(ir.outputs[i]).type; }

void require_type(const Context& c, DataType type, DataType wanted, const std::string& what) {
  if (type != DataType::undefined && wanted != DataType::undefined && type != wanted)
    c.fail(fmt::format("{} is {}, not {}", what, to_string(type), to_string(wanted)));
}

}  // namespace

void infer_if(Context& c) {
  const Ir &then_branch = subgraph(c, "then_branch"), &else_branch = subgraph(c, "else_branch");
  for (const Ir* branch : {&then_branch, &else_branch})
    if (branch->outputs.size() < c.output_count())
      c.fail(fmt::format("a branch has {} outputs, the node {}", branch->outputs.size(), c.output_count()));
  for (std::size_t i = 0; i < c.output_count(); ++i) {
    const DataType type = output_type(then_branch, i);
    require_type(c, output_type(else_branch, i), type, fmt::format("output {} of the else-branch", i));
    c.output(i, type != DataType::undefined ? type : output_type(else_branch, i));
  }
}

void infer_loop(Context& c) {
  const Ir& body = subgraph(c, "body");
  if (own_inputs(c) < 2) c.fail("the body must take the iteration number and the condition");
  const std::size_t carried = own_inputs(c) - 2;
  if (body.outputs.size() < 1 + carried)
    c.fail(fmt::format("the body has {} outputs; it must have the condition and {} carried values", body.outputs.size(), carried));
  const std::size_t outputs = body.outputs.size() - 1;
  if (c.output_count() > outputs) c.fail(fmt::format("the node has {} outputs, the body gives {}", c.output_count(), outputs));
  require_type(c, output_type(body, 0), DataType::boolean, "the condition that the body gives");
  for (std::size_t i = 0; i < outputs; ++i) {
    DataType type = output_type(body, 1 + i);
    if (i < carried) {
      if (!c.has_input(2 + i)) c.fail(fmt::format("carried value {} has no initial value", i));
      require_type(c, type, c.type(2 + i), fmt::format("carried value {} that the body gives", i));
      require_type(c, body.value(body.inputs[2 + i]).type, c.type(2 + i), fmt::format("carried value {} that the body takes", i));
      if (type == DataType::undefined) type = c.type(2 + i);
    }
    c.output(i, type);
  }
}

void infer_scan(Context& c) {
  const Ir& body = subgraph(c, "body");
  const std::size_t first = c.attributes().integer("batched", 0) != 0 ? 1 : 0;
  const std::size_t own = own_inputs(c);
  const std::int64_t scanned = c.attributes().integer("num_scan_inputs", 0);
  if (scanned < 1 || scanned > static_cast<std::int64_t>(own)) c.fail(fmt::format("num_scan_inputs is {}, the body takes {} inputs", scanned, own));
  const std::size_t carried = own - static_cast<std::size_t>(scanned);
  if (body.outputs.size() < carried) c.fail(fmt::format("the body has {} outputs and {} state values", body.outputs.size(), carried));
  if (c.output_count() > body.outputs.size()) c.fail(fmt::format("the node has {} outputs, the body gives {}", c.output_count(), body.outputs.size()));
  for (std::size_t i = 0; i < own; ++i) {
    if (!c.has_input(first + i)) c.fail(fmt::format("input {} is missing", first + i));
    require_type(c, body.value(body.inputs[i]).type, c.type(first + i), fmt::format("input {} of the body", i));
  }
  for (std::size_t i = 0; i < body.outputs.size(); ++i) {
    if (i < carried) require_type(c, output_type(body, i), c.type(first + i), fmt::format("state value {} that the body gives", i));
    c.output(i, output_type(body, i));
  }
}

void infer_non_zero(Context& c) {
  c.output(0, DataType::int64, Shape{c.shape(0) ? static_cast<std::int64_t>(c.shape(0)->size()) : -1, -1});
}

void infer_non_max_suppression(Context& c) {
  c.require_rank(0, 3);
  c.require_rank(1, 3);
  if (c.shape(0) != nullptr) c.require_equal((*c.shape(0))[2], 4, "a box must have 4 numbers");
  if (c.shape(0) != nullptr && c.shape(1) != nullptr) {
    c.require_equal((*c.shape(0))[0], (*c.shape(1))[0], "boxes and scores are of different batches");
    c.require_equal((*c.shape(0))[1], (*c.shape(1))[2], "there are not as many boxes as scores");
  }
  const std::int64_t format = c.attributes().integer("center_point_box", 0);
  if (format != 0 && format != 1) c.fail(fmt::format("center_point_box is {}", format));
  c.output(0, DataType::int64, Shape{-1, 3});
}

void infer_unique(Context& c) {
  const Shape* x = c.shape(0);
  std::optional<Shape> kept;
  std::int64_t positions = -1;
  if (!c.attributes().has("axis")) {
    kept = Shape{-1};
    if (x != nullptr && std::none_of(x->begin(), x->end(), [](auto dim) { return dim < 0; })) {
      positions = 1;
      for (const std::int64_t dim : *x) positions *= dim;
    }
  } else if (x != nullptr) {
    const std::size_t axis = c.axis(c.attributes().integer("axis", 0), x->size());
    kept = *x;
    positions = (*x)[axis];
    (*kept)[axis] = -1;
  }
  c.output(0, c.type(0), kept);
  c.output(1, DataType::int64, Shape{-1});
  c.output(2, DataType::int64, Shape{positions});
  c.output(3, DataType::int64, Shape{-1});
}

void infer_compress(Context& c) {
  c.require_rank(1, 1);
  const Shape* x = c.shape(0);
  const bool flat = !c.attributes().has("axis");
  if (x == nullptr) return flat ? c.output(0, c.type(0), Shape{-1}) : c.output(0, c.type(0));
  const std::size_t axis = flat ? 0 : c.axis(c.attributes().integer("axis", 0), x->size());
  std::int64_t count = -1;
  if (c.input(1).is_constant()) {
    const auto condition = c.input(1).constant.as<bool>();
    count = std::count(condition.begin(), condition.end(), true);
    std::int64_t dim = flat ? 1 : (*x)[axis];
    if (flat)
      for (const std::int64_t d : *x) dim = dim < 0 || d < 0 ? -1 : dim * d;
    if (dim >= 0 && static_cast<std::int64_t>(condition.size()) > dim)
      c.fail(fmt::format("the condition has {} entries for {} elements", condition.size(), dim));
  }
  Shape shape = flat ? Shape{-1} : *x;
  shape[axis] = count;
  c.output(0, c.type(0), shape);
}

}  // namespace dnntune::graph::infer
