// SPDX-License-Identifier: Apache-2.0
#include "onnx/tensor_proto.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include <protozero/pbf_writer.hpp>

#include "base/checked.h"
#include "onnx/element_type.h"
#include "onnx/schema.h"
#include "onnx/wire_out.h"

namespace dnntune::onnx {
namespace {

using schema::StringStringEntryProto;
using schema::TensorProto;

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian and read as it lies");

/// The fields of a TensorProto as they are in the file.
struct Fields {
  Shape dims;
  std::int64_t data_type = 0;
  std::string_view name;
  std::optional<Bytes> raw;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<std::int32_t> int32s;
  std::vector<std::int64_t> int64s;
  std::vector<std::uint64_t> uint64s;
  bool segmented = false;
  bool external = false;
  ExternalReference reference;
};

void read_external_entry(pbf_reader entry, Fields& fields, std::string_view what) {
  std::string_view key, value;
  while (entry.next()) {
    switch (entry.tag_and_type()) {
      case bytes_key(StringStringEntryProto::key): key = read_name(entry, what); break;
      case bytes_key(StringStringEntryProto::value): value = read_name(entry, what); break;
      default: entry.skip();
    }
  }
  fields.reference.set(key, value, what);
}

Fields read_fields(Bytes proto, std::string_view what) {
  Fields f;
  std::size_t entries = 0;
  pbf_reader reader = reader_of(proto);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_key(TensorProto::dims): f.dims.push_back(reader.get_int64()); break;
      case bytes_key(TensorProto::dims): append(f.dims, reader.get_packed_int64()); break;
      case varint_key(TensorProto::data_type): f.data_type = reader.get_int64(); break;
      case bytes_key(TensorProto::segment): f.segmented = true; reader.skip(); break;
      case fixed32_key(TensorProto::float_data): f.floats.push_back(reader.get_float()); break;
      case bytes_key(TensorProto::float_data): append(f.floats, reader.get_packed_float()); break;
      case varint_key(TensorProto::int32_data): f.int32s.push_back(reader.get_int32()); break;
      case bytes_key(TensorProto::int32_data): append(f.int32s, reader.get_packed_int32()); break;
      case varint_key(TensorProto::int64_data): f.int64s.push_back(reader.get_int64()); break;
      case bytes_key(TensorProto::int64_data): append(f.int64s, reader.get_packed_int64()); break;
      case fixed64_key(TensorProto::double_data): f.doubles.push_back(reader.get_double()); break;
      case bytes_key(TensorProto::double_data): append(f.doubles, reader.get_packed_double()); break;
      case varint_key(TensorProto::uint64_data): f.uint64s.push_back(reader.get_uint64()); break;
      case bytes_key(TensorProto::uint64_data): append(f.uint64s, reader.get_packed_uint64()); break;
      case bytes_key(TensorProto::name): f.name = read_name(reader, what); break;
      case bytes_key(TensorProto::raw_data): f.raw = read_bytes(reader); break;
      case bytes_key(TensorProto::external_data):
        require_count(++entries, kMaxEntries, "external data entries");
        read_external_entry(reader.get_message(), f, what);
        break;
      case varint_key(TensorProto::data_location): f.external = reader.get_enum() == TensorProto::kExternal; break;
      default: reader.skip();
    }
    require_count(f.dims.size(), kMaxRank, fmt::format("dimensions of {}", what));
  }
  return f;
}

/// Whether `value` is one of To's.
template <typename To, typename From>
constexpr bool fits(From value) {
  if constexpr (std::is_same_v<To, bool>) return value == 0 || value == 1;
  else return std::in_range<To>(value);
}

/// Converts a typed data field, whose elements may be wider than the tensor's.
template <typename To, typename From>
Tensor convert(DataType type, const Fields& f, std::int64_t count, const std::vector<From>& values, std::string_view what) {
  if (static_cast<std::int64_t>(values.size()) != count)
    throw Error(ErrorCode::invalid_model, fmt::format("{} has {} elements, its shape {} takes {}", what, values.size(),
                                                      to_string(f.dims), count));
  if constexpr (std::is_same_v<To, From>) {
    return Tensor::copy_of(type, f.dims, values.data(), values.size() * sizeof(To));
  } else {
    Tensor result(type, f.dims);
    To* out = static_cast<To*>(result.mutable_data());
    for (const From value : values) {
      if (!fits<To>(value))
        throw Error(ErrorCode::invalid_model, fmt::format("{}: element {} does not fit {}", what, value, to_string(type)));
      *out++ = static_cast<To>(value);
    }
    return result;
  }
}

