// SPDX-License-Identifier: Apache-2.0
// A typed n-dimensional array in row-major (C) order: what goes into and comes out of a network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// Element types. The numbers are those of ONNX's TensorProto.DataType.
enum class DataType : int {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  boolean = 9,  ///< One byte an element, 0 or 1.
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  bfloat16 = 16,
};

/// Bytes of one element; 0 for `undefined`.
DNNTUNE_API std::size_t size_of(DataType type) noexcept;
/// Name such as "float32".
DNNTUNE_API const char* to_string(DataType type) noexcept;

/// Dimensions, outermost first. Empty means a scalar. -1 stands for "not known yet" where documented.
using Shape = std::vector<std::int64_t>;

/// "[1,3,224,224]"; unknown dimensions print as "?".
DNNTUNE_API std::string to_string(const Shape& shape);

namespace detail {
template <typename T> struct DataTypeOf;
template <> struct DataTypeOf<float> { static constexpr DataType value = DataType::float32; };
template <> struct DataTypeOf<double> { static constexpr DataType value = DataType::float64; };
template <> struct DataTypeOf<std::int8_t> { static constexpr DataType value = DataType::int8; };
template <> struct DataTypeOf<std::uint8_t> { static constexpr DataType value = DataType::uint8; };
template <> struct DataTypeOf<std::int16_t> { static constexpr DataType value = DataType::int16; };
template <> struct DataTypeOf<std::uint16_t> { static constexpr DataType value = DataType::uint16; };
template <> struct DataTypeOf<std::int32_t> { static constexpr DataType value = DataType::int32; };
template <> struct DataTypeOf<std::uint32_t> { static constexpr DataType value = DataType::uint32; };
template <> struct DataTypeOf<std::int64_t> { static constexpr DataType value = DataType::int64; };
template <> struct DataTypeOf<std::uint64_t> { static constexpr DataType value = DataType::uint64; };
template <> struct DataTypeOf<bool> { static constexpr DataType value = DataType::boolean; };
}  // namespace detail

/// A handle to an array. Copying a Tensor copies the handle: both share the elements; `clone` copies
/// them. The storage is 64-byte aligned unless it is borrowed. Distinct Tensors may be used from
/// distinct threads; writing elements that another thread reads needs the caller's own lock.
class DNNTUNE_API Tensor {
 public:
  /// Empty handle: type `undefined`, no elements.
  Tensor();
  /// Zero-filled array. Throws invalid_argument on a negative dimension or an `undefined` type,
  /// limit_exceeded when the size overflows, out_of_memory when it cannot be allocated.
  Tensor(DataType type, Shape shape);
  /// The same without the zeros: elements hold anything until they are written.
  static Tensor uninitialized(DataType type, Shape shape);

  /// Copies `values`, whose count must be the product of `shape`.
  template <typename T>
  static Tensor from(Shape shape, std::span<const T> values) {
    return copy_of(detail::DataTypeOf<T>::value, std::move(shape), values.data(), values.size_bytes());
  }
  template <typename T>
  static Tensor from(Shape shape, const std::vector<T>& values) {
    return from<T>(std::move(shape), std::span<const T>(values));
  }
  /// Copies `byte_count` bytes; it must equal the size that type and shape demand.
  static Tensor copy_of(DataType type, Shape shape, const void* data, std::size_t byte_count);
  /// Refers to memory of somebody else without copying; `owner` (may be null) is kept alive as long as
  /// the Tensor. Without an owner the caller keeps `data` valid. `data` must be aligned for the type.
  static Tensor borrow(DataType type, Shape shape, const void* data, std::shared_ptr<const void> owner = nullptr);

  DataType type() const noexcept { return type_; }
  const Shape& shape() const noexcept { return shape_; }
  std::size_t element_count() const noexcept { return element_count_; }
  std::size_t size_bytes() const noexcept { return element_count_ * size_of(type_); }
  bool defined() const noexcept { return type_ != DataType::undefined; }

  const void* data() const noexcept { return data_; }
  /// Writable elements. Throws invalid_argument for borrowed memory, which is read-only.
  void* mutable_data();

  /// Elements as T. Throws invalid_argument when T does not match `type()`. float16 and bfloat16
  /// elements have no C++ type here: use `data()`.
  template <typename T>
  std::span<const T> as() const {
    require_type(detail::DataTypeOf<T>::value);
    return {static_cast<const T*>(data_), element_count_};
  }
  template <typename T>
  std::span<T> as_mutable() {
    require_type(detail::DataTypeOf<T>::value);
    return {static_cast<T*>(mutable_data()), element_count_};
  }

  /// The same elements under another shape of equal count; shares the storage.
  Tensor reshaped(Shape shape) const;
  /// A deep, owned copy.
  Tensor clone() const;

 private:
  void require_type(DataType wanted) const;

  DataType type_ = DataType::undefined;
  Shape shape_;
  std::size_t element_count_ = 0;
  const void* data_ = nullptr;
  bool writable_ = false;
  std::shared_ptr<const void> owner_;
};

/// Named tensors: the inputs or the outputs of a network.
using Tensors = std::map<std::string, Tensor>;

}  // namespace dnntune
