// SPDX-License-Identifier: Apache-2.0
// How many published cells come out, and the figures that the report's sentences name.
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "reproduce/chain.h"
#include "reproduce/taco19.h"

using namespace dnntune;
using namespace dnntune::reproduce;
using Json = nlohmann::json;

namespace {

const Json& report() {
  static const Json json = Json::parse(taco19().json());
  return json;
}

const Json& section(const std::string& id) {
  for (const Json& each : report().at("sections"))
    if (each.at("id") == id) return each;
  FAIL("no section ", id);
  return report();
}

int count(const std::string& id, const char* verdict) {
  int n = 0;
  for (const Json& cell : section(id).at("cells")) n += cell.at("verdict") == verdict;
  return n;
}

double number(const std::string& id, std::size_t row, const char* column) {
  return std::stod(section(id).at("rows").at(row).at(column).get<std::string>());
}

std::string cell(const std::string& id, const std::string& row, const std::string& column, const char* what) {
  for (const Json& each : section(id).at("cells"))
    if (each.at("row") == row && each.at("column") == column) return each.at(what);
  FAIL("no cell ", row, ", ", column);
  return "";
}

}  // namespace

TEST_CASE("every bar of Figures 7 and 9(a) comes out, and every bar of 9(b) as it was drawn") {
  CHECK(count("figure-7a", "agree") == 22);
  CHECK(count("figure-7b", "agree") == 15);
  CHECK(count("figure-7c", "agree") == 23);
  CHECK(count("figure-7c", "misprint") == 1);
  CHECK(count("figure-9a", "agree") == 22);
  CHECK(count("figure-9b", "misprint") == 10);
  CHECK(count("figure-9b-drawn", "agree") == 8);
  CHECK(count("figure-9b-drawn", "misprint") == 2);
}

TEST_CASE("agreement of the tables and decisions") {
  CHECK(count("table-3", "agree") == 45);
  CHECK(count("table-3", "misprint") == 3);
  CHECK(count("table-3", "differ") == 14);
  CHECK(count("table-4", "agree") == 9);
  CHECK(count("table-4", "differ") == 3);
  CHECK(count("table-5", "agree") == 12);
  CHECK(count("decisions", "agree") == 15);
  CHECK(count("decisions", "differ") == 3);
  CHECK(count("decisions", "no data") == 4);
  CHECK(cell("table-3", "A-CPU 1 big, MobileNet-V2", "speedup", "ours") == "1.20");
  CHECK(cell("table-3", "C-GPU GPU, MobileNet-V2", "speedup", "ours") == "1.66");
  CHECK(cell("table-3", "C-GPU GPU, MobileNet-V2", "implied cut", "ours") == "bottleneck_4_4");
}

TEST_CASE("what the findings say is in the tables") {
  const auto joint = [&](std::size_t row, const char* column) { return number("joint-mobilenet_v2-A", row, column); };
  CHECK(joint(0, "joint") == doctest::Approx(22.1));
  CHECK(joint(0, "DNNTune") == doctest::Approx(114.1));
  CHECK(joint(0, "fp32") == joint(0, "cloud"));
  CHECK(number("joint-mobilenet_v2-C", 0, "DNNTune") == doctest::Approx(83.8));
  CHECK(number("joint-mobilenet_v2-C", 0, "fp32") == doctest::Approx(107.9));
  // Rows of tails: six radios at three rates. LTE of 2012, once a minute: promotion and tail are 12.6 J of it.
  CHECK(number("tails", 6, "cloud") == doctest::Approx(13.494));
  CHECK(number("tails", 6, "big core") == doctest::Approx(0.182));
  CHECK(number("tails", 15, "DNNTune") == doctest::Approx(11.042));
  CHECK(number("tails", 15, "big core") == doctest::Approx(0.182));
  CHECK(number("tails", 17, "big core") < 0.182);
  for (std::size_t row = 0; row < section("tails").at("rows").size(); ++row) {
    CHECK(number("tails", row, "joint") <= number("tails", row, "big core"));
    CHECK(number("tails", row, "big core") <= number("tails", row, "DNNTune"));
  }
  for (const Json& each : report().at("sections"))
    if (each.at("id").get<std::string>().starts_with("joint-"))
      for (const Json& row : each.at("rows")) {
        const auto value = [&](const char* column) { return std::stod(row.at(column).get<std::string>()); };
        CHECK(value("joint") <= value("DNNTune"));
        CHECK(value("DNNTune") <= std::min(value("mobile"), value("cloud")) + 0.0501);  // as rounded
        CHECK(value("DNNTune") <= value("fp32"));
      }
}

TEST_CASE("a chain is in the graph as it is in the data") {
  const Taco19 data = read_taco19();
  for (const Chain& chain : data.chains)
    for (const int bits : {4, 8, 16, 32}) {
      CAPTURE(chain.name);
      CAPTURE(bits);
      const Graph graph = chain_graph(chain, bits);
      PlanRequest request{.graph = graph,
                          .device = {device_profile(graph, chain)},
                          .cloud = {cloud_profile(graph, chain)},
                          .link = paper_link("dnntune-wifi")};
      CHECK(cut_after(request, 0).cost.bytes_up == chain.input_elements);
      for (int k = 1; k < static_cast<int>(chain.layers.size()); ++k)
        CHECK(cut_after(request, k).cost.bytes_up == (chain.layers[static_cast<std::size_t>(k) - 1].elements * bits + 7) / 8);
      CHECK(request.device.front().layers_ns().value == doctest::Approx(chain.device_ms() * 1e6));
    }
}

TEST_CASE("the report fits 80 columns") {
  std::istringstream lines(taco19().text());
  std::string line;
  while (std::getline(lines, line)) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
}
