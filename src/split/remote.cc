// SPDX-License-Identifier: Apache-2.0
#include "split/remote.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/checked.h"
#include "base/text.h"
#include "dnntune/error.h"
#include "split/codec.h"
#include "split/nan.h"
#include "split/url.h"

namespace dnntune {
namespace split {
namespace {

/// True when the suffix is the whole model: it takes the graph's inputs as they are.
bool is_whole(const Graph& graph, const SuffixSpec& spec) {
  if (spec.outputs.size() != graph.outputs().size() || spec.crossings.size() != graph.inputs().size()) return false;
  return std::all_of(spec.crossings.begin(), spec.crossings.end(), [&](const Crossing& crossing) {
    return crossing.encoding == WireEncoding::raw &&
           std::any_of(graph.inputs().begin(), graph.inputs().end(), [&](const TensorInfo& info) { return info.name == crossing.value; });
  });
}

bool shapes_match(const Shape& actual, const Shape& expected) {
  return actual.size() == expected.size() && std::equal(actual.begin(), actual.end(), expected.begin(), [](auto a, auto e) { return e < 0 || a == e; });
}

const TensorInfo& output_of(const Graph& graph, const std::string& name) {
  const auto& infos = graph.outputs();
  return *std::find_if(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == name; });
}

/// More than an honest answer takes, so that a server cannot fill the device's memory.
std::size_t reply_limit(const Graph& graph, const std::vector<std::string>& outputs) {
  static constexpr std::int64_t kHead = 1 << 20, kJsonElementBytes = 32, kOpenShape = std::int64_t{1} << 28;
  std::int64_t total = kHead;
  for (const std::string& name : outputs) {
    const Shape& shape = output_of(graph, name).shape;
    const bool open = std::any_of(shape.begin(), shape.end(), [](std::int64_t d) { return d < 0; });
    total = base::checked_add(total, open ? kOpenShape : base::checked_mul(base::element_count(shape, name), kJsonElementBytes, name), name);
  }
  return static_cast<std::size_t>(total);
}

}  // namespace

RemoteSuffix::RemoteSuffix(const Graph& graph, SuffixSpec spec, const std::string& url, const ConnectOptions& options)
    : graph_(graph), spec_(std::move(spec)), max_reply_bytes_(reply_limit(graph_, spec_.outputs)), client_(url, options) {}

bool RemoteSuffix::serves_whole(DeadlineNs deadline) {
  if (!is_whole(graph_, spec_)) return false;
  const HttpClient::Reply reply = client_.get("/v2/models/" + identity(graph_), deadline);
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
  found_anew_ = true;
  if (serves_whole(deadline)) {
    model_ = identity(graph_);
    return;
  }
  const std::string name = suffix_name(graph_, spec_);
  if (client_.get("/v2/models/" + name + "/ready", deadline).status != 200) {
    base::Json values = base::Json::array(), encodings = base::Json::array();
    for (const Crossing& crossing : spec_.crossings) {
      values.push_back(crossing.value);
      encodings.push_back(to_string(crossing.encoding));
    }
    const base::Json request = {{"parameters", {{"dnntune.base", identity(graph_)}, {"dnntune.cut", values}, {"dnntune.encodings", encodings}, {"dnntune.outputs", spec_.outputs}}}};
    const HttpClient::Reply reply = client_.post_json("/v2/repository/models/" + name + "/load", request, deadline);
    if (reply.status != 200)
      throw Error(ErrorCode::network, fmt::format("the server neither has '{}' nor can cut it: {}", name, describe_failure(reply)));
  }
  model_ = name;
}

void RemoteSuffix::probe(DeadlineNs deadline) {
  const HttpClient::Reply reply = client_.get("/v2/health/ready", deadline);
  if (reply.status != 200) throw Error(ErrorCode::network, fmt::format("the server is not ready: {}", describe_failure(reply)));
}

Tensors RemoteSuffix::run(const Tensors& crossing, DeadlineNs deadline, DeadlineNs busy_until) {
  compute_ns_ = wait_ns_ = infer_ns_ = retry_after_s_ = 0.0;
  found_anew_ = answered_nan_ = false;
  std::vector<NamedTensor> inputs;
  const std::int64_t start_ns = trace_.now();
  for (const Crossing& c : spec_.crossings)
    for (NamedTensor& entry : encode(crossing.at(c.value), c)) inputs.push_back(std::move(entry));
  trace_.add("encode", start_ns, trace_.now(), "values");
  try {
    HttpClient::Inference inference = infer_patiently(inputs, deadline, busy_until);
    Tensors outputs = check(std::move(inference.response.outputs));
    check_nan(crossing, outputs);
    compute_ns_ = std::max(inference.response.compute_ns, 0.0);
    wait_ns_ = std::max(inference.response.wait_ns, 0.0);
    infer_ns_ = static_cast<double>(client_.exchange_ns());
    return outputs;
  } catch (const Error&) {
    // Another server may be there the next time.
    model_.clear();
    client_.forget_server();
    throw;
  }
}

/// The layers may make one, or an encoding that overflows, or a machine that is out of order: the device finds out which.
void RemoteSuffix::check_nan(const Tensors& crossing, const Tensors& outputs) {
  const auto found = std::find_if(outputs.begin(), outputs.end(), [](const auto& entry) { return holds_nan(entry.second); });
  if (found == outputs.end() || holds_nan(crossing)) return;
  answered_nan_ = true;
  throw Error(ErrorCode::network, fmt::format("the server's output '{}' holds a NaN, and nothing that was sent does", found->first));
}

HttpClient::Inference RemoteSuffix::infer(const std::vector<NamedTensor>& inputs, DeadlineNs deadline) {
  const bool was_known = !model_.empty();
  find_model(deadline);
  HttpClient::Inference inference = client_.infer(model_, inputs, spec_.outputs, max_reply_bytes_, deadline);
  if (inference.reply.status == 404 && was_known) {
    // The server was restarted, or has dropped the suffix for others since: it can cut it again.
    model_.clear();
    find_model(deadline);
    inference = client_.infer(model_, inputs, spec_.outputs, max_reply_bytes_, deadline);
  }
  return inference;
}

HttpClient::Inference RemoteSuffix::infer_patiently(const std::vector<NamedTensor>& inputs, DeadlineNs deadline, DeadlineNs busy_until) {
  static constexpr int kBusy = 503;
  static constexpr double kLongest = 3600.0, kShortest = 1e-3;  // a pause of nothing would be a flood
  for (;;) {
    HttpClient::Inference inference = infer(inputs, deadline);
    if (inference.reply.status == 200) return inference;
    const double asked_s = inference.reply.status == kBusy ? inference.reply.retry_after_s : -1.0;
    const double pause_s = std::clamp(asked_s, kShortest, kLongest);
    if (asked_s < 0 || base::now_ns() + whole_ns(pause_s) > std::min(deadline, busy_until)) {
      retry_after_s_ = std::max(asked_s, 0.0);
      throw Error(ErrorCode::network, fmt::format("model '{}': {}", model_, describe_failure(inference.reply)));
    }
    const Trace::Step step(trace_, "pause", "the server is busy");
    std::this_thread::sleep_for(std::chrono::nanoseconds(whole_ns(pause_s)));
  }
}

Tensors RemoteSuffix::check(std::vector<NamedTensor> outputs) const {
  Tensors result;
  for (NamedTensor& item : outputs)
    if (!result.emplace(item.name, std::move(item.tensor)).second) throw Error(ErrorCode::network, fmt::format("the server's answer has output '{}' twice", base::printable(item.name)));
  for (const std::string& name : spec_.outputs) {
    const auto it = result.find(name);
    if (it == result.end()) throw Error(ErrorCode::network, fmt::format("the server's answer lacks output '{}'", name));
    const TensorInfo& expected = output_of(graph_, name);
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
  const auto reply = client.get("/v2/models/" + split::identity(graph) + "/dnntune/profile", split::deadline_in(kPatienceSeconds));
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

ServerLoad remote_load(const std::string& url, const ConnectOptions& options) {
  static constexpr double kPatienceSeconds = 10.0;
  split::HttpClient client(url, options);
  const auto reply = client.get("/v2/dnntune/load", split::deadline_in(kPatienceSeconds));
  if (reply.status == 404) throw Error(ErrorCode::not_found, fmt::format("{}: the server does not tell its load: {}", url, split::describe_failure(reply)));
  if (reply.status != 200) throw Error(ErrorCode::network, fmt::format("{}: {}", url, split::describe_failure(reply)));
  try {
    return ServerLoad::from_json(reply.body);
  } catch (const Error& e) {
    throw Error(ErrorCode::network, fmt::format("{}: unusable load: {}", url, e.what()));
  }
}

}  // namespace dnntune
