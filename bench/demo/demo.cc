// SPDX-License-Identifier: Apache-2.0
// What `make demo` runs: the whole chain on real input, in four steps, offline.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/output.h"
#include "demo/server_process.h"
#include "dnntune/dnntune.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;
using cli::bytes_text;
using cli::ms_text;
using demo::ServerProcess;

constexpr const char* kLinks[] = {"3g", "lte", "wifi"};
/// Runs a deployment: at least so many, and for at least so long, so that a moment's load does not decide.
constexpr std::size_t kLeastRuns = 7;
constexpr double kLeastNs = 0.4e9;

void heading(int step, const std::string& text) { fmt::print("\n{}. {}\n{}\n", step, text, std::string(text.size() + 3, '=')); }

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Step 1: a trained network on held-out samples.
void classify_digits(const std::string& data, const Processor& processor) {
  const Graph net = load_onnx(data + "/digits_cnn.onnx");
  const Tensor images = load_tensor(data + "/test_images.npy");
  const Tensor labels = load_tensor(data + "/test_labels.npy");
  Session session(net, processor);
  fmt::print("{}", session.profile().table());

  const Tensor logits = session.run({{"image", images}}).at("logits");
  const auto scores = logits.as<float>();
  const auto truth = labels.as<std::int64_t>();
  const std::size_t classes = scores.size() / truth.size();
  std::size_t right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto row = scores.subspan(i * classes, classes);
    right += std::max_element(row.begin(), row.end()) - row.begin() == truth[i];
  }
  fmt::print("\nAccuracy on {} held-out handwritten digits: {} right, {:.1f} %\n", truth.size(), right,
             100.0 * static_cast<double>(right) / static_cast<double>(truth.size()));
}

/// The plan with another deployment chosen, so that each can be run and held against its prediction.
Plan choose(Plan plan, const Deployment& deployment) {
  plan.chosen = deployment;
  return plan;
}

struct Row {
  std::string link;
  const Deployment* deployment;
  bool best;
  double measured_ns;
  double spread_ns;
  Path path;
};

/// Runs a deployment through the shaped link; the first run, which connects and has the cloud cut the
/// model, is not counted.
Row measure(const Graph& net, const Plan& plan, const Deployment& deployment, const std::string& url, const Tensors& inputs) {
  SplitOptions options;
  options.deadline_s = 60.0;
  SplitSession split(net, choose(plan, deployment), url, options);
  Row row{plan.link.name, &deployment, deployment.name == plan.chosen.name, 0.0, 0.0, split.run(inputs).path};
  std::vector<double> times;
  for (double total = 0.0; times.size() < kLeastRuns || total < kLeastNs; total += times.back())
    times.push_back(split.run(inputs).total_ns);
  row.measured_ns = median(times);
  for (double& t : times) t = std::abs(t - row.measured_ns);
  row.spread_ns = median(times);
  return row;
}

std::string cut_text(const Deployment& deployment) {
  if (deployment.crossings.empty()) return "-";
  const Crossing& first = deployment.crossings.front();
  const std::string more = deployment.crossings.size() > 1 ? fmt::format(" +{}", deployment.crossings.size() - 1) : "";
  return fmt::format("{}{} ({})", first.value, more, bytes_text(static_cast<double>(deployment.cost.bytes_up)));
}

