// SPDX-License-Identifier: Apache-2.0
// What happens without a library, without a device, with a driver that fails, and when files cannot be kept: on a library
// whose calls fail on demand.
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>

#include "backends/opencl/context.h"
#include "backends/opencl/opencl_backend.h"
#include "backends/opencl_harness.h"
#include "throws.h"

namespace dnntune::test {
namespace {

using backends::opencl::ContextOptions;
using backends::opencl::OpenClContext;

/// An environment variable for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// The fake library, with calls that fail. Checks at its end that nothing of it is left.
class FakeLibrary {
 public:
  explicit FakeLibrary(const std::string& failing = "") : library_("DNNTUNE_OPENCL_LIBRARY", DNNTUNE_TEST_FAKE_OPENCL), failing_("DNNTUNE_FAKE_OPENCL", failing) {}
  ~FakeLibrary() {
    void* const file = dlopen(DNNTUNE_TEST_FAKE_OPENCL, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(file != nullptr);
    CHECK(reinterpret_cast<int (*)()>(dlsym(file, "fake_live_objects"))() == 0);
    dlclose(file);
  }
  static void fail(const std::string& calls) { setenv("DNNTUNE_FAKE_OPENCL", calls.c_str(), 1); }

 private:
  Variable library_, failing_;
};

/// A folder of its own, removed at the end.
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("dnntune_opencl_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

const ContextOptions kNothingKept{.cache_folder = {}};

/// A Relu of four elements.
struct SmallLayer {
  graph::Node node = make_node(graph::Op::Relu);
  std::vector<backends::TensorSpec> operands = {{DataType::float32, {4}, {}}};
  mutable std::string refusal = {};
  backends::LayerSpec spec(OpenClContext& context) const { return {.node = node, .inputs = operands, .outputs = operands, .context = &context, .refusal = &refusal}; }
};

void run_small(OpenClContext& context) {
  const SmallLayer layer;
  const auto prepared = backends::opencl::opencl_backend().prepare(layer.spec(context));
  REQUIRE_MESSAGE(prepared != nullptr, layer.refusal);
  backends::DeviceQueue& queue = *context.queue();
  queue.reserve(1024);
  const float numbers[4] = {1.0f, 2.0f, 3.0f, 4.0f};
  float results[4] = {};
  void* const part = queue.part(0, sizeof numbers);
  queue.upload(numbers, DataType::float32, part, DataType::float32, 4);
  const void* in[] = {part};
  void* out[] = {queue.part(512, sizeof numbers)};
  base::ThreadPool pool(1);
  prepared->run({.inputs = in, .outputs = out, .scratch = nullptr}, pool);
  queue.download(part, DataType::float32, results, DataType::float32, 4);
  queue.finish();
  CHECK(results[3] == 4.0f);
}

std::string text(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

TEST_CASE("no library, or one that lacks functions") {
  {
    const Variable library("DNNTUNE_OPENCL_LIBRARY", "/nowhere/libOpenCL.so");
    CHECK_ERROR(backends::opencl::opencl_backend().open(opencl_processor()), ErrorCode::not_found, "/nowhere/libOpenCL.so");
    Device device;
    device.add_accelerators();
    CHECK(device.processors.empty());
    CHECK(text(device.notes).find("no OpenCL library") != std::string::npos);
    CHECK_ERROR(device.processor("opencl:0"), ErrorCode::not_found, "opencl:0");
  }
  const Variable library("DNNTUNE_OPENCL_LIBRARY", DNNTUNE_TEST_EMPTY_LIBRARY);
  CHECK_ERROR(backends::opencl::opencl_backend().open(opencl_processor()), ErrorCode::unsupported, "lacks clGetPlatformIDs");
}

TEST_CASE("no platform, no device, no such device") {
  struct Row {
    const char *failing, *note;
  };
  for (const Row& row : {Row{"clGetPlatformIDs=-1001", "knows no OpenCL platform"}, Row{"clGetPlatformIDs=-30", "clGetPlatformIDs: CL_INVALID_VALUE (-30)"},
                         Row{"clGetDeviceIDs=-1", "'Fake platform' has no device: CL_DEVICE_NOT_FOUND"}, Row{"available=1", "not available"}}) {
    CAPTURE(row.failing);
    const FakeLibrary fake(row.failing);
    Device device;
    device.add_accelerators();
    CHECK(device.processors.empty());
    CHECK_MESSAGE(text(device.notes).find(row.note) != std::string::npos, text(device.notes));
    CHECK_ERROR(OpenClContext(opencl_processor(), kNothingKept), ErrorCode::not_found, row.note);
  }
  const FakeLibrary fake;
  Device device;
  device.add_accelerators();
  REQUIRE(device.processors.size() == 1);
  CHECK(device.processor("opencl:0").name == "opencl:0");
  CHECK(device.processors[0].description == "Fake GPU, , driver 1.0, 0.0 GiB, work-groups up to 256, fp16");
  Processor other = opencl_processor();
  for (const char* name : {"opencl:1", "opencl:", "opencl:0x", "cpu:all"}) {
    other.name = name;
    CHECK_ERROR(OpenClContext(other, kNothingKept), ErrorCode::not_found, "'opencl:0' (Fake GPU)");
  }
}

TEST_CASE("a context or a queue that cannot be made") {
  for (const char* call : {"clCreateContext", "clCreateCommandQueue"}) {
    const FakeLibrary fake(std::string(call) + "=-5");
    CHECK_ERROR(OpenClContext(opencl_processor(), kNothingKept), ErrorCode::io, std::string("OpenCL device 'Fake GPU': ") + call + ": CL_OUT_OF_RESOURCES (-5)");
  }
}

TEST_CASE("a program that does not compile leaves the layer to others") {
  const FakeLibrary fake("clBuildProgram=-11");
  OpenClContext context(opencl_processor(), kNothingKept);
  const SmallLayer layer;
  CHECK(backends::opencl::opencl_backend().prepare(layer.spec(context)) == nullptr);
  CHECK(layer.refusal.find("CL_BUILD_PROGRAM_FAILURE (-11); the log begins: line 1: no such thing") != std::string::npos);
  CHECK(layer.refusal.find("line 6") == std::string::npos);
}

TEST_CASE("no memory names the bytes and the limit") {
  const FakeLibrary fake;
  OpenClContext context(opencl_processor(), kNothingKept);
  CHECK_ERROR(context.queue()->reserve(1 << 19), ErrorCode::out_of_memory, "CL_INVALID_BUFFER_SIZE (-61), for 524416 bytes of values between layers; the device allows 262144");
  FakeLibrary::fail("clCreateBuffer=-4");
  CHECK_ERROR(context.queue()->reserve(1024), ErrorCode::out_of_memory, "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)");
  CHECK_ERROR(context.queue()->constant({}), ErrorCode::out_of_memory, "a constant");
  CHECK_ERROR(backends::opencl::opencl_backend().prepare(SmallLayer().spec(context)), ErrorCode::out_of_memory, "an operand");
  FakeLibrary::fail("");
  run_small(context);  // what failed has left everything in order
}

TEST_CASE("calls that fail in a run") {
  for (const char* call : {"clCreateSubBuffer", "clEnqueueWriteBuffer", "clEnqueueReadBuffer", "clFlush"}) {
    CAPTURE(call);
    const FakeLibrary fake;
    OpenClContext context(opencl_processor(), kNothingKept);
    run_small(context);
    FakeLibrary::fail(std::string(call) + "=-5");
    const auto transfer = [&] {
      backends::DeviceQueue& queue = *context.queue();
      float number = 0.0f;
      void* const part = queue.part(128, 4);
      queue.upload(&number, DataType::float32, part, DataType::float32, 1);
      queue.download(part, DataType::float32, &number, DataType::float32, 1);
    };
    CHECK_ERROR(transfer(), ErrorCode::io, call);
  }
  for (const char* call : {"clEnqueueNDRangeKernel", "clSetKernelArg"}) {
    CAPTURE(call);
    const FakeLibrary fake;
    OpenClContext context(opencl_processor(), kNothingKept);
    const SmallLayer layer;
    const auto prepared = backends::opencl::opencl_backend().prepare(layer.spec(context));
    context.queue()->reserve(1024);
    void* const part = context.queue()->part(0, 16);
    const void* in[] = {part};
    void* out[] = {part};
    base::ThreadPool pool(1);
    FakeLibrary::fail(std::string(call) + "=-5");
    CHECK_ERROR(prepared->run({.inputs = in, .outputs = out, .scratch = nullptr}, pool), ErrorCode::io, "'unary'");
  }
  const FakeLibrary fake;
  OpenClContext context(opencl_processor(), kNothingKept);
  run_small(context);
  float number = 0.0f;
  context.queue()->download(context.queue()->part(0, 4), DataType::float32, &number, DataType::float32, 1);
  FakeLibrary::fail("clFinish=-2");  // the device is gone
  CHECK_ERROR(context.queue()->finish(), ErrorCode::io, "clFinish: CL_DEVICE_NOT_AVAILABLE (-2)");
}

TEST_CASE("a device that refuses every size of work-groups") {
  const FakeLibrary fake("clEnqueueNDRangeKernel=-54");
  OpenClContext context(opencl_processor(), kNothingKept);
  CHECK_ERROR(backends::opencl::opencl_backend().prepare(SmallLayer().spec(context)), ErrorCode::io, "runs with no size of work-groups");
}

TEST_CASE("times of the device, step by step") {
  const FakeLibrary fake;
  OpenClContext context(opencl_processor(), kNothingKept);
  run_small(context);
  std::int64_t ns[3] = {};
  backends::DeviceQueue& queue = *context.queue();
  queue.record(ns);
  float number = 0.0f;
  queue.mark(2);
  queue.upload(&number, DataType::float32, queue.part(0, 4), DataType::float32, 1);
  queue.mark(1);
  queue.upload(&number, DataType::float32, queue.part(0, 4), DataType::float32, 1);
  queue.upload(&number, DataType::float32, queue.part(0, 4), DataType::float32, 1);
  queue.finish();
  CHECK(ns[0] == 0);
  CHECK(ns[1] == 500);
  CHECK(ns[2] == 250);
  FakeLibrary::fail("clGetEventProfilingInfo=-7");  // a driver without times
  queue.upload(&number, DataType::float32, queue.part(0, 4), DataType::float32, 1);
  queue.finish();
  CHECK(ns[1] == 500);
  FakeLibrary::fail("");
  queue.record({});
  queue.upload(&number, DataType::float32, queue.part(0, 4), DataType::float32, 1);
  queue.finish();
  CHECK(ns[0] == 0);
}

TEST_CASE("programs are kept in files, and made again when a file is no good") {
  const FakeLibrary fake;
  const Folder folder;
  const ContextOptions kept{.cache_folder = folder.path / "made" / "when needed"};
  const auto times = [&](const char* note = nullptr) {
    OpenClContext context(opencl_processor(), kept);
    run_small(context);
    if (note != nullptr) CHECK_MESSAGE(text(context.notes()).find(note) != std::string::npos, text(context.notes()));
    return std::pair(context.programs.times().built, context.programs.times().loaded);
  };
  const std::pair<int, int> built{1, 0}, loaded{0, 1};
  CHECK(times("1 programs compiled in ") == built);
  CHECK(times("1 loaded in ") == loaded);

  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kept.cache_folder))
    if (entry.path().extension() == ".bin") files.push_back(entry.path());
  REQUIRE(files.size() == 1);
  const auto size = std::filesystem::file_size(files[0]);
  for (const auto length : {size - 1, size / 2, std::uintmax_t{3}, std::uintmax_t{0}}) {
    CAPTURE(length);
    std::filesystem::resize_file(files[0], length);
    CHECK(times("is damaged") == built);
    CHECK(times() == loaded);
  }
  {
    std::fstream file(files[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-2, std::ios::end);
    file.put('?');
  }
  CHECK(times("is damaged") == built);
  FakeLibrary::fail("clCreateProgramWithBinary=-42");  // another driver of the same name
  CHECK(times("CL_INVALID_BINARY (-42); the program is compiled again") == built);
  FakeLibrary::fail("clGetProgramInfo=-30");
  std::filesystem::remove(files[0]);
  CHECK(times("gives no binaries") == built);
  FakeLibrary::fail("");

  std::filesystem::remove_all(kept.cache_folder);
  std::ofstream(kept.cache_folder) << "a file in the folder's place";
  CHECK(times("programs are not kept") == built);
}

TEST_CASE("sizes of work-groups are measured once") {
  const FakeLibrary fake;
  const Folder folder;
  const ContextOptions kept{.cache_folder = folder.path};
  const auto measured = [&](const ContextOptions& options) {
    OpenClContext context(opencl_processor(), options);
    run_small(context);
    run_small(context);
    return context.work_groups.measured();
  };
  CHECK(measured(kept) == 1);
  CHECK(measured(kept) == 0);
  CHECK(measured(kNothingKept) == 1);
  CHECK(measured({.cache_folder = {}, .measure = false}) == 0);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path))
    if (entry.path().extension() == ".txt") std::ofstream(entry.path()) << "dnntune.opencl-work-groups/1\nnonsense 0 0\n";
  CHECK(measured(kept) == 1);
}

}  // namespace
}  // namespace dnntune::test
