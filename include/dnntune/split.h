// SPDX-License-Identifier: Apache-2.0
// SplitSession: runs a plan, prefix here and suffix in the cloud, and never loses an answer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/link.h"
#include "dnntune/plan.h"
#include "dnntune/route.h"
#include "dnntune/server_load.h"
#include "dnntune/session.h"
#include "dnntune/timeline.h"

namespace dnntune {

/// Which way an answer came.
enum class Path : int {
  device = 0,    ///< The plan keeps everything here.
  split = 1,     ///< Prefix here, suffix in the cloud.
  cloud = 2,     ///< Everything in the cloud.
  fallback = 3,  ///< The cloud failed or was late: finished here. SplitResult::why says what happened.
};
DNNTUNE_API const char* to_string(Path path) noexcept;

struct ConnectOptions {
  double connect_timeout_s = 2.0;
  std::string bearer_token = {};      ///< Sent as "Authorization: Bearer ..."; "" = none.
  std::filesystem::path ca_file = {};  ///< Trusted certificates for https; empty = the system's.
};

struct SplitOptions {
  ConnectOptions connect = {};
  /// From the start of `run` to the cloud's answer; then the device finishes the work itself.
  double deadline_s = 10.0;
  /// After a failure the cloud is left alone for this long, so that runs do not each pay the timeout; twice as long after each further
  /// failure in a row, up to `longest_retry_after_s`. The next run asks first whether the server is ready, and waits `probe_timeout_s` for that.
  double retry_after_s = 1.0;
  double longest_retry_after_s = 60.0;
  double probe_timeout_s = 1.0;
  /// A server that is busy (503) is asked again when it says to, if that is within this time from the start of `run` and before the deadline.
  double busy_patience_s = 0.25;
  /// When the cloud has not answered this long after it was asked, the device starts on the same layers, and the first to end counts: late answers
  /// cost less than a deadline, for the price of computing twice. Infinite: never. What lost goes on in the background; the next run leaves the
  /// cloud alone while it owes an answer.
  double hedge_after_s = std::numeric_limits<double>::infinity();
  /// The cloud's layers are prepared here too, when the session is made, so that a run that has to finish here takes no longer than
  /// those layers do. False: when they are first needed. That saves the memory of their weights for as long as the cloud answers; the first run
  /// that finishes here then packs them, which takes tens of milliseconds up to seconds.
  bool prepare_fallback = true;
  /// Collects the steps of every run, if set.
  std::shared_ptr<Timeline> timeline = {};
};

/// What became of the runs of a session so far.
struct SplitCounters {
  std::int64_t runs = 0;           ///< That gave an answer.
  std::int64_t paths[4] = {};      ///< By Path.
  std::int64_t hedged = 0;         ///< The device had begun on the cloud's layers.
  // Of the fallbacks, by what the cloud did. They add up to paths[Path::fallback].
  std::int64_t left_alone = 0;     ///< It was not asked: it had failed just before, or owed an answer.
  std::int64_t late = 0;           ///< It had not answered at the deadline, or the device was first.
  std::int64_t busy = 0;           ///< It had no room (503).
  std::int64_t refused = 0;        ///< Any other status: the token, the model.
  std::int64_t unusable = 0;       ///< It answered what is no answer.
  std::int64_t unreachable = 0;    ///< No connection, or one that broke; a host or certificate that was not found good.
  std::int64_t not_sendable = 0;   ///< It was not asked: a value has no form on the wire.
  std::int64_t bytes_up = 0, bytes_down = 0;  ///< Bodies of inferences, those of fallbacks included.
};

/// One answer, with how it came about and what it cost.
struct SplitResult {
  Tensors outputs;
  Path path = Path::device;
  std::string why;                ///< Empty, or why this is a fallback.
  bool hedged = false;            ///< The device had begun on the cloud's layers when the first answer came.
  double total_ns = 0.0;
  double device_ns = 0.0;         ///< Layers here, those of a fallback included.
  double exchange_ns = 0.0;       ///< Request sent to answer read; includes the cloud's compute.
  double cloud_ns = 0.0;          ///< The cloud's own compute time, as it reports; 0 if it does not.
  std::int64_t bytes_up = 0;      ///< Request body.
  std::int64_t bytes_down = 0;    ///< Response body.
  /// The values that crossed in an encoding that loses precision, each as "value (fp16)"; empty for a fallback, which computes from
  /// the values themselves.
  std::vector<std::string> lossy;
};

/// What a SplitSession carries out of a route plan: its chosen placement as Plan::chosen. Layers at stops of the device run here,
/// each on the processor that the placement names; those at the one other stop that has layers run in the cloud, whose
/// server the session's URL must name; stops between without layers are passed by. The other deployments of the
/// result are empty. Throws invalid_argument when the plan is not of this graph, unsupported naming what cannot be carried out: layers at two
/// stops beyond the device, layers that come back to the device, an encoding other than raw, fp16 and int8, or one that changes on the way.
DNNTUNE_API Plan split_plan(const Graph& graph, const RoutePlan& route);

/// Carries out a plan (of a RoutePlan: split_plan). One `run` at a time per object. The cloud may be any server of the Open
/// Inference Protocol: dnntune's own is asked to cut the model; for another, export the suffix first
/// (save_suffix) and serve it under `suffix_name`.
class DNNTUNE_API SplitSession {
 public:
  /// Does not need the cloud to be there: connects at the first run that wants it. Throws
  /// invalid_argument when the plan is not of this graph or the URL is malformed. Processors that the plan names and this
  /// machine does not have are replaced by one thread of its CPU.
  SplitSession(Graph graph, Plan plan, std::string url, SplitOptions options = {});
  ~SplitSession();
  SplitSession(SplitSession&&) noexcept;
  SplitSession& operator=(SplitSession&&) noexcept;

