// SPDX-License-Identifier: Apache-2.0
// Messages of the protocol there and back, and refusals that name what is wrong.
#include "split/wire.h"

#include <limits>

#include "digits.h"
#include "wire_samples.h"

using namespace dnntune;
using namespace dnntune::test;
using split::NamedTensor;

TEST_CASE("every type goes there and back in binary, requests and responses") {
  const auto tensors = one_of_each_type();
  const auto request = flat_request(tensors, std::vector<std::string>{"y", "z"}, true, "id 7");
  CHECK(request.binary);
  const split::Request read = split::decode_request(request.body, request.json_bytes);
  CHECK(read.id == "id 7");
  CHECK(read.outputs == std::vector<std::string>{"y", "z"});
  CHECK(read.output_binary == std::vector<bool>{true, true});
  REQUIRE(read.inputs.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CHECK(read.inputs[i].name == tensors[i].name);
    CHECK(same_bits(read.inputs[i].tensor, tensors[i].tensor));
  }
  const auto response = flat_response({"model", "id", tensors, 1234.5}, std::vector<bool>(tensors.size(), true));
  const split::Response answer = split::decode_response(response.body, response.json_bytes);
  CHECK(answer.model_name == "model");
  CHECK(answer.id == "id");
  CHECK(answer.compute_ns == 1234.5);
  REQUIRE(answer.outputs.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) CHECK(same_bits(answer.outputs[i].tensor, tensors[i].tensor));
}

TEST_CASE("every type that JSON can hold goes there and back as text, to the bit") {
  for (const NamedTensor& item : one_of_each_type()) {
    CAPTURE(item.name);
    const std::vector<NamedTensor> one = {item};
    if (item.tensor.type() == DataType::float16 || item.tensor.type() == DataType::bfloat16) {
      check_error(ErrorCode::unsupported, item.name, [&] { flat_request(one, {}, false, ""); });
      continue;
    }
    const auto request = flat_request(one, {}, false, "");
    CHECK(!request.binary);
    CHECK(request.json_bytes == request.body.size());
    const split::Request read = split::decode_request(request.body, std::nullopt);
    CHECK(!read.binary_by_default);
    REQUIRE(read.inputs.size() == 1);
    CHECK(same_bits(read.inputs[0].tensor, item.tensor));
  }
}

TEST_CASE("NaN and infinity have no text") {
  for (const float value : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    const std::vector<NamedTensor> one = {{"odd", Tensor::from<float>({1}, std::vector<float>{value})}};
    check_error(ErrorCode::unsupported, "odd", [&] { flat_request(one, {}, false, ""); });
    const auto binary = flat_request(one, {}, true, "");
    CHECK(same_bits(split::decode_request(binary.body, binary.json_bytes).inputs[0].tensor, one[0].tensor));
  }
}

TEST_CASE("lists may be nested or flat; outputs follow the request's default") {
  const auto read = split::decode_request(
      R"({"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[3,-4e0]]},{"name":"b","shape":[2,2],"datatype":"INT8","data":[1,-2,3,-128]},)"
      R"({"name":"c","shape":[],"datatype":"BOOL","data":[true]},{"name":"d","shape":[0,3],"datatype":"FP64","data":[]},{"name":"e","shape":[2],"datatype":"BOOL","data":[0,1]}],)"
      R"("outputs":[{"name":"x"},{"name":"y","parameters":{"binary_data":false}}],"parameters":{"binary_data_output":true}})",
      std::nullopt);
  CHECK(read.inputs[0].tensor.as<float>()[3] == -4.0f);
  CHECK(read.inputs[1].tensor.as<std::int8_t>()[3] == -128);
  CHECK(read.inputs[2].tensor.as<bool>()[0]);
  CHECK(read.inputs[3].tensor.element_count() == 0);
  CHECK(!read.inputs[4].tensor.as<bool>()[0]);
  CHECK(read.output_binary == std::vector<bool>{true, false});
}

TEST_CASE("null stands for what is not there") {
  const std::string text = R"({"model_name":null,"id":null,"parameters":null,"outputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":null,"data":[1,2]}]})";
  const split::Response response = split::decode_response(text, std::nullopt);
  CHECK(response.id == "");
  CHECK(response.model_name == "");
  REQUIRE(response.outputs.size() == 1);
  CHECK(response.outputs[0].tensor.as<float>()[1] == 2.0f);
}

