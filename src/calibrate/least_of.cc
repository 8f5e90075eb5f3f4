// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "dnntune/calibrate.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

bool less(const Cost& a, const Cost& b) noexcept { return a.provenance != Provenance::unknown && a.value < b.value; }

void keep_less(Profile& least, Profile& other) {
  if (other.layers.size() != least.layers.size())
    throw Error(ErrorCode::invalid_argument, fmt::format("profiles of '{}' and '{}' have {} and {} layers", least.model, other.model, least.layers.size(), other.layers.size()));
  if (less(other.run_ns, least.run_ns)) {
    least.run_ns = other.run_ns;
    least.run_energy_uj = other.run_energy_uj;
  }
  if (less(other.profiled_run_ns, least.profiled_run_ns)) least.profiled_run_ns = other.profiled_run_ns;
  if (less(other.input_output_ns, least.input_output_ns)) least.input_output_ns = other.input_output_ns;
  for (std::size_t i = 0; i < least.layers.size(); ++i) {
    if (other.layers[i].name != least.layers[i].name)
      throw Error(ErrorCode::invalid_argument, fmt::format("layer {} of '{}' is '{}' in one profile and '{}' in another", i, least.model, least.layers[i].name, other.layers[i].name));
    if (less(other.layers[i].latency_ns, least.layers[i].latency_ns)) least.layers[i] = std::move(other.layers[i]);
  }
}

}  // namespace

Profile least_of(std::vector<Profile> rounds) {
  if (rounds.empty()) throw Error(ErrorCode::invalid_argument, "least_of: there is no profile");
  Profile least = std::move(rounds.front());
  for (std::size_t i = 1; i < rounds.size(); ++i) keep_less(least, rounds[i]);
  return least;
}

}  // namespace dnntune
