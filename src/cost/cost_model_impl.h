// SPDX-License-Identifier: Apache-2.0
// What a CostModel holds.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cost/kind_model.h"
#include "cost/power_curve.h"
#include "dnntune/cost_model.h"

namespace dnntune {

namespace cost {

/// A network that was learned from: which samples are its layers.
struct HeldNetwork {
  int id = 0;
  int threads = 1;
  int layers = 0;        ///< That take time.
  double run_ns = 0.0;
  std::vector<std::pair<std::string, std::size_t>> parts;  ///< Kind, number of the sample.
};

/// One layer, or the conversion that it needs.
struct Guess {
  double ns = 0.0;
  double spread_ns = 0.0;
  bool known = false;  ///< Its kind was measured.
};
struct LayerGuess {
  Guess kernel, conversion;
  std::string kind;  ///< Where the model keeps such layers, see kernel_choice.h.
};

/// Logarithm of how much slower the processor is than when it was measured.
struct Load {
  double log = 0.0;
  double variance = 0.0;
};

/// Throws invalid_argument for measured energies that are negative or not finite.
void check_energies(const MeasuredNetwork& network);

}  // namespace cost

struct CostModel::Impl {
  explicit Impl(Roofline figures) : roofline(std::move(figures)) {}

  void add(const MeasuredNetwork& network);
  /// The energies alone.
  void add_energies(const MeasuredNetwork& network);
  /// Kinds with new samples, then what depends on all kinds.
  void fit();
  /// Correlations and the factor of whole networks. `search`: its hyperparameters may change.
  void fit_networks(bool search = true);
  base::Json json() const;
  static std::unique_ptr<Impl> read(const base::Json& json, int nested);
  std::vector<cost::LayerGuess> guess(const NetworkShape& network, int threads) const;
  /// Relative variance of the sum of guesses.
  double sum_variance(const std::vector<cost::LayerGuess>& guesses) const;
  /// Of the run: the sum of layers, scaled.
  Cost run(const NetworkShape& network, const std::vector<cost::LayerGuess>& guesses, int threads) const;
  /// Log of a measured run over the sum of its layers, for a sum of so many nanoseconds; another machine's where none was measured.
  cost::Estimate whole_factor(double sum_ns, int working_layers, int threads) const;
  /// Its own where energies were measured, else another machine's; the former alone with `own`. Empty: none is known.
  std::optional<cost::FittedPower> power(int threads, bool own = false) const;
  /// Energies of a profile whose times are predicted; unknown where no power is known.
  void add_energies_to(Profile& profile, const NetworkShape& network, const Processor& processor) const;
  /// Log ratio to the prior, and its variance, of kinds that were never measured.
  cost::Estimate unknown(bool dense) const;

  Roofline roofline;
  std::shared_ptr<const Impl> base;               ///< Another machine's model in the roofline's place; may be null.
  std::map<std::string, cost::KindModel> kinds;   ///< See kernel_choice.h; also "conversion:<kind>".
  std::map<std::string, double> correlation;      ///< Of errors of two layers of a kind in one network, 0 to 0.9.
  cost::KindModel whole;                          ///< Measured run over the sum of layers, beside what `base` says of it.
  std::vector<cost::HeldNetwork> networks;
  cost::PowerCurve powers;                        ///< Learned from this machine's energies.
  std::map<int, cost::Load> loads;                ///< By threads.
  int next_id = 0;
};

namespace cost {

/// Sessions leave networks of less than this to one thread: SessionOptions::alone_below_us as it is by default.
inline constexpr double kAloneBelowNs = 100e3;
inline int threads_used(const NetworkShape& network, int threads) { return network.effort_ns < kAloneBelowNs ? 1 : std::max(threads, 1); }

}  // namespace cost
}  // namespace dnntune
