// SPDX-License-Identifier: Apache-2.0
// Old forms whose meaning, not only their spelling, differs: run to the end.
#include <numeric>

#include "dnntune/device.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "onnx/reading.h"

using namespace dnntune;
using proto::attr;

namespace {

std::vector<float> run(const proto::Model& m, const Tensor& x) {
  const std::string bytes = m.bytes();
  Session session(parse_onnx(proto::bytes(bytes)), Device::local().processor("cpu:all x1"));
  const Tensors outputs = session.run({{"x", x}});
  const auto y = outputs.at("y").as<float>();
  return {y.begin(), y.end()};
}

/// x [1,2,2,2] -> 1x1 convolution -> Softmax, so that the image is in channels-last order before it.
proto::Model softmax_of_image(std::int64_t opset) {
  proto::Model m;
  m.opset = opset;
  m.inputs = {proto::value("x", 1, {1, 2, 2, 2})};
  m.initialisers = {proto::floats("w", {2, 2, 1, 1}, {1, 0, 0, 1})};
  m.nodes = {proto::node("Conv", {"x", "w"}, {"c"}), proto::node("Softmax", {"c"}, {"y"}, {attr("axis", std::int64_t{1})})};
  m.outputs = {proto::value("y", 1, {1, 2, 2, 2})};
  return m;
}

}  // namespace

TEST_CASE("Softmax before opset 13 is over everything from its axis on") {
  const Tensor x = Tensor::from<float>({1, 2, 2, 2}, std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
  const auto old = run(softmax_of_image(11), x);
  CHECK(std::accumulate(old.begin(), old.end(), 0.0f) == doctest::Approx(1.0));
  const auto now = run(softmax_of_image(13), x);
  CHECK(std::accumulate(now.begin(), now.end(), 0.0f) == doctest::Approx(4.0));  // one at each of four pixels
  CHECK(old[7] == doctest::Approx(0.632333));  // (1 - 1/e) / (1 - 1/e^8)
}

TEST_CASE("Resize of opset 10 rounds up when it shrinks and down when it grows") {
  proto::Model m;
  m.opset = 10;
  m.inputs = {proto::value("x", 1, {1, 1, 1, 4})};
  m.initialisers = {proto::floats("s", {4}, {1, 1, 1, 0.6f})};
  m.nodes = {proto::node("Resize", {"x", "s"}, {"y"}, {attr("mode", "nearest")})};
  m.outputs = {proto::value("y")};
  const Tensor x = Tensor::from<float>({1, 1, 1, 4}, std::vector<float>{1, 2, 3, 4});
  CHECK(run(m, x) == std::vector<float>{1, 3});
  m.initialisers = {proto::floats("s", {4}, {1, 1, 1, 2})};
  CHECK(run(m, x) == std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4});
}

TEST_CASE("operands of opset 6 line up at their axis") {
  proto::Model m;
  m.opset = 6;
  m.inputs = {proto::value("x", 1, {1, 2, 1, 2})};
  m.initialisers = {proto::floats("b", {2}, {10, 20})};
  m.nodes = {proto::node("Add", {"x", "b"}, {"y"}, {attr("broadcast", std::int64_t{1}), attr("axis", std::int64_t{1})})};
  m.outputs = {proto::value("y")};
  CHECK(run(m, Tensor::from<float>({1, 2, 1, 2}, std::vector<float>{1, 2, 3, 4})) == std::vector<float>{11, 12, 23, 24});
}
