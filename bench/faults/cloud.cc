// SPDX-License-Identifier: Apache-2.0
#include "faults/cloud.h"

#include <chrono>
#include <exception>
#include <fstream>
#include <random>

#include <unistd.h>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::faults {
namespace {

void sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

std::filesystem::path token_file(const char* token) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("dnntune_token_{}_{}", ::getpid(), token);
  std::ofstream file(path);
  file << token << "\n";
  if (!file.flush()) throw Error(ErrorCode::io, fmt::format("cannot write '{}'", path.string()));
  return path;
}

}  // namespace

Cloud::Files::~Files() {
  std::error_code ignored;
  for (const auto& path : paths) std::filesystem::remove(path, ignored);
}

Cloud::Cloud(const std::string& command, const std::filesystem::path& digits, bool with_tls) : command_(command), digits_(digits) {
  token_ = files_.paths.emplace_back(token_file(kToken));
  other_token_ = files_.paths.emplace_back(token_file("other"));
  if (with_tls) {
    own_ = std::make_unique<Certificate>("own", "IP:127.0.0.1,DNS:*.faults.test");
    strange_ = std::make_unique<Certificate>("strange", "IP:10.1.2.3,DNS:cloud.example");
    start(Host::tls);
    start(Host::other_name);
  }
  start(Host::plain);
  start(Host::other_token);
}

void Cloud::start(Host host) {
  std::vector<std::string> arguments;
  for (const char* model : {"digits_mlp", "digits_cnn", "digits_lstm"}) arguments.push_back((digits_ / fmt::format("{}.onnx", model)).string());
  const auto add = [&](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
  add({"--processor", "cpu:all x1", "--token-file", (host == Host::other_token ? other_token_ : token_).string()});
  if (const Certificate* shown = host == Host::tls ? own_.get() : host == Host::other_name ? strange_.get() : nullptr)
    add({"--cert", shown->certificate.string(), "--key", shown->key.string()});
  auto& process = processes_[static_cast<std::size_t>(host)];
  process.reset();
  process = std::make_unique<demo::ServerProcess>(command_, arguments);
  ports_[static_cast<std::size_t>(host)] = std::stoi(process->url().substr(process->url().rfind(':') + 1));
}

void Cloud::trouble(std::uint64_t seed, double pause_s, double longest_freeze_s) {
  troublemaker_ = std::jthread([this, seed, pause_s, longest_freeze_s](const std::stop_token& stop) {
    std::mt19937_64 random(seed);
    const auto share = [&random] { return std::uniform_real_distribution<double>(0.0, 1.0)(random); };
    try {
      while (!stop.stop_requested()) {
        sleep(2.0 * pause_s * share());
        if (share() < 0.5) {
          ++kills_;
          start(Host::plain);
        } else {
          ++freezes_;
          const auto& process = *processes_[static_cast<std::size_t>(Host::plain)];
          process.freeze();
          sleep(longest_freeze_s * share());
          process.thaw();
        }
      }
    } catch (const std::exception& e) {
      const std::lock_guard lock(mutex_);
      failure_ = e.what();
    }
  });
}

void Cloud::calm() { troublemaker_ = {}; }

std::string Cloud::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace dnntune::faults
