// SPDX-License-Identifier: Apache-2.0
#include "accuracy/accuracy.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/plan_at.h"

namespace dnntune::accuracy {
namespace {

constexpr const char* kNetworks[] = {"digits_mlp", "digits_cnn", "digits_lstm"};
constexpr std::string_view kTitle = "| network | what crosses |";

using Run = std::function<Tensors(const Tensors&)>;

Processor one_thread() { return Device::local().processor("cpu:all x1"); }

std::vector<std::string> names(const std::vector<TensorInfo>& infos) {
  std::vector<std::string> all;
  for (const TensorInfo& info : infos) all.push_back(info.name);
  return all;
}

/// Through the wire.
Run carried(const Graph& graph, const CutPoint& cut, WireEncoding encoding, const Server& server) {
  SplitOptions patient;
  patient.deadline_s = patient.connect.connect_timeout_s = 60.0;
  const auto session = std::make_shared<SplitSession>(graph, harness::plan_at(graph, cut, encoding), server.url(), patient);
  return [session](const Tensors& inputs) {
    SplitResult result = session->run(inputs);
    if (result.path == Path::fallback) throw Error(ErrorCode::network, fmt::format("the server did not answer: {}", result.why));
    return std::move(result.outputs);
  };
}

/// To the nearest of `levels` that spread the range, 0 among them, as the wire's int8 does with 256.
void round_to(std::span<float> values, int levels) {
  float low = 0.0f, high = 0.0f;
  for (const float x : values) {
    low = std::min(low, x);
    high = std::max(high, x);
  }
  const float most = static_cast<float>(levels - 1), scale = (high - low) / most;
  if (scale == 0.0f) return;
  const float zero = std::clamp(std::nearbyint(-low / scale), 0.0f, most);
  for (float& x : values) x = scale * (std::clamp(std::nearbyint(x / scale) + zero, 0.0f, most) - zero);
}

/// Both halves here, with what crosses rounded in between.
Run rounded(const Graph& graph, const CutPoint& cut, int levels) {
  const auto suffix = std::make_shared<Session>(graph.extract(cut.values, names(graph.outputs())), one_thread());
  std::vector<std::string> made;  // by the prefix; at the first cut nothing is
  for (const std::string& value : cut.values)
    if (const auto given = names(graph.inputs()); std::find(given.begin(), given.end(), value) == given.end()) made.push_back(value);
  const auto prefix = made.empty() ? nullptr : std::make_shared<Session>(graph.extract(names(graph.inputs()), made), one_thread());
  return [=, values = cut.values](const Tensors& inputs) {
    Tensors known = inputs;
    if (prefix)
      for (const auto& [name, tensor] : prefix->run(inputs)) known.insert_or_assign(name, tensor);
    Tensors crossing;
    for (const std::string& value : values) {
      Tensor copy = known.at(value).clone();
      if (copy.type() == DataType::float32) round_to(copy.as_mutable<float>(), levels);
      crossing.emplace(value, std::move(copy));
    }
    return suffix->run(crossing);
  };
}

int count_right(const Run& run, const Graph& graph, std::span<const float> images, std::span<const std::int64_t> labels) {
  const TensorInfo& input = graph.inputs().front();
  const std::size_t size = images.size() / labels.size();
  int right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Tensors outputs = run({{input.name, Tensor::from<float>(input.shape, images.subspan(i * size, size))}});
    const auto scores = outputs.begin()->second.as<float>();
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == labels[i];
  }
  return right;
}

std::string describe(const Graph& graph, const CutPoint& cut) {
  std::vector<std::string> parts;
  for (const std::string& value : cut.values) parts.push_back(fmt::format("`{}` {}", value, to_string(graph.value(value).shape)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// The number at `at`, which moves behind it.
int take_number(const std::string& text, std::size_t& at) {
  int number = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at) number = number * 10 + (text[at] - '0');
  return number;
}

}  // namespace

const std::vector<WireEncoding>& encodings() {
  static const std::vector<WireEncoding> all = {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8, WireEncoding::int4};
  return all;
}

Table measure(const std::filesystem::path& digits) {
  static constexpr int kLevelsOf4Bits = 16;
  const Tensor images = load_tensor(digits / "test_images.npy"), labels = load_tensor(digits / "test_labels.npy");
  Table table;
  table.images = static_cast<int>(labels.element_count());
  for (const char* name : kNetworks) {
    const Graph graph = load_onnx(digits / fmt::format("{}.onnx", name));
    Server server(one_thread());
    server.add_model(graph);
    server.start();
    for (const CutPoint& cut : graph.cut_points()) {
      if (cut.position >= static_cast<int>(graph.layers().size())) continue;  // nothing crosses
      Row row{name, describe(graph, cut), {}};
      for (const WireEncoding encoding : encodings()) {
        const Run run = encoding == WireEncoding::int4 ? rounded(graph, cut, kLevelsOf4Bits) : carried(graph, cut, encoding, server);
        Outcome outcome{count_right(run, graph, images.as<float>(), labels.as<std::int64_t>()), 0};
        const Plan plan = harness::plan_at(graph, cut, encoding);
        for (const Crossing& crossing : plan.chosen.crossings) outcome.bytes += crossing.bytes;
        row.outcomes.push_back(outcome);
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

std::string markdown(const Table& table) {
  std::string text = fmt::format("{} FP32 | FP16 | 8 bits | 4 bits |\n|---|---|---|---|---|---|\n", kTitle);
  for (const Row& row : table.rows) {
    text += fmt::format("| {} | {} |", row.network, row.values);
    for (const Outcome& outcome : row.outcomes) text += fmt::format(" {}/{} ({} B) |", outcome.right, table.images, outcome.bytes);
    text += "\n";
  }
  return text;
}

std::vector<std::string> table_in(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw Error(ErrorCode::not_found, fmt::format("'{}' cannot be read", file.string()));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (lines.empty() && !line.starts_with(kTitle)) continue;
    if (!line.starts_with('|')) break;
    lines.push_back(line);
  }
  return lines;
}

std::string difference(const std::string& line, const std::string& other, int allowance) {
  std::size_t a = 0, b = 0;
  while (a < line.size() && b < other.size()) {
    if (std::isdigit(static_cast<unsigned char>(line[a])) && std::isdigit(static_cast<unsigned char>(other[b]))) {
      const int ours = take_number(line, a), theirs = take_number(other, b);
      const bool is_count = line.substr(a, 1) == "/";
      if (std::abs(ours - theirs) > (is_count ? allowance : 0)) return fmt::format("{} and {} in\n  {}\n  {}", ours, theirs, line, other);
    } else if (line[a++] != other[b++]) {
      return fmt::format("\n  {}\n  {}", line, other);
    }
  }
  return a == line.size() && b == other.size() ? "" : fmt::format("\n  {}\n  {}", line, other);
}

}  // namespace dnntune::accuracy
