// SPDX-License-Identifier: Apache-2.0
// The cloud half of one deployment, as the device sees it: finds or asks for the suffix, then calls it.
#pragma once

#include <string>
#include <vector>

#include "split/http_client.h"
#include "split/suffix.h"

namespace dnntune::split {

class RemoteSuffix {
 public:
  RemoteSuffix(const Graph& graph, SuffixSpec spec, const std::string& url, const ConnectOptions& options);

  /// What crosses, by the values' own names, in; the cloud's outputs by name, out. Throws network or
  /// timeout for all that the server does wrong (an answer of wrong names, types or shapes too), unsupported
  /// when it takes only JSON and a value has no JSON form.
  ///
  /// A server that is busy (503) is asked again when it says to, if that is not after `busy_until`. An answer that holds a NaN when nothing that crossed
  /// does is a network error: `answered_nan` tells it from others.
  Tensors run(const Tensors& crossing, DeadlineNs deadline, DeadlineNs busy_until);
  /// Of the `run` to come.
  void set_trace(const Trace& trace) {
    trace_ = trace;
    client_.set_trace(trace);
  }
  /// Asks whether the server is ready, without sending a tensor; throws network or timeout when it is not.
  void probe(DeadlineNs deadline);

  /// How long the server wanted to be left alone when the last `run` failed; 0 when it did not say.
  double retry_after_s() const noexcept { return retry_after_s_; }
  bool answered_nan() const noexcept { return answered_nan_; }
  /// Of the last answer of the server; 0 when it gave none to what it was asked last.
  int status() const noexcept { return client_.status(); }
  double compute_ns() const noexcept { return compute_ns_; }
  /// How long the request waited there for others, as a server of ours says; 0 for others.
  double wait_ns() const noexcept { return wait_ns_; }
  /// Of the last inference alone: from its first byte sent to the last one received.
  double infer_ns() const noexcept { return infer_ns_; }
  /// The last `run` had to find the suffix on the server first, or have it cut: its inference may have waited for that.
  bool found_anew() const noexcept { return found_anew_; }
  std::int64_t bytes_up() const noexcept { return client_.bytes_up(); }
  std::int64_t bytes_down() const noexcept { return client_.bytes_down(); }

 private:
  void find_model(DeadlineNs deadline);
  bool serves_whole(DeadlineNs deadline);
  HttpClient::Inference infer(const std::vector<NamedTensor>& inputs, DeadlineNs deadline);
  HttpClient::Inference infer_patiently(const std::vector<NamedTensor>& inputs, DeadlineNs deadline, DeadlineNs busy_until);
  Tensors check(std::vector<NamedTensor> outputs) const;
  void check_nan(const Tensors& crossing, const Tensors& outputs);

  const Graph graph_;
  const SuffixSpec spec_;
  std::size_t max_reply_bytes_ = 0;
  HttpClient client_;
  std::string model_;  ///< Empty until it is known under which name the server has the suffix.
  double compute_ns_ = 0.0, wait_ns_ = 0.0, infer_ns_ = 0.0, retry_after_s_ = 0.0;
  bool found_anew_ = false, answered_nan_ = false;
  Trace trace_;
};

}  // namespace dnntune::split
