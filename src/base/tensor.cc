// SPDX-License-Identifier: Apache-2.0
#include "dnntune/tensor.h"

#include <cstring>
#include <new>

#include <fmt/format.h>

#include "base/aligned.h"
#include "base/checked.h"
#include "dnntune/error.h"

namespace dnntune {

std::size_t size_of(DataType type) noexcept {
  switch (type) {
    case DataType::undefined: return 0;
    case DataType::uint8:
    case DataType::int8:
    case DataType::boolean: return 1;
    case DataType::uint16:
    case DataType::int16:
    case DataType::float16:
    case DataType::bfloat16: return 2;
    case DataType::float32:
    case DataType::int32:
    case DataType::uint32: return 4;
    case DataType::int64:
    case DataType::uint64:
    case DataType::float64: return 8;
  }
  return 0;
}

const char* to_string(DataType type) noexcept {
  switch (type) {
    case DataType::undefined: return "undefined";
    case DataType::float32: return "float32";
    case DataType::uint8: return "uint8";
    case DataType::int8: return "int8";
    case DataType::uint16: return "uint16";
    case DataType::int16: return "int16";
    case DataType::int32: return "int32";
    case DataType::int64: return "int64";
    case DataType::boolean: return "bool";
    case DataType::float16: return "float16";
    case DataType::float64: return "float64";
    case DataType::uint32: return "uint32";
    case DataType::uint64: return "uint64";
    case DataType::bfloat16: return "bfloat16";
  }
  return "unknown";
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ',';
    text += shape[i] < 0 ? "?" : fmt::to_string(shape[i]);
  }
  return text + "]";
}

namespace {

/// Element count of a tensor that must have a type; checks the byte size too.
std::size_t checked_count(DataType type, const Shape& shape) {
  if (size_of(type) == 0) throw Error(ErrorCode::invalid_argument, "a tensor needs an element type");
  const std::int64_t count = base::element_count(shape, "tensor");
  base::checked_mul(count, static_cast<std::int64_t>(size_of(type)), "tensor bytes");
  return static_cast<std::size_t>(count);
}

}  // namespace

Tensor::Tensor() = default;

Tensor::Tensor(DataType type, Shape shape) : Tensor(uninitialized(type, std::move(shape))) {
  std::memset(const_cast<void*>(data_), 0, size_bytes());
}

Tensor Tensor::uninitialized(DataType type, Shape shape) {
  Tensor result;
  result.element_count_ = checked_count(type, shape);
  result.type_ = type;
  result.shape_ = std::move(shape);
  auto buffer = std::make_shared<base::AlignedBuffer>(result.size_bytes());
  result.data_ = buffer->data();
  result.writable_ = true;
  result.owner_ = std::move(buffer);
  return result;
}

Tensor Tensor::copy_of(DataType type, Shape shape, const void* data, std::size_t byte_count) {
  const std::size_t wanted = checked_count(type, shape) * size_of(type);
  if (byte_count != wanted)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} {} takes {} bytes, got {}", to_string(type), to_string(shape), wanted, byte_count));
  if (data == nullptr && byte_count > 0) throw Error(ErrorCode::invalid_argument, "a tensor cannot be copied from a null pointer");
  Tensor result = uninitialized(type, std::move(shape));
  if (byte_count > 0) std::memcpy(const_cast<void*>(result.data_), data, byte_count);
  return result;
}

Tensor Tensor::borrow(DataType type, Shape shape, const void* data, std::shared_ptr<const void> owner) {
  Tensor result;
  result.type_ = type;
  result.shape_ = std::move(shape);
  result.element_count_ = checked_count(type, result.shape_);
  if (data == nullptr && result.element_count_ > 0) throw Error(ErrorCode::invalid_argument, "a borrowed tensor needs its elements");
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(type) != 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("borrowed {} elements are not aligned", to_string(type)));
  result.data_ = data;
  result.owner_ = std::move(owner);
  return result;
}

void* Tensor::mutable_data() {
  if (!writable_ && element_count_ > 0) throw Error(ErrorCode::invalid_argument, "borrowed tensors are read-only; clone() first");
  return const_cast<void*>(data_);
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor result = *this;
  if (checked_count(type_, shape) != element_count_)
    throw Error(ErrorCode::invalid_argument, fmt::format("cannot reshape {} to {}", to_string(shape_), to_string(shape)));
  result.shape_ = std::move(shape);
  return result;
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  return copy_of(type_, shape_, data_, size_bytes());
}

void Tensor::require_type(DataType wanted) const {
  if (wanted != type_)
    throw Error(ErrorCode::invalid_argument, fmt::format("the tensor holds {}, not {}", to_string(type_), to_string(wanted)));
}

}  // namespace dnntune
