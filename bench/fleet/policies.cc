// SPDX-License-Identifier: Apache-2.0
#include "policies.h"

#include <algorithm>

#include <fmt/format.h>

namespace dnntune::fleet {
namespace {

/// One that looks at the kind alone, or at the kind and the wait.
template <typename Choose>
class Simple : public Policy {
 public:
  Simple(std::string name, Choose choose) : name_(std::move(name)), choose_(std::move(choose)) {}
  std::string name() const override { return name_; }
  const Option& choose(std::uint32_t kind, double wait_s) override { return choose_(kind, wait_s); }

 private:
  std::string name_;
  Choose choose_;
};
template <typename Choose>
std::unique_ptr<Policy> policy(std::string name, Choose choose) {
  return std::make_unique<Simple<Choose>>(std::move(name), std::move(choose));
}

class Central : public Policy {
 public:
  Central(Assignment assignment, double load, std::uint64_t seed) : assignment_(std::move(assignment)), load_(load), random_(seed) {}
  std::string name() const override { return fmt::format("assigned, load {:.2g}", load_); }
  const Option& choose(std::uint32_t kind, double) override {
    double rest = static_cast<double>(random_() >> 11) * 0x1p-53;
    const std::vector<Assigned>& mix = assignment_.by_kind[kind];
    for (const Assigned& part : mix)
      if ((rest -= part.share) < 0.0) return *part.option;
    return *mix.back().option;
  }

 private:
  Assignment assignment_;
  double load_;
  std::mt19937_64 random_;
};

}  // namespace

Assignment assign(const std::vector<Kind>& kinds, const Demand& demand, double servers) {
  std::vector<double> rate(kinds.size(), 0.0);  // requests a second
  for (const Arrival& arrival : demand.arrivals) rate[demand.kind_of[arrival.client]] += 1.0 / demand.seconds;

  struct Step {
    double price;
    std::size_t kind, to;
  };
  std::vector<Step> steps;
  double busy = 0.0;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const Choices& choices = kinds[k].by_price;
    busy += rate[k] * choices.options.front().cloud_s;
    for (std::size_t s = 0; s < choices.switches.size(); ++s) steps.push_back({choices.switches[s], k, s + 1});
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.price < b.price; });
  Assignment result;
  std::vector<std::size_t> now(kinds.size(), 0);
  for (std::size_t k = 0; k < kinds.size(); ++k) result.by_kind.push_back({{&kinds[k].by_price.options.front(), 1.0}});
  for (const Step& step : steps) {
    if (busy <= servers) break;
    const std::vector<Option>& options = kinds[step.kind].by_price.options;
    const Option &from = options[now[step.kind]], &to = options[step.to];
    const double less = rate[step.kind] * (from.cloud_s - to.cloud_s);
    const double moved = less > 0.0 ? std::min(1.0, (busy - servers) / less) : 1.0;
    busy -= moved * less;
    now[step.kind] = step.to;
    result.by_kind[step.kind] = {{&to, moved}};
    if (moved < 1.0) result.by_kind[step.kind].push_back({&from, 1.0 - moved});
  }
  result.busy = busy;
  double all = 0.0;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    all += rate[k];
    for (const Assigned& part : result.by_kind[k]) {
      result.mean_latency_s += rate[k] * part.share * part.option->latency_s();
      result.mean_energy_j += rate[k] * part.share * part.option->energy_j;
      if (part.option->offloads()) result.offloaded += rate[k] * part.share;
    }
  }
  for (double* mean : {&result.mean_latency_s, &result.mean_energy_j, &result.offloaded}) *mean /= all;
  return result;
}

std::vector<std::unique_ptr<Policy>> policies(const std::vector<Kind>& kinds, const Demand& demand, double servers, double central_load, std::uint64_t seed) {
  std::vector<std::unique_ptr<Policy>> all;
  all.push_back(policy("all local", [&kinds](std::uint32_t kind, double) -> const Option& { return kinds[kind].local; }));
  all.push_back(policy("all in the cloud", [&kinds](std::uint32_t kind, double) -> const Option& { return kinds[kind].cloud; }));
  all.push_back(policy("planned, idle cloud", [&kinds](std::uint32_t kind, double) -> const Option& { return kinds[kind].by_wait.options.front(); }));
  all.push_back(policy("planned again by wait", [&kinds](std::uint32_t kind, double wait_s) -> const Option& { return kinds[kind].by_wait.at(wait_s); }));
  all.push_back(std::make_unique<Central>(assign(kinds, demand, central_load * servers), central_load, seed));
  return all;
}

}  // namespace dnntune::fleet
