// SPDX-License-Identifier: Apache-2.0
// For every cut point of one network: prefix + FP32 bytes + suffix equals the whole run, bit for bit. The
// prefix and the suffix pass through ONNX bytes, as they do on their way to another machine.
//   split_invariant NETWORK|FILE.onnx
#include <cstdio>
#include <cstring>
#include <set>
#include <string>

#include "dnntune/dnntune.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;

/// As the far side gets it: new memory, filled from the bytes alone.
Tensor over_the_wire(const Tensor& sent) { return Tensor::copy_of(sent.type(), sent.shape(), sent.data(), sent.size_bytes()); }

std::set<std::string> made_before(const Graph& graph, int position) {
  std::set<std::string> made;
  for (int i = 0; i < position; ++i) {
    const LayerInfo& layer = graph.layers()[static_cast<std::size_t>(i)];
    made.insert(layer.outputs.begin(), layer.outputs.end());
  }
  return made;
}

std::vector<std::string> names_of(const std::vector<TensorInfo>& infos) {
  std::vector<std::string> names;
  for (const TensorInfo& info : infos) names.push_back(info.name);
  return names;
}

/// Runs `graph`, parsed again from its bytes, on the values it names.
Tensors run_part(const Graph& graph, const Processor& processor, const Tensors& known) {
  const Graph part = parse_onnx(serialize_onnx(graph));
  Tensors inputs;
  for (const TensorInfo& info : part.inputs()) inputs[info.name] = over_the_wire(known.at(info.name));
  return Session(part, processor).run(inputs);
}

/// The outputs of the graph when it is cut at `cut`.
Tensors run_cut(const Graph& graph, const CutPoint& cut, const Processor& processor, const Tensors& inputs) {
  const std::set<std::string> made = made_before(graph, cut.position);
  std::set<std::string> prefix_outputs, suffix_outputs;
  for (const std::string& value : cut.values)
    if (made.contains(value)) prefix_outputs.insert(value);
  for (const TensorInfo& info : graph.outputs()) (made.contains(info.name) ? prefix_outputs : suffix_outputs).insert(info.name);

  Tensors known = inputs;
  if (!prefix_outputs.empty())
    known.merge(run_part(graph.extract(names_of(graph.inputs()), {prefix_outputs.begin(), prefix_outputs.end()}), processor, inputs));
  if (!suffix_outputs.empty())
    known.merge(run_part(graph.extract(cut.values, {suffix_outputs.begin(), suffix_outputs.end()}), processor, known));
  return known;
}

/// Number of graph outputs that differ.
int differences(const Graph& graph, const Tensors& actual, const Tensors& expected) {
  int bad = 0;
  for (const TensorInfo& info : graph.outputs()) {
    const Tensor& a = actual.at(info.name);
    const Tensor& e = expected.at(info.name);
    bad += a.shape() != e.shape() || std::memcmp(a.data(), e.data(), e.size_bytes()) != 0;
  }
  return bad;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  const std::string name = argv[1];
  const Graph graph = name.ends_with(".onnx") ? load_onnx(name) : zoo::build(name);
  // One thread: tests run side by side, and results do not depend on the thread count.
  const Processor processor = Device::local().processor("cpu:all x1");
  const Tensors inputs = random_inputs(graph, 1);
  const Tensors expected = Session(graph, processor).run(inputs);
  int failed = 0;
  for (const CutPoint& cut : graph.cut_points()) {
    if (cut.position == 0 || cut.values.empty()) continue;  // the whole graph on one side
    if (differences(graph, run_cut(graph, cut, processor, inputs), expected) == 0) continue;
    std::printf("cut before layer %d (%s) differs\n", cut.position, graph.layers()[static_cast<std::size_t>(cut.position)].name.c_str());
    ++failed;
  }
  std::printf("%s: %zu cuts, %d differ\n", name.c_str(), graph.cut_points().size(), failed);
  return failed == 0 ? 0 : 1;
} catch (const dnntune::Error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
