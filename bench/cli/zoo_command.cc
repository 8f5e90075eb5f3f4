// SPDX-License-Identifier: Apache-2.0
// dnntune zoo: the built-in networks, counted and compared with the published figures.
#include "zoo/zoo.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ZooArguments {
  std::string name;
  std::string out;
  std::uint64_t seed = 1;
  bool json = false;
};

/// "+0.2 %": ours against the first published figure of a quantity; "-" when there is none.
std::string against_published(const zoo::Model& model, zoo::Quantity quantity, double ours) {
  for (const zoo::Published& figure : model.published)
    if (figure.quantity == quantity) return fmt::format("{:+.1f} %", 100.0 * (ours - figure.value) / figure.value);
  return "-";
}

Json to_json(const zoo::Model& model, const Graph& graph) {
  Json published = Json::array();
  for (const zoo::Published& figure : model.published)
    published.push_back({{"quantity", figure.quantity == zoo::Quantity::macs ? "macs" : "parameters"},
                         {"value", figure.value}, {"tolerance", figure.tolerance}, {"source", std::string(figure.source)}});
  return {{"name", std::string(model.name)}, {"title", std::string(model.title)}, {"family", std::string(model.family)},
          {"input", std::string(model.input)}, {"output", std::string(model.output)}, {"parameters", model.parameters},
          {"macs", graph.mac_count()}, {"nodes", graph.node_count()}, {"layers", graph.layers().size()}, {"hash", graph.hash()},
          {"published", published}, {"note", std::string(model.note)}};
}

void list(const ZooArguments& options) {
  Progress progress("building");
  Table table({"name", "input", ">params", ">to published", ">MACs", ">to published"});
  Json all = Json::array();
  const auto models = zoo::models();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const zoo::Model& model = models[i];
    progress.update(static_cast<double>(i) / static_cast<double>(models.size()), std::string(model.name));
    const Graph graph = model.build(options.seed);
    if (options.json) all.push_back(to_json(model, graph));
    const auto macs = static_cast<double>(graph.mac_count());
    const auto parameters = static_cast<double>(model.parameters);
    table.row({std::string(model.name), to_string(graph.inputs().front().shape), count_text(parameters),
               against_published(model, zoo::Quantity::parameters, parameters), count_text(macs), against_published(model, zoo::Quantity::macs, macs)});
  }
  emit(options.json ? Json({{"schema", "dnntune.zoo/1"}, {"models", all}}).dump(2) : table.text(), "");
}

void show(const ZooArguments& options) {
  const zoo::Model& model = zoo::find(options.name);
  const Graph graph = model.build(options.seed);
  if (!options.out.empty()) save_onnx(graph, options.out);
  if (options.json) {
    emit(to_json(model, graph).dump(2), "");
    return;
  }
  fmt::print("{} ({})\ninput   {}\noutput  {}\n{} nodes, {} layers, {} parameters, {} multiply-accumulates\n", model.title, model.family, model.input,
             model.output, graph.node_count(), graph.layers().size(), model.parameters, graph.mac_count());
  for (const zoo::Published& figure : model.published)
    fmt::print("published {}: {}  ({})\n", figure.quantity == zoo::Quantity::macs ? "MACs" : "parameters", count_text(figure.value), figure.source);
  if (!model.note.empty()) fmt::print("{}\n", model.note);
  if (!options.out.empty()) fmt::print("wrote {}\n", options.out);
}

}  // namespace

void add_zoo(CLI::App& app, int& result) {
  auto options = std::make_shared<ZooArguments>();
  CLI::App* command = app.add_subcommand("zoo", "List the built-in networks, or show and write one");
  command->add_option("name", options->name, "One network; default: all");
  command->add_option("--out", options->out, "Write the network as ONNX to this file")->needs(command->get_option("name"));
  command->add_option("--seed", options->seed, "Seed of the weights")->transform(seed_number())->capture_default_str();
  command->add_flag("--json", options->json, "For programs");
  command->callback([options, &result] {
    if (options->name.empty()) list(*options);
    else show(*options);
    result = kOk;
  });
}

}  // namespace dnntune::cli
