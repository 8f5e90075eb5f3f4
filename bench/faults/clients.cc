// SPDX-License-Identifier: Apache-2.0
#include "faults/clients.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "faults/names.h"
#include "faults/relay.h"
#include "faults/resources.h"
#include "faults/troubles.h"
#include "harness/plan_at.h"

namespace dnntune::faults {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kInputs = 8;
constexpr int kLocalRuns = 50;
constexpr std::int64_t kRequestsOfASession = 300;
constexpr std::size_t kExamples = 10;
constexpr std::size_t kFirstGuessBytes = 1500;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
Processor one_thread() { return Device::local().processor("cpu:all x1"); }

CutPoint middle(const Graph& graph) { return graph.cut_points()[graph.cut_points().size() / 2]; }

bool same_bits(const Tensors& a, const Tensors& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first && x.second.type() == y.second.type() && x.second.shape() == y.second.shape() &&
                  std::memcmp(x.second.data(), y.second.data(), x.second.size_bytes()) == 0;
         });
}

double relative_difference(const Tensors& a, const Tensors& b) {
  double difference = 0.0, largest = 0.0;
  for (const auto& [name, tensor] : b) {
    const auto ours = a.at(name).as<float>(), theirs = tensor.as<float>();
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      difference = std::max(difference, static_cast<double>(std::abs(ours[i] - theirs[i])));
      largest = std::max(largest, static_cast<double>(std::abs(theirs[i])));
    }
  }
  return largest > 0 ? difference / largest : difference;
}

SplitOptions options_for(const Cloud& cloud, Host host, const Timing& timing) {
  SplitOptions options;
  options.connect.connect_timeout_s = options.deadline_s = options.probe_timeout_s = timing.deadline_s;
  options.connect.bearer_token = kToken;
  if (host == Host::tls) options.connect.ca_file = cloud.trusted();
  options.busy_patience_s = timing.deadline_s / 4;
  options.retry_after_s = options.longest_retry_after_s = 0.0;  // so that every request meets what befalls it
  return options;
}

/// Fills in the inputs and what the device and the cloud make of them.
void answer(Variant& variant, const Cloud& cloud) {
  static constexpr double kPatientSeconds = 60.0;
  SplitOptions patient = variant.options;
  patient.connect.connect_timeout_s = patient.deadline_s = patient.probe_timeout_s = kPatientSeconds;
  patient.connect.bearer_token = kToken;
  patient.hedge_after_s = std::numeric_limits<double>::infinity();
  const std::string url = fmt::format("{}://127.0.0.1:{}", variant.host == Host::tls ? "https" : "http", cloud.port(variant.host));
  SplitSession split(variant.graph, variant.plan, url, patient);
  Session local(variant.graph, one_thread());
  for (int i = 0; i < kInputs; ++i) {
    const Tensors& inputs = variant.inputs.emplace_back(random_inputs(variant.graph, static_cast<std::uint64_t>(100 + i)));
    variant.expected.push_back(local.run(inputs));
    const SplitResult result = split.run(inputs);
    if (result.path == Path::fallback) throw Error(ErrorCode::network, fmt::format("{}: the cloud did not answer: {}", variant.name, result.why));
    if (result.lossy.empty() && !same_bits(result.outputs, variant.expected.back())) throw Error(ErrorCode::network, fmt::format("{}: the cloud's bits differ", variant.name));
    variant.from_cloud.push_back(result.outputs);
    variant.difference = std::max(variant.difference, relative_difference(result.outputs, variant.expected.back()));
  }
  for (int i = 0; i < kLocalRuns; ++i) {
    const auto start = Clock::now();
    local.run(variant.inputs.front());
    variant.local_s = std::max(variant.local_s, seconds_since(start));
  }
}

/// A session of a client, and what it needs to know to spoil its requests.
struct Asker {
  std::unique_ptr<SplitSession> session;
  std::size_t bytes[2] = {kFirstGuessBytes, kFirstGuessBytes};
  std::string earlier;
};

class Client {
 public:
  Client(int number, const std::vector<Variant>& variants, const Cloud& cloud, const Timing& timing, std::uint64_t seed)
      : number_(number), variants_(variants), cloud_(cloud), timing_(timing), random_(seed), plain_(cloud.port(Host::plain)),
        tls_(cloud.port(Host::tls)), askers_(variants.size()) {
    for (std::size_t i = 0; i < variants.size(); ++i) renew(i);
  }

  void ask(Report& report) {
    if (++asked_ % kRequestsOfASession == 0) renew(random_() % variants_.size());
    const std::size_t which = random_() % variants_.size();
    const Variant& variant = variants_[which];
    Asker& asker = askers_[which];
    const std::size_t input = random_() % variant.inputs.size();
    Draw drawn{.random = random_, .deadline_s = timing_.deadline_s, .bytes = {asker.bytes[0], asker.bytes[1]}, .tls = variant.host == Host::tls, .earlier = asker.earlier};
    Trouble trouble = draw(drawn);
    Relay& relay = variant.host == Host::tls ? tls_ : plain_;
    const bool spoilt = trouble.spoil.kind != Spoil::Kind::none;
    set_name(number_, trouble.name, 2.0 * timing_.deadline_s * drawn.share());
    relay.set_target(cloud_.port(trouble.host.value_or(variant.host)));
    relay.begin(std::move(trouble.spoil));
    const Tally tally = judge(variant, *asker.session, input, trouble.row, report);
    if (!spoilt && tally.from_cloud > 0)
      for (const Way way : {Way::up, Way::down}) asker.bytes[static_cast<int>(way)] = relay.passed(way);
    relay.end();
    if (trouble.host) relay.begin({.kind = Spoil::Kind::renew});  // the next request finds its own host again
    set_name(number_, NameState::found);
    report.by_trouble[trouble.row].add(tally);
    report.by_variant[variant.name].add(tally);
  }

