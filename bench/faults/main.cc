// SPDX-License-Identifier: Apache-2.0
// dnntune_faults: requests through SplitSession while everything between device and cloud fails in turn. Is an answer lost, wrong or late? Does
// memory or a descriptor leak?
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/output.h"
#include "dnntune/error.h"
#include "faults/clients.h"
#include "faults/resources.h"
#include "faults/troubles.h"

namespace {

using namespace dnntune;

struct Options {
  std::int64_t requests = 100'000;
  int clients = 4;
  std::uint64_t seed = 1;
  double deadline_ms = 20.0, allowance_ms = 20.0, trouble_every_s = 0.5, most_growth_mb = 8.0;
  std::string command, digits;
  bool without_tls = false;
};

constexpr int kSamples = 10;
/// The sample from which memory must not grow: by then caches and the allocator have what they keep.
constexpr std::size_t kSettledSample = 2;

struct Sample {
  std::string when;
  faults::Held client, server;
};

std::string count(std::int64_t n) { return std::to_string(n); }

std::string text(const std::vector<std::string>& rows, const std::map<std::string, faults::Tally>& tallies, const char* title) {
  cli::Table table({title, ">requests", ">cloud", ">device", ">lost", ">wrong", ">late", ">worst ms"});
  faults::Tally sum;
  const auto add = [&](const std::string& name, const faults::Tally& t) {
    table.row({name, count(t.requests), count(t.from_cloud), count(t.from_device), count(t.lost), count(t.wrong), count(t.late), fmt::format("{:.1f}", t.worst_ms)});
  };
  for (const std::string& row : rows) {
    const auto found = tallies.find(row);
    if (found == tallies.end()) continue;
    add(row, found->second);
    sum.add(found->second);
  }
  table.rule();
  add("all", sum);
  return table.text(100);
}

std::string text(const std::vector<Sample>& samples) {
  cli::Table table({"requests", ">resident MB", ">descriptors", ">threads", ">server's MB", ">descriptors", ">threads"});
  for (const Sample& s : samples)
    table.row({s.when, fmt::format("{:.1f}", s.client.resident_mb), count(s.client.descriptors), count(s.client.threads), fmt::format("{:.1f}", s.server.resident_mb),
               count(s.server.descriptors), count(s.server.threads)});
  return table.text(100);
}

/// Runs all clients; samples what is held as they go.
faults::Report run(const Options& options, const std::vector<faults::Variant>& variants, faults::Cloud& cloud, const faults::Timing& timing, faults::Host watched,
                   std::vector<Sample>& samples) {
  std::atomic<std::int64_t> done = 0;
  std::vector<std::future<faults::Report>> clients;
  for (int i = 0; i < options.clients; ++i) {
    const std::int64_t share = options.requests / options.clients + (i < options.requests % options.clients ? 1 : 0);
    clients.push_back(std::async(std::launch::async, [&, i, share] {
      return faults::run_client(i, variants, cloud, timing, share, options.seed * 1000 + static_cast<std::uint64_t>(i), done);
    }));
  }
  cli::Progress progress("asking");
  const auto all_ended = [&] {
    return std::all_of(clients.begin(), clients.end(), [](const auto& client) { return client.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  };
  for (int next = 1; !all_ended();) {
    if (next < kSamples && done >= options.requests * next / kSamples) {
      samples.push_back({count(options.requests * next / kSamples), faults::held_by(::getpid()), faults::held_by(cloud.pid(watched))});
      ++next;
    }
    progress.update(static_cast<double>(done) / static_cast<double>(options.requests));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  faults::Report report;
  for (auto& client : clients) report.add(client.get());
  return report;
}

bool passed(const Options& options, const faults::Report& report, const std::vector<Sample>& samples) {
  faults::Tally sum;
  for (const auto& [row, tally] : report.by_trouble) sum.add(tally);
  const Sample &before = samples.front(), &after = samples.back();
  const bool leaks = after.client.descriptors != before.client.descriptors || after.client.threads != before.client.threads;
  const double growth_mb = samples.size() > kSettledSample ? after.client.resident_mb - samples[kSettledSample].client.resident_mb : 0.0;
  const bool grows = options.most_growth_mb > 0 && growth_mb > options.most_growth_mb;
  fmt::print("{} lost, {} wrong, {} late of {}; memory {:+.1f} MB since the first fifth; descriptors and threads {}\n", sum.lost, sum.wrong, sum.late, sum.requests, growth_mb,
             leaks ? "left over" : "as before");
  const bool says_something = sum.from_cloud > 0 && sum.from_device > 0;
  return sum.lost + sum.wrong + sum.late == 0 && !leaks && !grows && says_something;
}

int judge(const Options& options) {
  const bool with_tls = !options.without_tls && faults::kWithTls;
  const faults::Timing timing{options.deadline_ms * 1e-3, options.allowance_ms * 1e-3};
  faults::Cloud cloud(options.command, options.digits, with_tls);
  const std::vector<faults::Variant> variants = faults::variants(options.digits, cloud, with_tls, timing);
  const faults::Host watched = with_tls ? faults::Host::tls : faults::Host::other_token;

  std::vector<Sample> samples = {{"before", faults::held_by(::getpid()), faults::held_by(cloud.pid(watched))}};
  faults::Report report;
  const auto start = std::chrono::steady_clock::now();
  {
    const faults::FullDisk full;
    cloud.trouble(options.seed, options.trouble_every_s, 2.0 * timing.deadline_s);
    report = run(options, variants, cloud, timing, watched, samples);
    cloud.calm();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  samples.push_back({"after", faults::held_by(::getpid()), faults::held_by(cloud.pid(watched))});

  std::vector<std::string> names;
  for (const faults::Variant& variant : variants) names.push_back(variant.name);
  fmt::print("{}\n{}\n{}\n", text(faults::rows(with_tls), report.by_trouble, "what befell the request"), text(names, report.by_variant, "what was asked"), text(samples));
  fmt::print("{:.0f} s; meanwhile the server was killed and started again {} times and stood still {} times; no file could be written\n", seconds, cloud.kills(), cloud.freezes());
  fmt::print("late: more than {:g} ms (deadline) + the device's own time + {:g} ms (allowance); times are from the call to the answer, less those for which the caller was\n"
             "ready to run and the system gave it no processor\n",
             options.deadline_ms, options.allowance_ms);
  for (const faults::Variant& variant : variants)
    if (variant.difference > 0) fmt::print("{}: the cloud's answers differ from the device's by at most {:.2g} of the largest element\n", variant.name, variant.difference);
  for (const std::string& example : report.examples) fmt::print("  {}\n", example);

  if (!cloud.failure().empty()) throw Error(ErrorCode::network, fmt::format("the server could not be started again: {}", cloud.failure()));
  return passed(options, report, samples) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Requests through SplitSession while everything between device and cloud fails in turn. 1: an answer was lost, wrong or late, or something leaked.");
  Options options;
  app.add_option("--command", options.command, "The dnntune command")->required()->check(CLI::ExistingFile);
  app.add_option("--digits", options.digits, "Folder with the digit networks")->required()->check(CLI::ExistingDirectory);
  app.add_option("--requests", options.requests, "Requests of all clients together")->capture_default_str()->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--clients", options.clients, "Clients that ask at the same time")->capture_default_str()->check(CLI::Range(1, 64));
  app.add_option("--seed", options.seed, "Of what befalls whom")->capture_default_str();
  app.add_option("--deadline", options.deadline_ms, "Milliseconds to wait for the cloud")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--allowance", options.allowance_ms, "Milliseconds beyond the deadline and the device's own time before an answer is late")->capture_default_str()->check(CLI::NonNegativeNumber);
  app.add_option("--trouble-every", options.trouble_every_s, "Seconds between kills and freezes of the server, on average")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--growth", options.most_growth_mb, "Megabytes by which memory may grow after the first fifth; 0: not judged")->capture_default_str()->check(CLI::NonNegativeNumber);
  app.add_flag("--without-tls", options.without_tls, "No client with TLS");
  CLI11_PARSE(app, argc, argv);
  try {
    return judge(options);
  } catch (const Error& e) {
    fmt::print(stderr, "faults: {}: {}\n", to_string(e.code()), e.what());
    return 2;
  }
}
