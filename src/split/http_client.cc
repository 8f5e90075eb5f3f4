// SPDX-License-Identifier: Apache-2.0
#include "split/http_client.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "split/url.h"

namespace dnntune::split {
namespace {

constexpr std::size_t kMaxReplyBytes = std::size_t{1} << 30;
constexpr std::int64_t kLeastTimeoutNs = 1'000'000;

std::pair<time_t, time_t> seconds_and_micros(std::int64_t ns) {
  ns = std::max(ns, kLeastTimeoutNs);
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<time_t>(ns % 1'000'000'000 / 1000)};
}

/// Calls `stop` on the connection when an armed deadline passes. httplib's own timeouts are per read.
class Watchdog {
 public:
  explicit Watchdog(httplib::Client& client) : client_(client), thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void arm(DeadlineNs deadline) {
    const std::lock_guard lock(mutex_);
    deadline_ = deadline;
    fired_ = false;
    changed_.notify_all();
  }
  /// True when the deadline passed before.
  bool disarm() {
    const std::lock_guard lock(mutex_);
    deadline_ = kNever;
    return fired_;
  }

 private:
  static constexpr DeadlineNs kNever = -1;

  void watch() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      if (deadline_ == kNever) {
        changed_.wait(lock);
        continue;
      }
      const std::int64_t left = deadline_ - base::now_ns();
      if (left > 0) {
        changed_.wait_for(lock, std::chrono::nanoseconds(left));
        continue;
      }
      deadline_ = kNever;
      fired_ = true;
      client_.stop();
    }
  }

  httplib::Client& client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  DeadlineNs deadline_ = kNever;
  bool fired_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace

struct HttpClient::Impl {
  Impl(const Url& parsed, std::string url_text, const ConnectOptions& options)
      : url(std::move(url_text)), connect_timeout_ns(static_cast<std::int64_t>(base::ns(options.connect_timeout_s))),
        client(fmt::format("{}://{}:{}", parsed.https ? "https" : "http", parsed.host.find(':') == std::string::npos ? parsed.host : "[" + parsed.host + "]", parsed.port)),
        watchdog(client) {
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    if (!options.bearer_token.empty()) client.set_bearer_token_auth(options.bearer_token);
#ifdef DNNTUNE_WITH_TLS
    client.enable_server_certificate_verification(true);
    if (!options.ca_file.empty()) client.set_ca_cert_path(options.ca_file.string());
#endif
  }

  Reply send(httplib::Request request, DeadlineNs deadline) {
    const std::int64_t left = deadline - base::now_ns();
    if (left <= 0) throw Error(ErrorCode::timeout, fmt::format("{}: no time left before the deadline", url));
    const auto [connect_s, connect_us] = seconds_and_micros(std::min(left, connect_timeout_ns));
    const auto [left_s, left_us] = seconds_and_micros(left);
    client.set_connection_timeout(connect_s, connect_us);
    client.set_read_timeout(left_s, left_us);
    client.set_write_timeout(left_s, left_us);

    Reply reply;
    bool too_long = false;
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      too_long = reply.body.size() + size > kMaxReplyBytes;
      if (too_long) return false;
      reply.body.append(data, size);
      return true;
    };
    watchdog.arm(deadline);
    const httplib::Result result = client.send(request);
    const bool late = watchdog.disarm();
    if (late || (!result && base::now_ns() >= deadline)) throw Error(ErrorCode::timeout, fmt::format("{}: no answer before the deadline", url));
    if (too_long) throw Error(ErrorCode::network, fmt::format("{}: the answer is longer than {} bytes", url, kMaxReplyBytes));
    if (!result) throw Error(ErrorCode::network, fmt::format("{}: {}", url, failure_text(result.error())));
    reply.status = result->status;
    reply.header_length = result->get_header_value(kHeaderLength);
    return reply;
  }

