// SPDX-License-Identifier: Apache-2.0
// dnntune serve: the cloud half.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>

#include "cli/command.h"

namespace dnntune::cli {
namespace {

struct Options {
  std::vector<std::string> models;
  std::uint64_t seed = 1;
  ProcessorOptions processor;
  ServerOptions server;
  std::string certificate, key, token_file;
};

}  // namespace

void add_serve(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("serve", "Serve models and their cloud halves (Open Inference Protocol)");
  command->add_option("models", options->models, "ONNX files or zoo:NAME")->required();
  command->add_option("--seed", options->seed, "Seed of zoo weights")->transform(seed_number())->capture_default_str();
  options->processor.add_to(*command);
  command->add_option("--host", options->server.host, "Address to listen on")->capture_default_str();
  command->add_option("--port", options->server.port, "Port; 0 takes a free one")->check(CLI::Range(0, 65535))->capture_default_str();
  command->add_option("--token-file", options->token_file, "File whose first line is the bearer token that clients must send");
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
    if (!options->token_file.empty()) {
      const std::string text = read_file(options->token_file);
      options->server.bearer_token = text.substr(0, text.find_first_of("\r\n"));
      if (options->server.bearer_token.empty())
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' has no token in its first line", options->token_file));
    }
    Server server(options->processor.pick(), options->server);
    std::set<std::string> names;
    for (const std::string& model : options->models) {
      const Graph graph = load_model(model, {}, options->seed);
      server.add_model(graph);
      if (!names.insert(graph.name()).second)
        fmt::print("note: several models are called {}; the last one has the plain name\n", graph.name());
      fmt::print("model {}  hash {}\n", graph.name(), graph.hash());
    }
    server.start();
    fmt::print("listening on {}\n", server.url());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&stop_signals, &signal);
    server.stop();
    result = kOk;
  });
}

}  // namespace dnntune::cli
