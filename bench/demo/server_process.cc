// SPDX-License-Identifier: Apache-2.0
#include "demo/server_process.h"

#include <csignal>
#include <cstdio>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dnntune/error.h"

extern char** environ;

namespace dnntune::demo {

ServerProcess::ServerProcess(const std::string& command, const std::vector<std::string>& arguments) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) throw Error(ErrorCode::io, "cannot make a pipe");
  std::vector<std::string> words = {command, "serve"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  const int failure = ::posix_spawn(&pid_, command.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);
  std::FILE* said = ::fdopen(pipe_ends[0], "r");
  if (failure != 0 || said == nullptr) {
    pid_ = -1;
    throw Error(ErrorCode::io, fmt::format("cannot start '{}'", command));
  }
  char line[512];
  static constexpr std::string_view kReady = "listening on ";
  while (url_.empty() && std::fgets(line, sizeof line, said) != nullptr) {
    std::string text = line;
    if (!text.starts_with(kReady)) continue;
    while (text.ends_with('\n')) text.pop_back();
    url_ = text.substr(kReady.size());
  }
  std::fclose(said);
  if (url_.empty()) {
    kill();
    throw Error(ErrorCode::network, fmt::format("'{} serve' ended before it listened", command));
  }
}

ServerProcess::~ServerProcess() { kill(); }

void ServerProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ServerProcess::freeze() const {
  if (pid_ >= 0) ::kill(pid_, SIGSTOP);
}
void ServerProcess::thaw() const {
  if (pid_ >= 0) ::kill(pid_, SIGCONT);
}

}  // namespace dnntune::demo
