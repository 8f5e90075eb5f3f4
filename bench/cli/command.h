// SPDX-License-Identifier: Apache-2.0
// What a subcommand is, and what they share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "dnntune/dnntune.h"

namespace dnntune::cli {

/// Exit codes of the command; `dnntune --help` prints them.
enum ExitCode : int {
  kOk = 0,
  kCheckFailed = 1,  ///< It ran, and the answer is no.
  kUsage = 2,        ///< A wrong option or argument.
  kBadModel = 3,     ///< The model is damaged or not supported.
  kNoFile = 4,       ///< A file cannot be found, read or written.
  kNoNetwork = 5,    ///< The server cannot be reached or is late.
  kFailure = 70,     ///< Out of memory, or a defect.
};
int exit_code(ErrorCode code) noexcept;

/// Adds one subcommand to `app`; its callback stores the exit code in `result`.
using AddCommand = void (*)(CLI::App& app, int& result);

void add_zoo(CLI::App& app, int& result);
void add_inspect(CLI::App& app, int& result);
void add_profile(CLI::App& app, int& result);
void add_tune(CLI::App& app, int& result);
void add_characterize(CLI::App& app, int& result);
void add_plan(CLI::App& app, int& result);
void add_run(CLI::App& app, int& result);
void add_check(CLI::App& app, int& result);
void add_serve(CLI::App& app, int& result);
void add_timeline(CLI::App& app, int& result);
void add_export(CLI::App& app, int& result);
void add_reproduce(CLI::App& app, int& result);
void add_calibrate(CLI::App& app, int& result);
void add_predict(CLI::App& app, int& result);
void add_env(CLI::App& app, int& result);

/// The options by which commands name a model, shared so that they read the same everywhere.
struct ModelOptions {
  std::string model;              ///< A path or "zoo:NAME".
  std::vector<std::string> dims;  ///< "symbol=value"
  std::uint64_t seed = 1;         ///< For zoo weights.

  void add_to(CLI::App& command);
  Graph load(bool allow_unsupported = false) const;
};

/// --processor, --threads and --power.
struct ProcessorOptions {
  std::string name = "cpu:all";
  int threads = 0;        ///< 0 = as the processor's name says.
  double power_w = -1.0;  ///< Above idle, for energy figures; at the highest of the frequencies in `power`.
  std::vector<PowerPoint> power_points;

  void add_to(CLI::App& command);
  Processor pick() const;
  /// One of a device that need not be this machine.
  Processor pick(const Device& device) const;
  /// Another of this machine's, by name, with the same power if that was given. `option`: the one that named it, for errors.
  Processor pick(const std::string& processor_name, const char* option) const;

 private:
  std::string full_name() const;
  Processor pick(const Device& device, const std::string& processor_name, const char* option) const;
  void read_power(const std::string& text);
};

/// --weights fp32|fp16|bf16
CLI::Option* add_weights_option(CLI::App& command, DataType& weights);
/// --math fp32|bf16
CLI::Option* add_math_option(CLI::App& command, DataType& math);

/// An encoding by its name; throws invalid_argument listing them.
WireEncoding encoding_named(const std::string& name);

/// A model file or zoo:NAME as a graph.
Graph load_model(const std::string& model, const LoadOptions& options = {}, std::uint64_t seed = 1);
/// Writes `text` to `path`, or to standard output when it is empty or "-".
void emit(const std::string& text, const std::string& path);
/// The text of a file, a pipe or a device; throws not_found, or io for a folder and for more than 64 MiB. Every option that names
/// a file of text or JSON reads it by this.
std::string read_file(const std::string& path);
/// What `parse` makes of the text of a file; its errors name the file.
template <typename Parse>
auto parse_file(const std::string& path, Parse parse) {
  const std::string text = read_file(path);
  try {
    return parse(text);
  } catch (const Error& error) {
    throw Error(error.code(), "'" + path + "': " + error.what());
  }
}

/// Accepts finite numbers from `least` on (CLI11's own ranges let "nan" and "inf" pass).
CLI::Validator at_least(double least);
/// Accepts finite numbers above zero.
CLI::Validator above_zero();
/// Accepts any text but none.
CLI::Validator not_empty();
/// Accepts whole numbers that fit into 64 bits without a sign.
CLI::Validator seed_number();

}  // namespace dnntune::cli
