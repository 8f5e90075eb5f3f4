// SPDX-License-Identifier: Apache-2.0
// Server: routes of the Open Inference Protocol, authentication, errors.
#include "dnntune/server.h"

#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "base/json.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "split/model_store.h"
#include "split/url.h"
#include "split/wire.h"

namespace dnntune {
namespace {

using base::Json;
using httplib::Request;
using httplib::Response;

constexpr time_t kKeepAliveSeconds = 15;

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

void answer_json(Response& response, const Json& json, int status = 200) {
  response.status = status;
  response.set_content(json.dump(), "application/json");
}

void answer_error(Response& response, int status, const std::string& message) { answer_json(response, {{"error", message}}, status); }

/// Takes the same time wherever the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

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
    const bool half = encodings[i] == to_string(WireEncoding::fp16);
    if (!half && encodings[i] != to_string(WireEncoding::raw)) base::throw_json_field(kWhat, "dnntune.encodings", "has an unknown encoding");
    spec.crossings.push_back({values[i], half ? WireEncoding::fp16 : WireEncoding::raw, 0});
  }
  spec.outputs = base::get<std::vector<std::string>>(parameters, "dnntune.outputs", kWhat);
  return spec;
}

}  // namespace

struct Server::Impl {
  Impl(Processor processor, ServerOptions given) : options(std::move(given)), store(std::move(processor), options.max_suffixes) {
    if (options.port < 0 || options.port > 65535) throw Error(ErrorCode::invalid_argument, fmt::format("port {} is not from 0 to 65535", options.port));
    if (options.connections < 1 || options.max_suffixes < 1 || options.max_body_bytes < 1 || !(options.read_timeout_s > 0))
      throw Error(ErrorCode::invalid_argument, "connections, max_suffixes, max_body_bytes and read_timeout_s must be positive");
    if (!is_loopback(options.host) && options.bearer_token.empty() && !options.allow_unauthenticated)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("refusing to listen on {} beyond loopback without a bearer token (or allow_unauthenticated)", options.host));
    if (options.certificate_file.empty() != options.key_file.empty())
      throw Error(ErrorCode::invalid_argument, "https needs both a certificate file and a key file");
    http = make_http();
    configure();
    add_routes();
  }

  ~Impl() { stop(); }

  std::unique_ptr<httplib::Server> make_http() const {
    if (options.certificate_file.empty()) return std::make_unique<httplib::Server>();
#ifdef DNNTUNE_WITH_TLS
    auto secure = std::make_unique<httplib::SSLServer>(options.certificate_file.c_str(), options.key_file.c_str());
    if (!secure->is_valid())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("certificate '{}' and key '{}' cannot be used", options.certificate_file.string(), options.key_file.string()));
    return secure;
#else
    throw Error(ErrorCode::unsupported, "this build has no TLS");
