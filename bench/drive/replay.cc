// SPDX-License-Identifier: Apache-2.0
#include "drive/replay.h"

#include <algorithm>
#include <memory>

#include <dnntune/session.h>

#include "drive/conductor.h"

namespace dnntune::drive {
namespace {

/// Deployments that cross the network pay for it by the trace, from the time on at which they have something to send.
double predicted_ms(const LinkTrace& trace, const Deployment& deployment, double start_s) {
  const PlanCost& cost = deployment.cost;
  const double device_s = cost.device_ns.value * 1e-9;
  if (std::find(deployment.tiers.begin(), deployment.tiers.end(), Tier::cloud) == deployment.tiers.end()) return device_s * 1e3;
  const double sent_s = trace.end_s(LinkTrace::Way::up, start_s + device_s, static_cast<double>(cost.bytes_up));
  const double answer_s = sent_s + trace.at(start_s).round_trip_s + cost.cloud_ns.value * 1e-9;
  return (trace.end_s(LinkTrace::Way::down, answer_s, static_cast<double>(cost.bytes_down)) - start_s) * 1e3;
}

class Replay {
 public:
  Replay(const Drive& drive, const Graph& graph, const std::vector<Plan>& plans, const std::string& server_url, const ReplayOptions& options)
      : drive_(drive), plans_(plans), options_(options), inputs_(random_inputs(graph, 1)) {
    if (options.cores) live::stay_on(options.cores->cloud);  // their threads start there
    adaptive_link_ = std::make_unique<Conductor>(drive.trace, server_url);
    for (std::size_t p = 0; p < plans.size(); ++p) links_.push_back(std::make_unique<Conductor>(drive.trace, server_url));
    if (options.cores) live::stay_on(options.cores->device);
    SplitOptions fixed;
    fixed.deadline_s = options.deadline_s;
    fixed.retry_after_s = fixed.longest_retry_after_s = 0.0;  // moments are apart: each is asked anew
    for (const Plan& plan : plans) {
      fixed_.push_back(std::make_unique<SplitSession>(graph, plan, links_[fixed_.size()]->url(), fixed));
      constexpr int kWarmUps = 2;
      for (int i = 0; i < kWarmUps; ++i) fixed_.back()->run(inputs_);
    }
    AdaptiveOptions adaptive = options.adaptive;
    adaptive.split.deadline_s = options.deadline_s;
    adaptive.clock_s = [this] { return adaptive_link_->time_s(); };
    adaptive_ = std::make_unique<AdaptiveSession>(graph, plans, adaptive_link_->url(), adaptive);
    adaptive_->warm_up(inputs_);
    before_ = adaptive_->counters();
  }

  Drove run() {
    double time_s = 0.0;
    for (int i = 0; time_s < drive_.trace.duration_s; ++i) {
      const double start_s = time_s;
      const Sample sample = adaptive_at(start_s);
      drove_.adaptive.push_back(sample);
      if (i % options_.every == 0) drove_.slots.push_back(slot_at(start_s, sample));
      time_s = std::max(start_s + options_.period_s, adaptive_link_->time_s());
      if (options_.progress) options_.progress(time_s);
    }
    drove_.counters = since_warm_up();
    return std::move(drove_);
  }

 private:
  Sample adaptive_at(double start_s) {
    const AdaptiveCounters before = adaptive_->counters();
    adaptive_link_->play(start_s);
    const AdaptiveResult result = adaptive_->run(inputs_);
    adaptive_link_->pause();
    Sample sample = sample_of(result.run, result.plan, start_s);
    const AdaptiveCounters after = adaptive_->counters();
    const Link link = drive_.trace.at(start_s);
    const auto probed_up = static_cast<double>(after.probe_bytes_up - before.probe_bytes_up), probed_down = static_cast<double>(after.probe_bytes_down - before.probe_bytes_down);
    if (link.bandwidth_up_bps > 0.0 && link.bandwidth_down_bps > 0.0) sample.mj += radio_mj(start_s, probed_up, probed_down, link.up_s(probed_up) + link.down_s(probed_down));
    return sample;
  }

  Slot slot_at(double start_s, const Sample& adaptive) {
    const Link link = drive_.trace.at(start_s);
    Slot slot{start_s, drive_.at(start_s).kind, link.bandwidth_up_bps * 1e-6, link.bandwidth_down_bps * 1e-6, link.round_trip_s * 1e3, adaptive, {}, {}};
    for (std::size_t p = 0; p < plans_.size(); ++p) {
      links_[p]->play(start_s);
      const SplitResult result = fixed_[p]->run(inputs_);
      links_[p]->pause();
      slot.fixed.push_back(sample_of(result, p, start_s));
      slot.predicted_ms.push_back(predicted_ms(drive_.trace, plans_[p].chosen, start_s));
    }
    return slot;
  }

  Sample sample_of(const SplitResult& result, std::size_t plan, double start_s) const {
    Sample sample{start_s, plan, result.path, result.total_ns * 1e-6, options_.device_power_w * result.device_ns * 1e-6};
    if (result.exchange_ns <= 0.0) return sample;
    // Sent in vain counts too.
    const PlanCost& cost = plans_[plan].chosen.cost;
    const auto up = static_cast<double>(result.bytes_up > 0 ? result.bytes_up : cost.bytes_up);
    const double busy_s = std::max(0.0, (result.exchange_ns - result.cloud_ns) * 1e-9 - drive_.trace.at(start_s).round_trip_s);
    sample.mj += radio_mj(start_s, up, static_cast<double>(result.bytes_down), busy_s);
    return sample;
  }

  /// The radio of the network that the drive is on.
  double radio_mj(double time_s, double bytes_up, double bytes_down, double busy_s) const {
    const Radio& radio = drive_.at(time_s).radio;
    return (radio.up_alpha_w_per_mbps * bytes_up + radio.down_alpha_w_per_mbps * bytes_down) * 8e-3 + radio.beta_w * busy_s * 1e3;
  }

  AdaptiveCounters since_warm_up() const {
    AdaptiveCounters counters = adaptive_->counters();
    for (std::int64_t AdaptiveCounters::*field : {&AdaptiveCounters::requests, &AdaptiveCounters::on_device, &AdaptiveCounters::split, &AdaptiveCounters::in_cloud, &AdaptiveCounters::fallbacks})
      counters.*field -= before_.*field;
    return counters;
  }

  const Drive& drive_;
  const std::vector<Plan>& plans_;
  const ReplayOptions& options_;
  const Tensors inputs_;
  std::vector<std::unique_ptr<Conductor>> links_;
  std::vector<std::unique_ptr<SplitSession>> fixed_;
  std::unique_ptr<Conductor> adaptive_link_;  ///< Before the session, whose probe uses it to its end.
  std::unique_ptr<AdaptiveSession> adaptive_;
  AdaptiveCounters before_;
  Drove drove_;
};

}  // namespace

Drove replay(const Drive& drive, const Graph& graph, const std::vector<Plan>& plans, const std::string& server_url, const ReplayOptions& options) {
  return Replay(drive, graph, plans, server_url, options).run();
}

}  // namespace dnntune::drive
