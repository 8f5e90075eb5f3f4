// SPDX-License-Identifier: Apache-2.0
// The few protobuf writing steps that protozero keeps to itself.
#pragma once

#include <cstddef>
#include <cstdint>

#include <protozero/types.hpp>
#include <protozero/varint.hpp>

namespace dnntune::onnx {

inline constexpr std::uint32_t length_delimited_key(std::uint32_t tag) { return (tag << 3) | 2u; }

/// Bytes that the key and the length of a length-delimited field take.
inline std::size_t field_header_size(std::uint32_t tag, std::size_t length) {
  return static_cast<std::size_t>(protozero::length_of_varint(length_delimited_key(tag)) + protozero::length_of_varint(length));
}

/// Key and length of a field whose `length` bytes the caller appends.
template <typename Buffer>
void append_field_header(Buffer& out, std::uint32_t tag, std::size_t length) {
  protozero::add_varint_to_buffer(&out, length_delimited_key(tag));
  protozero::add_varint_to_buffer(&out, length);
}

}  // namespace dnntune::onnx