#endif
  }

  void configure() {
    const auto threads = static_cast<std::size_t>(options.connections);
    http->new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    http->set_tcp_nodelay(true);
    http->set_keep_alive_timeout(kKeepAliveSeconds);
    http->set_keep_alive_max_count(1u << 30);
    http->set_payload_max_length(static_cast<std::size_t>(options.max_body_bytes));
    const auto whole_seconds = static_cast<time_t>(options.read_timeout_s);
    http->set_read_timeout(whole_seconds, static_cast<time_t>((options.read_timeout_s - static_cast<double>(whole_seconds)) * 1e6));
    http->set_pre_routing_handler([this](const Request& request, Response& response) {
      if (options.bearer_token.empty() || equal_in_constant_time(request.get_header_value("Authorization"), "Bearer " + options.bearer_token))
        return httplib::Server::HandlerResponse::Unhandled;
      response.set_header("WWW-Authenticate", "Bearer");
      answer_error(response, 401, "a valid bearer token is required");
      return httplib::Server::HandlerResponse::Handled;
    });
    http->set_error_handler([](const Request&, Response& response) {
      if (response.body.empty()) answer_error(response, response.status, response.status == 404 ? "no such path" : response.status == 413 ? "the body is too large" : "bad request");
    });
  }

  /// A handler that turns what the library throws into the protocol's errors.
  template <typename Body>
  static httplib::Server::Handler guarded(Body body) {
    return [body](const Request& request, Response& response) {
      try {
        body(request, response);
      } catch (const Error& e) {
        answer_error(response, http_status(e.code()), e.what());
      } catch (const std::bad_alloc&) {
        answer_error(response, 503, "out of memory");
      } catch (const std::exception& e) {
        answer_error(response, 500, e.what());
      }
    };
  }

  std::shared_ptr<split::ServedModel> model_of(const Request& request) {
    const std::string name = request.matches[1];
    auto model = store.find(name);
    if (!model) throw Error(ErrorCode::not_found, fmt::format("model '{}' is not served here", name));
    return model;
  }

  void add_routes() {
    // httplib decodes %XX before it matches; a model's name has no '/'.
    static constexpr const char* kModel = R"(/v2/models/([^/]+)(?:/versions/[0-9]+)?)";
    const std::string model = kModel;
    http->Get("/v2/?", guarded([](const Request&, Response& response) {
      answer_json(response, {{"name", "dnntune"}, {"version", version()}, {"extensions", {"binary_tensor_data", "model_repository", "dnntune"}}});
    }));
    http->Get("/v2/health/live", guarded([](const Request&, Response& response) { answer_json(response, {{"live", true}}); }));
    http->Get("/v2/health/ready", guarded([](const Request&, Response& response) { answer_json(response, {{"ready", true}}); }));
    http->Get(model + "/ready", guarded([this](const Request& request, Response& response) {
      model_of(request);
      answer_json(response, {{"name", std::string(request.matches[1])}, {"ready", true}});
    }));
    http->Get(model + "/dnntune/profile", guarded([this](const Request& request, Response& response) {
      response.set_content(model_of(request)->profile_json(), "application/json");
    }));
    http->Get(model, guarded([this](const Request& request, Response& response) {
      const Graph& graph = model_of(request)->graph();
      answer_json(response, {{"name", std::string(request.matches[1])}, {"versions", {"1"}}, {"platform", "onnx_onnxv1"},
                             {"inputs", describe(graph.inputs())}, {"outputs", describe(graph.outputs())},
                             {"parameters", {{"dnntune.hash", graph.hash()}}}});
    }));
    http->Post(model + "/infer", guarded([this](const Request& request, Response& response) { infer(request, response); }));
    http->Post("/v2/repository/index", guarded([this](const Request&, Response& response) {
      Json list = Json::array();
      for (const std::string& name : store.names()) list.push_back({{"name", name}, {"version", "1"}, {"state", "READY"}, {"reason", ""}});
      answer_json(response, list);
    }));
    http->Post(R"(/v2/repository/models/([^/]+)/load)", guarded([this](const Request& request, Response& response) { load(request, response); }));
    http->Post(R"(/v2/repository/models/([^/]+)/unload)", guarded([this](const Request& request, Response& response) {
      const std::string name = request.matches[1];
      if (!store.unload(name)) throw Error(ErrorCode::not_found, fmt::format("model '{}' is not served here", name));
      answer_json(response, Json::object());
    }));
  }

  void load(const Request& request, Response& response) {
    const std::string name = request.matches[1];
    const Json body = base::parse_json(request.body.empty() ? "{}" : request.body, "load request");
    const Json parameters = base::get_or<Json>(body, "parameters", Json::object(), "load request");
    if (parameters.is_object() && parameters.contains("dnntune.base"))
      store.load_suffix(name, base::get<std::string>(parameters, "dnntune.base", "load parameters"), read_spec(parameters));
    else if (!store.find(name))
      throw Error(ErrorCode::not_found, fmt::format("model '{}' is not served here", name));
    answer_json(response, Json::object());
  }

  void infer(const Request& request, Response& response) {
    const auto model = model_of(request);
    const split::Request wanted = split::decode_request(request.body, split::parse_header_length(request.get_header_value(split::kHeaderLength), request.body.size()));
    Tensors inputs;
    for (const split::NamedTensor& item : wanted.inputs)
      if (!inputs.emplace(item.name, item.tensor).second) throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' is given twice", item.name));
    split::Response answer;
    answer.model_name = request.matches[1];
    answer.id = wanted.id;
    const Tensors outputs = model->run(inputs, answer.compute_ns);

    std::vector<bool> binary = wanted.output_binary;
    if (wanted.outputs.empty()) {
      for (const TensorInfo& info : model->graph().outputs()) answer.outputs.push_back({info.name, outputs.at(info.name)});
      binary.assign(answer.outputs.size(), wanted.binary_by_default);
    }
    for (const std::string& name : wanted.outputs) {
      const auto it = outputs.find(name);
      if (it == outputs.end()) throw Error(ErrorCode::invalid_argument, fmt::format("model '{}' has no output '{}'", answer.model_name, name));
      answer.outputs.push_back({name, it->second});
    }
    split::Message message = split::encode_response(answer, binary);
    if (message.binary) response.set_header(split::kHeaderLength, std::to_string(message.json_bytes));
    response.set_content(std::move(message.body), message.binary ? "application/octet-stream" : "application/json");
  }

  void start() {
    if (thread.joinable()) throw Error(ErrorCode::invalid_argument, "the server runs already");
    const int bound = options.port == 0 ? http->bind_to_any_port(options.host) : (http->bind_to_port(options.host, options.port) ? options.port : -1);
    if (bound <= 0) throw Error(ErrorCode::io, fmt::format("cannot listen on {} port {}", options.host, options.port));
    port = bound;
    thread = std::thread([this] { http->listen_after_bind(); });
    while (!http->is_running()) std::this_thread::yield();
  }

  void stop() {
    if (!thread.joinable()) return;
    http->stop();
    thread.join();
  }

  const ServerOptions options;
  split::ModelStore store;
  std::unique_ptr<httplib::Server> http;
  std::atomic<int> port = 0;
  std::thread thread;
};

Server::Server(Processor processor, ServerOptions options) : impl_(std::make_unique<Impl>(std::move(processor), std::move(options))) {}
Server::~Server() = default;

void Server::add_model(const Graph& graph) { impl_->store.add(graph); }
void Server::start() { impl_->start(); }
void Server::stop() { impl_->stop(); }
int Server::port() const noexcept { return impl_->port; }

std::string Server::url() const {
  const std::string& host = impl_->options.host;
  return fmt::format("{}://{}:{}", impl_->options.certificate_file.empty() ? "http" : "https", host.find(':') == std::string::npos ? host : "[" + host + "]", port());
}

}  // namespace dnntune
