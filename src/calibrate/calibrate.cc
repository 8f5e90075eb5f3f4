// SPDX-License-Identifier: Apache-2.0
#include "dnntune/calibrate.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "calibrate/energy_rounds.h"
#include "device/meters/conditions.h"
#include "dnntune/error.h"
#include "dnntune/planned_kernels.h"

namespace dnntune {
namespace {

/// Networks to choose among; building one takes about as long as measuring it.
constexpr std::size_t kCandidates = 12;
/// Every so many networks the reference is measured again.
constexpr int kReferenceEvery = 12;
/// Networks that are measured in turns. Refit as often while networks are few, then less and less often.
constexpr int kBatch = 6;
/// Turns of each.
constexpr int kRounds = 2;
/// Of the time for latencies, for a second visit to the networks: minutes differ, and what slowed the machine down for a whole batch
/// of turns is gone later.
constexpr double kSecondVisit = 0.3;
/// Runs of a network in its turns and at the second visit, if one pass is enough each time: a warm-up, the plain run, and one
/// layer by layer.
constexpr double kLeastRuns = 3.0 * (kRounds + 1);
/// Of the budget, for one network.
constexpr double kMostShareOfOne = 0.01;
/// Cores this close to their peak count as undisturbed. A neighbour on the same physical core takes a quarter at least.
constexpr double kCalm = 0.95;
constexpr double kMostDrift = 0.10;
constexpr double kMostMedianError = 0.10;

struct Candidate {
  std::uint64_t seed = 0;
  Graph graph;
  NetworkShape shape;
  int threads = 1;
};

/// What was measured, and of which network.
struct Visited {
  std::uint64_t seed = 0;
  int threads = 1;
  MeasuredNetwork network;
};

std::vector<int> threads_of(const Processor& processor, const CalibrateOptions& options) {
  if (!options.threads.empty()) return options.threads;
  return processor.threads > 1 ? std::vector<int>{1, processor.threads} : std::vector<int>{1};
}

class Calibrator {
 public:
  Calibrator(const Device& device, const Processor& processor, const CalibrateOptions& options)
      : device_(device), processor_(processor), options_(options), start_(base::now_ns()), next_seed_(options.seed),
        threads_(threads_of(processor, options)), energy_(options, threads_) {}

  Calibration run() {
    const device::Tree tree(options_.root);
    const Conditions before = device::read_conditions(tree, processor_.cores);
    report("machine figures");
    const Roofline roofline = measure_roofline(device_, processor_);
    Calibration result{start(roofline)};
    result.before = before;
    const Graph reference = calibration_network(reference_seed());
    least_flops_ = kCalm * roofline.peak_flops;
    std::size_t learned = 0;
    while (has_time(kSecondVisit) && (options_.most_networks == 0 || result.networks < options_.most_networks)) {
      if (result.networks % kReferenceEvery < kBatch) check_drift(reference);
      measure_batch(result.model, options_.most_networks == 0 ? kBatch : std::min(kBatch, options_.most_networks - result.networks));
      result.networks = static_cast<int>(visited_.size());
      if (visited_.size() - learned < std::max<std::size_t>(kBatch, learned / 8)) continue;
      result.model.learn(networks_from(learned));
      learned = visited_.size();
    }
    visit_again(result.model);
    result.model = start(roofline);
    if (!visited_.empty()) result.model.learn(networks_from(0));
    measure_energies(result);
    check_drift(reference);
    result.after = device::read_conditions(tree, processor_.cores);
    result.drift = drift_;
    result.seconds = seconds();
    warn(result);
    return result;
  }

 private:
  double seconds() const { return static_cast<double>(base::now_ns() - start_) * 1e-9; }

  /// For latencies, but for a share of that.
  bool has_time(double share = 0.0) const { return seconds() < (1.0 - share) * (options_.budget_s - energy_.reserve_s()); }

  CostModel start(const Roofline& roofline) const { return options_.source != nullptr ? CostModel(*options_.source, roofline) : CostModel(roofline); }

  std::vector<MeasuredNetwork> networks_from(std::size_t first) const {
    std::vector<MeasuredNetwork> networks;
    for (std::size_t i = first; i < visited_.size(); ++i) networks.push_back(visited_[i].network);
    return networks;
  }