Tensor from_typed_fields(DataType type, const Fields& f, std::int64_t count, std::string_view what) {
  switch (type) {
    case DataType::float32: return convert<float>(type, f, count, f.floats, what);
    case DataType::float64: return convert<double>(type, f, count, f.doubles, what);
    case DataType::int64: return convert<std::int64_t>(type, f, count, f.int64s, what);
    case DataType::uint64: return convert<std::uint64_t>(type, f, count, f.uint64s, what);
    case DataType::uint32: return convert<std::uint32_t>(type, f, count, f.uint64s, what);
    case DataType::int32: return convert<std::int32_t>(type, f, count, f.int32s, what);
    case DataType::int16: return convert<std::int16_t>(type, f, count, f.int32s, what);
    case DataType::int8: return convert<std::int8_t>(type, f, count, f.int32s, what);
    case DataType::uint8: return convert<std::uint8_t>(type, f, count, f.int32s, what);
    case DataType::boolean: return convert<bool>(type, f, count, f.int32s, what);
    // The bit patterns of halves travel in int32_data.
    case DataType::uint16:
    case DataType::float16:
    case DataType::bfloat16: return convert<std::uint16_t>(type, f, count, f.int32s, what);
    case DataType::undefined: break;
  }
  throw Error(ErrorCode::internal, fmt::format("{}: no element type", what));
}

/// Raw bytes as a tensor, in place when they may stay.
Tensor from_raw(DataType type, const Fields& f, Bytes bytes, const std::shared_ptr<const void>& owner) {
  if (type == DataType::boolean) {
    // A C++ bool must be 0 or 1; a file may hold anything.
    const bool clean = std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; });
    if (!clean) {
      Tensor result(type, f.dims);
      std::transform(bytes.begin(), bytes.end(), static_cast<std::byte*>(result.mutable_data()),
                     [](std::byte b) { return b == std::byte{0} ? b : std::byte{1}; });
      return result;
    }
  }
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % size_of(type) == 0;
  if (owner != nullptr && aligned && !bytes.empty()) return Tensor::borrow(type, f.dims, bytes.data(), owner);
  return Tensor::copy_of(type, f.dims, bytes.data(), bytes.size());
}

/// Raw bytes as what they are to become: a tensor, or large weights that stay where they are.
void take_raw(DataType type, const Fields& f, Bytes bytes, const TensorSource& source, ParsedTensor& parsed) {
  if (source.defers_weights && source.owner != nullptr && type == DataType::float32 && bytes.size() >= graph::Weights::kLeastBytes)
    parsed.weights = graph::Weights(f.dims, bytes, source.owner, source.file);
  else
    parsed.tensor = from_raw(type, f, bytes, source.owner);
}

}  // namespace

ParsedTensor read_tensor(Bytes proto, const TensorSource& source, std::string_view what) {
  return reading(what, [&] {
    const Fields f = read_fields(proto, what);
    const std::string label = f.name.empty() ? std::string(what) : fmt::format("{} '{}'", what, f.name);
    ParsedTensor parsed;
    parsed.name = f.name;
    parsed.external = f.external;
    if (std::any_of(f.dims.begin(), f.dims.end(), [](std::int64_t d) { return d < 0; }))
      throw Error(ErrorCode::invalid_model, fmt::format("{} has a negative dimension", label));
    const DataType type = element_type(f.data_type);
    if (type == DataType::undefined || f.segmented) {
      parsed.unsupported = f.segmented ? "stored in segments" : "of element type " + element_type_name(f.data_type);
      return parsed;
    }
    const std::int64_t count = base::element_count(f.dims, label);
    const std::int64_t size = base::checked_mul(count, static_cast<std::int64_t>(size_of(type)), label);
    if (f.external) {
      if (source.external == nullptr)
        throw Error(ErrorCode::unsupported, fmt::format("{} keeps its data in file '{}', which a network read from memory cannot reach",
                                                        label, f.reference.location));
      const auto slice = source.external->read(f.reference, size, label);
      take_raw(type, f, slice.bytes, {slice.file, nullptr, slice.file.get(), source.defers_weights}, parsed);
    } else if (f.raw) {
      if (static_cast<std::int64_t>(f.raw->size()) != size)
        throw Error(ErrorCode::invalid_model, fmt::format("{} has {} bytes of raw data, {} {} takes {}", label, f.raw->size(),
                                                          to_string(type), to_string(f.dims), size));
      take_raw(type, f, *f.raw, source, parsed);
    } else {
      parsed.tensor = from_typed_fields(type, f, count, label);
    }
    return parsed;
  });
}

std::string tensor_header(DataType type, const Shape& shape, std::size_t bytes, std::string_view name) {
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_packed_int64(TensorProto::dims, shape.begin(), shape.end());
  writer.add_int32(TensorProto::data_type, static_cast<std::int32_t>(type));
  if (!name.empty()) writer.add_string(TensorProto::name, name.data(), name.size());
  append_field_header(out, TensorProto::raw_data, bytes);
  return out;
}

}  // namespace dnntune::onnx