TEST_CASE("what is wrong is named") {
  struct Row {
    ErrorCode code;
    const char* part;
    std::string input;  ///< An entry of "inputs".
  };
  const std::string front = R"({"name":"t","shape":[2],"datatype":)";
  const Row rows[] = {
      {ErrorCode::invalid_argument, "'name'", R"({"shape":[1],"datatype":"FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "'shape'", R"({"name":"t","datatype":"FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "'datatype'", R"({"name":"t","shape":[1],"data":[1]})"},
      {ErrorCode::invalid_argument, "FP33", R"({"name":"t","shape":[1],"datatype":"FP33","data":[1]})"},
      {ErrorCode::invalid_argument, "BYTES", R"({"name":"t","shape":[1],"datatype":"BYTES","data":["x"]})"},
      {ErrorCode::invalid_argument, "'data'", R"({"name":"t","shape":[1],"datatype":"FP32"})"},
      {ErrorCode::invalid_argument, "'t'", R"({"name":"t","shape":[-1],"datatype":"FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "'t'", R"({"name":"t","shape":[1000000000],"datatype":"FP32","data":[1]})"},
      {ErrorCode::limit_exceeded, "'t'", R"({"name":"t","shape":[4611686018427387904,4],"datatype":"FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "'shape'", R"({"name":"t","shape":[1e3],"datatype":"FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "'shape'", R"({"name":"t","shape":[99999999999999999999],"datatype":"FP32","data":[1]})"},
      {ErrorCode::limit_exceeded, "rank", R"({"name":"t","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "1 elements", front + R"("FP32","data":[1]})"},
      {ErrorCode::invalid_argument, "more elements", front + R"("FP32","data":[1,2,3]})"},
      {ErrorCode::invalid_argument, "not a list", front + R"("FP32","data":1})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("FP32","data":[1,"2"]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("FP32","data":[1,1e39]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("FP32","data":[1,null]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("UINT8","data":[1,256]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("UINT8","data":[1,-1]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("INT8","data":[1,-129]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("INT64","data":[1,9223372036854775808]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("INT32","data":[1,1.5]})"},
      {ErrorCode::invalid_argument, "does not fit", front + R"("BOOL","data":[1,2]})"},
      {ErrorCode::unsupported, "float16", front + R"("FP16","data":[1,2]})"},
      {ErrorCode::invalid_argument, "'parameters'", front + R"("FP32","parameters":7,"data":[1,2]})"},
      {ErrorCode::invalid_argument, "'binary_data_size'", front + R"("FP32","parameters":{"binary_data_size":"8"}})"},
      {ErrorCode::invalid_argument, "short", front + R"("FP32","parameters":{"binary_data_size":8}})"},
      {ErrorCode::invalid_argument, "takes 8", front + R"("FP32","parameters":{"binary_data_size":-8}})"},
      {ErrorCode::invalid_argument, "a tensor", "7"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    check_error(row.code, row.part, [&] { split::decode_request(R"({"inputs":[)" + row.input + "]}", std::nullopt); });
    check_error(row.code, row.part, [&] { split::decode_response(R"({"outputs":[)" + row.input + "]}", std::nullopt); });
  }
  check_error(ErrorCode::invalid_argument, "'inputs'", [] { split::decode_request("{}", std::nullopt); });
  check_error(ErrorCode::invalid_argument, "'inputs'", [] { split::decode_request(R"({"inputs":{}})", std::nullopt); });
  check_error(ErrorCode::invalid_argument, "not a JSON object", [] { split::decode_request("[]", std::nullopt); });
  check_error(ErrorCode::invalid_argument, "JSON", [] { split::decode_request("", std::nullopt); });
  check_error(ErrorCode::invalid_argument, "JSON", [] { split::decode_request("{\"inputs\":[", std::nullopt); });
  check_error(ErrorCode::limit_exceeded, "deeper", [] { split::decode_request(R"({"inputs":)" + std::string(1000, '[') + std::string(1000, ']') + "}", std::nullopt); });
  check_error(ErrorCode::invalid_argument, "twice", [] { split::decode_request(R"({"inputs":[],"outputs":[{"name":"a"},{"name":"a"}]})", std::nullopt); });
  check_error(ErrorCode::invalid_argument, "too many", [] { split::decode_request(R"({"inputs":[]}!!)", std::size_t{13}); });
  std::string many = R"({"inputs":[0)";
  for (std::size_t i = 0; i < split::kMaxTensors; ++i) many += ",0";
  check_error(ErrorCode::invalid_argument, "too many", [&] { split::decode_request(many + "]}", std::nullopt); });
  check_error(ErrorCode::limit_exceeded, "JSON", [] { split::decode_request(std::string(split::kMaxJsonBytes + 1, ' '), std::nullopt); });
  const std::string bool_of_seven = R"({"inputs":[{"name":"t","shape":[1],"datatype":"BOOL","parameters":{"binary_data_size":1}}]})";
  check_error(ErrorCode::invalid_argument, "BOOL", [&] { split::decode_request(bool_of_seven + "\x07", bool_of_seven.size()); });
}

TEST_CASE("the length of the JSON part") {
  CHECK(!split::parse_header_length("", 10));
  CHECK(split::parse_header_length("10", 10) == 10u);
  CHECK(split::parse_header_length("0", 10) == 0u);
  for (const char* text : {"11", "-1", "1x", " 1", "0x1", "18446744073709551617", "1.0"}) {
    CAPTURE(text);
    check_error(ErrorCode::invalid_argument, split::kHeaderLength, [&] { split::parse_header_length(text, 10); });
  }
}

TEST_CASE("a name that is not UTF-8 cannot be sent, and says so") {
  const std::vector<NamedTensor> one = {{"\xff", Tensor(DataType::float32, {1})}};
  check_error(ErrorCode::unsupported, "name", [&] { flat_request(one, {}, true, ""); });
}
