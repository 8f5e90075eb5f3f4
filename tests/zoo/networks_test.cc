// SPDX-License-Identifier: Apache-2.0
// Every network of the zoo: builds, has its published shapes, counts and depth, and reproducible weights.
#include "zoo/zoo.h"

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "zoo/source_view.h"
#include "zoo/weights.h"

using namespace dnntune;
using zoo_test::SourceView;

namespace {

/// "image [1,3,224,224], mask [1,7]"
std::string text(const std::vector<TensorInfo>& values) {
  std::string result;
  for (const TensorInfo& value : values) result += (result.empty() ? "" : ", ") + value.name + " " + to_string(value.shape);
  return result;
}

std::int64_t macs_of(const Graph& graph, const std::string& op) {
  std::int64_t sum = 0;
  for (const LayerInfo& layer : graph.layers())
    if (layer.op.starts_with(op)) sum += layer.macs;
  return sum;
}

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

/// What was published of a network's inside.
struct Structure {
  std::map<std::string, int> layers;  ///< Depth by operator; a counted operator that is not named must not occur.
  std::int64_t statistics;            ///< Running means and variances of batch-norms.
  std::int64_t tables = 0;            ///< Constants that layers compute with, but nobody trained.
};

const std::map<std::string, Structure>& structures() {
  static const std::map<std::string, Structure> table{
      {"rnn_ptb_small", {{{"LSTM", 2}, {"Gemm", 1}}, 0}},
      {"rnn_ptb_medium", {{{"LSTM", 2}, {"Gemm", 1}}, 0}},
      {"deepspeech", {{{"Gemm", 5}, {"LSTM", 1}}, 0}},
      {"deepspeech_2048", {{{"Gemm", 5}, {"LSTM", 1}}, 0}},
      {"mnist_mlp", {{{"Gemm", 4}}, 0}},
      // 6 x (4 + 2 + 2) and 6 x (8 + 4 + 2) products: projections, attention, feed-forward
      {"transformer", {{{"MatMul", 132}, {"Gemm", 1}}, 0, 14 * 14 + 2}},  // mask; scales of attention and embedding
      {"inception_v1", {{{"Conv", 57}, {"Gemm", 1}}, 0}},
      {"inception_v3", {{{"Conv", 94}, {"Gemm", 1}}, 34432}},       // Keras: non-trainable parameters
      {"resnet50", {{{"Conv", 53}, {"Gemm", 1}}, 53120}},           // torchvision: 53 batch-norms, 26,560 channels
      {"vgg16", {{{"Conv", 13}, {"Gemm", 3}}, 0}},
      {"mobilenet_v1", {{{"Conv", 27}, {"Gemm", 1}}, 21888}},       // Keras
      {"mobilenet_v2", {{{"Conv", 52}, {"Gemm", 1}}, 34112}},       // Keras
      {"squeezenet_1_1", {{{"Conv", 26}}, 0}},
      {"shufflenet_v2_x0_5", {{{"Conv", 56}, {"Gemm", 1}}, 7952}},
      {"deeplab_v3", {{{"Conv", 55}}, 33088}},
      {"alexnet", {{{"Conv", 5}, {"Gemm", 3}}, 0}},
      {"lenet", {{{"Conv", 2}, {"Gemm", 2}}, 0}},
      {"asr_kaldi", {{{"Gemm", 7}}, 0}},
      {"senna_pos", {{{"Gemm", 2}}, 0}},
      {"senna_ner", {{{"Gemm", 2}}, 0}},
      {"senna_chk", {{{"Gemm", 2}}, 0}},
  };
  return table;
}

}  // namespace

TEST_CASE("names are unique, and every row is filled") {
  std::set<std::string_view> names;
  for (const zoo::Model& model : zoo::models()) {
    CAPTURE(model.name);
    CHECK(names.insert(model.name).second);
    CHECK(&zoo::find(model.name) == &model);
    CHECK_FALSE(model.title.empty());
    CHECK_FALSE(model.note.empty());
    CHECK(std::set<std::string_view>{"cnn", "lstm", "mlp", "transformer"}.contains(model.family));
    REQUIRE_FALSE(model.published.empty());
    for (const zoo::Published& figure : model.published) CHECK_FALSE(figure.source.empty());
  }
  CHECK(names.size() == structures().size());
}

