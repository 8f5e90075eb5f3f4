// SPDX-License-Identifier: Apache-2.0
#include "split/wire.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "split/wire_element.h"
#include "split/wire_plain.h"

namespace dnntune::split {
namespace {

using base::Json;

static_assert(std::endian::native == std::endian::little, "tensors are little-endian on the wire and copied as they are");

/// Longer ones have lists of elements, or more tensors than are worth an effort.
constexpr std::size_t kMaxPlainBytes = std::size_t{16} << 10;

struct WireType {
  DataType type;
  const char* name;
};
constexpr WireType kTypes[] = {
    {DataType::boolean, "BOOL"},  {DataType::uint8, "UINT8"},   {DataType::uint16, "UINT16"},  {DataType::uint32, "UINT32"}, {DataType::uint64, "UINT64"},
    {DataType::int8, "INT8"},     {DataType::int16, "INT16"},   {DataType::int32, "INT32"},    {DataType::int64, "INT64"},   {DataType::float16, "FP16"},
    {DataType::float32, "FP32"},  {DataType::float64, "FP64"},  {DataType::bfloat16, "BF16"},
};

template <typename T>
T element_from_json(const Json& value, std::string_view tensor) {
  if constexpr (std::is_same_v<T, bool>) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number_integer() && (value == 0 || value == 1)) return value == 1;
  } else if constexpr (std::is_floating_point_v<T>) {
    // What is too large for the type would become infinity, or worse.
    if (value.is_number() && std::abs(value.get<double>()) <= static_cast<double>(std::numeric_limits<T>::max())) return static_cast<T>(value.get<double>());
  } else if (value.is_number_unsigned()) {
    const auto wide = value.get<std::uint64_t>();
    if (wide <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return static_cast<T>(wide);
  } else if (value.is_number_integer()) {
    const auto wide = value.get<std::int64_t>();
    if constexpr (std::is_signed_v<T>)
      if (wide >= std::numeric_limits<T>::min() && wide <= std::numeric_limits<T>::max()) return static_cast<T>(wide);
  }
  refuse(ErrorCode::invalid_argument, tensor, fmt::format("element {} does not fit its type", value.dump()));
}

/// Flat or nested lists, in row-major order either way.
template <typename T>
void flatten(const Json& data, std::span<T> out, std::size_t& next, std::string_view tensor) {
  for (const Json& entry : data) {
    if (entry.is_array()) {
      flatten(entry, out, next, tensor);
      continue;
    }
    if (next == out.size()) refuse(ErrorCode::invalid_argument, tensor, "more elements than its shape has");
    out[next++] = element_from_json<T>(entry, tensor);
  }
}

void require_rank(const Shape& shape, std::string_view name) {
  if (shape.size() > kMaxRank) refuse(ErrorCode::limit_exceeded, name, fmt::format("rank {} is beyond {}", shape.size(), kMaxRank));
}

Tensor tensor_from_json(const Json& data, DataType type, const Shape& shape, std::size_t json_bytes, std::string_view name) {
  require_rank(shape, name);
  if (!data.is_array()) refuse(ErrorCode::invalid_argument, name, "its data is not a list");
  // The text holds every element, so a shape that asks for more of them than the text has bytes is wrong:
  // this refuses absurd shapes before they are allocated.
  const std::int64_t count = base::element_count(shape, fmt::format("tensor '{}'", name));
  if (static_cast<std::uint64_t>(count) > json_bytes)
    refuse(ErrorCode::invalid_argument, name, fmt::format("shape {} asks for more elements than {} bytes of JSON can hold", to_string(shape), json_bytes));
  Tensor tensor(type, shape);
  with_element_type(type, name, [&]<typename T>(T*) {
    std::size_t next = 0;
    flatten<T>(data, tensor.as_mutable<T>(), next, name);
    if (next != tensor.element_count())
      refuse(ErrorCode::invalid_argument, name, fmt::format("{} elements for shape {}", next, to_string(shape)));
  });
  return tensor;
}

/// `claimed`: the bytes that the tensor's description says it takes.
Tensor take_tensor(BinaryPart& binary, DataType type, const Shape& shape, std::int64_t claimed, std::string_view name) {
  require_rank(shape, name);
  const std::string what = std::string("tensor '").append(name).append("'");
  const std::int64_t needed = base::checked_mul(base::element_count(shape, what), static_cast<std::int64_t>(size_of(type)), what);
  if (claimed != needed) refuse(ErrorCode::invalid_argument, name, fmt::format("{} binary bytes for {} {}, which takes {}", claimed, wire_type(type), to_string(shape), needed));
  if (static_cast<std::uint64_t>(needed) > binary.left())
    refuse(ErrorCode::invalid_argument, name, fmt::format("the body ends {} bytes short", static_cast<std::uint64_t>(needed) - binary.left()));
  const auto size = static_cast<std::size_t>(needed);
  Tensor tensor = binary.take(type, shape, size);
  if (type == DataType::boolean)
    for (const std::uint8_t byte : std::span(static_cast<const std::uint8_t*>(tensor.data()), size))
      if (byte > 1) refuse(ErrorCode::invalid_argument, name, fmt::format("BOOL byte {} is neither 0 nor 1", byte));
  return tensor;
}

/// The member `key`, or `fallback` when it is missing or null, as some write what they have not.
template <typename T>
T optional_member(const Json& object, const char* key, T fallback, std::string_view what) {
  if (!object.is_object() || !object.contains(key) || object[key].is_null()) return fallback;
  return base::get<T>(object, key, what);
}

/// The member `key` of the object's "parameters", or `fallback`.
template <typename T>
T parameter(const Json& object, const char* key, T fallback, std::string_view what) {
  static constexpr const char* kParameters = "parameters";
  if (!object.is_object() || !object.contains(kParameters) || object[kParameters].is_null()) return fallback;
  if (!object[kParameters].is_object()) base::throw_json_field(what, kParameters, "is not an object");
  return optional_member<T>(object[kParameters], key, std::move(fallback), what);
}

/// `json_bytes`: how long the text is that `description` was read from.
NamedTensor decode_tensor(const Json& description, std::size_t json_bytes, BinaryPart& binary) {
  static constexpr std::int64_t kNotBinary = std::numeric_limits<std::int64_t>::min();
  const auto name = base::get<std::string>(description, "name", "a tensor");
  const std::string what = fmt::format("tensor '{}'", name);
  const DataType type = type_from_wire(base::get<std::string>(description, "datatype", what), name);
  const auto shape = base::get<Shape>(description, "shape", what);
  if (const auto size = parameter<std::int64_t>(description, "binary_data_size", kNotBinary, what); size != kNotBinary)
    return {name, take_tensor(binary, type, shape, size, name)};
  if (!description.contains("data")) base::throw_json_field(what, "data", "is missing, and so is 'binary_data_size'");
  return {name, tensor_from_json(description["data"], type, shape, json_bytes, name)};
}

Json parse_head(std::string_view text, std::string_view what) {
  if (text.size() > kMaxJsonBytes) throw Error(ErrorCode::limit_exceeded, fmt::format("{}: {} bytes of JSON, at most {}", what, text.size(), kMaxJsonBytes));
  Json json = base::parse_json(text, what);
  if (!json.is_object()) throw Error(ErrorCode::invalid_argument, fmt::format("{}: not a JSON object", what));
  return json;
}

const Json& list_of(const Json& object, const char* key, std::string_view what) {
  if (!object.contains(key)) base::throw_json_field(what, key, "is missing");
  if (!object[key].is_array()) base::throw_json_field(what, key, "is not a list");
  if (object[key].size() > kMaxTensors) base::throw_json_field(what, key, "has too many entries");
  return object[key];
}

void require_end(const BinaryPart& binary) {
  if (binary.left() > 0) throw Error(ErrorCode::invalid_argument, fmt::format("{} bytes too many after the last tensor", binary.left()));
}

std::vector<NamedTensor> decode_tensors(const Json& list, std::size_t json_bytes, BinaryPart& binary) {
  std::vector<NamedTensor> tensors;
  for (const Json& description : list) tensors.push_back(decode_tensor(description, json_bytes, binary));
  require_end(binary);
  return tensors;
}

/// Adds an output that is asked for; `names` has those before.
void ask_for(Request& request, std::set<std::string>& names, const std::string& name, bool binary) {
  if (!names.insert(name).second) throw Error(ErrorCode::invalid_argument, fmt::format("output '{}' is asked for twice", name));
  request.outputs.push_back(name);
  request.output_binary.push_back(binary);
}

Request decode_plain(const PlainRequest& plain, BinaryPart& binary) {
  Request request;
  request.id = plain.id;
  request.binary_by_default = plain.binary_output.value_or(false);
  for (const PlainTensor& input : plain.inputs)
    request.inputs.push_back({std::string(input.name), take_tensor(binary, type_from_wire(input.type, input.name), input.shape, input.bytes, input.name)});
  require_end(binary);
  std::set<std::string> names;
  for (const PlainOutput& output : plain.outputs) ask_for(request, names, std::string(output.name), output.binary.value_or(request.binary_by_default));
  return request;
}

}  // namespace

