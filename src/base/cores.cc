// SPDX-License-Identifier: Apache-2.0
#include "base/cores.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <sched.h>
#include <system_error>

namespace dnntune::base {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<int> core_number(std::string_view text) {
  int core = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), core);
  if (error != std::errc{} || end != text.data() + text.size() || core < 0 || core >= kMaxCores) return std::nullopt;
  return core;
}

}  // namespace

std::optional<std::vector<int>> parse_core_list(std::string_view text, int* twice) {
  std::vector<int> cores;
  std::vector<bool> seen(kMaxCores);
  text = trimmed(text);
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const std::optional<int> first = core_number(part.substr(0, dash));
    const std::optional<int> last = dash == std::string_view::npos ? first : core_number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int core = *first; core <= *last; ++core) {
      if (seen[static_cast<std::size_t>(core)]) {
        if (twice != nullptr) *twice = core;
        return std::nullopt;
      }
      seen[static_cast<std::size_t>(core)] = true;
      cores.push_back(core);
    }
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return std::nullopt;
  }
  return cores;
}

std::string core_list_text(std::span<const int> cores) {
  std::string text;
  for (std::size_t i = 0; i < cores.size();) {
    std::size_t end = i + 1;
    while (end < cores.size() && cores[end] == cores[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(cores[i]);
    if (end - i > 1) text += '-' + std::to_string(cores[end - 1]);
    i = end;
  }
  return text;
}

std::optional<CoreMask> CoreMask::of_thread(int thread_id) noexcept {
  CoreMask mask;
  if (sched_getaffinity(thread_id, sizeof mask.words_, reinterpret_cast<cpu_set_t*>(mask.words_.data())) != 0) return std::nullopt;
  return mask;
}

CoreMask CoreMask::only(int core) noexcept {
  CoreMask mask;
  if (core >= 0 && core < kMaxCores) mask.words_[static_cast<std::size_t>(core / kWordBits)] = 1ul << (core % kWordBits);
  return mask;
}

int CoreMask::apply() const noexcept {
  return sched_setaffinity(0, sizeof words_, reinterpret_cast<const cpu_set_t*>(words_.data())) == 0 ? 0 : errno;
}

bool CoreMask::is_only(int core) const noexcept { return core >= 0 && core < kMaxCores && words_ == only(core).words_; }

std::vector<int> CoreMask::cores() const {
  std::vector<int> result;
  for (int core = 0; core < kMaxCores; ++core)
    if ((words_[static_cast<std::size_t>(core / kWordBits)] >> (core % kWordBits) & 1ul) != 0) result.push_back(core);
  return result;
}

}  // namespace dnntune::base
