// SPDX-License-Identifier: Apache-2.0
#include "onnx/npy.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "onnx/limits.h"

namespace dnntune::onnx {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct DescrRow {
  std::string_view descr;
  DataType type;
};
constexpr DescrRow kTypes[] = {
    {"<f4", DataType::float32}, {"<f8", DataType::float64}, {"<f2", DataType::float16}, {"|b1", DataType::boolean},
    {"|i1", DataType::int8},    {"<i2", DataType::int16},   {"<i4", DataType::int32},   {"<i8", DataType::int64},
    {"|u1", DataType::uint8},   {"<u2", DataType::uint16},  {"<u4", DataType::uint32},  {"<u8", DataType::uint64},
};

struct Header {
  DataType type = DataType::undefined;
  bool fortran_order = false;
  Shape shape;
};

/// Reads the header's text: a Python dictionary literal of three known entries.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !has_descr) has_descr = true, header.type = element_type();
      else if (key == "fortran_order" && !has_order) has_order = true, header.fortran_order = boolean();
      else if (key == "shape" && !has_shape) has_shape = true, header.shape = tuple();
      else damaged(fmt::format("unexpected entry '{}'", key.substr(0, 40)));
      if (!accept(',') && peek() != '}') damaged("expected ',' or '}'");
    }
    if (peek() != '\0') damaged("text after the dictionary");
    if (!has_descr || !has_order || !has_shape) damaged("descr, fortran_order or shape is missing");
    return header;
  }

 private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw Error(ErrorCode::invalid_model, fmt::format("{}: damaged .npy header: {}", label_, why));
  }
  char peek() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n' || text_.front() == '\t')) text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  bool accept(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) damaged(fmt::format("expected '{}'", c));
  }
  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') damaged("expected a quoted name");
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) damaged("a quote is not closed");
    const std::string_view result = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return result;
  }
  DataType element_type() {
    if (peek() == '[') throw Error(ErrorCode::unsupported, fmt::format("{}: structured .npy arrays are not read", label_));
    const std::string_view descr = quoted();
    for (const auto& [name, type] : kTypes) {
      // For one byte the order mark says nothing; "=" is what this machine has, and that is little-endian.
      const bool order = descr.size() == 3 && (descr[0] == name[0] || descr[0] == '=' || (size_of(type) == 1 && descr[0] != '\0'));
      if (order && descr.substr(1) == name.substr(1)) return type;
    }
    throw Error(ErrorCode::unsupported, fmt::format("{}: .npy element type '{}' is not read", label_, descr.substr(0, 20)));
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    damaged("fortran_order is neither True nor False");
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      peek();
      std::int64_t dim = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0) damaged("a dimension is not a count");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      shape.push_back(dim);
      if (shape.size() > kMaxRank) damaged(fmt::format("more than {} dimensions", kMaxRank));
      if (!accept(',') && peek() != ')') damaged("expected ',' or ')'");
    }
    return shape;
  }

  std::string_view text_;
  const std::string& label_;
};

/// Copies column-major elements of `Size` bytes into row-major order.
void transpose_copy(const std::byte* from, std::byte* to, const Shape& shape, std::size_t element_size) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> strides(rank), index(rank, 0);
  std::size_t count = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    strides[d] = count;
    count *= static_cast<std::size_t>(shape[d]);
  }
  std::size_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * element_size, from + offset * element_size, element_size);
    for (std::size_t d = rank; d-- > 0;) {
      offset += strides[d];
      if (++index[d] < static_cast<std::size_t>(shape[d])) break;
      offset -= strides[d] * index[d];
      index[d] = 0;
    }
  }
}

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& label) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto damaged = [&](const std::string& why) { throw Error(ErrorCode::invalid_model, fmt::format("{}: {}", label, why)); };
  if (!text.starts_with(kMagic) || text.size() < 10) damaged("not a .npy file");
  const auto byte_at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
  const std::size_t version = byte_at(6);
  if (version < 1 || version > 3) damaged(fmt::format(".npy version {} is not known", version));
  const std::size_t preamble = version == 1 ? 10 : 12;
  if (text.size() < preamble) damaged("the .npy header is cut off");
  std::size_t length = byte_at(8) | byte_at(9) << 8;
  if (version > 1) length |= byte_at(10) << 16 | byte_at(11) << 24;
  if (length > text.size() - preamble) damaged("the .npy header is cut off");
  const Header header = HeaderParser(text.substr(preamble, length), label).parse();

  const std::int64_t count = base::element_count(header.shape, label);
  const std::int64_t size = base::checked_mul(count, static_cast<std::int64_t>(size_of(header.type)), label);
  const auto elements = bytes.subspan(preamble + length);
  if (static_cast<std::int64_t>(elements.size()) != size)
    damaged(fmt::format("{} bytes of elements, {} {} takes {}", elements.size(), to_string(header.type), to_string(header.shape), size));
  Tensor tensor(header.type, header.shape);
  if (count == 0) return tensor;
  auto* out = static_cast<std::byte*>(tensor.mutable_data());
  if (header.fortran_order) transpose_copy(elements.data(), out, header.shape, size_of(header.type));
  else std::memcpy(out, elements.data(), elements.size());
  // A C++ bool must be 0 or 1; a file may hold anything.
  if (header.type == DataType::boolean)
    std::for_each(out, out + size, [](std::byte& b) { b = b == std::byte{0} ? b : std::byte{1}; });
  return tensor;
}

std::string npy_header(const Tensor& tensor) {
  const auto* const row = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const DescrRow& r) { return r.type == tensor.type(); });
  if (row == std::end(kTypes))
    throw Error(ErrorCode::unsupported, fmt::format(".npy has no element type for {}; use .pb", to_string(tensor.type())));
  std::string dims;
  for (const std::int64_t dim : tensor.shape()) dims += fmt::format("{},", dim);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", row->descr, dims);
  // The elements start at a multiple of 64 bytes, and a line end closes the header.
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return out + text;
}

}  // namespace dnntune::onnx
