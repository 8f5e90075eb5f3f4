// SPDX-License-Identifier: Apache-2.0
#include "split/http_exchange.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "dnntune/error.h"
#include "split/wire.h"

namespace dnntune::split {
namespace {

/// A sender slower than this, on the average, is given up: far below any mobile link that is worth its while.
constexpr double kSlowestBytesPerSecond = 2000.0;
/// How long, and for how much, we go on reading after an answer that refuses a body, so that the answer is
/// not lost with the connection.
constexpr double kLingerSeconds = 1.0;
constexpr std::size_t kLingerBytes = std::size_t{64} << 20;
/// Memory for a body up to this size is asked for at once; a larger one gets it as its bytes come.
constexpr std::size_t kTrustedBytes = std::size_t{32} << 20;

const char* reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Payload Too Large";
    case 415: return "Unsupported Media Type";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return status < 500 ? "Refused" : "Internal Server Error";
  }
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

void keep_body(HttpRequest& request, std::string&& body) {
  const auto kept = std::make_shared<const std::string>(std::move(body));
  request.body = *kept;
  request.body_owner = kept;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1, low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) throw Error(ErrorCode::invalid_argument, "malformed HTTP: a '%' in the path without two digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::vector<std::string> path_segments(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.starts_with('/')) throw Error(ErrorCode::invalid_argument, "malformed HTTP: the target is not a path");
  if (target.size() > 1 && target.ends_with('/')) target.remove_suffix(1);
  std::vector<std::string> segments;
  while (!target.empty()) {
    target.remove_prefix(1);
    const std::size_t end = std::min(target.find('/'), target.size());
    segments.push_back(percent_decoded(target.substr(0, end)));
    target.remove_prefix(end);
  }
  return segments;
}

/// "POST /v2/models/x/infer HTTP/1.1" into method and path; false for HTTP/1.0.
bool read_request_line(HttpRequest& request) {
  const std::string_view line = request.head.start_line;
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) throw Error(ErrorCode::invalid_argument, "malformed HTTP: no request line");
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") throw Error(ErrorCode::invalid_argument, "malformed HTTP: only versions 1.0 and 1.1 are spoken here");
  request.method = line.substr(0, first);
  const bool is_word = std::all_of(request.method.begin(), request.method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (request.method.empty() || !is_word) throw Error(ErrorCode::invalid_argument, "malformed HTTP: the method is no word");
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (std::any_of(target.begin(), target.end(), [](char c) { return static_cast<unsigned char>(c) <= 32 || c == 127; }))
    throw Error(ErrorCode::invalid_argument, "malformed HTTP: the target has blanks or control characters");
  request.path = path_segments(target);
  if (version == "HTTP/1.0" && request.head.find("Transfer-Encoding") != nullptr)
    throw Error(ErrorCode::invalid_argument, "malformed HTTP: HTTP/1.0 has no transfer codings");
  return version == "HTTP/1.1";
}

}  // namespace

HttpReply error_reply(int status, const std::string& message) {
  HttpReply reply;
  reply.status = status;
  // What a peer sent may be quoted in the message and need not be UTF-8.
  reply.body = base::Json{{"error", message}}.dump(-1, ' ', false, base::Json::error_handler_t::replace);
  return reply;
}

void HttpExchange::receive_body(HttpRequest& request) {
  Patience patience(options_.read_timeout_s, kSlowestBytesPerSecond);
  const bool announced = request.head.find("Content-Length") != nullptr || request.head.find("Transfer-Encoding") != nullptr;
  if (announced && request.head.has_token("Expect", "100-continue")) transport_->write("HTTP/1.1 100 Continue\r\n\r\n", patience.after(0));
  const std::string coding = request.head.get("Content-Encoding");
  const bool coded = !coding.empty() && !equal_ignoring_case(coding, "identity");
  const auto length = HttpReader::plain_length(request.head, options_.max_body_bytes);
  if (length && *length <= kTrustedBytes && !coded) {
    receive_plain_body(request, *length, patience);
    return;
  }
  std::string body = reader_.read_body(request.head, options_.max_body_bytes, Unannounced::no_body, patience);
  if (!coded) {
    keep_body(request, std::move(body));
    return;
  }
  if (!equal_ignoring_case(coding, "gzip") && !equal_ignoring_case(coding, "deflate"))
    throw Error(ErrorCode::unsupported, fmt::format("Content-Encoding '{}': only gzip and deflate are understood", coding.substr(0, 32)));
  keep_body(request, inflate(body, options_.max_body_bytes));
}

