// SPDX-License-Identifier: Apache-2.0
#include "load/forms.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "dnntune/builder.h"

namespace dnntune::load_bench {
namespace {

using Names = std::vector<std::string>;

Tensor floats(Shape shape, float value) {
  Tensor tensor(DataType::float32, shape);
  for (float& x : tensor.as_mutable<float>()) x = value;
  return tensor;
}
Tensor ints(const std::vector<std::int64_t>& values) { return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values); }

Graph finish(GraphBuilder& builder, const std::string& output) {
  builder.output(output);
  return builder.build();
}

Graph chain(int nodes) {
  GraphBuilder b("chain");
  std::string v = b.input("x", DataType::float32, {1, 8});
  for (int i = 0; i < nodes; ++i) v = b.node(i % 2 == 0 ? "Sin" : "Cos", {v});
  return finish(b, v);
}

Graph identities(int nodes) {
  GraphBuilder b("identities");
  std::string v = b.input("x", DataType::float32, {1, 8});
  for (int i = 0; i < nodes; ++i) v = b.node("Identity", {v});
  return finish(b, b.node("Neg", {v}));
}

Graph readers(int nodes) {
  GraphBuilder b("readers");
  const std::string x = b.input("x", DataType::float32, {1, 8});
  std::string sum = x;
  for (int i = 0; i < nodes / 2; ++i) sum = b.node("Add", {sum, b.node("Sin", {x})});
  return finish(b, sum);
}

Graph live(int nodes) {
  GraphBuilder b("live");
  const std::string x = b.input("x", DataType::float32, {1, 8});
  Names values;
  for (int i = 0; i < nodes / 2; ++i) values.push_back(b.node("Sin", {x}));
  std::string sum = x;
  for (const std::string& value : values) sum = b.node("Add", {sum, value});
  return finish(b, sum);
}

Graph concat(int nodes) {
  GraphBuilder b("concat");
  const std::string x = b.input("x", DataType::float32, {1, 8});
  Names values;
  for (int i = 0; i < nodes / 2; ++i) values.push_back(b.node("Sin", {x}));
  return finish(b, b.node("Concat", values, {{"axis", std::int64_t{0}}}));
}

Graph split(int nodes) {
  GraphBuilder b("split");
  const std::string x = b.input("x", DataType::float32, {1, 8});
  Names sums = {x};
  for (int i = 0; i < nodes / 510; ++i) {
    std::string sum = x;
    for (const std::string& part : b.node_multi("Split", {b.node("Concat", Names(255, x), {{"axis", std::int64_t{1}}})}, 255,
                                                {{"axis", std::int64_t{1}}}, ""))
      sum = b.node("Add", {sum, part});
    sums.push_back(sum);
  }
  return finish(b, b.node("Concat", sums, {{"axis", std::int64_t{0}}}));
}

Graph folded(int nodes) {
  GraphBuilder b("folded");
  const std::string x = b.input("x", DataType::float32, {1, 8});
  std::string sum = b.constant("start", floats({1, 8}, 0.5f));
  for (int i = 0; i < nodes / 2; ++i) sum = b.node("Add", {sum, b.node("Sin", {b.constant(fmt::format("k{}", i), floats({1, 8}, 1e-3f))})});
  return finish(b, b.node("Add", {x, sum}));
}

Graph initialisers(int nodes) {
  GraphBuilder b("initialisers");
  std::string v = b.input("x", DataType::float32, {1, 8});
  for (int i = 0; i < nodes; ++i) v = b.node(i % 2 == 0 ? "Add" : "Max", {v, b.constant(fmt::format("w{}", i), floats({1, 8}, 1e-3f))});
  return finish(b, v);
}

Graph shapes(int nodes) {
  GraphBuilder b("shapes");
  std::string v = b.input("x", DataType::float32, {-1, 8});
  const std::string zero = b.constant("zero", ints({0})), rest = b.constant("rest", ints({2, 4})), flat = b.constant("flat", ints({8}));
  for (int i = 0; i < nodes / 9; ++i) {
    for (const std::string& tail : {rest, flat}) {
      const std::string batch = b.node("Gather", {b.node("Shape", {v}), zero});
      v = b.node("Reshape", {v, b.node("Concat", {batch, tail}, {{"axis", std::int64_t{0}}})});
    }
    v = b.node("Sin", {v});
  }
  return finish(b, v);
}

Graph names(int nodes) {
  GraphBuilder b("names");
  std::string v = b.input("x", DataType::float32, {1, 8});
  for (int i = 0; i < nodes / 2; ++i) {
    const std::string taken = b.node("Sin", {v}, {}, fmt::format("r{}:axes", i));
    v = b.node("Add", {taken, b.node("ReduceMean", {v}, {{"axes", std::vector<std::int64_t>{1}}}, fmt::format("r{}", i))});
  }
  return finish(b, v);
}

constexpr Form kForms[] = {
    {"chain", "each node reads the one before", chain},
    {"readers", "one value that half of all nodes read", readers},
    {"live", "half of all nodes made before the first is read", live},
    {"concat", "one node that reads half of all", concat},
    {"split", "nodes of 255 outputs", split},
    {"folded", "nodes that fold to one constant", folded},
    {"identities", "a chain of nodes that do nothing", identities},
    {"initialisers", "a weight for each node", initialisers},
    {"shapes", "shape arithmetic on an open batch", shapes},
    {"names", "names that upgrades would like to give", names},
};

}  // namespace

std::span<const Form> node_forms() noexcept { return kForms; }

Graph make_weights(int megabytes) {
  GraphBuilder b("weights");
  std::string v = b.input("x", DataType::float32, {1, 500});
  for (int i = 0; i < megabytes; ++i) v = b.node("MatMul", {v, b.constant(fmt::format("w{}", i), floats({500, 500}, 1e-3f + 1e-6f * static_cast<float>(i)))});
  return finish(b, v);
}

}  // namespace dnntune::load_bench
