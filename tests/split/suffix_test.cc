// SPDX-License-Identifier: Apache-2.0
// Names of suffixes, and suffixes as files that any engine can host.
#include "split/suffix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "digits.h"
#include "split/codec.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("a suffix's name is stable, safe in a URL and different for each cut") {
  std::set<std::string> names;
  for (const char* file : kDigits) {
    const Graph graph = digits(file), again = digits(file);
    for (const CutPoint& cut : graph.cut_points()) {
      if (cut.position == static_cast<int>(graph.layers().size())) continue;
      for (const WireEncoding encoding : {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8}) {
        const std::string name = suffix_name(graph, plan_at(graph, cut, encoding).chosen);
        CHECK(name == suffix_name(again, plan_at(again, cut, encoding).chosen));
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == std::string::npos);
        CHECK(name.find(graph.hash().substr(0, 8)) != std::string::npos);
        CHECK(names.insert(name).second);
      }
    }
  }
}

TEST_CASE("any model name becomes a safe and short one") {
  for (const std::string& name : {std::string("a b/c?d%e"), std::string("../../etc"), std::string("\xff\x01"), std::string(1000, 'x')}) {
    GraphBuilder builder(name);
    builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {1})}));
    const std::string safe = split::identity(builder.build());
    CHECK(safe.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos);
    CHECK(safe.find("..") == std::string::npos);
    CHECK(safe.size() < 120);
  }
}

TEST_CASE("a suffix survives being saved and loaded, and computes the same") {
  for (const char* file : kDigits) {
    const Graph graph = digits(file);
    const Tensors inputs = random_inputs(graph, 5);
    for (const CutPoint& cut : graph.cut_points()) {
      if (cut.position == static_cast<int>(graph.layers().size())) continue;
      for (const WireEncoding encoding : {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8}) {
        CAPTURE(file);
        CAPTURE(cut.position);
        const Deployment deployment = plan_at(graph, cut, encoding).chosen;
        const Graph suffix = suffix_graph(graph, deployment);
        const Graph loaded = parse_onnx(serialize_onnx(suffix));
        const Tensors known = cut.position == 0 ? inputs : run_here(graph.extract({graph.inputs().front().name}, cut.values), inputs);
        Tensors crossing;
        for (const Crossing& c : deployment.crossings)
          for (const split::NamedTensor& entry : split::encode(known.at(c.value), c)) crossing[entry.name] = entry.tensor;
        const Tensors outputs = run_here(suffix, crossing);
        check_same(run_here(loaded, crossing), outputs);
        if (encoding == WireEncoding::raw) check_same(outputs, run_here(graph, inputs));
        else CHECK(loaded.inputs().front().type == (encoding == WireEncoding::fp16 ? DataType::float16 : DataType::int8));
        CHECK(loaded.inputs().size() == (encoding == WireEncoding::int8 ? 3u : 1u) * deployment.crossings.size());
      }
    }
  }
}

TEST_CASE("what cannot be a suffix is refused") {
  const Graph graph = digits("digits_mlp");
  check_error(ErrorCode::invalid_argument, "nothing runs in the cloud", [&] { suffix_graph(graph, plan_at(graph, graph.cut_points().back()).chosen); });
  Deployment deployment = middle_plan(graph).chosen;
  deployment.tiers.pop_back();
  check_error(ErrorCode::invalid_argument, "layers", [&] { suffix_graph(graph, deployment); });
  deployment = middle_plan(graph).chosen;
  deployment.crossings.front().value = "no such value";
  check_error(ErrorCode::invalid_argument, "no such value", [&] { suffix_graph(graph, deployment); });
  deployment = middle_plan(graph).chosen;
  deployment.crossings.clear();
  check_error(ErrorCode::invalid_argument, "missing", [&] { suffix_graph(graph, deployment); });

  GraphBuilder builder("integers");
  const std::string x = builder.input("x", DataType::int32, {3});
  builder.output(builder.node("Abs", {x}));
  const Graph integers = builder.build();
  Deployment half = cloud_plan(integers).chosen;
  half.crossings.front().encoding = WireEncoding::fp16;
  check_error(ErrorCode::invalid_argument, "fp16", [&] { suffix_graph(integers, half); });
}

TEST_CASE("int8: every element within a scale of itself, zero exact, and what has no scale is refused by name") {
  const Crossing crossing{"v", WireEncoding::int8, 0};
  const float huge = std::numeric_limits<float>::max(), tiny = 1e-42f;
  const std::vector<std::vector<float>> samples = {{0.0f, 0.0f}, {-1.0f, 0.0f, 1.0f}, {3.0f, 4.0f, 5.0f, 0.0f}, {-7.0f, -6.5f, 0.0f}, {0.0f, 1000.0f, -0.001f}, {-huge, 0.0f, huge}, {0.0f, tiny}};
  for (const std::vector<float>& values : samples) {
    const auto encoded = split::encode(Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values), crossing);
    REQUIRE(encoded.size() == 3);
    CHECK(encoded[0].name == "v.int8");
    CHECK(encoded[1].name == "v.int8.scale");
    CHECK(encoded[2].name == "v.int8.zero_point");
    const auto bytes = encoded[0].tensor.as<std::int8_t>();
    const double scale = encoded[1].tensor.as<float>()[0], zero = encoded[2].tensor.as<std::int8_t>()[0];
    CHECK(scale > 0.0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(values[i]);
      const double decoded = scale * (bytes[i] - zero);
      CHECK(std::abs(decoded - values[i]) <= scale * 1.0001);
      if (values[i] == 0.0f) CHECK(decoded == 0.0);
    }
  }
  for (const float odd : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    check_error(ErrorCode::unsupported, "'v'", [&] { split::encode(Tensor::from<float>({2}, std::vector<float>{1.0f, odd}), crossing); });
}
