// SPDX-License-Identifier: Apache-2.0
// dnntune serve: the cloud half.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command.h"

namespace dnntune::cli {
namespace {

struct ServeArguments {
  std::vector<std::string> models;
  std::uint64_t seed = 1;
  ProcessorOptions processor;
  ServerOptions server;
  std::string certificate, key, token_file, timeline;
  double drain_s = 20.0;
  double watch_s = 0.0;
  double batch_delay_ms = 0.0;
};

/// A model, and what its file was like when it was read.
struct Served {
  std::string source;
  std::optional<std::pair<std::filesystem::file_time_type, std::uintmax_t>> file;  ///< Empty for a model of the zoo.
  Graph graph;
};

std::optional<std::pair<std::filesystem::file_time_type, std::uintmax_t>> state_of(const std::string& source) {
  std::error_code no_time, no_size;
  const auto time = std::filesystem::last_write_time(source, no_time);
  const auto size = std::filesystem::file_size(source, no_size);
  if (no_time || no_size) return std::nullopt;
  return std::pair{time, size};
}

/// Serves what has changed on disk in place of what was read before. A file that cannot be read leaves the model as it is, and is tried again when it
/// changes again.
void reload_changed(Server& server, std::vector<Served>& models, std::uint64_t seed) {
  for (Served& model : models) {
    const auto now = model.file ? state_of(model.source) : std::nullopt;
    if (!now || now == model.file) continue;
    model.file = now;
    try {
      const Graph graph = load_model(model.source, {}, seed);
      if (graph.hash() == model.graph.hash()) continue;
      server.add_model(graph);
      const auto same = std::count_if(models.begin(), models.end(), [&](const Served& other) { return other.graph.hash() == model.graph.hash(); });
      if (same == 1) server.remove_model(model.graph);
      model.graph = graph;
      fmt::print("model {}  hash {}  (reloaded)\n", graph.name(), graph.hash());
    } catch (const Error& e) {
      fmt::print("kept model {} as it was: {}\n", model.graph.name(), e.what());
    }
    std::fflush(stdout);
  }
}

/// Waits for a signal to stop, looking at the files every `watch_s` meanwhile (0: never).
void serve_until(const sigset_t& signals, double watch_s, const std::function<void()>& look) {
  int signal = 0;
  if (watch_s <= 0) {
    sigwait(&signals, &signal);
    return;
  }
  const double whole = std::floor(watch_s);
  const timespec pause{static_cast<time_t>(whole), static_cast<long>((watch_s - whole) * 1e9)};
  while (sigtimedwait(&signals, nullptr, &pause) < 0) look();
}

}  // namespace

void add_serve(CLI::App& app, int& result) {
  auto options = std::make_shared<ServeArguments>();
  CLI::App* command = app.add_subcommand("serve", "Serve models and their cloud halves (Open Inference Protocol)");
  command->add_option("models", options->models, "ONNX files or zoo:NAME")->required();
  command->add_option("--seed", options->seed, "Seed of zoo weights")->transform(seed_number())->capture_default_str();
  options->processor.add_to(*command);
  command->add_option("--host", options->server.host, "Address to listen on")->capture_default_str();
  command->add_option("--port", options->server.port, "Port; 0 takes a free one")->check(CLI::Range(0, 65535))->capture_default_str();
  command->add_option("--token-file", options->token_file, "File whose first line is the bearer token that clients must send");
  command->add_option("--max-waiting", options->server.max_waiting, "Inferences that may wait; more are answered 503")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--max-batch", options->server.max_batch, "Join waiting requests for one network to runs of up to this many rows; 1: none")->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_option("--batch-delay-ms", options->batch_delay_ms, "Let the first of them wait this long for others")->check(CLI::Range(0.0, 10000.0))->capture_default_str();
  command->add_option("--drain", options->drain_s, "Seconds that requests get to end after SIGTERM; a second signal ends at once")->check(CLI::Range(0.0, 3600.0))->capture_default_str();
  command->add_option("--watch", options->watch_s, "Look this often, in seconds, whether model files have changed, and serve the new ones; 0: never")->check(CLI::Range(0.0, 3600.0))->capture_default_str();
  command->add_option("--timeline", options->timeline, "Write what each inference spent its time on into this file at the end, as a trace that browsers show");
  command->add_flag("--allow-unauthenticated", options->server.allow_unauthenticated, "Listen beyond loopback without a token");
  command->add_option("--cert", options->certificate, "Certificate (PEM) for https");
  command->add_option("--key", options->key, "Its private key (PEM)");
  command->callback([options, &result] {
    // Waiting for the signal with sigwait keeps the handler out of it: nothing runs in signal context.
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

    options->server.certificate_file = options->certificate;
    options->server.key_file = options->key;
    options->server.batch_delay_s = options->batch_delay_ms * 1e-3;
    if (!options->token_file.empty()) {
      const std::string text = read_file(options->token_file);
      options->server.bearer_token = text.substr(0, text.find_first_of("\r\n"));
      if (options->server.bearer_token.empty())
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' has no token in its first line", options->token_file));
    }
    if (!options->timeline.empty()) options->server.timeline = std::make_shared<Timeline>("cloud");
    Server server(options->processor.pick(), options->server);
    std::set<std::string> names;
    std::vector<Served> models;
    for (const std::string& model : options->models) {
      const auto state = state_of(model);  // before it is read: a later change is seen
      const Graph graph = load_model(model, {}, options->seed);
      models.push_back({model, state, graph});
      server.add_model(graph);
      if (!names.insert(graph.name()).second)
        fmt::print("note: several models are called {}; the last one has the plain name\n", graph.name());
      fmt::print("model {}  hash {}\n", graph.name(), graph.hash());
    }
    server.start();
    fmt::print("listening on {}\n", server.url());
    std::fflush(stdout);
    serve_until(stop_signals, options->watch_s, [&] { reload_changed(server, models, options->seed); });
    pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);  // the next one does what it does by default
    fmt::print("finishing the requests in hand\n");
    std::fflush(stdout);
    if (!server.drain(options->drain_s)) fmt::print("not all requests were finished in {:g} s\n", options->drain_s);
    if (options->server.timeline) options->server.timeline->save(options->timeline);
    result = kOk;
  });
}

}  // namespace dnntune::cli
