// SPDX-License-Identifier: Apache-2.0
// A program of its own because it counts the allocations of the whole process: a run makes its outputs
// and nothing else, however many layers there are.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "runtime/naive.h"

namespace {
std::atomic<long> allocations{0};

void* counted(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

using namespace dnntune;
using Ints = std::vector<std::int64_t>;

namespace {

/// Blocks of several kinds of layers.
Graph network(int blocks) {
  GraphBuilder b("net");
  std::string x = b.input("x", DataType::float32, {1, 4, 12, 12});
  for (int i = 0; i < blocks; ++i) {
    x = b.node("Relu", {b.node("Conv", {x, b.constant("w", naive::random_tensor({4, 4, 3, 3}, 1))}, {{"pads", Ints{1, 1, 1, 1}}})});
    x = b.node("Concat", {x, b.node("Sigmoid", {x})}, {{"axis", std::int64_t{1}}});
    x = b.node("ReduceMean", {b.node("Reshape", {x, b.constant("s", Tensor::from(Shape{5}, Ints{1, 2, 4, 12, 12}))}), b.constant("a", Tensor::from(Shape{1}, Ints{1}))},
               {{"keepdims", std::int64_t{0}}});
    x = b.node("MaxPool", {b.node("Softmax", {x}, {{"axis", std::int64_t{1}}})}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
    x = b.node("Pad", {b.node("Slice", {x, b.constant("b", Tensor::from(Shape{1}, Ints{1})), b.constant("e", Tensor::from(Shape{1}, Ints{12})),
                                        b.constant("d", Tensor::from(Shape{1}, Ints{2}))}),
                       b.constant("p", Tensor::from(Shape{8}, Ints{0, 0, 1, 0, 0, 0, 0, 0}))});
  }
  b.output(b.node("MatMul", {b.node("Flatten", {x}), b.constant("v", naive::random_tensor({576, 10}, 2))}));
  return b.build();
}

long allocations_of_a_run(int blocks, int threads) {
  const Graph graph = network(blocks);
  Session session(graph, naive::cpu(threads), {.alone_below_us = 0});
  const Tensors inputs = random_inputs(graph, 1);
  session.run(inputs);
  const long before = allocations;
  const Tensors outputs = session.run(inputs);
  return allocations - before;
}

}  // namespace

TEST_CASE("a run allocates its outputs only") {
  for (const int threads : {1, 2}) {
    const long few = allocations_of_a_run(1, threads), many = allocations_of_a_run(8, threads);
    CHECK(few == many);
    // The map's node and its name, the tensor's shape and storage with their counts.
    CHECK(few <= 8);
  }
}
