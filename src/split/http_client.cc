// SPDX-License-Identifier: Apache-2.0
#include "split/http_client.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/error.h"
#include "split/http_message.h"
#include "split/resolver.h"
#include "split/url.h"

namespace dnntune::split {
namespace {

/// Of answers other than an inference's: a profile of thousands of layers is below it.
constexpr std::size_t kMaxReplyBytes = std::size_t{16} << 20;
constexpr std::size_t kQuotedBytes = 200;

struct Exchange {
  std::string_view method, path;
  std::vector<std::string_view> body;  ///< In pieces.
  std::vector<Header> headers;
  std::size_t max_reply_bytes = kMaxReplyBytes;
  Response* response = nullptr;        ///< Receives the message of the protocol that an answer of status 200 has to be.

  std::size_t body_bytes() const {
    return std::accumulate(body.begin(), body.end(), std::size_t{0}, [](std::size_t sum, std::string_view piece) { return sum + piece.size(); });
  }
};

/// A body as it comes: tensors are read into their own memory.
class BytesToRead final : public BinaryPart {
 public:
  BytesToRead(HttpReader& reader, std::size_t bytes, std::size_t before, Patience& patience)
      : BinaryPart(bytes), reader_(reader), done_(before), patience_(patience) {}

 private:
  Tensor next(DataType type, const Shape& shape, std::size_t bytes) override {
    Tensor tensor = Tensor::uninitialized(type, shape);
    reader_.read_into(static_cast<char*>(tensor.mutable_data()), bytes, patience_, done_);
    done_ += bytes;
    return tensor;
  }
  HttpReader& reader_;
  std::size_t done_;
  Patience& patience_;
};

int status_of(const Head& head) {
  const std::string_view line = head.start_line;
  int status = 0;
  if (line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ') std::from_chars(line.data() + 9, line.data() + 12, status);
  if (status < 100 || status > 599) throw Error(ErrorCode::network, "the answer is not HTTP/1");
  return status;
}

constexpr int kOk = 200;

/// A count as a header gives it; -1 when it is something else.
double count_of(const std::string& text) {
  std::uint32_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  return problem == std::errc() && end == text.data() + text.size() ? count : -1.0;
}

/// KServe's Python server takes binary tensors since 0.14 and does not say so.
bool takes_binary_unsaid(const base::Json& metadata) {
  if (base::get_or<std::string>(metadata, "name", "", "server metadata") != "kserve") return false;
  const std::string version = base::get_or<std::string>(metadata, "version", "", "server metadata");
  const std::size_t dot = version.find('.'), next = version.find('.', dot + 1);
  if (dot == std::string::npos) return false;
  return count_of(version.substr(0, dot)) > 0 || count_of(version.substr(dot + 1, next == std::string::npos ? next : next - dot - 1)) >= 14;
}

double retry_after_s(const Head& head) {
  const double ms = count_of(head.get(kRetryAfterMs));
  return ms >= 0 ? ms * 1e-3 : count_of(head.get("Retry-After"));
}

}  // namespace

struct HttpClient::Impl {
  Impl(const std::string& url_text, const ConnectOptions& options)
      : url(parse_url(url_text)), text(url_text), connect_timeout_ns(whole_ns(options.connect_timeout_s)), resolver(url.host, url.port) {
    if (url.https) tls = Tls::client(options.ca_file);
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    common_headers.push_back({"Host", fmt::format("{}:{}", host, url.port)});
    common_headers.push_back({"User-Agent", "dnntune"});
    if (!options.bearer_token.empty()) {
      const auto printable = [](char c) { return c > 32 && c < 127; };
      if (!std::all_of(options.bearer_token.begin(), options.bearer_token.end(), printable))
        throw Error(ErrorCode::invalid_argument, "bearer_token has characters that cannot be sent: blanks, control characters or others beyond ASCII");
      common_headers.push_back({"Authorization", "Bearer " + options.bearer_token});
    }
  }

  /// What the library throws below, with the address in front and as the errors that `HttpClient` promises.
  Reply exchange(const Exchange& wanted, DeadlineNs deadline) {
    status = 0;
    try {
      const bool reused = connected();
      if (!reused) connect(deadline);
      try {
        return attempt(wanted, deadline);
      } catch (const Error& e) {
        const bool server_had_left = reused && !reader->anything_received() && e.code() == ErrorCode::network;
        if (!server_had_left) throw;
      }
      connect(deadline);
      return attempt(wanted, deadline);
    } catch (const Error& e) {
      disconnect();
      if (e.code() == ErrorCode::out_of_memory) throw;
      throw Error(e.code() == ErrorCode::timeout ? ErrorCode::timeout : ErrorCode::network, fmt::format("{}: {}", text, e.what()));
    } catch (...) {
      disconnect();
      throw;
    }
  }

  /// An idle connection with something to read has ended, or says what nobody asked for.
  bool connected() {
    if (transport && (reader->buffered() || readable_now(transport->fd()))) disconnect();
    return transport != nullptr;
  }

  void disconnect() {
    reader.reset();
    transport.reset();
  }

