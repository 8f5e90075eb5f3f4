// SPDX-License-Identifier: Apache-2.0
// 3. Carry a split out against a server, and survive losing it.
#include <cstdio>
#include <string>

#include <dnntune/dnntune.h>

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/digits";
  const auto net = dnntune::load_onnx(folder + "/digits_lstm.onnx");
  const auto processor = dnntune::Device::local().processor("cpu:all x1");

  // Here the server lives in the same process; elsewhere it is `dnntune serve digits_lstm.onnx`.
  dnntune::Server server(processor);
  server.add_model(net);
  server.start();

  const auto link = dnntune::Link::named("wifi");
  const dnntune::LinkShaper shaper(link, server.url());  // makes loopback as slow as that link
  const auto here = dnntune::Session(net, processor).profile();
  const auto there = dnntune::remote_profile(server.url(), net);
  auto plan = dnntune::make_plan({.graph = net, .device = {here}, .cloud = {there}, .link = link});
  plan.chosen = plan.best_split;  // for the example; a small network is best left on the device

  dnntune::SplitSession split(net, plan, shaper.url());
  const auto inputs = dnntune::random_inputs(net, 1);
  for (int i = 0; i < 4; ++i) {
    if (i == 2) server.stop();
    const auto answer = split.run(inputs);
    std::printf("%-8s %7.2f ms  %s\n", to_string(answer.path), answer.total_ns * 1e-6, answer.why.c_str());
  }
  return 0;
} catch (const dnntune::Error& e) {
  std::fprintf(stderr, "%s: %s\n", to_string(e.code()), e.what());
  return 1;
}
