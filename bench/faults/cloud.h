// SPDX-License-Identifier: Apache-2.0
// The servers that the clients of this program meet, each a process of its own, and what befalls them.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "demo/server_process.h"
#include "faults/certificate.h"

namespace dnntune::faults {

inline constexpr const char* kToken = "right";
inline constexpr bool kWithTls = DNNTUNE_FAULTS_TLS != 0;

enum class Host : int {
  plain,        ///< Killed and frozen by `Cloud::trouble`.
  tls,          ///< TLS; lives throughout.
  other_token,  ///< Refuses the clients' token.
  other_name    ///< TLS; its certificate is for another host, and signed by itself.
};
inline constexpr int kHosts = 4;

class Cloud {
 public:
  /// Starts `command serve` for each host, with the models of the folder `digits`. Throws as ServerProcess does.
  Cloud(const std::string& command, const std::filesystem::path& digits, bool with_tls);

  int port(Host host) const { return ports_[static_cast<std::size_t>(host)]; }
  /// What clients of Host::tls trust.
  std::filesystem::path trusted() const { return own_ ? own_->certificate : std::filesystem::path(); }
  pid_t pid(Host host) const { return processes_[static_cast<std::size_t>(host)]->pid(); }

  /// Kills the plain host and starts it anew, on another port, or freezes it for up to `longest_freeze_s`; by `seed`, about every `pause_s`,
  /// until `calm`.
  void trouble(std::uint64_t seed, double pause_s, double longest_freeze_s);
  void calm();
  int kills() const { return kills_; }
  int freezes() const { return freezes_; }
  /// What stopped `trouble` before `calm`; "" for nothing.
  std::string failure() const;

 private:
  void start(Host host);

  const std::string command_;
  const std::filesystem::path digits_;
  std::unique_ptr<Certificate> own_, strange_;
  std::unique_ptr<demo::ServerProcess> processes_[kHosts];
  std::atomic<int> ports_[kHosts] = {};
  std::atomic<int> kills_ = 0, freezes_ = 0;
  mutable std::mutex mutex_;  ///< Of the failure.
  std::string failure_;
  std::filesystem::path token_, other_token_;
  struct Files {
    std::vector<std::filesystem::path> paths;
    ~Files();
  } files_;
  std::jthread troublemaker_;
};

}  // namespace dnntune::faults
