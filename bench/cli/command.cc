// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "zoo/zoo.h"

namespace dnntune::cli {

namespace {

/// Of a file that is read: a profile has about a kilobyte a layer, a device's model some megabytes.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

bool finite_number(const std::string& text, double& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && std::isfinite(value);
}

}  // namespace

int exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return kUsage;
    case ErrorCode::invalid_model:
    case ErrorCode::unsupported:
    case ErrorCode::limit_exceeded: return kBadModel;
    case ErrorCode::not_found:
    case ErrorCode::io: return kNoFile;
    case ErrorCode::network:
    case ErrorCode::timeout: return kNoNetwork;
    case ErrorCode::out_of_memory:
    case ErrorCode::internal: return kFailure;
  }
  return kFailure;
}

WireEncoding encoding_named(const std::string& name) {
  std::string names;
  for (int i = 0; i < kWireEncodings; ++i) {
    const auto encoding = static_cast<WireEncoding>(i);
    if (name == to_string(encoding)) return encoding;
    names += fmt::format("{}{}", i == 0 ? "" : ", ", to_string(encoding));
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("encoding '{}' is none of {}", name, names));
}

Graph load_model(const std::string& model, const LoadOptions& options, std::uint64_t seed) {
  if (!model.starts_with("zoo:")) return load_onnx(model, options);
  if (!options.dims.empty()) throw Error(ErrorCode::invalid_argument, "--dim does not apply to zoo networks: their dimensions are fixed");
  return zoo::build(model.substr(4), seed);
}

void ModelOptions::add_to(CLI::App& command) {
  command.add_option("model", model, "An ONNX file, or zoo:NAME for a built-in network")->required();
  command.add_option("--dim", dims, "Fix a symbolic dimension, as in --dim batch=4")->type_name("SYMBOL=N");
  command.add_option("--seed", seed, "Seed of a zoo network's weights")->transform(seed_number())->capture_default_str();
}

Graph ModelOptions::load(bool allow_unsupported) const {
  LoadOptions options;
  options.allow_unsupported = allow_unsupported;
  for (const std::string& dim : dims) {
    const std::size_t equals = dim.find('=');
    std::size_t used = 0;
    std::int64_t value = 0;
    try {
      if (equals != std::string::npos) value = std::stoll(dim.substr(equals + 1), &used);
    } catch (const std::exception&) {
      used = 0;
    }
    if (used == 0 || equals + 1 + used != dim.size() || value < 1)
      throw Error(ErrorCode::invalid_argument, fmt::format("--dim '{}' is not SYMBOL=N with N >= 1", dim));
    options.dims[dim.substr(0, equals)] = value;
  }
  return load_model(model, options, seed);
}

CLI::Option* add_weights_option(CLI::App& command, DataType& weights) {
  const std::map<std::string, DataType> types = {{"fp32", DataType::float32}, {"fp16", DataType::float16}, {"bf16", DataType::bfloat16}};
  return command.add_option_function<std::string>("--weights", [types, &weights](const std::string& name) { weights = types.at(name); },
                                           "How weights multiplied by one row are stored; 16 bits are faster and less precise")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}))
      ->default_str("fp32");
}

CLI::Option* add_math_option(CLI::App& command, DataType& math) {
  return command.add_option_function<std::string>("--math", [&math](const std::string& name) { math = name == "bf16" ? DataType::bfloat16 : DataType::float32; },
                                           "What convolutions and products are multiplied in; 16 bits are faster and less precise")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->default_str("fp32");
}

void ProcessorOptions::add_to(CLI::App& command) {
  command.add_option("--processor", name, "cpu:all, cpu:big, cpu:little... (see dnntune env) or cores, \"cpu:0,2-3\"; xnnpack:all; opencl:0; with \" xN\" threads if wanted")->capture_default_str();
  command.add_option("--threads", threads, "Threads; default: all cores of the processor")->check(CLI::Range(1, 1024));
  command.add_option_function<std::string>("--power", [this](const std::string& text) { read_power(text); },
                                           "The processor's power above idle, in watt, or at several frequencies, as in 0.4@900,1.5@2400 (W@MHz): makes energy known")
      ->type_name("W[@MHZ,...]");
}

