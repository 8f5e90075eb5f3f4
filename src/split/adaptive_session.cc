// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "split/adaptive_run.h"

namespace dnntune {

struct AdaptiveSession::Impl {
  Impl(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, AdaptiveOptions options) : run(graph, plans, url, std::move(options)) {}
  split::AdaptiveRun run;
};

AdaptiveSession::AdaptiveSession(const PlanRequest& request, const std::string& url, AdaptiveOptions options)
    : AdaptiveSession(request.graph, plans_for_links(request, options.most_cuts), url, options) {}
AdaptiveSession::AdaptiveSession(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, AdaptiveOptions options)
    : impl_(std::make_unique<Impl>(graph, plans, url, std::move(options))) {}
AdaptiveSession::~AdaptiveSession() = default;
AdaptiveSession::AdaptiveSession(AdaptiveSession&&) noexcept = default;
AdaptiveSession& AdaptiveSession::operator=(AdaptiveSession&&) noexcept = default;

void AdaptiveSession::warm_up(const Tensors& inputs) {
  impl_->run.check(inputs);
  for (std::size_t i = 0; i < impl_->run.plans().size(); ++i) {
    split::AdaptiveJob job = impl_->run.choose(i);
    impl_->run.begin(job, inputs);
    impl_->run.finish(std::move(job));
  }
}

AdaptiveResult AdaptiveSession::run(const Tensors& inputs) {
  impl_->run.check(inputs);
  split::AdaptiveJob job = impl_->run.choose();
  impl_->run.begin(job, inputs);
  return impl_->run.finish(std::move(job));
}

const std::vector<Plan>& AdaptiveSession::plans() const noexcept { return impl_->run.plans(); }
LinkEstimate AdaptiveSession::estimate() const { return impl_->run.estimate(); }
AdaptiveCounters AdaptiveSession::counters() const { return impl_->run.counters(); }

}  // namespace dnntune
