// SPDX-License-Identifier: Apache-2.0
// Kernels, compiled when they are first asked for. Their binaries are kept in files, so that the next start need not
// compile: a file that is damaged, or that the driver refuses, is as good as none, and one that cannot be written is
// only not there the next time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/opencl/device_context.h"

namespace dnntune::backends::opencl {

/// How often programs were made, and how long that took: it is no part of any layer's time.
struct CompileTimes {
  int built = 0, loaded = 0;
  std::int64_t built_ns = 0, loaded_ns = 0;
};

class Programs {
 public:
  /// An empty `folder`: nothing is kept.
  Programs(const DeviceContext& device, std::filesystem::path folder);

  /// A kernel of the program that is `definitions` and then the texts. The caller owns it and may set its arguments.
  /// Throws unsupported with the first lines of the compiler's log.
  Handle<cl_kernel> kernel(std::string_view definitions, std::span<const std::string_view> texts, const char* name);

  const CompileTimes& times() const noexcept { return times_; }
  /// What went wrong with the files.
  const std::vector<std::string>& notes() const noexcept { return notes_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Of device, driver, platform and options: what programs and measured work-group sizes are valid for.
  const std::string& device_key() const noexcept { return device_key_; }

 private:
  cl_program find(const std::string& source);
  Handle<cl_program> load(const std::filesystem::path& file, const std::string& key);
  Handle<cl_program> build(const std::string& source);
  void keep(cl_program program, const std::filesystem::path& file, const std::string& key);
  void note(std::string text);

  const DeviceContext& device_;
  std::filesystem::path folder_;
  std::string device_key_;
  std::map<std::string, Handle<cl_program>> programs_;  ///< By hash of the source.
  CompileTimes times_;
  std::vector<std::string> notes_;
};

/// $DNNTUNE_CACHE_DIR/opencl or $XDG_CACHE_HOME/dnntune/opencl or ~/.cache/dnntune/opencl; empty when none is set.
std::filesystem::path default_cache_folder();

}  // namespace dnntune::backends::opencl