Tensor BytesInMemory::next(DataType type, const Shape& shape, std::size_t bytes) {
  const char* const data = rest_.data();
  rest_.remove_prefix(bytes);
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % size_of(type) == 0;
  return owner_ && aligned && bytes > 0 ? Tensor::borrow(type, shape, data, owner_) : Tensor::copy_of(type, shape, data, bytes);
}

const char* wire_type(DataType type) {
  for (const WireType& entry : kTypes)
    if (entry.type == type) return entry.name;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} cannot be sent", to_string(type)));
}

DataType type_from_wire(std::string_view name, std::string_view tensor) {
  for (const WireType& entry : kTypes)
    if (name == entry.name) return entry.type;
  refuse(ErrorCode::invalid_argument, tensor, fmt::format("unknown datatype '{}'", name.substr(0, 32)));
}

Request decode_request(std::string_view text, BinaryPart& binary) {
  static constexpr std::string_view kWhat = "request";
  if (text.size() <= kMaxPlainBytes)
    if (const auto plain = read_plain_request(text)) return decode_plain(*plain, binary);
  const Json json = parse_head(text, kWhat);
  Request request;
  request.id = optional_member<std::string>(json, "id", "", kWhat);
  request.binary_by_default = parameter<bool>(json, "binary_data_output", false, kWhat);
  request.inputs = decode_tensors(list_of(json, "inputs", kWhat), text.size(), binary);
  if (json.contains("outputs") && !json["outputs"].is_null()) {
    std::set<std::string> names;
    for (const Json& wanted : list_of(json, "outputs", kWhat)) {
      const auto name = base::get<std::string>(wanted, "name", "a requested output");
      ask_for(request, names, name, parameter<bool>(wanted, "binary_data", request.binary_by_default, fmt::format("output '{}'", name)));
    }
  }
  return request;
}