  void connect(DeadlineNs deadline) {
    const Trace::Step step(trace, "connect", text);
    disconnect();
    deadline = std::min(deadline, base::now_ns() + connect_timeout_ns);
    const std::vector<Address> addresses = resolver.addresses(deadline);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      // Each address gets its share: one that swallows packets must not use up the time of the next.
      const std::int64_t left = deadline - base::now_ns();
      const DeadlineNs share = base::now_ns() + left / static_cast<std::int64_t>(addresses.size() - i);
      try {
        Descriptor socket = connect_tcp(addresses[i], share);
        transport = tls ? tls->connect(std::move(socket), url.host, deadline) : plain_transport(std::move(socket));
        reader.emplace(*transport);
        return;
      } catch (const Error&) {
        if (i + 1 == addresses.size()) throw;
      }
    }
  }

  /// Also takes the time, so that neither connecting nor a first, vain attempt counts.
  Reply attempt(const Exchange& wanted, DeadlineNs deadline) {
    const std::int64_t sent_ns = base::now_ns();
    reader->expect_anew();
    Patience patience(deadline);
    std::optional<Error> write_failure;
    try {
      const Trace::Step step(trace, "send", wanted.path);
      write_message(*transport, request_head(wanted), wanted.body, patience);
    } catch (const Error& e) {
      // A server that refuses a body may answer and close before it has all of it.
      if (e.code() != ErrorCode::network) throw;
      write_failure = e;
    }
    try {
      Reply reply = read_reply(wanted, patience);
      exchange_ns = base::now_ns() - sent_ns;
      return reply;
    } catch (const Error&) {
      if (write_failure && !reader->anything_received()) throw *write_failure;
      throw;
    }
  }

  std::string request_head(const Exchange& wanted) const {
    std::vector<Header> headers = common_headers;
    headers.insert(headers.end(), wanted.headers.begin(), wanted.headers.end());
    if (trace) headers.push_back({kTraceParent, trace_parent(trace.id())});
    if (wanted.method != "GET") headers.push_back({"Content-Length", std::to_string(wanted.body_bytes())});
    return head_text(fmt::format("{} {} HTTP/1.1", wanted.method, wanted.path), headers);
  }

  std::optional<Head> wait_for_head(const Exchange& wanted, Patience& patience) {
    const Trace::Step step(trace, "wait", wanted.path);
    return reader->read_head(patience.after(0));
  }

  Reply read_reply(const Exchange& wanted, Patience& patience) {
    for (;;) {
      const std::optional<Head> head = wait_for_head(wanted, patience);
      if (!head) throw Error(ErrorCode::network, "the server closed the connection without an answer");
      Reply reply;
      reply.status = status_of(*head);
      if (reply.status < 200) continue;  // "100 Continue" and the like precede the answer
      if (head->find("Content-Encoding") != nullptr && !equal_ignoring_case(head->get("Content-Encoding"), "identity"))
        throw Error(ErrorCode::network, "the answer is compressed, which was not asked for");
      const Trace::Step step(trace, "receive", wanted.path);
      const bool no_body = reply.status == 204 || reply.status == 304;
      if (reply.status == kOk && wanted.response != nullptr) reply.body_bytes = read_response(*head, wanted, patience);
      else if (!no_body) reply.body = reader->read_body(*head, wanted.max_reply_bytes, Unannounced::until_close, patience);
      reply.body_bytes += static_cast<std::int64_t>(reply.body.size());
      reply.retry_after_s = retry_after_s(*head);
      const bool has_length = head->find("Content-Length") != nullptr || head->find("Transfer-Encoding") != nullptr;
      if (head->has_token("Connection", "close") || !head->start_line.starts_with("HTTP/1.1") || !(has_length || no_body)) disconnect();
      status = reply.status;
      return reply;
    }
  }

  /// The bytes of its body. Tensors that come as bytes are read into their place: that is receiving and decoding in one.
  std::int64_t read_response(const Head& head, const Exchange& wanted, Patience& patience) {
    Response& response = *wanted.response;
    const std::size_t limit = wanted.max_reply_bytes;
    const auto length = HttpReader::plain_length(head, limit);
    const std::string json_length = head.get(kHeaderLength);
    const std::string body = length && !json_length.empty() ? "" : reader->read_body(head, limit, Unannounced::until_close, patience);
    const std::size_t bytes = body.empty() ? length.value_or(0) : body.size();
    const Trace::Step step(trace, "decode", wanted.path);
    try {
      const auto json_bytes = parse_header_length(json_length, bytes);
      if (!body.empty() || !json_bytes) {
        response = decode_response(body, json_bytes);
      } else {
        if (*json_bytes > kMaxJsonBytes) throw Error(ErrorCode::limit_exceeded, fmt::format("{} bytes of JSON, at most {}", *json_bytes, kMaxJsonBytes));
        std::string json(*json_bytes, '\0');
        reader->read_into(json.data(), json.size(), patience);
        BytesToRead rest(*reader, bytes - json.size(), json.size(), patience);
        response = decode_response(json, rest);
      }
    } catch (const Error& e) {
      if (e.code() == ErrorCode::out_of_memory || e.code() == ErrorCode::network || e.code() == ErrorCode::timeout) throw;
      status = kOk;  // it has answered, and nothing that helps
      throw Error(ErrorCode::network, fmt::format("unusable answer: {}", e.what()));
    }
    return static_cast<std::int64_t>(bytes);
  }

