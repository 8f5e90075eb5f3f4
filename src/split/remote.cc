// SPDX-License-Identifier: Apache-2.0
#include "split/remote.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "split/url.h"

namespace dnntune {
namespace split {
namespace {

/// True when the suffix is the whole model: it takes the graph's inputs as they are.
bool is_whole(const Graph& graph, const SuffixSpec& spec) {
  if (spec.outputs.size() != graph.outputs().size()) return false;
  return std::all_of(spec.crossings.begin(), spec.crossings.end(), [&](const Crossing& crossing) {
    return crossing.encoding == WireEncoding::raw &&
           std::any_of(graph.inputs().begin(), graph.inputs().end(), [&](const TensorInfo& info) { return info.name == crossing.value; });
  });
}

bool shapes_match(const Shape& actual, const Shape& expected) {
  return actual.size() == expected.size() && std::equal(actual.begin(), actual.end(), expected.begin(), [](auto a, auto e) { return e < 0 || a == e; });
}

}  // namespace

RemoteSuffix::RemoteSuffix(const Graph& graph, SuffixSpec spec, const std::string& url, const ConnectOptions& options)
    : graph_(graph), spec_(std::move(spec)), client_(url, options) {}

bool RemoteSuffix::serves_whole(DeadlineNs deadline) {
  if (!is_whole(graph_, spec_)) return false;
  const HttpClient::Reply reply = client_.get("/v2/models/" + escape_path(graph_.name()), deadline);
  if (reply.status != 200) return false;
  try {
    const base::Json metadata = base::parse_json(reply.body, "model metadata");
    const auto parameters = base::get_or<base::Json>(metadata, "parameters", base::Json::object(), "model metadata");
    return base::get_or<std::string>(parameters, "dnntune.hash", "", "model metadata") == graph_.hash();
  } catch (const Error&) {
    return false;  // a foreign server: it is asked for the suffix by name
  }
}

void RemoteSuffix::find_model(DeadlineNs deadline) {
  if (!model_.empty()) return;
  if (serves_whole(deadline)) {
    model_ = graph_.name();
    return;
  }
  const std::string name = suffix_name(graph_, spec_);
  const std::string path = escape_path(name);
  if (client_.get("/v2/models/" + path + "/ready", deadline).status != 200) {
    base::Json values = base::Json::array(), encodings = base::Json::array();
    for (const Crossing& crossing : spec_.crossings) {
      values.push_back(crossing.value);
      encodings.push_back(to_string(crossing.encoding));
    }
    const base::Json request = {{"parameters", {{"dnntune.base", graph_.name()}, {"dnntune.cut", values}, {"dnntune.encodings", encodings}, {"dnntune.outputs", spec_.outputs}}}};
    const HttpClient::Reply reply = client_.post_json("/v2/repository/models/" + path + "/load", request, deadline);
    if (reply.status != 200)
      throw Error(ErrorCode::network, fmt::format("the server neither has '{}' nor can cut it: {}", name, describe_failure(reply)));
  }
  model_ = name;
}

Tensors RemoteSuffix::run(const Tensors& crossing, DeadlineNs deadline) {
  compute_ns_ = 0.0;
  find_model(deadline);
  std::vector<NamedTensor> inputs;
  for (const Crossing& c : spec_.crossings) inputs.push_back({entry_name(c), encode(crossing.at(c.value), c.encoding)});
  try {
    Response response = client_.infer(model_, inputs, spec_.outputs, deadline);
    compute_ns_ = response.compute_ns;
    return check(std::move(response.outputs));
  } catch (const Error&) {
    model_.clear();  // the server may have been restarted or have dropped the suffix: look again next time
    throw;
  }
}

Tensors RemoteSuffix::check(std::vector<NamedTensor> outputs) const {
  Tensors result;
  for (NamedTensor& item : outputs) result[item.name] = std::move(item.tensor);
  for (const std::string& name : spec_.outputs) {
    const auto it = result.find(name);
    if (it == result.end()) throw Error(ErrorCode::network, fmt::format("the server's answer lacks output '{}'", name));
    const auto& infos = graph_.outputs();
    const TensorInfo& expected = *std::find_if(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == name; });
    if (it->second.type() != expected.type || !shapes_match(it->second.shape(), expected.shape))
      throw Error(ErrorCode::network, fmt::format("the server's output '{}' is {} {}, not {} {}", name, to_string(it->second.type()),
                                                  to_string(it->second.shape()), to_string(expected.type), to_string(expected.shape)));
  }
  if (result.size() != spec_.outputs.size()) throw Error(ErrorCode::network, "the server's answer has outputs that were not asked for");
  return result;
}

}  // namespace split

Profile remote_profile(const std::string& url, const Graph& graph, const ConnectOptions& options) {
  // The server measures at the first request; this is far beyond its budget.
  static constexpr double kPatienceSeconds = 120.0;
  split::HttpClient client(url, options);
  const auto deadline = base::now_ns() + static_cast<std::int64_t>(base::ns(kPatienceSeconds));
  const auto reply = client.get("/v2/models/" + split::escape_path(graph.name()) + "/dnntune/profile", deadline);
  if (reply.status == 404) throw Error(ErrorCode::not_found, fmt::format("{}: {}", url, split::describe_failure(reply)));
  if (reply.status != 200) throw Error(ErrorCode::network, fmt::format("{}: {}", url, split::describe_failure(reply)));
  Profile profile;
  try {
    profile = Profile::from_json(reply.body);
  } catch (const Error& e) {
    throw Error(ErrorCode::network, fmt::format("{}: unusable profile: {}", url, e.what()));
  }
  if (profile.model_hash != graph.hash())
    throw Error(ErrorCode::not_found, fmt::format("{}: its model '{}' has hash {}, ours has {}", url, graph.name(), profile.model_hash, graph.hash()));
  return profile;
}

}  // namespace dnntune
