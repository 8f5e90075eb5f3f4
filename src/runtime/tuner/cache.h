// SPDX-License-Identifier: Apache-2.0
// Timings of layers and assignments of networks, kept in a folder from one start to the next.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnntune/session.h"

namespace dnntune::runtime {

/// Throws not_found for a folder that is not there, io for what is no folder or may not be entered; the message names it.
void require_cache_folder(const std::filesystem::path& folder);
/// Makes the folder where it is missing, and a file in it that goes at once. Throws io naming the folder.
void make_cache_folder(const std::filesystem::path& folder);

/// What a processor is, for keys: not its name alone.
std::string processor_key(const Processor& processor);

/// The file of an assignment: for these layers, whatever their weights hold, this device and library version, made for sessions
/// on `own` with the arithmetic and shapes of `options`.
std::filesystem::path assignment_file(const std::filesystem::path& folder, const Graph& graph, const Processor& own, const SessionOptions& options);

/// Nothing when there is no such file, or it is damaged or of another version.
std::optional<Assignment> read_assignment(const std::filesystem::path& file);

/// Timed candidates of layers. Not thread-safe.
class TimingCache {
 public:
  struct Timing {
    std::string asked;     ///< Duty::kernel.
    std::string kernel;    ///< That ran.
    double median_ns = 0.0, spread_ns = 0.0;
  };

  /// Of this device and library version; a damaged file counts as none. `folder` "": nothing is kept.
  explicit TimingCache(const std::filesystem::path& folder);

  /// All candidates of the work that `key` names; null when it was not timed.
  const std::vector<Timing>* find(const std::string& key) const;
  void add(const std::string& key, std::vector<Timing> timings);
  /// Throws io.
  void save() const;

 private:
  std::filesystem::path file_;
  std::map<std::string, std::vector<Timing>> timings_;
  bool changed_ = false;
};

}  // namespace dnntune::runtime
