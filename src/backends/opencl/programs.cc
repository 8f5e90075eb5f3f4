// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/programs.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/file.h"

namespace dnntune::backends::opencl {
namespace {

// No -cl-fast-relaxed-math: infinities and NaNs must come through as in the other backends.
constexpr const char* kOptions = "-cl-std=CL1.2 -cl-mad-enable";
constexpr std::string_view kMagic = "dnntune.opencl-program/1\n";

std::string program_hash(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

/// Adds the time from its construction to its end.
class Timer {
 public:
  explicit Timer(std::int64_t& sum_ns) : sum_ns_(sum_ns) {}
  ~Timer() {
    sum_ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count();
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  std::int64_t& sum_ns_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// At most five lines and 600 characters.
std::string first_lines(const std::string& log) {
  std::size_t end = 0;
  for (int line = 0; line < 5 && end < log.size(); ++line) end = std::min(log.find('\n', end), log.size() - 1) + 1;
  return log.substr(0, std::min<std::size_t>(end, 600));
}

}  // namespace

std::filesystem::path default_cache_folder() {
  const auto variable = [](const char* name) -> std::filesystem::path {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const auto folder = variable("DNNTUNE_CACHE_DIR"); !folder.empty()) return folder / "opencl";
  if (const auto folder = variable("XDG_CACHE_HOME"); !folder.empty()) return folder / "dnntune" / "opencl";
  if (const auto folder = variable("HOME"); !folder.empty()) return folder / ".cache" / "dnntune" / "opencl";
  return {};
}

Programs::Programs(const DeviceContext& device, std::filesystem::path folder)
    : device_(device), folder_(std::move(folder)),
      device_key_(fmt::format("{}\n{}\n{}\n{}\n{}\n", device.info.name, device.info.vendor, device.info.driver,
                              device.info.platform_name, kOptions)) {}

Handle<cl_kernel> Programs::kernel(std::string_view definitions, std::span<const std::string_view> texts, const char* name) {
  std::string source(definitions);
  for (const std::string_view text : texts) source += text;
  cl_int status = CL_SUCCESS;
  const cl_kernel made = device_.library->CreateKernel(find(source), name, &status);
  check(status, device_.name, fmt::format("clCreateKernel '{}'", name));
  return {*device_.library, made};
}

cl_program Programs::find(const std::string& source) {
  const std::string hash = program_hash(source);
  if (const auto found = programs_.find(hash); found != programs_.end()) return found->second.get();
  const std::string key = device_key_ + hash;
  const std::filesystem::path file = folder_.empty() ? folder_ : folder_ / (program_hash(key) + ".bin");
  Handle<cl_program> program;
  if (!file.empty()) program = load(file, key);
  if (!program) {
    program = build(source);
    if (!file.empty()) keep(program.get(), file, key);
  }
  return programs_.emplace(hash, std::move(program)).first->second.get();
}

// A file: magic, key, an empty line, 16 hexadecimal digits of the binary's hash, a line's end, the binary.
Handle<cl_program> Programs::load(const std::filesystem::path& file, const std::string& key) {
  std::int64_t ns = 0;
  Handle<cl_program> program;
  {
    const Timer timer(ns);
    std::string content;
    try {
      content = base::read_text_file(file);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) note(error.what());
      return {};
    }
    const std::string head = fmt::format("{}{}\n\n", kMagic, key);
    constexpr std::size_t kHash = 17;
    const auto damaged = [&] {
      note(fmt::format("{} is damaged; the program is compiled again", file.string()));
      return Handle<cl_program>();
    };
    if (content.size() < head.size() + kHash || content.compare(0, head.size(), head) != 0) return damaged();
    const std::string_view binary = std::string_view(content).substr(head.size() + kHash);
    if (fmt::format("{:016x}\n", XXH3_64bits(binary.data(), binary.size())) != content.substr(head.size(), kHash)) return damaged();
    const Library& cl = *device_.library;
    const auto* bytes = reinterpret_cast<const unsigned char*>(binary.data());
    const std::size_t size = binary.size();
    cl_int status = CL_SUCCESS, binary_status = CL_SUCCESS;
    program = Handle<cl_program>(cl, cl.CreateProgramWithBinary(device_.context.get(), 1, &device_.info.id, &size, &bytes,
                                                                &binary_status, &status));
    if (status == CL_SUCCESS) status = binary_status;
    if (status == CL_SUCCESS) status = cl.BuildProgram(program.get(), 1, &device_.info.id, kOptions, nullptr, nullptr);
    if (status != CL_SUCCESS) {
      note(fmt::format("the driver refuses {}: {}; the program is compiled again", file.string(), device::opencl::status_text(status)));
      return {};
    }
  }
  ++times_.loaded;
  times_.loaded_ns += ns;
  return program;
}

Handle<cl_program> Programs::build(const std::string& source) {
  const Timer timer(times_.built_ns);
  const Library& cl = *device_.library;
  const char* text = source.data();
  const std::size_t size = source.size();
  cl_int status = CL_SUCCESS;
  Handle<cl_program> program(cl, cl.CreateProgramWithSource(device_.context.get(), 1, &text, &size, &status));
  check(status, device_.name, "clCreateProgramWithSource");
  status = cl.BuildProgram(program.get(), 1, &device_.info.id, kOptions, nullptr, nullptr);
  if (status == CL_SUCCESS) {
    ++times_.built;
    return program;
  }
  std::string log;
  std::size_t bytes = 0;
  if (cl.GetProgramBuildInfo(program.get(), device_.info.id, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes) == CL_SUCCESS && bytes > 0) {
    log.resize(bytes);
    if (cl.GetProgramBuildInfo(program.get(), device_.info.id, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr) != CL_SUCCESS) log.clear();
    log.resize(std::min(log.find('\0'), log.size()));
  }
  const ErrorCode code = status == CL_OUT_OF_HOST_MEMORY ? ErrorCode::out_of_memory : ErrorCode::unsupported;
  throw Error(code, fmt::format("{}: clBuildProgram: {}; the log begins: {}", device_.name, device::opencl::status_text(status),
                                log.empty() ? "(empty)" : first_lines(log)));
}

void Programs::keep(cl_program program, const std::filesystem::path& file, const std::string& key) {
  const Library& cl = *device_.library;
  std::size_t size = 0;
  if (cl.GetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr) != CL_SUCCESS || size == 0) {
    note("the driver gives no binaries; programs are compiled at every start");
    return;
  }
  std::string binary(size, '\0');
  unsigned char* to = reinterpret_cast<unsigned char*>(binary.data());
  if (cl.GetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof to, &to, nullptr) != CL_SUCCESS) return;
  try {
    std::error_code ignored;  // then writing fails
    std::filesystem::create_directories(file.parent_path(), ignored);
    base::write_file(file, fmt::format("{}{}\n\n{:016x}\n{}", kMagic, key, XXH3_64bits(binary.data(), binary.size()), binary));
  } catch (const Error& error) {
    note(fmt::format("programs are not kept: {}", error.what()));
  }
}

void Programs::note(std::string text) {
  if (notes_.size() < 8 && std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(std::move(text));
}

}  // namespace dnntune::backends::opencl
