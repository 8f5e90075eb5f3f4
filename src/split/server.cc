// SPDX-License-Identifier: Apache-2.0
// Server: routes of the Open Inference Protocol, authentication, errors.
#include "dnntune/server.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "split/admission.h"
#include "split/codec.h"
#include "split/http_server.h"
#include "split/load_meter.h"
#include "split/model_store.h"
#include "split/server_stats.h"
#include "split/trace.h"
#include "split/wire.h"

namespace dnntune {
namespace {

using base::Json;
using split::HttpReply;
using split::HttpRequest;

constexpr int kMaxWorkers = 1024;
constexpr int kMaxBatch = 1024;
constexpr double kMaxBatchDelay = 10.0;

/// Triton's map from failure to status.
int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::invalid_model: return 400;
    case ErrorCode::not_found: return 404;
    case ErrorCode::limit_exceeded: return 413;
    case ErrorCode::unsupported: return 501;
    case ErrorCode::timeout:
    case ErrorCode::out_of_memory: return 503;
    case ErrorCode::io:
    case ErrorCode::network:
    case ErrorCode::internal: return 500;
  }
  return 500;
}

HttpReply json_reply(const Json& json) {
  HttpReply reply;
  reply.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);  // names from a model file need not be UTF-8
  return reply;
}

/// "/versions/3" after a model's name is accepted and ignored: a model here has one version.
bool has_version(std::span<const std::string> path) {
  return path.size() >= 5 && path[0] == "v2" && path[1] == "models" && path[3] == "versions" && !path[4].empty() &&
         std::all_of(path[4].begin(), path[4].end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// True when `path` has the pattern's segments; '*' takes any, which becomes `model`.
bool matches(std::string_view pattern, std::span<const std::string> path, std::string& model) {
  const std::string* found = nullptr;
  for (const std::string& segment : path) {
    if (pattern.empty()) return false;
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    if (wanted == "*") found = &segment;
    else if (wanted != segment) return false;
    pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
  }
  if (!pattern.empty()) return false;
  if (found != nullptr) model = *found;
  return true;
}

std::optional<std::size_t> header_length(const HttpRequest& request) {
  return split::parse_header_length(request.head.get(split::kHeaderLength), request.body.size());
}

/// Takes the same time wherever the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

/// True only for what cannot be reached from another machine: a name such as 127.example.org can.
bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  const std::vector<split::Address> addresses = split::resolve(host, 0, true);
  return !addresses.empty() && std::all_of(addresses.begin(), addresses.end(), [](const split::Address& address) { return split::is_loopback(address); });
}

Json describe(const std::vector<TensorInfo>& infos) {
  Json list = Json::array();
  for (const TensorInfo& info : infos) list.push_back({{"name", info.name}, {"datatype", split::wire_type(info.type)}, {"shape", info.shape}});
  return list;
}

split::SuffixSpec read_spec(const Json& parameters) {
  static constexpr std::string_view kWhat = "load parameters";
  const auto values = base::get<std::vector<std::string>>(parameters, "dnntune.cut", kWhat);
  const auto encodings = base::get<std::vector<std::string>>(parameters, "dnntune.encodings", kWhat);
  if (values.size() != encodings.size()) base::throw_json_field(kWhat, "dnntune.encodings", "needs one entry for each value of the cut");
  split::SuffixSpec spec;
  for (std::size_t i = 0; i < values.size(); ++i) {
    int found = 0;
    while (found < kWireEncodings && !(encodings[i] == to_string(static_cast<WireEncoding>(found)) && split::carries(static_cast<WireEncoding>(found)))) ++found;
    if (found == kWireEncodings) base::throw_json_field(kWhat, "dnntune.encodings", "has an unknown encoding");
    spec.crossings.push_back({values[i], static_cast<WireEncoding>(found), 0});
  }
  spec.outputs = base::get<std::vector<std::string>>(parameters, "dnntune.outputs", kWhat);
  return spec;
}

}  // namespace

