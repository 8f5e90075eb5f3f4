// SPDX-License-Identifier: Apache-2.0
// Logical cores: lists of them as the kernel writes them, and the masks that say where a thread may run.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dnntune::base {

/// Cores are numbered 0 to kMaxCores - 1; Linux has no more.
inline constexpr int kMaxCores = 8192;

/// "0,2-3" -> {0, 2, 3}, in the order written; blanks and line ends around it are skipped, "" is an empty list.
/// Nothing when the text is anything else, or names a core that cannot be, or one twice: that one is then in `twice`.
std::optional<std::vector<int>> parse_core_list(std::string_view text, int* twice = nullptr);
/// {7, 3, 4, 0} -> "7,3-4,0": the order is kept.
std::string core_list_text(std::span<const int> cores);

/// The cores that a thread may run on, as the scheduler keeps them.
class CoreMask {
 public:
  /// Of the thread with this kernel id, 0: of the caller; nothing when the system does not tell.
  static std::optional<CoreMask> of_thread(int thread_id = 0) noexcept;
  static CoreMask only(int core) noexcept;
  /// Makes it the calling thread's: 0, or the error number of the system that refused.
  int apply() const noexcept;
  bool is_only(int core) const noexcept;
  std::vector<int> cores() const;

 private:
  static constexpr int kWordBits = 8 * sizeof(unsigned long);
  std::array<unsigned long, kMaxCores / kWordBits> words_{};
};

}  // namespace dnntune::base