TEST_CASE("an unknown name is not_found, and the message lists the names that exist") {
  try {
    zoo::build("resnet51");
    FAIL("built a network that does not exist");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::not_found);
    const std::string message = error.what();
    CHECK(message.find("'resnet51'") != std::string::npos);
    CHECK(message.find("resnet50") != std::string::npos);
  }
}

TEST_CASE("every network has its shapes, counts, depth and sound weights") {
  for (const zoo::Model& model : zoo::models()) {
    CAPTURE(model.name);
    const Graph graph = zoo::build(model.name, 1);
    CHECK(graph.name() == model.name);
    CHECK(text(graph.inputs()) == model.input);
    CHECK(text(graph.outputs()) == model.output);
    CHECK(graph.opset() == 17);
    CHECK(graph.unsupported().empty());

    const Structure& expected = structures().at(std::string(model.name));
    CHECK(graph.mac_count() == model.macs);
    const SourceView source = zoo_test::view(graph);
    CHECK(source.trained == model.parameters);
    CHECK(source.not_normal == 0);
    // A batch-norm folded into its convolution leaves one bias of its scale and bias.
    CHECK(graph.parameter_count() == model.parameters - source.statistics / 2 + expected.tables);
    for (const zoo::Published& figure : model.published) {
      CAPTURE(figure.source);
      const auto ours = static_cast<double>(figure.quantity == zoo::Quantity::macs ? model.macs : model.parameters);
      CHECK(std::abs(ours - figure.value) <= figure.tolerance * figure.value);
    }

    CHECK(source.statistics == expected.statistics);
    for (const char* op : {"Conv", "Gemm", "MatMul", "LSTM"}) {
      CAPTURE(op);
      const auto ours = source.nodes.find(op), wanted = expected.layers.find(op);
      CHECK((ours == source.nodes.end() ? 0 : ours->second) == (wanted == expected.layers.end() ? 0 : wanted->second));
    }

    CHECK(source.metadata.at("zoo_model") == model.name);
    CHECK(source.metadata.at("generator") == zoo::WeightSource::kName);
    CHECK(source.metadata.at("seed") == "1");
  }
}

TEST_CASE("the seed decides the weights, and nothing else does") {
  for (const zoo::Model& model : zoo::models()) {
    CAPTURE(model.name);
    const std::string hash = zoo::build(model.name, 1).hash();
    CHECK(zoo::build(model.name, 1).hash() == hash);
    CHECK(zoo::build(model.name, 2).hash() != hash);
  }
}

TEST_CASE("DNNTune's 14.8 M for the PTB model are its LSTMs and one step of the output layer") {
  const Graph graph = zoo::build("rnn_ptb_small");
  CHECK(static_cast<double>(macs_of(graph, "LSTM") + macs_of(graph, "Gemm") / 20) == doctest::Approx(14.8e6).epsilon(0.001));
}

TEST_CASE("places where papers cut exist by name, with the published sizes") {
  // DNNTune sends 25,088 elements behind MobileNet-V2's bottleneck_3_3.
  CHECK(zoo::build("mobilenet_v2").value("bottleneck_3_3").shape == Shape{1, 32, 28, 28});
  CHECK(zoo::build("shufflenet_v2_x0_5").value("max_pool").shape == Shape{1, 24, 56, 56});
  // Dilated from the fourth stage on: 65x65 to the end.
  const Graph deeplab = zoo::build("deeplab_v3");
  CHECK(deeplab.value("bottleneck_3_3").shape == Shape{1, 32, 65, 65});
  CHECK(deeplab.value("bottleneck_7_1").shape == Shape{1, 320, 65, 65});
}

TEST_CASE("README.md has each network with its counts") {
  std::ifstream file(DNNTUNE_ZOO_README);
  REQUIRE(file.good());
  std::set<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.insert(line);
  for (const zoo::Model& model : zoo::models()) {
    std::ostringstream row;
    row << "| `" << model.name << "` | " << model.title << " | " << model.family << " | " << model.input << " | " << model.output << " | "
        << with_commas(model.parameters) << " | " << with_commas(model.macs) << " |";
    CAPTURE(row.str());
    CHECK(lines.contains(row.str()));
  }
}
