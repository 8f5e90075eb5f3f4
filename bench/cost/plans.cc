// SPDX-License-Identifier: Apache-2.0
#include "plans.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <dnntune/cost_model.h>
#include <dnntune/plan.h>
#include <dnntune/planned_kernels.h>

#include "zoo/zoo.h"

namespace dnntune::bench {
namespace {

/// 10 uplinks from 0.25 to 256 Mbit/s, each at 5 round trips; four times as fast down.
std::vector<Link> links() {
  std::vector<Link> result;
  for (int step = 0; step < 10; ++step)
    for (const double round_trip_ms : {5.0, 20.0, 50.0, 100.0, 200.0}) {
      Link link;
      link.bandwidth_up_bps = 0.25e6 * std::pow(1024.0, step / 9.0);
      link.bandwidth_down_bps = 4.0 * link.bandwidth_up_bps;
      link.round_trip_s = round_trip_ms * 1e-3;
      result.push_back(link);
    }
  return result;
}

Profile slowed(Profile profile, double factor) {
  const auto slow = [&](Cost& cost) {
    cost.value *= factor;
    cost.spread *= factor;
  };
  for (LayerProfile& layer : profile.layers) {
    slow(layer.latency_ns);
    slow(layer.conversion_ns);
  }
  slow(profile.run_ns);
  return profile;
}

/// What planning from predictions loses to planning from measurements, over some links.
struct Losses {
  int plans = 0, same = 0;
  double sum = 0.0, worst = 0.0;

  void add(bool equal, double loss) {
    ++plans;
    same += equal ? 1 : 0;
    sum += loss;
    worst = std::max(worst, loss);
  }
  void add(const Losses& other) {
    plans += other.plans;
    same += other.same;
    sum += other.sum;
    worst = std::max(worst, other.worst);
  }
  void print(const char* name, double error_device, double error_cloud) const {
    std::printf("%-20s %9.1f %9.1f %8.1f %10.2f %10.2f\n", name, 100.0 * error_device, 100.0 * error_cloud, 100.0 * same / plans, 100.0 * sum / plans, 100.0 * worst);
  }
};

}  // namespace

void plans(const Data& train, const Measuring& measuring, double slower) {
  CostModel model(train.roofline);
  std::vector<MeasuredNetwork> networks;
  for (const Record& record : train.records) networks.push_back(record.network);
  model.learn(networks);

  const Device here = Device::local();
  std::printf("%-20s %9s %9s %8s %10s %10s\n", "", "device", "cloud", "same", "mean loss", "worst");
  std::printf("%-20s %9s %9s %8s %10s %10s\n", "network", "error, %", "error, %", "plan, %", "%", "%");
  Losses all;
  double device_errors = 0.0, cloud_errors = 0.0;
  for (const zoo::Model& entry : zoo::models()) {
    const Graph graph = entry.build(1);
    const Processor one = here.processor("cpu:all x1"), two = here.processor("cpu:all x2");
    Session device(graph, one), cloud(graph, two);
    std::vector<Profile> device_rounds, cloud_rounds;
    for (int round = 0; round < measuring.rounds; ++round) {
      device_rounds.push_back(measure(device, measuring, train.roofline));
      cloud_rounds.push_back(measure(cloud, measuring, train.roofline));
    }
    const Profile device_measured = least_of(std::move(device_rounds)), cloud_measured = least_of(std::move(cloud_rounds));
    const Profile device_predicted = model.predict(graph, planned_shape(graph, one), one), cloud_predicted = model.predict(graph, planned_shape(graph, two), two);
    PlanRequest measured = {.graph = graph, .device = {slowed(device_measured, slower)}, .cloud = {cloud_measured}};
    PlanRequest predicted = {.graph = graph, .device = {slowed(device_predicted, slower)}, .cloud = {cloud_predicted}};
    Losses losses;
    for (const Link& link : links()) {
      measured.link = predicted.link = link;
      const Deployment best = make_plan(measured).chosen, guess = make_plan(predicted).chosen;
      const double loss = evaluate(measured, guess.tiers).cost.latency_ns().value / best.cost.latency_ns().value - 1.0;
      losses.add(guess.tiers == best.tiers, loss);
    }
    const double device_error = device_predicted.run_ns.value / device_measured.run_ns.value - 1.0, cloud_error = cloud_predicted.run_ns.value / cloud_measured.run_ns.value - 1.0;
    losses.print(std::string(entry.name).c_str(), device_error, cloud_error);
    device_errors += std::abs(device_error);
    cloud_errors += std::abs(cloud_error);
    all.add(losses);
  }
  const auto count = static_cast<double>(zoo::models().size());
  all.print("all (mean error)", device_errors / count, cloud_errors / count);
}

}  // namespace dnntune::bench
