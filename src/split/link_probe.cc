// SPDX-License-Identifier: Apache-2.0
#include "split/link_probe.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {

void LinkProbe::start(std::int64_t bytes, double timeout_s) {
  try {
    outcome_ = std::async(std::launch::async, [this, bytes, timeout_s] { return probe(bytes, timeout_s); });
  } catch (const std::system_error& e) {
    throw Error(ErrorCode::out_of_memory, fmt::format("cannot start a thread for a probe: {}", e.what()));
  }
}

std::optional<LinkProbe::Outcome> LinkProbe::take() {
  if (!outcome_.valid() || outcome_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  return outcome_.get();
}

LinkProbe::Outcome LinkProbe::probe(std::int64_t bytes, double timeout_s) {
  Outcome outcome;
  try {
    // The first may have to connect: HttpClient does not count that, but a connection that was asleep may be slow to wake.
    std::int64_t least_ns = 0;
    for (const bool first : {true, false}) {
      const HttpClient::Reply reply = client_.get("/v2/health/ready", deadline_in(timeout_s));
      if (reply.status != 200) throw Error(ErrorCode::network, fmt::format("the server is not ready: {}", describe_failure(reply)));
      least_ns = first ? client_.exchange_ns() : std::min(least_ns, client_.exchange_ns());
    }
    outcome.round_trip_s = static_cast<double>(least_ns) * 1e-9;
    if (bytes == 0) return outcome;
    // A question of the repository extension, whose answer is short. The body is padded as the extension allows.
    const base::Json question = {{"ready", true}, {"parameters", {{"padding", std::string(static_cast<std::size_t>(bytes), '.')}}}};
    const HttpClient::Reply reply = client_.post_json("/v2/repository/index", question, deadline_in(timeout_s));
    if (reply.status == 200) outcome.padded_s = static_cast<double>(client_.exchange_ns()) * 1e-9;  // else it may not have waited for the body
    outcome.bytes_up = static_cast<std::int64_t>(question.dump().size());
    outcome.bytes_down = static_cast<std::int64_t>(reply.body.size());
  } catch (const Error& e) {
    outcome.failure = e.what();
    outcome.silent = client_.status() == 0;
  }
  return outcome;
}

}  // namespace dnntune::split
