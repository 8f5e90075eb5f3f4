// SPDX-License-Identifier: Apache-2.0
#include "dnntune/tensor.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "throws.h"

using namespace dnntune;

TEST_CASE("tensors: zero-filled, aligned, sized by their type") {
  for (const DataType type : {DataType::float32, DataType::uint8, DataType::int8, DataType::uint16, DataType::int16, DataType::int32, DataType::int64,
                              DataType::boolean, DataType::float16, DataType::float64, DataType::uint32, DataType::uint64, DataType::bfloat16}) {
    const Tensor tensor(type, {3, 5});
    CHECK(tensor.element_count() == 15);
    CHECK(tensor.size_bytes() == 15 * size_of(type));
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0);
    const auto* bytes = static_cast<const unsigned char*>(tensor.data());
    CHECK(std::all_of(bytes, bytes + tensor.size_bytes(), [](unsigned char b) { return b == 0; }));
    CHECK(std::string(to_string(type)) != "unknown");
  }
  CHECK(Tensor(DataType::float32, {}).element_count() == 1);
  CHECK(Tensor(DataType::float32, {2, 0}).size_bytes() == 0);
  CHECK_FALSE(Tensor().defined());
  CHECK(Tensor().size_bytes() == 0);
  CHECK(Tensor::uninitialized(DataType::int64, {2, 3}).size_bytes() == 48);
}

TEST_CASE("tensors: impossible ones are refused") {
  CHECK_ERROR(Tensor(DataType::float32, {2, -1}), ErrorCode::invalid_argument, "negative");
  CHECK_ERROR(Tensor(DataType::undefined, {2}), ErrorCode::invalid_argument, "type");
  CHECK_ERROR(Tensor(static_cast<DataType>(99), {2}), ErrorCode::invalid_argument, "type");
  CHECK_ERROR(Tensor(DataType::float32, {std::int64_t{1} << 32, std::int64_t{1} << 32}), ErrorCode::limit_exceeded, "tensor");
  CHECK_ERROR(Tensor(DataType::float64, {std::numeric_limits<std::int64_t>::max()}), ErrorCode::limit_exceeded, "bytes");
  CHECK_ERROR(Tensor(DataType::uint8, {std::int64_t{1} << 60}), ErrorCode::out_of_memory, "allocate");
  CHECK_ERROR(Tensor::uninitialized(DataType::uint8, {std::int64_t{1} << 60}), ErrorCode::out_of_memory, "allocate");
}

TEST_CASE("tensors: from, copy_of, borrow") {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const Tensor tensor = Tensor::from(Shape{2, 3}, values);
  CHECK(tensor.type() == DataType::float32);
  CHECK(std::equal(values.begin(), values.end(), tensor.as<float>().begin()));
  CHECK_ERROR(Tensor::from(Shape{2, 2}, values), ErrorCode::invalid_argument, "[2,2]");
  CHECK_ERROR(Tensor::copy_of(DataType::float32, {2, 3}, values.data(), 23), ErrorCode::invalid_argument, "23");
  CHECK_ERROR(Tensor::copy_of(DataType::float32, {2, 3}, nullptr, 24), ErrorCode::invalid_argument, "null");
  CHECK(Tensor::copy_of(DataType::float32, {0, 3}, nullptr, 0).element_count() == 0);
  CHECK_ERROR(tensor.as<int>(), ErrorCode::invalid_argument, "float32");

  auto owner = std::make_shared<std::vector<float>>(values);
  Tensor borrowed = Tensor::borrow(DataType::float32, {6}, owner->data(), owner);
  const std::weak_ptr<std::vector<float>> watch = owner;
  owner.reset();
  CHECK_FALSE(watch.expired());
  CHECK(borrowed.as<float>()[5] == 6.0f);
  CHECK_ERROR(borrowed.mutable_data(), ErrorCode::invalid_argument, "read-only");
  CHECK_ERROR(borrowed.reshaped({2, 3}).mutable_data(), ErrorCode::invalid_argument, "read-only");
  borrowed = borrowed.clone();
  CHECK(watch.expired());
  borrowed.as_mutable<float>()[0] = 9.0f;
  CHECK(borrowed.as<float>()[0] == 9.0f);

  CHECK_ERROR(Tensor::borrow(DataType::float32, {1}, nullptr), ErrorCode::invalid_argument, "elements");
  CHECK_ERROR(Tensor::borrow(DataType::float32, {1}, reinterpret_cast<const char*>(values.data()) + 1), ErrorCode::invalid_argument, "aligned");
}

TEST_CASE("tensors: copies of the handle and reshapes share the elements, clones do not") {
  Tensor a(DataType::int32, {2, 2});
  const Tensor b = a;
  const Tensor c = a.reshaped({4});
  const Tensor d = a.clone();
  a.as_mutable<std::int32_t>()[3] = 7;
  CHECK(b.as<std::int32_t>()[3] == 7);
  CHECK(c.as<std::int32_t>()[3] == 7);
  CHECK(d.as<std::int32_t>()[3] == 0);
  CHECK(c.shape() == Shape{4});
  CHECK_ERROR(a.reshaped({3}), ErrorCode::invalid_argument, "[3]");
  CHECK_FALSE(Tensor().clone().defined());
}

TEST_CASE("shapes as text") {
  CHECK(to_string(Shape{}) == "[]");
  CHECK(to_string(Shape{1, -1, 224}) == "[1,?,224]");
}
