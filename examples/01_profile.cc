// SPDX-License-Identifier: Apache-2.0
// 1. Load a network, measure every layer, classify real samples.
#include <algorithm>
#include <cstdio>
#include <string>

#include <dnntune/dnntune.h>

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/digits";
  const auto net = dnntune::load_onnx(folder + "/digits_cnn.onnx");
  const auto device = dnntune::Device::local();
  dnntune::Session session(net, device.processor("cpu:all"));
  std::puts(session.profile().table().c_str());

  // All held-out samples in one run: the batch dimension is open, so the session plans for it by itself.
  const auto images = dnntune::load_tensor(folder + "/test_images.npy");
  const auto labels = dnntune::load_tensor(folder + "/test_labels.npy");
  const auto logits = session.run({{"image", images}}).at("logits");
  int right = 0;
  for (std::size_t i = 0; i < labels.element_count(); ++i) {
    const auto row = logits.as<float>().subspan(i * 10, 10);
    right += std::max_element(row.begin(), row.end()) - row.begin() == labels.as<std::int64_t>()[i];
  }
  std::printf("accuracy: %d of %zu\n", right, labels.element_count());
  return 0;
} catch (const dnntune::Error& e) {
  std::fprintf(stderr, "%s: %s\n", to_string(e.code()), e.what());
  return 1;
}
