// SPDX-License-Identifier: Apache-2.0
#include "device/identity.h"
#include "dnntune/device.h"

#include "throws.h"

using namespace dnntune;

namespace {

Device phone() {
  Device device;
  device.name = "phone";
  device.processors = {{"cpu:all", "cpu", {4, 5, 0, 1}, 4, -1.0, ""}, {"cpu:big", "cpu", {4, 5}, 2, 3.0, "data sheet"},
                       {"cpu:little", "cpu", {0, 1}, 2, -1.0, ""}};
  return device;
}

}  // namespace

TEST_CASE("local: a device that can be used") {
  const Device device = Device::local();
  REQUIRE_FALSE(device.processors.empty());
  CHECK(device.processors[0].name == "cpu:all");
  CHECK(device.memory_bytes > 0);
  CHECK_FALSE(device.name.empty());
  CHECK_FALSE(device.os.empty());
#if defined(__x86_64__) || defined(__aarch64__)
  CHECK_FALSE(device.simd.empty());
#endif
  for (const Processor& processor : device.processors) {
    CHECK(processor.backend == "cpu");
    CHECK(processor.threads >= 1);
    CHECK(static_cast<int>(processor.cores.size()) >= processor.threads);
    CHECK(processor.active_power_w < 0.0);
  }
  const device::Identity identity = device::identify();
  CHECK(identity.name == device.name);
  CHECK(identity.os == device.os);
  CHECK(identity.simd == device.simd);
  CHECK(device.processor("cpu:all").threads == device.processors[0].threads);
  CHECK(device.processor("cpu:big x1").threads == 1);
}

TEST_CASE("processor: by cluster and thread count") {
  const Device device = phone();
  const Processor big = device.processor("cpu:big");
  CHECK(big.name == "cpu:big x2");
  CHECK(big.threads == 2);
  CHECK(big.cores == std::vector<int>{4, 5});
  CHECK(big.active_power_w == 3.0);
  CHECK(big.power_source == "data sheet");

  const Processor one = device.processor("cpu:big x1");
  CHECK(one.name == "cpu:big x1");
  CHECK(one.threads == 1);
  CHECK(one.active_power_w == 1.5);
  CHECK(one.power_source == "data sheet (scaled from 2 to 1 threads)");
  CHECK(device.processor("cpu:little x2").cores == std::vector<int>{0, 1});
  Device with_points = device;
  for (Processor& processor : with_points.processors) processor.power_points = {{900, 2.0}, {2400, 3.0}};
  CHECK(with_points.processor("cpu:big x1").power_points.at(0).watt == 1.0);
  CHECK(with_points.processor("cpu:big").power_points.at(1).watt == 3.0);
  // The name of a processor finds it again.
  CHECK(device.processor(one.name).threads == 1);
}

TEST_CASE("processor: another backend on the same cores") {
  const Processor big = phone().processor("xnnpack:big x1");
  CHECK(big.name == "xnnpack:big x1");
  CHECK(big.backend == "xnnpack");
  CHECK(big.cores == std::vector<int>{4, 5});
  CHECK(big.threads == 1);
  CHECK(phone().processor("xnnpack:all").threads == 4);
  CHECK_ERROR(phone().processor("xnnpack:huge"), ErrorCode::not_found, "'xnnpack:huge'");
}

TEST_CASE("processor: cpu:big of equal cores is all of them") {
  Device device;
  device.processors = {{"cpu:all", "cpu", {0, 1}, 2, -1.0, ""}};
  CHECK(device.processor("cpu:big x2").name == "cpu:all x2");
  CHECK_ERROR(device.processor("cpu:little"), ErrorCode::not_found, "cpu:all");
}