  const Url url;
  const std::string text;
  const std::int64_t connect_timeout_ns;
  Trace trace;
  std::shared_ptr<const Tls> tls;
  std::vector<Header> common_headers;
  Resolver resolver;
  std::unique_ptr<Transport> transport;  ///< Null: not connected.
  std::optional<HttpReader> reader;
  std::int64_t exchange_ns = 0;  ///< Of the last answer: from its request's first byte to its own last one.
  int status = 0;
};

HttpClient::HttpClient(const std::string& url, const ConnectOptions& options) {
  if (!(options.connect_timeout_s > 0)) throw Error(ErrorCode::invalid_argument, "connect_timeout_s must be positive");
  impl_ = std::make_unique<Impl>(url, options);
}
HttpClient::~HttpClient() = default;
std::int64_t HttpClient::exchange_ns() const noexcept { return impl_->exchange_ns; }

int HttpClient::status() const noexcept { return impl_->status; }
void HttpClient::set_trace(Trace trace) { impl_->trace = std::move(trace); }

HttpClient::Reply HttpClient::get(const std::string& path, DeadlineNs deadline) {
  Exchange wanted;
  wanted.method = "GET";
  wanted.path = path;
  return impl_->exchange(wanted, deadline);
}

HttpClient::Reply HttpClient::post_json(const std::string& path, const base::Json& body, DeadlineNs deadline) {
  const std::string text = body.dump();
  Exchange wanted;
  wanted.method = "POST";
  wanted.path = path;
  wanted.body = {text};
  wanted.headers = {{"Content-Type", "application/json"}};
  return impl_->exchange(wanted, deadline);
}

bool HttpClient::speaks_binary(DeadlineNs deadline) {
  if (binary_ >= 0) return binary_ == 1;
  const Reply reply = get("/v2", deadline);
  // A server without the metadata is spoken to in the plainest way; one that is out of order is not judged.
  if (reply.status != 200 && reply.status != 404) throw Error(ErrorCode::network, fmt::format("{}: {}", impl_->text, describe_failure(reply)));
  bool found = false;
  try {
    const base::Json metadata = reply.status == 200 ? base::parse_json(reply.body, "server metadata") : base::Json::object();
    found = takes_binary_unsaid(metadata);
    for (const std::string& extension : base::get_or<std::vector<std::string>>(metadata, "extensions", {}, "server metadata"))
      found = found || extension == "binary_tensor_data";
  } catch (const Error&) {
    // Nor does metadata that cannot be read promise anything.
  }
  binary_ = found ? 1 : 0;
  return found;
}

HttpClient::Inference HttpClient::infer(const std::string& model, std::span<const NamedTensor> inputs, std::span<const std::string> outputs,
                                        std::size_t max_reply_bytes, DeadlineNs deadline) {
  bytes_up_ = bytes_down_ = 0;
  const std::string path = "/v2/models/" + escape_path(model) + "/infer";
  const Trace& trace = impl_->trace;
  const std::string id = trace.id().empty() ? ids_.next() : trace.id();  // some servers cannot answer one without an id
  const bool binary = speaks_binary(deadline);
  const std::int64_t start_ns = trace.now();
  const Message message = encode_request(inputs, outputs, binary, id);
  trace.add("encode", start_ns, trace.now(), path);
  Exchange wanted;
  wanted.method = "POST";
  wanted.path = path;
  wanted.body = {message.json};
  for (const Tensor& tensor : message.tensors) wanted.body.push_back({static_cast<const char*>(tensor.data()), tensor.size_bytes()});
  wanted.headers = {{"Content-Type", message.binary() ? "application/octet-stream" : "application/json"}};
  if (message.binary()) wanted.headers.push_back({kHeaderLength, std::to_string(message.json.size())});
  wanted.max_reply_bytes = max_reply_bytes;
  bytes_up_ = static_cast<std::int64_t>(message.size());
  Inference result;
  wanted.response = &result.response;
  result.reply = impl_->exchange(wanted, deadline);
  bytes_down_ = result.reply.body_bytes;
  if (!result.response.id.empty() && result.response.id != id)
    throw Error(ErrorCode::network, fmt::format("{}: the answer is to request '{}', not '{}'", impl_->text, base::printable(result.response.id.substr(0, kQuotedBytes)), id));
  return result;
}

std::string describe_failure(const HttpClient::Reply& reply) {
  std::string text = reply.body;
  try {
    text = base::get_or<std::string>(base::parse_json(reply.body, "answer"), "error", text, "answer");
  } catch (const Error&) {
    // Not JSON: the start of the body has to do.
  }
  text = base::printable(text.substr(0, kQuotedBytes));
  return fmt::format("HTTP status {}{}{}", reply.status, text.empty() ? "" : ": ", text);
}

}  // namespace dnntune::split