struct Server::Impl final : split::HttpHandler {
  Impl(Processor processor, ServerOptions given)
      : options(std::move(given)), store(std::move(processor), options.max_suffixes, {options.max_batch, options.batch_delay_s}), inferences(std::max(options.max_waiting, 0) + 1) {
    if (options.port < 0 || options.port > 65535) throw Error(ErrorCode::invalid_argument, fmt::format("port {} is not from 0 to 65535", options.port));
    if (options.connections < 1 || options.max_suffixes < 1 || options.max_body_bytes < 1 || !(options.read_timeout_s > 0))
      throw Error(ErrorCode::invalid_argument, "connections, max_suffixes, max_body_bytes and read_timeout_s must be positive");
    if (options.max_waiting < 0 || options.max_unread < 1) throw Error(ErrorCode::invalid_argument, "max_waiting must not be negative, max_unread not below 1");
    if (options.connections > kMaxWorkers)
      throw Error(ErrorCode::invalid_argument, fmt::format("{} connections, at most {}: each has a thread", options.connections, kMaxWorkers));
    if (options.max_batch < 1 || options.max_batch > kMaxBatch) throw Error(ErrorCode::invalid_argument, fmt::format("max_batch {} is not from 1 to {}", options.max_batch, kMaxBatch));
    if (!(options.batch_delay_s >= 0 && options.batch_delay_s <= kMaxBatchDelay))
      throw Error(ErrorCode::invalid_argument, fmt::format("batch_delay_s {} is not from 0 to {}", options.batch_delay_s, kMaxBatchDelay));
    if (!is_loopback(options.host) && options.bearer_token.empty() && !options.allow_unauthenticated)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("refusing to listen on {} beyond loopback without a bearer token (or allow_unauthenticated)", options.host));
    if (options.certificate_file.empty() != options.key_file.empty())
      throw Error(ErrorCode::invalid_argument, "https needs both a certificate file and a key file");
    if (!options.certificate_file.empty()) tls = split::Tls::server(options.certificate_file, options.key_file);
  }

  // Everything a client may ask for. '*' is the name of a model.

  using Answer = HttpReply (Impl::*)(const HttpRequest&, const std::string& model);
  struct Route {
    const char* method;
    std::string_view path;
    Answer answer;
  };

  static std::span<const Route> routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "v2", &Impl::server_metadata},
        {"GET", "v2/health/live", &Impl::live},
        {"GET", "v2/health/ready", &Impl::ready},
        {"GET", "v2/models/*", &Impl::model_metadata},
        {"GET", "v2/models/*/ready", &Impl::model_ready},
        {"GET", "v2/models/*/stats", &Impl::model_stats},
        {"GET", "v2/models/*/dnntune/profile", &Impl::profile},
        {"GET", "v2/dnntune/load", &Impl::load_of_server},
        {"GET", "metrics", &Impl::metrics},
        {"POST", "v2/models/*/infer", &Impl::infer},
        {"POST", "v2/repository/index", &Impl::index},
        {"POST", "v2/repository/models/*/load", &Impl::load},
        {"POST", "v2/repository/models/*/unload", &Impl::unload},
    };
    return kRoutes;
  }

  /// The route of a request and the model it names; else null, with every method the path has in `allowed`.
  static const Route* find_route(const HttpRequest& request, std::string& model, std::string& allowed) {
    std::vector<std::string> shorter;
    if (has_version(request.path)) {
      shorter = request.path;
      shorter.erase(shorter.begin() + 3, shorter.begin() + 5);
    }
    for (const Route& route : routes()) {
      if (!matches(route.path, shorter.empty() ? request.path : shorter, model)) continue;
      if (request.method == route.method) return &route;
      allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", route.method);
    }
    return nullptr;
  }

  // HttpHandler.

  std::optional<HttpReply> refuse(const HttpRequest& request) const override {
    if (!options.bearer_token.empty() && !equal_in_constant_time(request.head.get("Authorization"), "Bearer " + options.bearer_token)) {
      HttpReply reply = split::error_reply(401, "a valid bearer token is required");
      reply.headers.push_back({"WWW-Authenticate", "Bearer"});
      return reply;
    }
    std::string model, allowed;
    if (const Route* route = find_route(request, model, allowed)) {
      if (route->answer == &Impl::infer && inferences.full()) return busy();  // before its body is sent, or at least read
      return std::nullopt;
    }
    if (allowed.empty()) return split::error_reply(404, "no such path");
    HttpReply reply = split::error_reply(405, fmt::format("this path takes {}, not {}", allowed, request.method.substr(0, 16)));
    reply.headers.push_back({"Allow", allowed});
    return reply;
  }

  /// When a place should be free again, by the mean time of computing of late.
  HttpReply busy() const {
    const ServerLoad load = meter.load();
    const double wait_s = load.service_s.samples > 0 ? load.service_s.mean_s * std::max(inferences.taken(), 1) : 1.0;
    HttpReply reply = split::error_reply(503, fmt::format("busy: {} inferences are in hand, and no more are taken", inferences.taken()));
    reply.headers.push_back({"Retry-After", std::to_string(static_cast<long>(std::ceil(std::clamp(wait_s, 1.0, 60.0))))});
    reply.headers.push_back({split::kRetryAfterMs, std::to_string(static_cast<long>(std::ceil(std::clamp(wait_s, 0.001, 60.0) * 1e3)))});
    return reply;
  }

  /// Turns what the library throws into the protocol's errors.
  HttpReply answer(const HttpRequest& request) override {
    try {
      std::string model, allowed;
      return (this->*find_route(request, model, allowed)->answer)(request, model);
    } catch (const Error& e) {
      return split::error_reply(http_status(e.code()), e.what());
    } catch (const std::bad_alloc&) {
      return split::error_reply(503, "out of memory");
    } catch (const std::exception& e) {
      return split::error_reply(500, e.what());
    }
  }

  std::shared_ptr<split::ServedModel> model_of(const std::string& name) {
    auto model = store.find(name);
    if (!model) throw Error(ErrorCode::not_found, fmt::format("model '{}' is not served here", base::printable(name)));
    return model;
  }

  HttpReply server_metadata(const HttpRequest&, const std::string&) {
    return json_reply({{"name", "dnntune"}, {"version", version()}, {"extensions", {"binary_tensor_data", "model_repository", "statistics", "dnntune"}}});
  }
  HttpReply live(const HttpRequest&, const std::string&) { return json_reply({{"live", true}}); }
  HttpReply ready(const HttpRequest&, const std::string&) { return draining ? split::error_reply(503, "the server is about to stop") : json_reply({{"ready", true}}); }

  HttpReply model_metadata(const HttpRequest&, const std::string& name) {
    const auto model = model_of(name);
    const Graph& graph = model->graph();
    return json_reply({{"name", name}, {"versions", {"1"}}, {"platform", "onnx_onnxv1"}, {"inputs", describe(graph.inputs())},
                       {"outputs", describe(graph.outputs())}, {"parameters", {{"dnntune.hash", graph.hash()}, {"dnntune.joins", model->why_not_joined().empty()}}}});
  }
  HttpReply model_ready(const HttpRequest&, const std::string& name) {
    model_of(name);
    return json_reply({{"name", name}, {"ready", true}});
  }
  HttpReply profile(const HttpRequest& request, const std::string& name) {
    HttpReply reply;
    reply.body = model_of(name)->profile_json(request.client);
    return reply;
  }

  HttpReply model_stats(const HttpRequest&, const std::string& name) {
    model_of(name);
    const auto totals = meter.totals();
    const auto found = totals.find(name);
    return json_reply(split::model_stats(name, found == totals.end() ? split::ModelTotals() : found->second));
  }
  ServerLoad current_load() const {
    ServerLoad load = meter.load();
    load.connections = options.connections;
    load.unread = unread.load(std::memory_order_relaxed);
    return load;
  }
  HttpReply load_of_server(const HttpRequest&, const std::string&) {
    HttpReply reply;
    reply.body = current_load().to_json();
    return reply;
  }
  HttpReply metrics(const HttpRequest&, const std::string&) {
    HttpReply reply;
    reply.body = split::metrics_text(current_load(), meter.totals());
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return reply;
  }

  HttpReply index(const HttpRequest&, const std::string&) {
    Json list = Json::array();
    for (const std::string& name : store.names()) list.push_back({{"name", name}, {"version", "1"}, {"state", "READY"}, {"reason", ""}});
    return json_reply(list);
  }

  HttpReply load(const HttpRequest& request, const std::string& name) {
    const Json body = base::parse_json(request.body.empty() ? "{}" : request.body, "load request");
    const Json parameters = base::get_or<Json>(body, "parameters", Json::object(), "load request");
    if (parameters.is_object() && parameters.contains("dnntune.base"))
      store.load_suffix(name, base::get<std::string>(parameters, "dnntune.base", "load parameters"), read_spec(parameters));
    else
      model_of(name);
    return json_reply(Json::object());
  }

  HttpReply unload(const HttpRequest&, const std::string& name) {
    if (!store.unload(name)) throw Error(ErrorCode::not_found, fmt::format("no suffix '{}' is loaded here", base::printable(name)));
    return json_reply(Json::object());
  }

  /// What a client calls its request ends up in a file: as much of it as an identifier has.
  split::Trace trace_of(const HttpRequest& request, const split::Request& wanted) const {
    static constexpr std::size_t kLongestId = 64;
    if (!options.timeline) return {};
    std::string id = split::trace_id(request.head.get(split::kTraceParent));
    if (id.empty()) id = base::printable(wanted.id.substr(0, kLongestId));
    return {options.timeline, std::move(id)};
  }

  HttpReply infer(const HttpRequest& request, const std::string& name) {
    const auto model = model_of(name);
    const split::Admission::Place place(inferences);
    if (!place) return busy();
    split::LoadMeter::Request counted(meter, name);
    const split::Request wanted = split::decode_request(request.body, header_length(request), request.body_owner);
    const split::Trace trace = trace_of(request, wanted);
    trace.add("receive", request.began_ns, request.received_ns, name);
    trace.add("decode", request.received_ns, trace.now());
    Tensors inputs;
    for (const split::NamedTensor& item : wanted.inputs)
      if (!inputs.emplace(item.name, item.tensor).second) throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' is given twice", item.name));
    const auto& infos = model->graph().outputs();
    for (const std::string& output : wanted.outputs)
      if (std::none_of(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == output; }))
        throw Error(ErrorCode::invalid_argument, fmt::format("model '{}' has no output '{}'", name, output));

    split::Response answer;
    answer.model_name = name;
    answer.id = wanted.id;
    const std::int64_t asked_ns = base::now_ns();
    const Tensors outputs = model->run(inputs, {request.client, counted, *request.arrival}, answer.compute_ns);
    const std::int64_t done_ns = base::now_ns(), began_ns = done_ns - static_cast<std::int64_t>(answer.compute_ns);
    answer.wait_ns = std::max(0.0, static_cast<double>(began_ns - asked_ns));
    trace.add("queue", asked_ns, began_ns);  // and preparing the model, for the first that asks for it
    trace.add("compute", began_ns, done_ns);
    for (const std::string& output : wanted.outputs) answer.outputs.push_back({output, outputs.at(output)});
    std::vector<bool> binary = wanted.output_binary;
    if (wanted.outputs.empty()) {
      for (const TensorInfo& info : infos) answer.outputs.push_back({info.name, outputs.at(info.name)});
      binary.assign(answer.outputs.size(), wanted.binary_by_default);
    }
    split::Message message = split::encode_response(answer, binary);
    HttpReply reply;
    if (message.binary()) {
      reply.content_type = "application/octet-stream";
      reply.headers.push_back({split::kHeaderLength, std::to_string(message.json.size())});
    }
    reply.body = std::move(message.json);
    reply.tail = std::move(message.tensors);
    trace.add("encode", done_ns, trace.now());
    if (trace)
      reply.sent = [trace, request_ns = request.began_ns](std::int64_t start_ns) {
        trace.add("send", start_ns, trace.now());
        trace.add("request", request_ns, trace.now());
      };
    return reply;
  }

  void start() {
    const std::lock_guard lock(mutex);
    if (http) throw Error(ErrorCode::invalid_argument, "the server runs already");
    split::HttpServerOptions given;
    given.workers = options.connections;
    given.max_body_bytes = static_cast<std::size_t>(options.max_body_bytes);
    given.read_timeout_s = options.read_timeout_s;
    given.max_unread = static_cast<std::size_t>(options.max_unread);
    given.tls = tls;
    given.unread = &unread;
    given.arrivals = &store.arrivals();
    http = std::make_unique<split::HttpServer>(options.host, options.port, given, *this);
    port = http->port();
  }

  bool drain(double timeout_s) {
    if (!(timeout_s >= 0) || !std::isfinite(timeout_s)) throw Error(ErrorCode::invalid_argument, "a time to drain must be finite and not negative");
    const std::lock_guard lock(mutex);
    draining = true;
    const bool all_answered = !http || http->drain(timeout_s);
    http.reset();
    draining = false;
    return all_answered;
  }

  void stop() {
    const std::lock_guard lock(mutex);
    http.reset();
  }

  const ServerOptions options;
  split::ModelStore store;
  split::LoadMeter meter;
  split::Admission inferences;  ///< That compute or wait.
  std::atomic<bool> draining = false;
  std::atomic<int> unread = 0;
  std::shared_ptr<const split::Tls> tls;
  std::atomic<int> port = 0;
  std::mutex mutex;
  std::unique_ptr<split::HttpServer> http;  ///< While it runs. Last: its threads use all of the above.
};

Server::Server(Processor processor, ServerOptions options) : impl_(std::make_unique<Impl>(std::move(processor), std::move(options))) {}
Server::~Server() = default;

void Server::add_model(const Graph& graph) { impl_->store.add(graph); }
bool Server::remove_model(const Graph& graph) { return impl_->store.remove(graph); }
bool Server::drain(double timeout_s) { return impl_->drain(timeout_s); }
void Server::start() { impl_->start(); }
void Server::stop() { impl_->stop(); }
int Server::port() const noexcept { return impl_->port; }

std::string Server::url() const {
  const std::string& host = impl_->options.host;
  return fmt::format("{}://{}:{}", impl_->options.certificate_file.empty() ? "http" : "https", host.find(':') == std::string::npos ? host : "[" + host + "]", port());
}

}  // namespace dnntune