Response decode_response(std::string_view text, BinaryPart& binary) {
  static constexpr std::string_view kWhat = "response";
  const Json json = parse_head(text, kWhat);
  Response response;
  response.model_name = optional_member<std::string>(json, "model_name", "", kWhat);
  response.id = optional_member<std::string>(json, "id", "", kWhat);
  response.compute_ns = parameter<double>(json, "dnntune.compute_ns", 0.0, kWhat);
  response.wait_ns = parameter<double>(json, "dnntune.wait_ns", 0.0, kWhat);
  response.outputs = decode_tensors(list_of(json, "outputs", kWhat), text.size(), binary);
  return response;
}

Request decode_request(std::string_view body, std::optional<std::size_t> json_bytes, std::shared_ptr<const void> owner) {
  const std::size_t text_bytes = json_bytes.value_or(body.size());
  BytesInMemory rest(body.substr(text_bytes), std::move(owner));
  return decode_request(body.substr(0, text_bytes), rest);
}

Response decode_response(std::string_view body, std::optional<std::size_t> json_bytes) {
  const std::size_t text_bytes = json_bytes.value_or(body.size());
  BytesInMemory rest(body.substr(text_bytes));
  return decode_response(body.substr(0, text_bytes), rest);
}

std::optional<std::size_t> parse_header_length(std::string_view text, std::size_t body_bytes) {
  if (text.empty()) return std::nullopt;
  std::size_t length = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (failure != std::errc() || end != text.data() + text.size() || length > body_bytes)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}' is no length within the body of {} bytes", kHeaderLength, text.substr(0, 32), body_bytes));
  return length;
}

}  // namespace dnntune::split