 private:
  void renew(std::size_t i) {
    const Variant& variant = variants_[i];
    const bool tls = variant.host == Host::tls;
    const std::string url = fmt::format("{}://{}:{}", tls ? "https" : "http", name_of(number_), (tls ? tls_ : plain_).port());
    askers_[i].session.reset();
    askers_[i].session = std::make_unique<SplitSession>(variant.graph, variant.plan, url, variant.options);
  }

  Tally judge(const Variant& variant, SplitSession& session, std::size_t input, const char* row, Report& report) {
    Tally tally{.requests = 1};
    std::string said;
    std::optional<SplitResult> result;
    const double unserved_before_s = unserved_s();
    const auto start = Clock::now();
    try {
      result = session.run(variant.inputs[input]);
      said = result->why;
    } catch (const std::exception& e) {
      said = e.what();
    }
    const double taken_s = seconds_since(start) - (unserved_s() - unserved_before_s);
    tally.worst_ms = taken_s * 1e3;
    tally.lost = !result;
    if (result) {
      const bool cloud = result->path == Path::split || result->path == Path::cloud;
      (cloud ? tally.from_cloud : tally.from_device) = 1;
      tally.wrong = !same_bits(result->outputs, (cloud ? variant.from_cloud : variant.expected)[input]);
    }
    tally.late = taken_s > timing_.deadline_s + variant.local_s + timing_.allowance_s;
    if (tally.lost + tally.wrong + tally.late > 0 && report.examples.size() < kExamples)
      report.examples.push_back(fmt::format("{}, {}, {}: {:.1f} ms: {}", tally.lost ? "lost" : tally.wrong ? "wrong" : "late", variant.name, row, tally.worst_ms, said));
    return tally;
  }

  const int number_;
  const std::vector<Variant>& variants_;
  const Cloud& cloud_;
  const Timing timing_;
  std::mt19937_64 random_;
  Relay plain_, tls_;
  std::vector<Asker> askers_;
  std::int64_t asked_ = 0;
};

}  // namespace

std::vector<Variant> variants(const std::filesystem::path& digits, const Cloud& cloud, bool with_tls, const Timing& timing) {
  std::vector<Variant> all;
  const auto add = [&](std::string name, const char* network, bool everything, WireEncoding encoding, Host host) -> Variant& {
    Graph graph = load_onnx(digits / fmt::format("{}.onnx", network));
    Plan plan = harness::plan_at(graph, everything ? graph.cut_points().front() : middle(graph), encoding);
    Variant& variant = all.emplace_back(Variant{.name = std::move(name), .graph = std::move(graph), .plan = std::move(plan)});
    variant.options = options_for(cloud, host, timing);
    variant.host = host;
    return variant;
  };
  all.reserve(16);
  add("mlp, split", "digits_mlp", false, WireEncoding::raw, Host::plain);
  add("mlp, all in the cloud", "digits_mlp", true, WireEncoding::raw, Host::plain);
  add("cnn, split", "digits_cnn", false, WireEncoding::raw, Host::plain);
  add("cnn, split, fp16", "digits_cnn", false, WireEncoding::fp16, Host::plain);
  add("cnn, split, int8", "digits_cnn", false, WireEncoding::int8, Host::plain);
  add("lstm, split", "digits_lstm", false, WireEncoding::raw, Host::plain);
  add("mlp, split, hedged", "digits_mlp", false, WireEncoding::raw, Host::plain).options.hedge_after_s = timing.deadline_s / 5;
  Variant& pausing = add("mlp, split, pauses after failures", "digits_mlp", false, WireEncoding::raw, Host::plain);
  pausing.options.retry_after_s = timing.deadline_s / 4;
  pausing.options.longest_retry_after_s = timing.deadline_s;
  add("mlp, split, wrong token", "digits_mlp", false, WireEncoding::raw, Host::plain).options.connect.bearer_token = "wrong";
  if (with_tls) add("cnn, split, TLS", "digits_cnn", false, WireEncoding::raw, Host::tls);
  for (Variant& variant : all) answer(variant, cloud);
  return all;
}

void Tally::add(const Tally& other) {
  requests += other.requests;
  from_cloud += other.from_cloud;
  from_device += other.from_device;
  lost += other.lost;
  wrong += other.wrong;
  late += other.late;
  worst_ms = std::max(worst_ms, other.worst_ms);
}

void Report::add(const Report& other) {
  for (const auto& [row, tally] : other.by_trouble) by_trouble[row].add(tally);
  for (const auto& [row, tally] : other.by_variant) by_variant[row].add(tally);
  for (const std::string& example : other.examples)
    if (examples.size() < kExamples) examples.push_back(example);
}

Report run_client(int number, const std::vector<Variant>& variants, const Cloud& cloud, const Timing& timing, std::int64_t requests, std::uint64_t seed,
                  std::atomic<std::int64_t>& done) {
  Report report;
  Client client(number, variants, cloud, timing, seed);
  for (std::int64_t i = 0; i < requests; ++i, ++done) client.ask(report);
  return report;
}

}  // namespace dnntune::faults
