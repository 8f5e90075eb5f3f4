// SPDX-License-Identifier: Apache-2.0
#include "onnx/wire.h"

namespace dnntune::onnx {

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    int tail = 0;
    std::uint32_t code = 0;
    std::uint32_t least = 0;
    if ((lead & 0xe0) == 0xc0) tail = 1, code = lead & 0x1fu, least = 0x80;
    else if ((lead & 0xf0) == 0xe0) tail = 2, code = lead & 0x0fu, least = 0x800;
    else if ((lead & 0xf8) == 0xf0) tail = 3, code = lead & 0x07u, least = 0x10000;
    else return false;
    for (; tail > 0; --tail) {
      if (i == text.size()) return false;
      const auto next = static_cast<unsigned char>(text[i++]);
      if ((next & 0xc0) != 0x80) return false;
      code = (code << 6) | (next & 0x3fu);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < least || code > 0x10ffff || surrogate) return false;
  }
  return true;
}

std::string_view read_text(pbf_reader& reader, std::string_view what) {
  const std::string_view text = to_text(read_bytes(reader));
  if (!is_utf8(text)) throw Error(ErrorCode::invalid_model, fmt::format("{} is not valid UTF-8", what));
  return text;
}

std::string_view read_name(pbf_reader& reader, std::string_view what) {
  const std::string_view text = read_text(reader, what);
  if (text.size() > kMaxNameBytes)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{} is {} bytes long; at most {} are allowed", what, text.size(), kMaxNameBytes));
  if (text.find('\0') != std::string_view::npos)
    throw Error(ErrorCode::invalid_model, fmt::format("{} contains a NUL character", what));
  return text;
}

std::string_view damage_of(const protozero::exception& error) noexcept {
  if (dynamic_cast<const protozero::end_of_buffer_exception*>(&error)) return "a field is longer than what it lies in";
  if (dynamic_cast<const protozero::varint_too_long_exception*>(&error)) return "a number takes more than 10 bytes";
  if (dynamic_cast<const protozero::unknown_pbf_wire_type_exception*>(&error)) return "a field is of an unknown wire type";
  if (dynamic_cast<const protozero::invalid_tag_exception*>(&error)) return "a field has an impossible number";
  if (dynamic_cast<const protozero::invalid_length_exception*>(&error)) return "the length of a packed list is no multiple of its elements'";
  return error.what();
}

}  // namespace dnntune::onnx