  void report(const std::string& what) const {
    if (!options_.progress) return;
    double share = seconds() / options_.budget_s;
    options_.progress(std::min(share, 1.0), what);
  }

  /// A network of images: half a dozen kinds of layers, some milliseconds.
  static std::uint64_t reference_seed() { return 0x5eed; }

  /// Without its power: what is learned of energy is measured.
  Processor with_threads(int threads) const {
    Processor processor = processor_;
    processor.threads = threads;
    processor.active_power_w = -1.0;
    processor.power_points.clear();
    if (static_cast<std::size_t>(threads) < processor.cores.size()) processor.cores.resize(static_cast<std::size_t>(threads));
    return processor;
  }

  Session prepare(const Graph& graph, int threads) const { return Session(graph, with_threads(threads), options_.session); }

  Profile measure(Session& session, const EnergyOptions& energy) const {
    ProfileOptions profile;
    profile.warmup_runs = 1;
    profile.min_samples = 5;
    profile.min_sample_s = 0.001;
    profile.max_total_s = 0.1;
    profile.calm_flops = least_flops_;
    profile.calm_wait_s = 0.3;
    profile.energy = energy;
    return session.profile(profile);
  }

  Profile measure_time(Session& session) const { return measure(session, {.meter = "model", .root = options_.root}); }

  /// Networks of which the model knows least, each several times, in turns: what slows the machine down for seconds then
  /// hits one turn of each, and the others tell.
  void measure_batch(const CostModel& model, int count) {
    std::vector<Candidate> networks;
    std::vector<Session> sessions;
    for (int i = 0; i < count; ++i) {
      networks.push_back(take_next(model));
      sessions.push_back(prepare(networks.back().graph, networks.back().threads));
    }
    std::vector<std::vector<Profile>> rounds(networks.size());
    for (int round = 0; round < kRounds; ++round)
      for (std::size_t i = 0; i < networks.size() && (rounds.front().empty() || has_time()); ++i) {
        report(networks[i].graph.name());
        rounds[i].push_back(measure_time(sessions[i]));
      }
    for (std::size_t i = 0; i < networks.size() && !rounds[i].empty(); ++i) {
      const auto& [seed, graph, shape, threads] = networks[i];
      visited_.push_back({seed, threads, {shape, least_of(std::move(rounds[i]))}});
      energy_.saw({seed, threads, cost::run_times(model.roofline(), visited_.back().network, threads)});
    }
  }

  /// The networks once more, first those that took longest for what the model expects of them: they may have been disturbed.
  void visit_again(const CostModel& model) {
    std::vector<std::pair<double, Visited*>> order;
    for (Visited& visited : visited_)
      order.emplace_back(visited.network.profile.run_ns.value / model.predict(visited.network.shape, with_threads(visited.threads)).run_ns.value, &visited);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [slow, visited] : order) {
      if (!has_time()) return;
      const Graph graph = calibration_network(visited->seed);
      report(graph.name());
      Session session = prepare(graph, visited->threads);
      std::vector<Profile> visits = {std::move(visited->network.profile)};
      visits.push_back(measure_time(session));
      visited->network.profile = least_of(std::move(visits));
    }
  }

  /// Networks once more, with the meter. Their powers are those of this one profile: a power is an energy over the time of the same runs.
  void measure_energies(Calibration& result) {
    if (!energy_.measures()) return;
    result.meter = energy_.meter().name;
    std::string why_not = "no network was measured";
    const double end_s = seconds() + energy_.reserve_s();
    bool any = false;
    while (!any || seconds() + energy_.round_s() <= end_s) {
      const std::optional<probes::SeenNetwork> network = energy_.next();
      if (!network) break;
      any = true;
      const Graph graph = calibration_network(network->seed);
      report("energy of " + graph.name());
      Session session = prepare(graph, network->threads);
      const Profile profile = measure(session, energy_.options());
      result.model.learn_energy({{planned_shape(graph, with_threads(network->threads), options_.session), profile}});
      if (profile.run_energy_uj.provenance == Provenance::measured && profile.run_energy_uj.value > profile.run_energy_uj.spread)
        ++result.energy_networks;
      else
        why_not = why_not_measured(profile);
    }
    if (result.energy_networks == 0) result.warnings.push_back(fmt::format("no energy by meter '{}': {}", result.meter, why_not));
  }

