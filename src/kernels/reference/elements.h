// SPDX-License-Identifier: Apache-2.0
// Elements of a type that is known at run time, read and written in blocks as one of three C++ types: double
// for every float type, and 64-bit integers. So a kernel is compiled for three types, not for thirteen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/thread_pool.h"
#include "dnntune/tensor.h"

namespace dnntune::kernels::reference {

/// What elements of a type are computed in.
enum class Arithmetic { none, real, signed_integer, unsigned_integer };
/// Booleans count as unsigned integers, 0 and 1.
Arithmetic arithmetic_of(DataType type) noexcept;
inline bool is_real(DataType type) noexcept { return arithmetic_of(type) == Arithmetic::real; }
inline bool is_number(DataType type) noexcept { return type != DataType::boolean && arithmetic_of(type) != Arithmetic::none; }

template <typename V>
inline constexpr Arithmetic arithmetic = std::is_same_v<V, double>         ? Arithmetic::real
                                         : std::is_same_v<V, std::int64_t> ? Arithmetic::signed_integer
                                                                           : Arithmetic::unsigned_integer;

/// values[i] = x[first + i step], both counted in elements of `type`. Every type reads as double (the nearest
/// one, of 64-bit integers); `type` must be an integer or boolean to be read as integers.
void read(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, double* values) noexcept;
void read(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, std::int64_t* values) noexcept;
inline void read(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, std::uint64_t* values) noexcept {
  read(type, x, first, step, count, reinterpret_cast<std::int64_t*>(values));
}

/// y[first + i step] = values[i]. A double rounds once to a float type, to the nearest, ties to even; it is
/// truncated and saturates towards an integer, and NaN becomes 0. Integers wrap, and `type` must be one. Anything
/// but 0 is true.
void write(DataType type, const double* values, std::int64_t count, void* y, std::int64_t first, std::int64_t step = 1) noexcept;
void write(DataType type, const std::int64_t* values, std::int64_t count, void* y, std::int64_t first, std::int64_t step = 1) noexcept;
inline void write(DataType type, const std::uint64_t* values, std::int64_t count, void* y, std::int64_t first, std::int64_t step = 1) noexcept {
  write(type, reinterpret_cast<const std::int64_t*>(values), count, y, first, step);
}

/// One element.
template <typename V>
V read_one(DataType type, const void* x, std::int64_t at = 0) noexcept {
  V value;
  read(type, x, at, 1, 1, &value);
  return value;
}
template <typename V>
void write_one(DataType type, V value, void* y, std::int64_t at = 0) noexcept {
  write(type, &value, 1, y, at);
}

/// An array of float elements, read as doubles.
struct Reals {
  DataType type;
  const void* data;
  double operator[](std::int64_t i) const noexcept { return read_one<double>(type, data, i); }
};

inline void copy_element(std::size_t bytes, const void* from, std::int64_t at, void* to, std::int64_t place) noexcept {
  std::memcpy(static_cast<std::byte*>(to) + static_cast<std::size_t>(place) * bytes,
              static_cast<const std::byte*>(from) + static_cast<std::size_t>(at) * bytes, bytes);
}

/// Elements that kernels read at a time.
inline constexpr std::int64_t kBlock = 128;

/// body(first, count) for the blocks of [0, length).
template <typename Body>
void for_blocks(std::int64_t length, const Body& body) noexcept {
  for (std::int64_t first = 0; first < length; first += kBlock) body(first, std::min(kBlock, length - first));
}

/// The lowest and the highest value of `type`; infinities of float types. V is what `type` is computed in.
template <typename V>
V lowest(DataType type) noexcept {
  if constexpr (std::is_same_v<V, double>) return -std::numeric_limits<V>::infinity();
  else return std::numeric_limits<V>::lowest() >> (64 - 8 * size_of(type));
}
template <typename V>
V highest(DataType type) noexcept {
  if constexpr (std::is_same_v<V, double>) return std::numeric_limits<V>::infinity();
  else return std::numeric_limits<V>::max() >> (64 - 8 * size_of(type));
}

/// The element type that a kernel was chosen for, and the second one where operands differ in type.
struct ElementTypes {
  DataType type = DataType::undefined;
  DataType other = DataType::undefined;
};

/// A kernel together with the element types it was chosen for; null when there is none for them.
template <typename Args>
class Kernel {
 public:
  using Run = void (*)(const Args&, ElementTypes, base::Range) noexcept;
  Kernel(std::nullptr_t = nullptr) noexcept {}  // NOLINT: implicit on purpose
  Kernel(Run run, ElementTypes types) noexcept : run_(run), types_(types) {}
  void operator()(const Args& args, base::Range range) const noexcept { run_(args, types_, range); }
  bool operator==(std::nullptr_t) const noexcept { return run_ == nullptr; }

 private:
  Run run_ = nullptr;
  ElementTypes types_;
};

template <typename V>
struct Tag {
  using type = V;
};

/// select(Tag<V>) for the V among Vs that `type` is computed in; null when there is none.
template <typename Chosen, typename... Vs, typename Select>
Chosen pick(DataType type, Select select) noexcept {
  Chosen chosen = nullptr;
  ((arithmetic_of(type) == arithmetic<Vs> ? static_cast<void>(chosen = select(Tag<Vs>{})) : static_cast<void>(0)), ...);
  return chosen;
}
/// pick among all three for a number, which a boolean is not.
template <typename Chosen, typename Select>
Chosen pick_number(DataType type, Select select) noexcept {
  if (!is_number(type)) return nullptr;
  return pick<Chosen, double, std::int64_t, std::uint64_t>(type, select);
}

/// select(Tag<U>) for the unsigned integer U of `bytes` bytes: kernels that only move elements.
template <typename Chosen, typename Select>
Chosen pick_size(std::size_t bytes, Select select) noexcept {
  switch (bytes) {
    case 1: return select(Tag<std::uint8_t>{});
    case 2: return select(Tag<std::uint16_t>{});
    case 4: return select(Tag<std::uint32_t>{});
    case 8: return select(Tag<std::uint64_t>{});
    default: return nullptr;
  }
}

}  // namespace dnntune::kernels::reference