/// To where its tensors can stay: the JSON, whose length the head gives, ends where memory is aligned.
void HttpExchange::receive_plain_body(HttpRequest& request, std::size_t length, Patience& patience) {
  std::size_t json = 0;
  if (const std::string* text = request.head.find(kHeaderLength)) std::from_chars(text->data(), text->data() + text->size(), json);  // judged later
  const std::size_t before = (base::kAlignment - json % base::kAlignment) % base::kAlignment;
  const std::shared_ptr<base::AlignedBuffer> block = bodies_.take(before + length);
  char* const start = block->as<char>() + before;
  reader_.read_into(start, length, patience);
  request.body = {start, length};
  request.body_owner = block;
}

/// A refusal, or nothing when the request is complete. `ended`: the peer has left, or deserves no answer.
std::optional<HttpReply> HttpExchange::receive(HttpHandler& handler, HttpRequest& request, bool& ended) {
  ended = false;
  try {
    std::optional<Head> head = reader_.read_head(deadline_in(options_.read_timeout_s));
    if (!head) {
      ended = true;
      return std::nullopt;
    }
    request.head = std::move(*head);
    if (!read_request_line(request)) request.head.headers.push_back({"Connection", "close"});
    if (auto refusal = handler.refuse(request)) return refusal;
    receive_body(request);
    return std::nullopt;
  } catch (const Error& e) {
    ended = e.code() == ErrorCode::network;
    const bool head_done = !request.head.start_line.empty();
    switch (e.code()) {
      case ErrorCode::invalid_argument: return error_reply(400, e.what());
      case ErrorCode::limit_exceeded: return error_reply(head_done ? 413 : 431, e.what());
      case ErrorCode::timeout: return error_reply(408, "the request was not complete in time");
      case ErrorCode::unsupported: return error_reply(head_done && request.head.find("Content-Encoding") ? 415 : 501, e.what());
      case ErrorCode::out_of_memory: return error_reply(503, e.what());
      default: return error_reply(500, e.what());
    }
  }
}

bool HttpExchange::serve(HttpHandler& handler, const std::function<void()>& received, const std::function<bool()>& may_keep) {
  Arrivals::One arrival(options_.arrivals);
  HttpRequest request;
  request.arrival = &arrival;
  request.client = client_;
  request.began_ns = base::now_ns();
  bool ended = false;
  if (const std::optional<HttpReply> refusal = receive(handler, request, ended)) {
    received();
    if (!ended && send(*refusal, false, request.method != "HEAD")) linger();
    return false;
  }
  if (ended) return false;
  received();
  request.received_ns = base::now_ns();
  const HttpReply reply = handler.answer(request);
  arrival.end();
  const bool keep = may_keep() && !request.head.has_token("Connection", "close");
  const std::int64_t start_ns = base::now_ns();
  const bool sent = send(reply, keep, request.method != "HEAD");
  if (reply.sent) reply.sent(start_ns);
  return sent && keep;
}

bool HttpExchange::send(const HttpReply& reply, bool keep, bool with_body) noexcept {
  try {
    std::vector<Header> headers = reply.headers;
    headers.push_back({"Content-Type", reply.content_type});
    std::vector<std::string_view> pieces = {reply.body};
    std::size_t length = reply.body.size();
    for (const Tensor& tensor : reply.tail) {
      pieces.push_back({static_cast<const char*>(tensor.data()), tensor.size_bytes()});
      length += tensor.size_bytes();
    }
    headers.push_back({"Content-Length", std::to_string(length)});
    headers.push_back({"Connection", keep ? "keep-alive" : "close"});
    const std::string head = head_text(fmt::format("HTTP/1.1 {} {}", reply.status, reason_of(reply.status)), headers);
    if (!with_body) pieces.clear();
    Patience patience(options_.read_timeout_s, kSlowestBytesPerSecond);
    write_message(*transport_, head, pieces, patience);
    if (!keep) transport_->finish();
    return true;
  } catch (const std::exception&) {
    // The client has gone or takes too long: nobody to tell, and what it did not take is not kept for it.
    reset_on_close(transport_->fd());
    return false;
  }
}

/// Closing with unread bytes would reset the connection and take the answer with it.
void HttpExchange::linger() noexcept {
  try {
    char bytes[16 << 10];
    const DeadlineNs deadline = deadline_in(kLingerSeconds);
    for (std::size_t total = 0; total < kLingerBytes && base::now_ns() < deadline;) {
      const std::size_t n = transport_->read(bytes, sizeof bytes, deadline);
      if (n == 0) return;
      total += n;
    }
  } catch (const std::exception&) {
    // It was a courtesy.
  }
}

}  // namespace dnntune::split
