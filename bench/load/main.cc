// SPDX-License-Identifier: Apache-2.0
// Writes large models into a temporary folder, and prints what loading and preparing them takes beside plainly
// reading their files. Sizes double, so that a time that grows faster than the file shows.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/output.h"
#include "dnntune/dnntune.h"
#include "load/forms.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

/// Milliseconds of the plainest way to have a file's bytes.
double read_ms(const fs::path& path) {
  const auto start = Clock::now();
  std::vector<char> block(1 << 20);
  std::ifstream file(path, std::ios::binary);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {}
  return ms_since(start);
}

/// A figure of /proc/self/status in bytes; 0 where there is none.
double status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) * 1024;
  return 0;
}

/// Makes the peak begin at what is resident now, less what was freed before. Linux.
void reset_peak() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  std::ofstream("/proc/self/clear_refs") << "5";
}

void measure(dnntune::cli::Table& table, const std::string& name, const fs::path& path) {
  const double read = read_ms(path);
  reset_peak();
  const double before = status_bytes("VmRSS");
  auto start = Clock::now();
  dnntune::Graph graph = dnntune::load_onnx(path);
  const double load = ms_since(start), load_peak = status_bytes("VmHWM") - before;
  start = Clock::now();
  dnntune::Session session(graph, dnntune::Device::local().processor("cpu:all x1"));
  const double prepare = ms_since(start), peak = status_bytes("VmHWM") - before;
  table.row({name, dnntune::cli::count_text(static_cast<double>(graph.layers().size())), dnntune::cli::bytes_text(static_cast<double>(fs::file_size(path))),
             fmt::format("{:.0f}", read), fmt::format("{:.0f}", load), dnntune::cli::bytes_text(load_peak), fmt::format("{:.0f}", prepare),
             dnntune::cli::bytes_text(peak)});
}

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("dnntune-load-{}", Clock::now().time_since_epoch().count())) { fs::create_directories(path_); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path file() const { return path_ / "model.onnx"; }

 private:
  fs::path path_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Load times of large models. A temporary folder holds the largest of them.");
  int nodes = 100'000, megabytes = 500;
  std::vector<std::string> wanted;
  app.add_option("--nodes", nodes, "The largest network; a quarter and a half of it come first")->capture_default_str()->check(CLI::Range(1000, 1'000'000));
  app.add_option("--megabytes", megabytes, "Weights of the heaviest model; 0: none")->capture_default_str()->check(CLI::Range(0, 2000));
  app.add_option("--forms", wanted, "Only these");
  CLI11_PARSE(app, argc, argv);
  try {
    const Folder folder;
    dnntune::cli::Table table({"model", ">layers", ">file", ">read ms", ">load ms", ">peak", ">session ms", ">peak"});
    for (const dnntune::load_bench::Form& form : dnntune::load_bench::node_forms()) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), form.name) == wanted.end()) continue;
      for (const int size : {nodes / 4, nodes / 2, nodes}) {
        dnntune::save_onnx(form.make(size), folder.file());
        measure(table, std::string(form.name), folder.file());
      }
      table.rule();
    }
    for (const int size : {megabytes / 4, megabytes / 2, megabytes}) {
      if (size == 0 || (!wanted.empty() && std::find(wanted.begin(), wanted.end(), "weights") == wanted.end())) continue;
      dnntune::save_onnx(dnntune::load_bench::make_weights(size), folder.file());
      measure(table, "weights", folder.file());
    }
    std::fputs(table.text().c_str(), stdout);
    std::puts("\nread: the file's bytes into a buffer, from the page cache; peak: resident memory above that before loading");
    for (const dnntune::load_bench::Form& form : dnntune::load_bench::node_forms()) fmt::print("{}: {}\n", form.name, form.what);
  } catch (const dnntune::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
