// SPDX-License-Identifier: Apache-2.0
// calibrate: measures a processor once, for a model that predicts any network on it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dnntune/cost_model.h"
#include "dnntune/device.h"
#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/session.h"

namespace dnntune {

struct CalibrateOptions {
  /// All takes about this long, in seconds; the last network that was begun is measured to its end.
  double budget_s = 180.0;
  /// Thread counts to measure; empty: 1 and the processor's own.
  std::vector<int> threads = {};
  /// Decides which networks there are to choose from.
  std::uint64_t seed = 1;
  /// Ends earlier when so many networks are measured; 0: no limit. 20 are enough to learn how a device differs from `source`.
  int most_networks = 0;
  /// "auto": energies are measured by the first meter that is there and may be used, if there is one. "model": none are. Or a meter's
  /// name from list_meters. The last third of the budget at most is for energy: a round takes 2 s, or 60 intervals of the meter
  /// where that is longer, and measures one of the networks that were measured for time, longest ones first, up to 16 of them.
  std::string meter = "auto";
  /// The model of a device of the same family to start from; null: none. Borrowed.
  const CostModel* source = nullptr;
  SessionOptions session = {};
  /// Called now and then with the share done, 0 to 1, and what is being measured. Empty: not called.
  std::function<void(double, const std::string&)> progress = {};
  /// The folder that has sys/ and proc/, for meters, temperature and frequency.
  std::string root = "/";
};

/// What a calibration found.
struct Calibration {
  CostModel model;
  int networks = 0;                   ///< Measured.
  std::string meter = {};             ///< By which energies were measured; "": none was there or wanted.
  int energy_networks = 0;            ///< Of which the run's energy is larger than the meter's error.
  double seconds = 0.0;
  double drift = 0.0;                 ///< Largest change of a reference network's time, relative to its first.
  Conditions before = {}, after = {};
  std::vector<std::string> warnings = {};  ///< Why the model should not be trusted; empty when it may be.
};

/// A small network whose layers are drawn at random from those that networks are made of. The same for the same seed on
/// every machine.
DNNTUNE_API Graph calibration_network(std::uint64_t seed);

/// Peak of multiply-adds, bandwidth of every cache and of memory, what waking threads costs. Takes about two seconds.
DNNTUNE_API Roofline measure_roofline(const Device& device, const Processor& processor);

/// Of several profiles of one network, taken at different times: each layer and the run from the one where it took least. What
/// neighbours on a shared machine slow down for seconds or minutes is then no part of the figures. Throws invalid_argument
/// when there is none, or when they have different layers.
DNNTUNE_API Profile least_of(std::vector<Profile> rounds);

/// Measures the figures of `processor`, then small networks chosen one after another where the model knows least, and with a meter
/// the energies of some of them. A reference network in between tells how steady the machine is. Throws what Session and its
/// profile throw, not_found and unsupported for a meter that is named and not there or not usable, invalid_argument for a
/// budget that is not positive and finite.
DNNTUNE_API Calibration calibrate(const Device& device, const Processor& processor, const CalibrateOptions& options = {});

}  // namespace dnntune