  static std::string why_not_measured(const Profile& profile) {
    for (const std::string& note : profile.notes)
      if (note.starts_with("energy not measured") || note.starts_with("warning: meter") || note.starts_with("warning: the run's energy")) return note;
    return "its figures are not known";
  }

  void check_drift(const Graph& reference) {
    report("reference");
    Session session = prepare(reference, threads_.front());
    const double ns = measure_time(session).run_ns.value;
    if (reference_ns_ == 0.0) reference_ns_ = ns;
    drift_ = std::max(drift_, std::abs(ns / reference_ns_ - 1.0));
  }

  /// The first of some networks; another one is drawn in its place.
  Candidate take_next(const CostModel& model) {
    while (candidates_.size() < kCandidates) {
      const std::uint64_t seed = next_seed_++;
      Graph graph = calibration_network(seed);
      const int threads = threads_[static_cast<std::size_t>(next_seed_) % threads_.size()];
      NetworkShape shape = planned_shape(graph, with_threads(threads), options_.session);
      candidates_.push_back({seed, std::move(graph), std::move(shape), threads});
    }
    std::vector<std::pair<bool, double>> ranks;
    for (const Candidate& candidate : candidates_) ranks.push_back(rank(model, candidate));
    const auto first = candidates_.begin() + (std::max_element(ranks.begin(), ranks.end()) - ranks.begin());
    Candidate next = std::move(*first);
    candidates_.erase(first);
    return next;
  }

  /// How much a network would teach, and below all of those the ones that would take too much of the budget, slower ones lower.
  std::pair<bool, double> rank(const CostModel& model, const Candidate& candidate) const {
    const double run_s = model.predict(candidate.shape, with_threads(candidate.threads)).run_ns.value * 1e-9;
    if (kLeastRuns * run_s > kMostShareOfOne * options_.budget_s) return {false, -run_s};
    return {true, model.ignorance(candidate.shape, candidate.threads)};
  }

  void warn(Calibration& result) const {
    if (drift_ > kMostDrift)
      result.warnings.push_back(fmt::format("the reference network's time changed by {:.0f} % while calibrating: other programs, or throttling", 100.0 * drift_));
    const double error = result.model.median_error();
    if (error > kMostMedianError) result.warnings.push_back(fmt::format("networks are predicted from the others with a median error of {:.0f} %", 100.0 * error));
    if (result.networks < 20) result.warnings.push_back(fmt::format("only {} networks were measured in {:.0f} s", result.networks, result.seconds));
    if (result.before.frequency_mhz && result.after.frequency_mhz && *result.after.frequency_mhz < 0.9 * *result.before.frequency_mhz)
      result.warnings.push_back(fmt::format("the clock fell from {:.0f} to {:.0f} MHz", *result.before.frequency_mhz, *result.after.frequency_mhz));
  }

  const Device& device_;
  const Processor& processor_;
  const CalibrateOptions& options_;
  std::int64_t start_;
  std::uint64_t next_seed_;
  std::vector<int> threads_;
  probes::EnergyRounds energy_;
  std::vector<Candidate> candidates_;
  double least_flops_ = 0.0;
  std::vector<Visited> visited_;
  double reference_ns_ = 0.0, drift_ = 0.0;
};

}  // namespace

Calibration calibrate(const Device& device, const Processor& processor, const CalibrateOptions& options) {
  if (!(options.budget_s > 0.0 && std::isfinite(options.budget_s)))
    throw Error(ErrorCode::invalid_argument, fmt::format("CalibrateOptions: budget_s is {}, it must be positive and finite", options.budget_s));
  for (const int threads : options.threads)
    if (threads < 1) throw Error(ErrorCode::invalid_argument, fmt::format("CalibrateOptions: threads has {}, at least 1 is possible", threads));
  return Calibrator(device, processor, options).run();
}

}  // namespace dnntune
