// SPDX-License-Identifier: Apache-2.0
// Link, plan and plans.
#include <limits>

#include "handles.h"

using dnntune::Error;
using dnntune::ErrorCode;
using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_plan_options plan_defaults() {
  return {sizeof(dnntune_plan_options), DNNTUNE_MIN_LATENCY, DNNTUNE_WIRE_RAW, 0.0};
}

/// A caller's figure has no spread and no story.
dnntune::WaitingTime wait_of(double mean_ns) {
  dnntune::WaitingTime wait;
  if (mean_ns == 0.0) return wait;
  wait.mean_ns.value = mean_ns;
  wait.saturated = mean_ns == std::numeric_limits<double>::infinity();
  wait.why = wait.saturated ? "saturated, the caller says" : "a wait that the caller gave";
  return wait;
}

dnntune::PlanRequest request_of(const dnntune_graph* graph, const dnntune_profile* device, const dnntune_profile* cloud, const dnntune_link* link,
                                const dnntune_plan_options* options) {
  const dnntune_plan_options given = dnntune::capi::options_or_default(options, plan_defaults());
  if (given.objective != DNNTUNE_MIN_LATENCY && given.objective != DNNTUNE_MIN_ENERGY)
    throw Error(ErrorCode::invalid_argument, "objective " + std::to_string(given.objective) + " does not exist");
  return {.graph = need(graph, "graph").value,
          .device = {need(device, "device").value},
          .cloud = {need(cloud, "cloud").value},
          .cloud_wait = wait_of(given.cloud_wait_ns),
          .link = need(link, "link").value,
          .minimize = given.objective == DNNTUNE_MIN_ENERGY ? dnntune::Objective::energy() : dnntune::Objective::latency(),
          .encoding = dnntune::capi::checked_enum<dnntune::WireEncoding>(given.encoding, dnntune::kWireEncodings, "encoding")};
}

}  // namespace

extern "C" {

dnntune_status dnntune_link_named(const char* name, dnntune_link** link) {
  return guard([&] {
    need(link, "link");
    *link = new dnntune_link{dnntune::Link::named(&need(name, "name"))};
  });
}

dnntune_status dnntune_link_from_json(const char* json, dnntune_link** link) {
  return guard([&] {
    need(link, "link");
    *link = new dnntune_link{dnntune::Link::from_json(&need(json, "json"))};
  });
}

void dnntune_link_destroy(dnntune_link* link) { delete link; }

void dnntune_plan_options_init(dnntune_plan_options* options, size_t size) { dnntune::capi::init_options(options, size, plan_defaults()); }

dnntune_status dnntune_plan_create(const dnntune_graph* graph, const dnntune_profile* device, const dnntune_profile* cloud,
                                   const dnntune_link* link, const dnntune_plan_options* options, dnntune_plan** plan) {
  return guard([&] {
    need(plan, "plan");
    *plan = new dnntune_plan(dnntune::make_plan(request_of(graph, device, cloud, link, options)));
  });
}

dnntune_status dnntune_plan_from_json(const char* json, dnntune_plan** plan) {
  return guard([&] {
    need(plan, "plan");
    *plan = new dnntune_plan(dnntune::Plan::from_json(&need(json, "json")));
  });
}

void dnntune_plan_destroy(dnntune_plan* plan) { delete plan; }

dnntune_status dnntune_plan_cost_of(const dnntune_plan* plan, dnntune_deployment deployment, dnntune_plan_cost* cost) {
  return guard([&] {
    need(cost, "cost");
    const dnntune::Plan& value = need(plan, "plan").value;
    const dnntune::Deployment* const all[] = {&value.chosen, &value.mobile_only, &value.cloud_only, &value.best_split};
    if (static_cast<std::size_t>(deployment) >= std::size(all))
      throw Error(ErrorCode::invalid_argument, "deployment " + std::to_string(deployment) + " does not exist");
    const dnntune::Deployment& which = *all[deployment];
    const dnntune::Cost energy = which.cost.energy_uj();
    *cost = {which.name.c_str(), which.feasible ? 1 : 0, which.cost.latency_ns().value,
             energy.provenance == dnntune::Provenance::unknown ? -1.0 : energy.value, which.cost.bytes_up, which.cost.bytes_down};
  });
}

dnntune_status dnntune_plan_json(const dnntune_plan* plan, const char** json) {
  return guard([&] { need(json, "json") = need(plan, "plan").json.c_str(); });
}

dnntune_status dnntune_plan_explain(const dnntune_plan* plan, const char** text) {
  return guard([&] { need(text, "text") = need(plan, "plan").text.c_str(); });
}

dnntune_status dnntune_plans_for_links(const dnntune_graph* graph, const dnntune_profile* device, const dnntune_profile* cloud, const dnntune_link* link,
                                       const dnntune_plan_options* options, int most_cuts, dnntune_plans** plans) {
  return guard([&] {
    need(plans, "plans");
    *plans = new dnntune_plans(dnntune::plans_for_links(request_of(graph, device, cloud, link, options), most_cuts));
  });
}

dnntune_status dnntune_plans_create(const dnntune_plan* const* plans, size_t count, dnntune_plans** list) {
  return guard([&] {
    need(list, "list");
    if (count > 0) need(plans, "plans");
    std::vector<dnntune::Plan> values;
    for (size_t i = 0; i < count; ++i) values.push_back(need(plans[i], "plans[i]").value);
    *list = new dnntune_plans(values);
  });
}

dnntune_status dnntune_plans_count(const dnntune_plans* plans, size_t* count) {
  return guard([&] { need(count, "count") = need(plans, "plans").entries.size(); });
}

dnntune_status dnntune_plans_at(const dnntune_plans* plans, size_t index, const dnntune_plan** plan) {
  return guard([&] {
    need(plan, "plan");
    *plan = &dnntune::capi::at(need(plans, "plans").entries, index, "plan");
  });
}

void dnntune_plans_destroy(dnntune_plans* plans) { delete plans; }

}  // extern "C"
