// SPDX-License-Identifier: Apache-2.0
// 2. Plan where to cut, from two profiles and a link, without running the split.
#include <cstdio>
#include <string>

#include <dnntune/dnntune.h>

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/digits";
  const auto net = dnntune::load_onnx(folder + "/digits_cnn.onnx");
  const auto phone = dnntune::Device::local();

  // The device: one thread, plain kernels. The cloud: all threads, SIMD kernels. Any profile will do: one
  // from a file (Profile::from_json), from a server (remote_profile) or predicted (CostModel).
  auto here = dnntune::Session(net, phone.processor("cpu:all x1"), {.input_shapes = {}, .reference_kernels = true}).profile();
  auto there = dnntune::Session(net, phone.processor("cpu:all")).profile();

  for (const char* link : {"3g", "lte", "wifi"}) {
    const auto plan = dnntune::make_plan({.graph = net, .device = {here}, .cloud = {there}, .link = dnntune::Link::named(link)});
    std::puts(plan.explain().c_str());
  }
  return 0;
} catch (const dnntune::Error& e) {
  std::fprintf(stderr, "%s: %s\n", to_string(e.code()), e.what());
  return 1;
}
