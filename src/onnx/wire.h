// SPDX-License-Identifier: Apache-2.0
// Protobuf reading on top of protozero: wire keys, checked text, and damage reported as dnntune::Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "dnntune/error.h"
#include "onnx/limits.h"

namespace dnntune::onnx {

using Bytes = std::span<const std::byte>;
using protozero::pbf_reader;

/// What `pbf_reader::tag_and_type` returns for a field. A known field that arrives with another wire
/// type falls through to `default: skip()`, as an unknown field does.
constexpr std::uint32_t bytes_key(std::uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr std::uint32_t varint_key(std::uint32_t tag) { return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint); }
constexpr std::uint32_t fixed32_key(std::uint32_t tag) { return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed32); }
constexpr std::uint32_t fixed64_key(std::uint32_t tag) { return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed64); }

inline pbf_reader reader_of(Bytes bytes) {
  return pbf_reader(protozero::data_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}
inline Bytes to_bytes(protozero::data_view view) { return {reinterpret_cast<const std::byte*>(view.data()), view.size()}; }
inline Bytes read_bytes(pbf_reader& reader) { return to_bytes(reader.get_view()); }
inline std::string_view to_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool is_utf8(std::string_view text) noexcept;

/// A name or symbol, without copying. Throws invalid_model when it is not UTF-8 or holds a NUL,
/// limit_exceeded when it is longer than kMaxNameBytes. `what` says what it names.
std::string_view read_name(pbf_reader& reader, std::string_view what);

/// Free text such as metadata values: as read_name, without the length limit.
std::string_view read_text(pbf_reader& reader, std::string_view what);

/// Appends the elements of a packed field.
template <typename T, typename Range>
void append(std::vector<T>& out, Range range) {
  for (const auto value : range) out.push_back(value);
}

inline void require_count(std::size_t count, std::size_t limit, std::string_view what) {
  if (count > limit) throw Error(ErrorCode::limit_exceeded, fmt::format("{}: more than {}", what, limit));
}

/// What is wrong with the bytes, in words.
std::string_view damage_of(const protozero::exception& error) noexcept;

/// Runs `body` and reports protobuf damage as invalid_model, with `what` naming the file or tensor.
template <typename Body>
auto reading(std::string_view what, Body&& body) {
  try {
    return body();
  } catch (const protozero::exception& error) {
    throw Error(ErrorCode::invalid_model, fmt::format("{}: damaged protobuf: {}", what, damage_of(error)));
  }
}

}  // namespace dnntune::onnx
