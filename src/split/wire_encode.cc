// SPDX-License-Identifier: Apache-2.0
// Writing messages: straight into text. A tree of JSON values in between would cost more than all the rest of a small answer.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "split/wire.h"
#include "split/wire_element.h"

namespace dnntune::split {
namespace {

using base::Json;

// JSON has no NaN and no infinity; a peer that reads null instead would lose data silently.
Json elements_to_json(const NamedTensor& item) {
  Json list = Json::array();
  with_element_type(item.tensor.type(), item.name, [&]<typename T>(T*) {
    for (const T value : item.tensor.as<T>()) {
      if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value)) refuse(ErrorCode::unsupported, item.name, "NaN and infinity have no JSON form; use binary tensor data");
      list.push_back(value);
    }
  });
  return list;
}

/// In quotes. Throws unsupported for what is not UTF-8.
void add_string(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  try {
    out += Json(text).dump();
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::unsupported, fmt::format("a name cannot be sent as JSON: {}", e.what()));
  }
}

void add_tensor(std::string& out, const NamedTensor& item, bool binary) {
  out += R"({"name":)";
  add_string(out, item.name);
  fmt::format_to(std::back_inserter(out), R"(,"shape":[{}],"datatype":"{}",)", fmt::join(item.tensor.shape(), ","), wire_type(item.tensor.type()));
  if (binary) fmt::format_to(std::back_inserter(out), R"("parameters":{{"binary_data_size":{}}}}})", item.tensor.size_bytes());
  else out.append(R"("data":)").append(elements_to_json(item).dump()).append(1, '}');
}

/// `count` entries, each as `add` appends it.
template <typename Add>
void add_list(std::string& out, std::size_t count, Add&& add) {
  out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    add(i);
  }
  out += ']';
}

void add_id(std::string& out, std::string_view id) {
  if (id.empty()) return;
  out += R"("id":)";
  add_string(out, id);
  out += ',';
}

}  // namespace

std::size_t Message::size() const noexcept {
  return std::accumulate(tensors.begin(), tensors.end(), json.size(), [](std::size_t sum, const Tensor& tensor) { return sum + tensor.size_bytes(); });
}

Message encode_request(std::span<const NamedTensor> inputs, std::span<const std::string> outputs, bool binary, std::string_view id) {
  Message message;
  std::string& json = message.json;
  json += '{';
  add_id(json, id);
  json += R"("inputs":)";
  add_list(json, inputs.size(), [&](std::size_t i) {
    add_tensor(json, inputs[i], binary);
    if (binary) message.tensors.push_back(inputs[i].tensor);
  });
  if (!outputs.empty()) {
    json += R"(,"outputs":)";
    add_list(json, outputs.size(), [&](std::size_t i) {
      json += R"({"name":)";
      add_string(json, outputs[i]);
      json += binary ? R"(,"parameters":{"binary_data":true}})" : R"(,"parameters":{"binary_data":false}})";
    });
  } else if (binary) {
    json += R"(,"parameters":{"binary_data_output":true})";
  }
  json += '}';
  return message;
}

Message encode_response(const Response& response, const std::vector<bool>& binary) {
  Message message;
  std::string& json = message.json;
  json += R"({"model_name":)";
  add_string(json, response.model_name);
  json += R"(,"model_version":"1",)";
  add_id(json, response.id);
  if (response.compute_ns > 0)
    fmt::format_to(std::back_inserter(json), R"("parameters":{{"dnntune.compute_ns":{},"dnntune.wait_ns":{}}},)", response.compute_ns, response.wait_ns);
  json += R"("outputs":)";
  add_list(json, response.outputs.size(), [&](std::size_t i) {
    add_tensor(json, response.outputs[i], binary[i]);
    if (binary[i]) message.tensors.push_back(response.outputs[i].tensor);
  });
  json += '}';
  return message;
}

}  // namespace dnntune::split