void ProcessorOptions::read_power(const std::string& text) {
  const auto fail = [&] { throw CLI::ValidationError("--power", fmt::format("'{}' is not watt above 0, or W@MHZ,W@MHZ...", text)); };
  power_points.clear();
  double highest_mhz = -1.0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t at = part.find('@');
    PowerPoint point;
    if (!finite_number(part.substr(0, at), point.watt) || point.watt <= 0.0) fail();
    if (at != std::string::npos && (!finite_number(part.substr(at + 1), point.mhz) || point.mhz <= 0.0)) fail();
    if (at == std::string::npos && part.size() != text.size()) fail();
    if (std::any_of(power_points.begin(), power_points.end(), [&](const PowerPoint& other) { return other.mhz == point.mhz; })) fail();
    if (at != std::string::npos) power_points.push_back(point);
    if (point.mhz > highest_mhz) power_w = point.watt;
    highest_mhz = std::max(highest_mhz, point.mhz);
    begin = end + 1;
  }
}

std::string ProcessorOptions::full_name() const { return threads > 0 ? fmt::format("{} x{}", name.substr(0, name.find(' ')), threads) : name; }

Processor ProcessorOptions::pick() const { return pick(full_name(), "--processor"); }

Processor ProcessorOptions::pick(const Device& device) const { return pick(device, full_name(), "--processor"); }

Processor ProcessorOptions::pick(const std::string& full, const char* option) const {
  Device device = Device::local();
  if (full.starts_with("opencl")) device.add_accelerators();
  return pick(device, full, option);
}

Processor ProcessorOptions::pick(const Device& device, const std::string& full, const char* option) const {
  Processor processor;
  try {
    processor = device.processor(full);
  } catch (const Error& error) {  // no file is missing: the option is wrong
    throw Error(ErrorCode::invalid_argument, fmt::format("{}: {}", option, error.what()));
  }
  if (power_w > 0) {
    processor.active_power_w = power_w;
    processor.power_source = "given on the command line";
    processor.power_points = power_points;
  }
  return processor;
}

void emit(const std::string& text, const std::string& path) {
  if (path.empty() || path == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!text.ends_with('\n')) std::fputc('\n', stdout);
    return;
  }
  const bool regular = !std::filesystem::exists(path) || std::filesystem::is_regular_file(path);
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file.is_open()) throw Error(ErrorCode::io, fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
  file << text;
  if (!text.ends_with('\n')) file << '\n';
  file.close();
  if (file) return;
  const std::string reason = errno != 0 ? std::strerror(errno) : "write failed";
  if (regular) std::remove(path.c_str());  // half a file is worse than none
  throw Error(ErrorCode::io, fmt::format("cannot write '{}': {}", path, reason));
}

std::string read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::not_found, fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  if (std::filesystem::is_directory(path)) throw Error(ErrorCode::io, fmt::format("cannot read '{}': it is a folder", path));
  std::string text;
  for (std::string piece(std::size_t{1} << 16, '\0'); file;) {  // what has no end, such as /dev/zero, has no size to ask for
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMostBytes)
      throw Error(ErrorCode::io, fmt::format("cannot read '{}': it has more than {} MiB, which no file of this command has", path, kMostBytes >> 20));
  }
  if (file.bad()) throw Error(ErrorCode::io, fmt::format("cannot read '{}'", path));
  return text;
}

CLI::Validator at_least(double least) {
  return CLI::Validator(
      [least](std::string& text) {
        double value = 0.0;
        return finite_number(text, value) && value >= least ? std::string() : fmt::format("'{}' is not a number from {:g} on", text, least);
      },
      fmt::format(">={:g}", least));
}

CLI::Validator above_zero() {
  return CLI::Validator(
      [](std::string& text) {
        double value = 0.0;
        return finite_number(text, value) && value > 0.0 ? std::string() : fmt::format("'{}' is not a number above 0", text);
      },
      ">0");
}

CLI::Validator not_empty() {
  return CLI::Validator([](std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, "");
}

CLI::Validator seed_number() {
  return CLI::Validator(
      [](std::string& text) {
        std::uint64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error != std::errc() || stop != end) return fmt::format("'{}' is not a whole number from 0 to 2^64 - 1", text);
        text = fmt::format("{}", value);  // CLI11 would read "010" as 8
        return std::string();
      },
      "0..2^64-1");
}

}  // namespace dnntune::cli
