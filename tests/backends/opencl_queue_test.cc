// SPDX-License-Identifier: Apache-2.0
// The queue on a real driver: transfers, conversions, constants, and that thousands of runs leave nothing behind.
#include <cstring>
#include <numeric>

#include <doctest/doctest.h>

#include "backends/opencl/opencl_backend.h"
#include "backends/opencl_harness.h"
#include "base/half.h"
#include "throws.h"

namespace dnntune::test {
namespace {

using backends::opencl::ContextOptions;
using backends::opencl::OpenClContext;

TEST_CASE("transfers, as they are and converted") {
  if (!has_opencl()) return;
  OpenClContext context(opencl_processor());
  backends::DeviceQueue& queue = *context.queue();
  queue.reserve(4096);
  const std::size_t step = queue.alignment();
  void* const wide = queue.part(0, 1000 * 2);
  void* const narrow = queue.part((2000 + step - 1) / step * step, 1000 * 2);
  std::vector<float> numbers(500), back(500), as_half(500);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.37f * static_cast<float>(i) - 70.0f;
  numbers[7] = 1e-7f;   // subnormal as float16
  numbers[8] = 1e6f;    // infinite
  queue.upload(numbers.data(), DataType::float32, wide, DataType::float32, 500);
  queue.upload(numbers.data(), DataType::float32, narrow, DataType::float16, 500);
  queue.download(wide, DataType::float32, back.data(), DataType::float32, 500);
  queue.download(narrow, DataType::float16, as_half.data(), DataType::float32, 500);
  std::vector<std::uint16_t> halves(500);
  queue.download(narrow, DataType::float16, halves.data(), DataType::float16, 500);
  queue.finish();
  CHECK(back == numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK(halves[i] == base::float_to_float16(numbers[i]));
    CHECK(as_half[i] == base::float16_to_float(halves[i]));
  }
  queue.upload(halves.data(), DataType::float16, wide, DataType::float32, 500);
  queue.download(wide, DataType::float32, back.data(), DataType::float32, 500);
  const std::byte bytes[3] = {std::byte{1}, std::byte{2}, std::byte{3}};
  std::byte kept[3] = {};
  queue.download(queue.constant(bytes), DataType::uint8, kept, DataType::uint8, 3);
  queue.constant({});
  queue.finish();
  CHECK(back == as_half);
  CHECK(std::memcmp(bytes, kept, 3) == 0);
  queue.upload(nullptr, DataType::float32, wide, DataType::float32, 0);
  CHECK_ERROR(queue.upload(bytes, DataType::uint8, wide, DataType::float32, 3), ErrorCode::unsupported, "from uint8 to float32");
}

TEST_CASE("parts of the arena") {
  if (!has_opencl()) return;
  OpenClContext context(opencl_processor());
  backends::DeviceQueue& queue = *context.queue();
  queue.reserve(1000);
  const std::size_t step = queue.alignment();
  CHECK((step & (step - 1)) == 0);
  CHECK(queue.part(step, 10) == queue.part(step, 10));
  CHECK(queue.part(step, 0) != nullptr);
  CHECK_ERROR(queue.part(step + 1, 10), ErrorCode::internal, "arena of 1000 bytes");
  CHECK_ERROR(queue.part(0, 1001), ErrorCode::internal, "part [0, 1001)");
  queue.reserve(500);  // it is large enough
  queue.part(0, 1000);
  CHECK_ERROR(queue.reserve(std::size_t{1} << 50), ErrorCode::out_of_memory, "values between layers");
}

TEST_CASE("ten thousand runs leave nothing behind") {
  if (!has_opencl()) return;
  OpenClContext context(opencl_processor());
  backends::DeviceQueue& queue = *context.queue();
  const graph::Node node = make_node(graph::Op::Relu);
  const std::vector<backends::TensorSpec> operands = {{DataType::float16, {8}, {}}};
  const auto prepared = backends::opencl::opencl_backend().prepare({.node = node, .inputs = operands, .outputs = operands, .context = &context});
  REQUIRE(prepared != nullptr);
  queue.reserve(2 * queue.alignment());
  float in[8], out[8];
  std::iota(in, in + 8, -4.0f);
  std::int64_t ns = 0;
  base::ThreadPool pool(1);
  std::ptrdiff_t objects = 0;
  for (int run = 0; run < 10000; ++run) {
    if (run % 16 == 0) queue.record({&ns, 1});  // some runs with times
    if (run % 16 == 4) queue.record({});
    const void* from[] = {queue.part(0, 16)};
    void* to[] = {queue.part(queue.alignment(), 16)};
    queue.upload(in, DataType::float32, to[0], DataType::float16, 8);
    queue.upload(in, DataType::float32, queue.part(0, 16), DataType::float16, 8);
    prepared->run({.inputs = from, .outputs = to, .scratch = nullptr}, pool);
    queue.download(to[0], DataType::float16, out, DataType::float32, 8);
    queue.finish();
    if (out[0] != 0.0f || out[7] != 3.0f) FAIL("run " << run << " gives " << out[0] << " and " << out[7]);
    if (run == 20) objects = context.device.library->live_objects();
  }
  CHECK(context.device.library->live_objects() == objects);
  CHECK(ns > 0);
}

TEST_CASE("everything is released") {
  if (!has_opencl()) return;
  std::shared_ptr<const device::opencl::Library> library;
  {
    OpenClContext context(opencl_processor());
    library = context.device.library;
    context.queue()->reserve(1000);
    context.queue()->constant(std::vector<std::byte>(100));
    CHECK(library->live_objects() > 0);
  }
  CHECK(library->live_objects() == 0);
}

}  // namespace
}  // namespace dnntune::test