  /// Runs once. Throws invalid_argument for a wrong input, as Session::run; never for a lost, late or
  /// lying network: then it finishes on the device and says so in `path` and `why`.
  SplitResult run(const Tensors& inputs);

  const Plan& plan() const noexcept;
  /// Not while `run` is under way.
  const SplitCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Asks a dnntune server for its measured profile of this model. Throws network or timeout, not_found
/// when the server does not hold a model of this hash.
DNNTUNE_API Profile remote_profile(const std::string& url, const Graph& graph, const ConnectOptions& options = {});

/// Asks a dnntune server how busy it is: for QueueModel. Throws network or timeout, not_found for a server that does not tell.
DNNTUNE_API ServerLoad remote_load(const std::string& url, const ConnectOptions& options = {});

/// The name under which a server is asked for a deployment's suffix: model, hash and cut.
DNNTUNE_API std::string suffix_name(const Graph& graph, const Deployment& deployment);
/// The cloud half of a deployment as a graph: original nodes and weights, with the wire codec's
/// decoding nodes (a Cast for fp16, a DequantizeLinear for int8) in front. Throws invalid_argument when nothing runs in the cloud.
DNNTUNE_API Graph suffix_graph(const Graph& graph, const Deployment& deployment);

/// A relay on the loopback interface that makes a fast connection behave like `link` (rate both ways,
/// round trip), for demonstrations and tests; needs no privileges. Thread-safe.
class DNNTUNE_API LinkShaper {
 public:
  /// Listens on a free port and relays to `target_url` (http or https, host:port). Throws invalid_argument
  /// for a malformed URL, an unknown host or a link without bandwidth. Up to 400 connections at a time.
  LinkShaper(const Link& link, const std::string& target_url);
  ~LinkShaper();
  LinkShaper(const LinkShaper&) = delete;
  LinkShaper& operator=(const LinkShaper&) = delete;

  /// The address to use in place of the target's.
  std::string url() const;
  /// Takes effect on the next byte.
  void set_link(const Link& link);
  /// While down, connections are cut and new ones refused.
  void set_down(bool down);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune
