// SPDX-License-Identifier: Apache-2.0
// Writes model repositories: everything into a folder beside its place first, then into place by rename.
#include "dnntune/model_repository.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "dnntune/error.h"
#include "dnntune/onnx.h"
#include "dnntune/split.h"
#include "split/engine_config.h"

namespace dnntune {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_io(const fs::path& path, const std::string& reason) {
  throw Error(ErrorCode::io, fmt::format("'{}': {}", path.string(), reason));
}

void make_folders(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure) throw_io(path, failure.message());
}

/// A new folder that goes, with all that is in it, at the end.
class StagingFolder {
 public:
  explicit StagingFolder(const fs::path& beside) {
    std::string text = (beside / ".dnntune.XXXXXX").string();
    if (::mkdtemp(text.data()) == nullptr) throw_io(beside, std::generic_category().message(errno));
    path_ = text;
  }
  ~StagingFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

/// Moves what was staged into its places; takes all of it back unless `keep` is called. What was there before lies in the staging folder meanwhile.
class Moves {
 public:
  explicit Moves(const StagingFolder& staging) : staging_(staging) {}
  ~Moves() {
    std::error_code ignored;
    for (auto move = moves_.rbegin(); move != moves_.rend(); ++move) {
      if (move->placed) fs::remove_all(move->to, ignored);
      if (!move->old.empty()) fs::rename(move->old, move->to, ignored);
    }
  }
  Moves(const Moves&) = delete;
  Moves& operator=(const Moves&) = delete;

  void place(const fs::path& from, const fs::path& to) {
    moves_.push_back({to, {}, false});
    Move& move = moves_.back();
    std::error_code failure;
    if (fs::exists(fs::symlink_status(to))) {
      const fs::path old = staging_.path() / fmt::format("old.{}", moves_.size());
      fs::rename(to, old, failure);
      if (failure) throw_io(to, failure.message());
      move.old = old;
    }
    fs::rename(from, to, failure);
    if (failure) throw_io(to, failure.message());
    move.placed = true;
  }
  void keep() noexcept { moves_.clear(); }

 private:
  struct Move {
    fs::path to, old;  ///< `old` empty: nothing was there.
    bool placed;
  };
  const StagingFolder& staging_;
  std::vector<Move> moves_;
};

struct Suffix {
  std::string name;
  Graph graph;
};

std::vector<Suffix> suffixes_of(const Graph& graph, std::span<const Deployment> deployments, Engine engine) {
  std::vector<Suffix> suffixes;
  for (const Deployment& deployment : deployments) {
    const std::string name = suffix_name(graph, deployment);
    if (std::any_of(suffixes.begin(), suffixes.end(), [&](const Suffix& known) { return known.name == name; })) continue;
    suffixes.push_back({name, suffix_graph(graph, deployment)});
    split::check_engine_takes(suffixes.back().graph, engine);
  }
  return suffixes;
}

void check_options(const RepositoryOptions& options) {
  if (options.engine != Engine::kserve) return;
  if (options.min_replicas < 0 || options.max_replicas < 1 || options.max_replicas < options.min_replicas || options.requests_per_replica < 1)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} to {} replicas for {} requests each make no sense", options.min_replicas, options.max_replicas, options.requests_per_replica));
  if (options.storage_uri.empty()) throw Error(ErrorCode::invalid_argument, "storage_uri is empty");
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::string text_of(const fs::path& path) { return is_there(path) ? base::read_text_file(path) : ""; }

void require_room(const fs::path& path, bool replace) {
  if (!replace && is_there(path)) throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is there already and is not to be replaced", path.string()));
}

}  // namespace

std::vector<RepositoryModel> write_model_repository(const Graph& graph, std::span<const Deployment> deployments, const fs::path& folder, const RepositoryOptions& options) {
  check_options(options);
  if (deployments.empty()) throw Error(ErrorCode::invalid_argument, "no deployment to write the suffix of");
  const std::vector<Suffix> suffixes = suffixes_of(graph, deployments, options.engine);

  // Each entry is one rename: a file, or a model's folder with all that is in it.
  std::vector<RepositoryModel> written;
  std::vector<std::pair<fs::path, fs::path>> staged;  // as it is called in the staging folder, and its place below `folder`
  std::vector<std::string> names;
  const bool plain = options.engine == Engine::plain;
  for (const Suffix& suffix : suffixes) {
    const fs::path place = plain ? fs::path(suffix.name + ".onnx") : "models" / fs::path(suffix.name);
    require_room(folder / place, options.replace);
    staged.emplace_back(place.filename(), place);
    written.push_back({suffix.name, plain ? folder / place : folder / place / "1" / "model.onnx"});
    names.push_back(suffix.name);
  }
  const fs::path manifest = "inference_service.yaml", list = "config.json";
  const std::string manifest_text = options.engine == Engine::kserve ? split::kserve_manifest(graph, options) : "";
  const bool new_manifest = manifest_text != text_of(folder / manifest) && !manifest_text.empty();  // further cuts of one model share it
  if (new_manifest) require_room(folder / manifest, options.replace);
  const std::string list_text = options.engine == Engine::ovms ? split::ovms_config(text_of(folder / list), names) : "";

  make_folders(plain ? folder : folder / "models");
  const StagingFolder staging(folder);
  for (std::size_t i = 0; i < suffixes.size(); ++i) {
    const fs::path at = staging.path() / staged[i].first;
    if (!plain) make_folders(at / "1");
    save_onnx(suffixes[i].graph, plain ? at : at / "1" / "model.onnx");
    if (options.engine == Engine::triton || options.engine == Engine::kserve) base::write_file(at / "config.pbtxt", split::triton_config(suffixes[i].name, suffixes[i].graph));
  }
  const auto stage_text = [&](const fs::path& name, const std::string& text) {
    base::write_file(staging.path() / name, text);
    staged.emplace_back(name, name);
  };
  if (new_manifest) stage_text(manifest, manifest_text);
  if (!list_text.empty()) stage_text(list, list_text);
  Moves moves(staging);
  for (const auto& [from, to] : staged) moves.place(staging.path() / from, folder / to);
  moves.keep();
  return written;
}

}  // namespace dnntune