  static const char* failure_text(httplib::Error error) {
    switch (error) {
      case httplib::Error::Connection: return "cannot connect";
      case httplib::Error::ConnectionTimeout: return "no connection in time";
      case httplib::Error::Read: return "the connection broke while reading the answer";
      case httplib::Error::Write: return "the connection broke while sending";
      case httplib::Error::SSLConnection: return "the TLS handshake failed";
      case httplib::Error::SSLLoadingCerts: return "the trusted certificates cannot be read";
      case httplib::Error::SSLServerVerification: return "the server's certificate is not trusted";
      default: return "the exchange failed";
    }
  }

  const std::string url;
  const std::int64_t connect_timeout_ns;
  httplib::Client client;
  Watchdog watchdog;
};

HttpClient::HttpClient(const std::string& url, const ConnectOptions& options) {
  const Url parsed = parse_url(url);
#ifndef DNNTUNE_WITH_TLS
  if (parsed.https) throw Error(ErrorCode::unsupported, fmt::format("{}: this build has no TLS", url));
#endif
  if (!(options.connect_timeout_s > 0)) throw Error(ErrorCode::invalid_argument, "connect_timeout_s must be positive");
  impl_ = std::make_unique<Impl>(parsed, url, options);
}
HttpClient::~HttpClient() = default;

HttpClient::Reply HttpClient::get(const std::string& path, DeadlineNs deadline) {
  httplib::Request request;
  request.method = "GET";
  request.path = path;
  return impl_->send(std::move(request), deadline);
}

HttpClient::Reply HttpClient::post_json(const std::string& path, const base::Json& body, DeadlineNs deadline) {
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.body = body.dump();
  request.set_header("Content-Type", "application/json");
  return impl_->send(std::move(request), deadline);
}

bool HttpClient::speaks_binary(DeadlineNs deadline) {
  if (binary_ >= 0) return binary_ == 1;
  const Reply reply = get("/v2", deadline);
  bool found = false;
  if (reply.status == 200) {
    try {
      const base::Json metadata = base::parse_json(reply.body, "server metadata");
      for (const std::string& extension : base::get_or<std::vector<std::string>>(metadata, "extensions", {}, "server metadata"))
        found = found || extension == "binary_tensor_data";
    } catch (const Error&) {
      // A server whose metadata cannot be read is spoken to in the plainest way.
    }
  }
  binary_ = found ? 1 : 0;
  return found;
}

Response HttpClient::infer(const std::string& model, std::span<const NamedTensor> inputs, std::span<const std::string> outputs, DeadlineNs deadline) {
  bytes_up_ = bytes_down_ = 0;
  Message message = encode_request(inputs, outputs, speaks_binary(deadline), "");
  httplib::Request request;
  request.method = "POST";
  request.path = "/v2/models/" + escape_path(model) + "/infer";
  request.set_header("Content-Type", message.binary ? "application/octet-stream" : "application/json");
  if (message.binary) request.set_header(kHeaderLength, std::to_string(message.json_bytes));
  bytes_up_ = static_cast<std::int64_t>(message.body.size());
  request.body = std::move(message.body);
  const Reply reply = impl_->send(std::move(request), deadline);
  bytes_down_ = static_cast<std::int64_t>(reply.body.size());
  if (reply.status != 200) throw Error(ErrorCode::network, fmt::format("{}: {}", impl_->url, describe_failure(reply)));
  try {
    return decode_response(reply.body, parse_header_length(reply.header_length, reply.body.size()));
  } catch (const Error& e) {
    throw Error(ErrorCode::network, fmt::format("{}: unusable answer: {}", impl_->url, e.what()));
  }
}

std::string describe_failure(const HttpClient::Reply& reply) {
  std::string text = reply.body.substr(0, 200);
  try {
    text = base::get_or<std::string>(base::parse_json(reply.body, "answer"), "error", text, "answer");
  } catch (const Error&) {
    // Not JSON: the start of the body has to do.
  }
  return fmt::format("HTTP status {}{}{}", reply.status, text.empty() ? "" : ": ", text);
}

}  // namespace dnntune::split
