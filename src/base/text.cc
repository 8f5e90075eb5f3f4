// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <cstdint>
#include <vector>

namespace dnntune::base {
namespace {

struct Glyph {
  std::size_t begin, size;  // bytes
  std::size_t columns;
  bool valid;
};

/// Bytes of the character that starts with `lead`; 0 for a byte that starts none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

std::size_t columns_of(char32_t c) {
  if ((c >= 0x300 && c < 0x370) || c == 0x200b || c == 0x200d || (c >= 0xfe00 && c < 0xfe10)) return 0;
  const bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xac00 && c < 0xd7a4) ||
                    (c >= 0xf900 && c < 0xfb00) || (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff61) ||
                    (c >= 0xffe0 && c < 0xffe7) || (c >= 0x1f300 && c < 0x1f650) || (c >= 0x1f900 && c < 0x1fa00) ||
                    (c >= 0x20000 && c < 0x40000);
  return wide ? 2 : 1;
}

std::vector<Glyph> glyphs_of(std::string_view text) {
  std::vector<Glyph> glyphs;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = sequence_length(lead);
    bool valid = length > 0 && i + length <= text.size();
    char32_t c = length <= 1 ? lead : lead & (0xffu >> (length + 1));
    for (std::size_t k = 1; valid && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      valid = (next & 0xc0) == 0x80;
      c = (c << 6) | (next & 0x3fu);
    }
    const bool too_long = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
    if (too_long || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff) valid = false;
    if (valid && (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c < 0x202f) || (c >= 0x2066 && c < 0x206a))) {
      glyphs.push_back({i, length, 1, false});  // control characters, also those that turn the writing direction
    } else if (valid) {
      glyphs.push_back({i, length, columns_of(c), true});
    } else {
      glyphs.push_back({i, 1, 1, false});
      length = 1;
    }
    i += length;
  }
  return glyphs;
}

std::size_t sum_columns(const std::vector<Glyph>& glyphs) {
  std::size_t sum = 0;
  for (const Glyph& glyph : glyphs) sum += glyph.columns;
  return sum;
}

void append(std::string& out, std::string_view text, const Glyph& glyph) {
  if (glyph.valid)
    out += text.substr(glyph.begin, glyph.size);
  else
    out += '?';
}

}  // namespace

std::size_t column_count(std::string_view text) { return sum_columns(glyphs_of(text)); }

std::string printable(std::string_view text) {
  std::string out;
  for (const Glyph& glyph : glyphs_of(text)) append(out, text, glyph);
  return out;
}

std::string shortened(std::string_view text, std::size_t width, bool keep_end) {
  const std::vector<Glyph> glyphs = glyphs_of(text);
  if (sum_columns(glyphs) <= width) return printable(text);
  if (width == 0) return {};
  std::size_t left = width - 1, first = 0, last = glyphs.size();
  if (keep_end) {
    for (first = glyphs.size(); first > 0 && glyphs[first - 1].columns <= left; --first) left -= glyphs[first - 1].columns;
  } else {
    for (last = 0; last < glyphs.size() && glyphs[last].columns <= left; ++last) left -= glyphs[last].columns;
  }
  std::string out = keep_end ? "…" : "";
  for (std::size_t i = first; i < last; ++i) append(out, text, glyphs[i]);
  return keep_end ? out : out + "…";
}

std::string left_aligned(std::string_view text, std::size_t width, bool keep_end) {
  std::string out = shortened(text, width, keep_end);
  const std::size_t used = column_count(out);
  return out + std::string(width - used, ' ');
}

std::string right_aligned(std::string_view text, std::size_t width) {
  const std::string out = shortened(text, width);
  return std::string(width - column_count(out), ' ') + out;
}

std::string listed(std::span<const std::string> names, std::size_t most) {
  std::string text;
  for (const std::string& name : names.first(std::min(most, names.size()))) text += (text.empty() ? "" : ", ") + name;
  return names.size() > most ? text + ", ..." : text;
}

}  // namespace dnntune::base
