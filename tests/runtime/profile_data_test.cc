// SPDX-License-Identifier: Apache-2.0
// Profile as a value: sums, JSON, table.
#include "dnntune/profile.h"

#include <sstream>
#include <string>

#include "base/text.h"
#include "throws.h"

using namespace dnntune;

namespace {

Profile sample(int layers) {
  Profile profile;
  profile.model = "model";
  profile.model_hash = "0123456789abcdef0123456789abcdef";
  profile.device = "AMD EPYC";
  profile.processor = "cpu:all x2";
  profile.threads = 2;
  profile.library_version = "0.1.0";
  profile.date = "2026-11-21T21:40:14Z";
  profile.notes = {"a note"};
  for (int i = 0; i < layers; ++i) {
    LayerProfile layer;
    layer.name = "features/block_" + std::to_string(i) + "/conv_with_a_long_name";
    layer.op = "Conv+Relu";
    layer.inputs = {"a"};
    layer.outputs = {"b", "c"};
    layer.kernel = "simd.conv_igemm";
    layer.latency_ns = {1e6 * (i + 1), 1e3, Provenance::measured};
    layer.conversion_ns = {1e4, 10, Provenance::measured};
    layer.energy_uj = {3.0 * (i + 1), 0.5, Provenance::published};
    layer.flops = 123456789;
    layer.input_bytes = 1;
    layer.output_bytes = 2;
    layer.weight_bytes = 3;
    layer.memory_bytes = 4096;
    layer.samples = 11;
    layer.repeats = 2;
    profile.layers.push_back(layer);
  }
  profile.run_ns = {7e6, 1e4, Provenance::measured};
  profile.profiled_run_ns = {7.1e6, 1e4, Provenance::measured};
  profile.input_output_ns = {2e4, 1e2, Provenance::measured};
  profile.arena_bytes = 1 << 20;
  profile.weight_bytes = 1 << 21;
  return profile;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("costs: values and spreads add, the weaker provenance stays") {
  const Cost measured{1, 0.1, Provenance::measured}, predicted{2, 0.2, Provenance::predicted}, published{3, 0.3, Provenance::published};
  const Cost sum = measured + predicted;
  CHECK(sum.value == 3.0);
  CHECK(sum.spread == doctest::Approx(0.3));
  CHECK(sum.provenance == Provenance::predicted);
  CHECK((published + measured).provenance == Provenance::published);
  CHECK((Cost{} + published).provenance == Provenance::unknown);
  CHECK((measured + measured).provenance == Provenance::measured);
}

TEST_CASE("sums over layers") {
  const Profile profile = sample(3);
  CHECK(profile.layers_ns().value == 6e6);
  CHECK(profile.layers_ns().spread == 3e3);
  CHECK(profile.layers_ns().provenance == Provenance::measured);
  CHECK(profile.unattributed_ns() == doctest::Approx(7e6 - 6e6 - 2e4));
  CHECK(profile.energy_uj().value == 18.0);
  CHECK(profile.energy_uj().provenance == Provenance::published);
  CHECK(Profile().layers_ns().provenance == Provenance::unknown);
  CHECK(profile.layers[0].gflops_per_s() == doctest::Approx(123.456789));
  CHECK(LayerProfile().gflops_per_s() == 0.0);
}

TEST_CASE("profile JSON: a round trip keeps everything") {
  for (const int layers : {0, 1, 5}) {
    Profile profile = sample(layers);
    profile.run_ns.value = 0.1 + 0.2;  // not a short decimal
    const Profile back = Profile::from_json(profile.to_json());
    CHECK(back.to_json() == profile.to_json());
    CHECK(back.run_ns.value == profile.run_ns.value);
    CHECK(back.notes == profile.notes);
    REQUIRE(back.layers.size() == profile.layers.size());
    if (layers > 0) {
      CHECK(back.layers[0].outputs == profile.layers[0].outputs);
      CHECK(back.layers[0].energy_uj.provenance == Provenance::published);
      CHECK(back.layers[0].memory_bytes == 4096);
    }
  }
}

TEST_CASE("profile JSON: what energy, conditions and counters are known is kept; files without them are read") {
  Profile profile = sample(1);
  const std::string old = profile.to_json();
  for (const char* key : {"run_energy_uj", "energy_source", "before", "after", "counts"}) CHECK(old.find(key) == std::string::npos);
  CHECK(Profile::from_json(old).run_energy_uj.provenance == Provenance::unknown);
  CHECK_FALSE(Profile::from_json(old).counts.cycles);

  profile.run_energy_uj = {12.5, 0.25, Provenance::measured};
  profile.energy_source = "rapl";
  profile.before = {41.5, "x86_pkg_temp", 3000.0};
  profile.after.frequency_mhz = 2900.0;
  profile.counts = {1e6, 2e6, std::nullopt};
  const Profile back = Profile::from_json(profile.to_json());
  CHECK(back.to_json() == profile.to_json());
  CHECK(back.run_energy_uj.value == 12.5);
  CHECK(back.run_energy_uj.provenance == Provenance::measured);
  CHECK(back.energy_source == "rapl");
  CHECK(back.before.temperature_c == 41.5);
  CHECK(back.before.sensor == "x86_pkg_temp");
  CHECK_FALSE(back.after.temperature_c);
  CHECK(back.after.frequency_mhz == 2900.0);
  CHECK(back.counts.instructions == 2e6);
  CHECK_FALSE(back.counts.llc_misses);

  const std::string good = profile.to_json();
  const auto check = [&](const std::string& from, const std::string& to, const char* part) {
    CHECK_ERROR(Profile::from_json(replaced(good, from, to)), ErrorCode::invalid_argument, part);
  };
  check("\"temperature_c\": 41.5", "\"temperature_c\": -300", "before: field 'temperature_c'");
  check("\"temperature_c\": 41.5", "\"temperature_c\": \"warm\"", "temperature_c");
  check("\"cycles\": 1000000.0", "\"cycles\": -1", "counts: field 'cycles'");
  check("\"run_energy_uj\": {", "\"run_energy_uj\": 5, \"x\": {", "run_energy_uj");
  check("\"before\": {", "\"before\": 5, \"x\": {", "before");
  check("\"energy_source\": \"rapl\"", "\"energy_source\": 5", "energy_source");
}

TEST_CASE("profile JSON: names that are not UTF-8 do not stop it from being written") {
  Profile profile = sample(1);
  profile.layers[0].name = "conv\xff";
  CHECK(Profile::from_json(profile.to_json()).layers[0].name == "conv\xef\xbf\xbd");
}

TEST_CASE("profile JSON: what is wrong is named") {
  const std::string good = sample(2).to_json();
  const auto check = [&](const std::string& from, const std::string& to, const char* part) {
    CHECK_ERROR(Profile::from_json(replaced(good, from, to)), ErrorCode::invalid_argument, part);
  };
  check("dnntune.profile/1", "dnntune.profile/2", "dnntune.profile/2");
  check("\"model_hash\"", "\"hash\"", "model_hash");
  check("\"threads\": 2", "\"threads\": 0", "threads");
  check("\"threads\": 2", "\"threads\": \"2\"", "threads");
  check("\"threads\": 2", "\"threads\": 1e300", "threads");
  check("\"samples\": 11", "\"samples\": -1", "layers[0]: field 'samples'");
  check("\"repeats\": 2", "\"repeats\": 0", "repeats");
  check("\"flops\": 123456789", "\"flops\": -5", "flops");
  check("\"flops\": 123456789", "\"flops\": 99999999999999999999", "flops");
  check("\"provenance\": \"measured\"", "\"provenance\": \"guessed\"", "provenance");
  check("\"spread\": 10000.0", "\"spread\": -1", "run_ns: field 'spread'");
  check("\"value\": 1000000.0", "\"value\": null", "layers[0]: latency_ns: field 'value'");
  check("\"latency_ns\"", "\"latency\"", "latency_ns");
  check("\"notes\": [", "\"notes\": 5, \"x\": [", "notes");
  check("\"layers\": [", "\"layers\": 7, \"x\": [", "layers");
  for (const char* text : {"", "[]", "{}", "null", "{\"schema\":5}", "{\"schema\":\"dnntune.profile/1\"}"})
    CHECK_ERROR(Profile::from_json(text), ErrorCode::invalid_argument, "");
  for (std::size_t cut = 0; cut < good.size(); cut += 7) CHECK_ERROR(Profile::from_json(good.substr(0, cut)), ErrorCode::invalid_argument, "profile");
  CHECK_ERROR(Profile::from_json(std::string(100000, '[') + std::string(100000, ']')), ErrorCode::limit_exceeded, "nested");
}

TEST_CASE("the table fits its width and says what it must") {
  for (const int width : {-1, 0, 20, 30, 40, 60, 80, 120, 200})
    for (const int layers : {0, 1, 3, 120}) {
      const std::string table = sample(layers).table(width);
      std::istringstream lines(table);
      for (std::string line; std::getline(lines, line);) CHECK(base::column_count(line) <= static_cast<std::size_t>(std::max(width, 20)));
    }
  const std::string table = sample(3).table();
  for (const char* part : {"model on AMD EPYC, cpu:all x2, 2 threads", "layer", "kernel", "ms", "GFLOP/s", "simd.conv_igemm", "123.46", "3.0000",
                           "sum of layers", "6.0000", "unattributed", "0.9800", "plain run", "7.0000", "profiled run", "7.1000", "input and output",
                           "arena 1024 KB, packed weights 2048 KB", "energy of the layers 0.018", "published", "times are measured"})
    CHECK_MESSAGE(table.find(part) != std::string::npos, (std::string(part) + "\n" + table));
}

TEST_CASE("the table marks what is not measured, and shows the slowest layers in order") {
  Profile profile = sample(5);
  profile.layers[4].latency_ns.provenance = Provenance::predicted;
  std::string table = profile.table();
  CHECK(table.find("~5.0000") != std::string::npos);
  CHECK(table.find("~ predicted") != std::string::npos);
  table = profile.table(80, 2);
  CHECK(table.find("3 others") != std::string::npos);
  CHECK(table.find("4.0000") < table.find("5.0000"));
  CHECK(table.find("\n 2 ") == std::string::npos);
}