/// Step 3: plans for each link, and each deployment carried out.
void plan_and_run(const Graph& net, const Profile& here, const Profile& there, const std::string& server_url, const Tensors& inputs) {
  cli::Table table({"link", "deployment", "crosses", ">predicted ms", ">measured ms", ">+-", ">error"});
  for (const char* name : kLinks) {
    const Plan plan = make_plan({.graph = net, .device = {here}, .cloud = {there}, .link = Link::named(name)});
    if (name != kLinks[0]) table.rule();
    fmt::print("{}\n", plan.explain());
    const LinkShaper shaper(plan.link, server_url);
    for (const Deployment* deployment : {&plan.mobile_only, &plan.cloud_only, &plan.best_split}) {
      const Row row = measure(net, plan, *deployment, shaper.url(), inputs);
      const double predicted = deployment->cost.latency_ns().value;
      table.row({row.link, deployment->name + (row.best ? " *" : ""), cut_text(*deployment), ms_text(predicted), ms_text(row.measured_ns),
                 ms_text(row.spread_ns), fmt::format("{:+.0f} %", 100.0 * (predicted - row.measured_ns) / row.measured_ns)});
      if (row.path == Path::fallback) fmt::print("note: {} over {} fell back to the device\n", deployment->name, name);
    }
  }
  fmt::print("Predicted against measured, median of {} runs or more (* = what the plan chose):\n\n{}", kLeastRuns, table.text());
}

/// Step 4: the server dies while requests are under way.
int kill_in_mid_run(const Graph& net, const Profile& here, const Profile& there, ServerProcess& server, const Tensors& inputs) {
  const Plan plan = make_plan({.graph = net, .device = {here}, .cloud = {there}, .link = Link::named("lte")});
  const LinkShaper shaper(plan.link, server.url());
  SplitOptions options;
  options.deadline_s = 5.0;
  SplitSession split(net, choose(plan, plan.best_split), shaper.url(), options);
  const Tensors expected = Session(net, Device::local().processor("cpu:all x1")).run(inputs);

  constexpr int kRequests = 40;
  std::atomic<int> answered = 0;
  std::thread killer([&] {
    while (answered < kRequests / 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(15));  // in the middle of a request
    server.kill();
  });
  std::map<std::string, int> paths;
  int equal = 0;
  std::string why;
  for (int i = 0; i < kRequests; ++i) {
    const SplitResult answer = split.run(inputs);
    ++paths[to_string(answer.path)];
    if (why.empty()) why = answer.why;
    bool same = answer.outputs.size() == expected.size();
    for (const auto& [name, tensor] : expected)
      same = same && std::ranges::equal(answer.outputs.at(name).as<float>(), tensor.as<float>());
    equal += same;
    ++answered;
  }
  killer.join();
  fmt::print("{} requests, server killed after {}:", kRequests, kRequests / 2);
  for (const auto& [path, count] : paths) fmt::print("  {} by {}", count, path);
  fmt::print("\nthe first fallback says: {}\nanswers equal to the whole network run here, bit for bit: {} of {}\n", why, equal, kRequests);
  return equal == kRequests && paths.size() == 2 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The dnntune demonstration: real digits, a plan for three networks, a server that dies.");
  std::string command, data;
  app.add_option("--command", command, "The dnntune command")->required()->check(CLI::ExistingFile);
  app.add_option("--data", data, "Folder with the digit networks and samples")->required()->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  try {
    const Processor device = Device::local().processor("cpu:all x1");
    heading(1, "A trained CNN on this machine, layer by layer");
    classify_digits(data, device);

    heading(2, "MobileNet-V2: this device (1 thread) and the cloud (a server process)");
    const Graph net = zoo::build("mobilenet_v2");
    const Profile here = Session(net, device).profile();
    ServerProcess server(command, {"zoo:mobilenet_v2"});
    const Profile there = remote_profile(server.url(), net);
    fmt::print("{}\n", here.table(80, 8));
    fmt::print("device {}: {} ms    cloud {}: {} ms\n", here.processor, ms_text(here.run_ns.value), there.processor, ms_text(there.run_ns.value));

    heading(3, "Plans over three links, and each deployment carried out");
    const Tensors inputs = random_inputs(net, 1);
    plan_and_run(net, here, there, server.url(), inputs);

    heading(4, "The server is killed in mid-run");
    return kill_in_mid_run(net, here, there, server, inputs);
  } catch (const Error& e) {
    fmt::print(stderr, "demo: {}: {}\n", to_string(e.code()), e.what());
    return 1;
  }
}