TEST_CASE("processor: explicit cores, in the order given") {
  const Device device = phone();
  const Processor chosen = device.processor("cpu:5,0-1");
  CHECK(chosen.name == "cpu:5,0-1 x3");
  CHECK(chosen.backend == "cpu");
  CHECK(chosen.cores == std::vector<int>{5, 0, 1});
  CHECK(chosen.threads == 3);
  CHECK(chosen.active_power_w < 0.0);
  CHECK(device.processor("cpu:5,0-1 x2").threads == 2);
  CHECK(device.processor(chosen.name).cores == chosen.cores);
  CHECK_ERROR(device.processor("cpu:0-2"), ErrorCode::not_found, "no core 2; it has 0-1,4-5");
  CHECK_ERROR(device.processor("cpu:0-1 x3"), ErrorCode::not_found, "cpu:0-1 x3");
  for (const char* name : {"cpu:0,", "cpu:1-0", "cpu:0x1", "cpu:99999999999"}) CHECK_ERROR(device.processor(name), ErrorCode::not_found, name);
  CHECK_ERROR(device.processor("cpu:0,0"), ErrorCode::invalid_argument, "'cpu:0,0' names core 0 twice");
  CHECK_ERROR(device.processor("xnnpack:4,0-1,1 x2"), ErrorCode::invalid_argument, "core 1 twice");
}

TEST_CASE("processor: those of other backends have one name") {
  Device device = phone();
  device.processors.push_back({"opencl:0", "opencl", {}, 1, 4.0, "data sheet"});
  const Processor gpu = device.processor("opencl:0");
  CHECK(gpu.name == "opencl:0");
  CHECK(gpu.backend == "opencl");
  CHECK(gpu.active_power_w == 4.0);
  CHECK(device.processor("opencl:0 x1").name == "opencl:0");
  CHECK_ERROR(device.processor("opencl:0 x2"), ErrorCode::not_found, "'opencl:0'");
  CHECK_ERROR(device.processor("opencl:1"), ErrorCode::not_found, "'opencl:0'");
}

TEST_CASE("candidates: every set of cores once, then other backends") {
  Device device = phone();
  device.processors.push_back({"opencl:0", "opencl", {}, 1, -1.0, ""});
  const auto names = [&] {
    std::vector<std::string> result;
    for (const Processor& p : device.candidates()) result.push_back(p.name);
    return result;
  };
  CHECK(names() == std::vector<std::string>{"cpu:big x1", "cpu:big x2", "cpu:little x1", "cpu:little x2", "cpu:all x4", "opencl:0"});
  for (const Processor& p : device.candidates()) CHECK(device.processor(p.name).cores == p.cores);
  device.quota_cores = 1.2;
  CHECK(names() == std::vector<std::string>{"cpu:big x1", "cpu:big x2", "cpu:little x1", "cpu:little x2", "opencl:0"});
  device.quota_cores = 0.0;
  device.processors = {{"cpu:all", "cpu", {}, 6, -1.0, ""}};  // a described machine without numbered cores
  CHECK(names() == std::vector<std::string>{"cpu:all x1", "cpu:all x2", "cpu:all x4", "cpu:all x6"});
  CHECK(Device().candidates().empty());
}

TEST_CASE("local: candidates are processors of this machine") {
  const Device device = Device::local();
  const auto candidates = device.candidates();
  REQUIRE_FALSE(candidates.empty());
  for (const Processor& p : candidates) {
    CHECK(device.processor(p.name).cores == p.cores);
    CHECK(p.threads <= static_cast<int>(p.cores.size()));
  }
}

TEST_CASE("processor: what is not there is named, with what is") {
  const Device device = phone();
  for (const char* name : {"", "gpu", "cpu", "cpu:big x0", "cpu:big x3", "cpu:big x-1", "cpu:big 2", "cpu:big x", "cpu:big x2 ", "cpu:big  x2",
                           "cpu:big x2x", "cpu:big x99999999999999999999", "CPU:BIG"}) {
    CHECK_ERROR(device.processor(name), ErrorCode::not_found, "'" + std::string(name) + "'");
    CHECK_ERROR(device.processor(name), ErrorCode::not_found, "'cpu:little' (x1 to x2)");
  }
  CHECK_ERROR(Device().processor("cpu:all"), ErrorCode::not_found, "none");
}
