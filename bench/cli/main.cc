// SPDX-License-Identifier: Apache-2.0
// The `dnntune` command: every step of the library without code.
#include <csignal>
#include <cstdio>
#include <memory>
#include <new>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/output.h"

namespace {

constexpr const char* kDescription =
    "dnntune: measure a network layer by layer, plan how to split it between this\n"
    "device and the cloud, and run that plan.\n\n"
    "A tour:\n"
    "  dnntune inspect model.onnx                 what is in it, where it can be cut\n"
    "  dnntune profile model.onnx --threads 1     time of every layer here\n"
    "  dnntune tune model.onnx                    the best kernel and processor a layer\n"
    "  dnntune characterize --html zoo.html       all networks on all processors here\n"
    "  dnntune calibrate --out here.json          measure this device once, and then\n"
    "  dnntune predict model.onnx --with here.json     predict without running\n"
    "  dnntune serve model.onnx --port 8080       the cloud half, on another machine\n"
    "  dnntune plan model.onnx --cloud http://HOST:8080 --link wifi --out plan.json\n"
    "  dnntune run model.onnx --plan plan.json --cloud http://HOST:8080 \\\n"
    "              --input image=picture.npy      carries the plan out\n"
    "A model is an ONNX file, or zoo:NAME (dnntune zoo lists the names).";

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 a check said no; 2 wrong usage; 3 bad or unsupported\n"
    "model, or no plan keeps the limits; 4 a file is missing or cannot be written;\n"
    "5 the server cannot be reached; 70 failure.";

/// Help that fits 80 columns: long descriptions go on below their own start.
class NarrowFormatter final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::istringstream lines(CLI::Formatter::make_help(app, std::move(name), mode));
    std::string line, text;
    while (std::getline(lines, line)) {
      // The description starts after the last run of two spaces.
      const std::size_t gap = line.rfind("  ", 40);
      text += dnntune::cli::wrapped(line, gap == std::string::npos ? 0 : gap + 2);
    }
    return text;
  }
};

constexpr dnntune::cli::AddCommand kCommands[] = {
    dnntune::cli::add_zoo, dnntune::cli::add_inspect, dnntune::cli::add_profile, dnntune::cli::add_tune, dnntune::cli::add_characterize,
    dnntune::cli::add_calibrate, dnntune::cli::add_predict,
    dnntune::cli::add_plan, dnntune::cli::add_run, dnntune::cli::add_check, dnntune::cli::add_serve, dnntune::cli::add_timeline,
    dnntune::cli::add_export, dnntune::cli::add_reproduce,
    dnntune::cli::add_env,
};

}  // namespace

int main(int argc, char** argv) {
  using namespace dnntune::cli;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(kDescription, "dnntune");
  app.formatter(std::make_shared<NarrowFormatter>());  // before the subcommands, which inherit it
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("dnntune ") + dnntune::version());
  int result = kOk;
  for (const AddCommand add : kCommands) add(app, result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (app.exit(e) != 0) return kUsage;  // zero: help, a version or a list was asked for
    result = kOk;
  } catch (const dnntune::Error& e) {
    fmt::print(stderr, "dnntune: {}: {}\n", to_string(e.code()), e.what());
    return exit_code(e.code());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "dnntune: out of memory\n");
    return kFailure;
  } catch (const std::exception& e) {
    fmt::print(stderr, "dnntune: internal: {}\n", e.what());
    return kFailure;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "dnntune: cannot write to standard output\n");
    return kNoFile;
  }
  return result;
}
