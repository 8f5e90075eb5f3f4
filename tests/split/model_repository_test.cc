// SPDX-License-Identifier: Apache-2.0
// Model repositories for other servers: layouts, configuration, names, what is refused, and that nothing is left half-done.
#include "dnntune/model_repository.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/json.h"
#include "digits.h"
#include "split/engine_config.h"

using namespace dnntune;
using namespace dnntune::test;
namespace fs = std::filesystem;

namespace {

/// A folder of the test's own.
struct Scratch {
  Scratch() {
    std::string text = (fs::temp_directory_path() / "dnntune_repository_XXXXXX").string();
    REQUIRE(::mkdtemp(text.data()) != nullptr);
    path = text;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

std::string text_of(const fs::path& path) {
  std::ifstream stream(path);
  REQUIRE(stream.good());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

/// Every file below `folder`, as text; folders do not count.
std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = text_of(entry.path());
  return files;
}

std::vector<Deployment> all_cuts(const Graph& graph, WireEncoding encoding = WireEncoding::raw) {
  std::vector<Deployment> deployments;
  for (const CutPoint& cut : graph.cut_points())
    if (cut.position < static_cast<int>(graph.layers().size())) deployments.push_back(plan_at(graph, cut, encoding).chosen);
  return deployments;
}

RepositoryOptions for_engine(Engine engine) {
  RepositoryOptions options;
  options.engine = engine;
  return options;
}

}  // namespace

TEST_CASE("each engine finds its files where it looks, and they are the suffixes") {
  const Graph graph = digits("digits_cnn");
  const std::vector<Deployment> cuts = all_cuts(graph);
  for (const Engine engine : {Engine::plain, Engine::triton, Engine::kserve, Engine::ovms}) {
    CAPTURE(to_string(engine));
    const Scratch scratch;
    const fs::path folder = scratch.path / "made" / "here";
    const auto models = write_model_repository(graph, cuts, folder, for_engine(engine));
    REQUIRE(models.size() == cuts.size());
    std::size_t expected = cuts.size();
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      CHECK(models[i].name == suffix_name(graph, cuts[i]));
      CHECK(models[i].file == (engine == Engine::plain ? folder / (models[i].name + ".onnx") : folder / "models" / models[i].name / "1" / "model.onnx"));
      CHECK(load_onnx(models[i].file).hash() == suffix_graph(graph, cuts[i]).hash());
      if (engine == Engine::triton || engine == Engine::kserve) {
        CHECK(text_of(folder / "models" / models[i].name / "config.pbtxt") == split::triton_config(models[i].name, suffix_graph(graph, cuts[i])));
        ++expected;
      }
    }
    if (engine == Engine::kserve) CHECK(text_of(folder / "inference_service.yaml").find("storageUri: \"s3://BUCKET/PATH/models\"") != std::string::npos);
    if (engine == Engine::ovms) {
      const base::Json list = base::parse_json(text_of(folder / "config.json"), "config.json")["model_config_list"];
      REQUIRE(list.size() == cuts.size());
      for (const base::Json& entry : list) CHECK(fs::exists(folder / std::string(entry["config"]["base_path"]) / "1" / "model.onnx"));
    }
    expected += engine == Engine::kserve || engine == Engine::ovms ? 1 : 0;
    CHECK(files_below(folder).size() == expected);  // and nothing else, no temporary file either
  }
}

TEST_CASE("a Triton configuration has every input and output with its type and whole shape") {
  const Graph graph = digits("digits_mlp");
  for (const WireEncoding encoding : {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8}) {
    const Deployment cut = middle_plan(graph, encoding).chosen;
    const Graph suffix = suffix_graph(graph, cut);
    const std::string text = split::triton_config(suffix_name(graph, cut), suffix);
    CAPTURE(text);
    CHECK(text.find("platform: \"onnxruntime_onnx\"\nmax_batch_size: 0\n") != std::string::npos);
    CHECK(text.find(fmt::format("name: \"{}\"\n", suffix_name(graph, cut))) != std::string::npos);
    const char* type = encoding == WireEncoding::raw ? "FP32" : encoding == WireEncoding::fp16 ? "FP16" : "INT8";
    CHECK(text.find(fmt::format("input {{\n  name: \"{}\"\n  data_type: TYPE_{}\n  dims: [ ", suffix.inputs().front().name, type)) != std::string::npos);
    CHECK(text.find("output {\n  name: \"logits\"\n  data_type: TYPE_FP32\n  dims: [ ") != std::string::npos);
    if (encoding == WireEncoding::int8) {
      CHECK(text.find(".int8.scale\"\n  data_type: TYPE_FP32\n  dims: [ 1 ]\n") != std::string::npos);
      CHECK(text.find(".int8.zero_point\"\n  data_type: TYPE_INT8\n  dims: [ 1 ]\n") != std::string::npos);
    }
  }
  GraphBuilder builder("odd \"name\"\\");
  builder.output(builder.node("Relu", {builder.input("a\"b\\c\n", DataType::float32, {2, 3})}));
  const std::string text = split::triton_config("m", builder.build());
  CHECK(text.find("name: \"a\\\"b\\\\c\\x0a\"\n  data_type: TYPE_FP32\n  dims: [ 2, 3 ]\n") != std::string::npos);
}

TEST_CASE("a KServe manifest has a name that Kubernetes takes, and the replicas asked for") {
  RepositoryOptions options = for_engine(Engine::kserve);
  options.min_replicas = 3;
  options.max_replicas = 40;
  options.requests_per_replica = 7;
  options.storage_uri = "gs://a/b";
  for (const std::string& name : {std::string("Mixed_Case"), std::string("9lives"), std::string("--"), std::string(200, 'x')}) {
    GraphBuilder builder(name);
    builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {1})}));
    const Graph graph = builder.build();
    const std::string text = split::kserve_manifest(graph, options);
    const std::size_t at = text.find("  name: ") + 8;
    const std::string service = text.substr(at, text.find('\n', at) - at);
    CAPTURE(service);
    CHECK(service.size() <= 63);
    CHECK(service.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
    CHECK((service.front() >= 'a' && service.front() <= 'z'));
    CHECK(service.ends_with("-" + graph.hash().substr(0, 8)));
    for (const char* line : {"protocolVersion: v2", "minReplicas: 3", "maxReplicas: 40", "autoscaling.knative.dev/target: \"7\"", "storageUri: \"gs://a/b\""})
      CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("what is there already is kept unless it may be replaced") {
  const Graph graph = digits("digits_mlp");
  const std::vector<Deployment> cuts = all_cuts(graph);
  REQUIRE(cuts.size() >= 2);
  for (const Engine engine : {Engine::plain, Engine::triton, Engine::kserve, Engine::ovms}) {
    CAPTURE(to_string(engine));
    const Scratch scratch;
    RepositoryOptions options = for_engine(engine);
    write_model_repository(graph, {&cuts[0], 1}, scratch.path, options);
    const auto before = files_below(scratch.path);
    check_error(ErrorCode::invalid_argument, suffix_name(graph, cuts[0]), [&] { write_model_repository(graph, cuts, scratch.path, options); });
    CHECK(files_below(scratch.path) == before);
    write_model_repository(graph, {&cuts[1], 1}, scratch.path, options);  // another cut finds room beside it
    for (const auto& [name, text] : before)
      if (name != "config.json") CHECK(files_below(scratch.path).at(name) == text);
    options.replace = true;
    const auto models = write_model_repository(graph, {&cuts[0], 1}, scratch.path, options);
    CHECK(load_onnx(models.front().file).hash() == suffix_graph(graph, cuts[0]).hash());
    if (engine == Engine::ovms) CHECK(base::parse_json(text_of(scratch.path / "config.json"), "list")["model_config_list"].size() == 2);
  }
  const Scratch scratch;
  write(scratch.path / "inference_service.yaml", "edited: by hand\n");
  check_error(ErrorCode::invalid_argument, "inference_service.yaml", [&] { write_model_repository(graph, cuts, scratch.path, for_engine(Engine::kserve)); });
  CHECK(text_of(scratch.path / "inference_service.yaml") == "edited: by hand\n");
  const std::string other = R"({"model_config_list": [{"config": {"name": "theirs", "base_path": "/m", "nireq": 2}}], "monitoring": {"metrics": {"enable": true}}})";
  write(scratch.path / "config.json", other);
  write_model_repository(graph, {&cuts[0], 1}, scratch.path, for_engine(Engine::ovms));
  const base::Json merged = base::parse_json(text_of(scratch.path / "config.json"), "list");
  CHECK(merged["model_config_list"][0] == base::parse_json(other, "list")["model_config_list"][0]);
  CHECK(merged["model_config_list"].size() == 2);
  CHECK(merged["monitoring"]["metrics"]["enable"] == true);
  for (const char* wrong : {"{", "[]", R"({"model_config_list": [1]})", R"({"model_config_list": [{"config": {}}]})", R"({"model_config_list": [{"config": {"name": 1}}]})"}) {
    write(scratch.path / "config.json", wrong);
    check_error(ErrorCode::invalid_argument, "config.json", [&] { write_model_repository(graph, {&cuts[1], 1}, scratch.path, for_engine(Engine::ovms)); });
    CHECK(text_of(scratch.path / "config.json") == wrong);
    CHECK(!fs::exists(scratch.path / "models" / suffix_name(graph, cuts[1])));
  }
}

TEST_CASE("a failure leaves what was there, and nothing else") {
  const Graph graph = digits("digits_mlp");
  const std::vector<Deployment> cuts = all_cuts(graph);
  const Scratch scratch;
  RepositoryOptions options = for_engine(Engine::ovms);
  options.replace = true;
  write_model_repository(graph, {&cuts[0], 1}, scratch.path, options);
  fs::create_directories(scratch.path / "models" / suffix_name(graph, cuts[0]) / "2");
  write(scratch.path / "models" / suffix_name(graph, cuts[0]) / "2" / "theirs", "kept");
  fs::remove(scratch.path / "config.json");
  fs::create_symlink("/nowhere/at/all", scratch.path / "config.json");  // cannot be read
  const auto before = files_below(scratch.path);
  check_error(ErrorCode::not_found, "config.json", [&] { write_model_repository(graph, cuts, scratch.path, options); });
  CHECK(files_below(scratch.path) == before);

  // A file is in the way of the folder.
  const Scratch second;
  write(second.path / "models", "a file");
  check_error(ErrorCode::io, "models", [&] { write_model_repository(graph, cuts, second.path, for_engine(Engine::triton)); });
  CHECK(files_below(second.path).size() == 1);
  check_error(ErrorCode::io, "/proc", [&] { write_model_repository(graph, cuts, "/proc/no_such_folder", for_engine(Engine::plain)); });
}

TEST_CASE("deployments, options and values that cannot be are refused before anything is written") {
  const Graph graph = digits("digits_mlp");
  const Scratch scratch;
  const auto refused = [&](ErrorCode code, const std::string& part, const Graph& of, const std::vector<Deployment>& deployments, const RepositoryOptions& options) {
    check_error(code, part, [&] { write_model_repository(of, deployments, scratch.path / "never", options); });
    CHECK(!fs::exists(scratch.path / "never"));
  };
  refused(ErrorCode::invalid_argument, "no deployment", graph, {}, for_engine(Engine::triton));
  refused(ErrorCode::invalid_argument, "nothing runs in the cloud", graph, {plan_at(graph, graph.cut_points().back()).chosen}, for_engine(Engine::triton));
  refused(ErrorCode::invalid_argument, "layers", graph, {cloud_plan(digits("digits_cnn")).chosen}, for_engine(Engine::triton));
  const auto with = [](auto change) {
    RepositoryOptions options = for_engine(Engine::kserve);
    change(options);
    return options;
  };
  const std::vector<Deployment> cut = {cloud_plan(graph).chosen};
  refused(ErrorCode::invalid_argument, "replicas", graph, cut, with([](RepositoryOptions& o) { o.min_replicas = -1; }));
  refused(ErrorCode::invalid_argument, "replicas", graph, cut, with([](RepositoryOptions& o) { o.max_replicas = 0; }));
  refused(ErrorCode::invalid_argument, "replicas", graph, cut, with([](RepositoryOptions& o) { o.min_replicas = 9; }));
  refused(ErrorCode::invalid_argument, "replicas", graph, cut, with([](RepositoryOptions& o) { o.requests_per_replica = 0; }));
  refused(ErrorCode::invalid_argument, "storage_uri", graph, cut, with([](RepositoryOptions& o) { o.storage_uri = ""; }));
  check_error(ErrorCode::not_found, "plain, triton, kserve, ovms", [] { engine_named("torchserve"); });
  for (const Engine engine : {Engine::plain, Engine::triton, Engine::kserve, Engine::ovms}) CHECK(engine_named(to_string(engine)) == engine);

  GraphBuilder builder("scalar");
  builder.output(builder.node("Abs", {builder.input("x", DataType::float32, {})}));
  const Graph scalar = builder.build();
  for (const Engine engine : {Engine::triton, Engine::kserve}) refused(ErrorCode::unsupported, "'x' has no dimensions", scalar, {cloud_plan(scalar).chosen}, for_engine(engine));
  CHECK(write_model_repository(scalar, std::vector{cloud_plan(scalar).chosen}, scratch.path, for_engine(Engine::plain)).size() == 1);
}

TEST_CASE("the same suffix twice is written once") {
  const Graph graph = digits("digits_lstm");
  const Scratch scratch;
  CHECK(write_model_repository(graph, std::vector{middle_plan(graph).chosen, middle_plan(graph).chosen}, scratch.path, for_engine(Engine::triton)).size() == 1);
}

TEST_CASE("state that the network takes and gives crosses as inputs and outputs of the suffix") {
  constexpr std::int64_t kFeatures = 3, kHidden = 4, kSteps = 2;
  GraphBuilder builder("streaming");
  const auto weights = [](Shape shape) {
    std::int64_t count = 1;
    for (const std::int64_t d : shape) count *= d;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(static_cast<int>(i * 7 % 11) - 5) * 0.1f;
    return Tensor::from<float>(shape, values);
  };
  const std::string x = builder.node("Tanh", {builder.input("x", DataType::float32, {kSteps, 1, kFeatures})}, {}, "entry");
  const std::string h = builder.input("h", DataType::float32, {1, 1, kHidden}), c = builder.input("c", DataType::float32, {1, 1, kHidden});
  const std::vector<std::string> made = builder.node_multi("LSTM", {x, builder.constant("w", weights({1, 4 * kHidden, kFeatures})), builder.constant("r", weights({1, 4 * kHidden, kHidden})), "", "", h, c}, 3,
                                                           {{"hidden_size", kHidden}}, "lstm");
  for (const std::string& output : made) builder.output(output);
  const Graph graph = builder.build();
  const Plan plan = plan_at(graph, 1, {x, h, c});
  const Graph suffix = suffix_graph(graph, plan.chosen);
  CHECK(suffix.inputs().size() == 3);
  CHECK(suffix.outputs().size() == 3);
  const std::string config = split::triton_config("streaming", suffix);
  for (const std::string& name : {h, c}) CHECK(config.find(fmt::format("input {{\n  name: \"{}\"\n  data_type: TYPE_FP32\n  dims: [ 1, 1, 4 ]\n}}", name)) != std::string::npos);
  for (std::size_t i = 1; i < 3; ++i) CHECK(config.find(fmt::format("output {{\n  name: \"{}\"\n  data_type: TYPE_FP32\n  dims: [ 1, 1, 4 ]\n}}", made[i])) != std::string::npos);

  // The state comes home with one answer and goes out with the next request; the server keeps none.
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  SplitSession session(graph, plan, server.url(), patient());
  Tensors split_inputs = random_inputs(graph, 3), whole_inputs = split_inputs;
  for (int step = 0; step < 3; ++step) {
    const SplitResult result = session.run(split_inputs);
    CHECK(result.path == Path::split);
    const Tensors whole = run_here(graph, whole_inputs);
    check_same(result.outputs, whole);
    for (const auto& [inputs, outputs] : {std::pair{&split_inputs, &result.outputs}, std::pair{&whole_inputs, &whole}}) {
      inputs->at("h") = outputs->at(made[1]);
      inputs->at("c") = outputs->at(made[2]);
    }
  }
}
