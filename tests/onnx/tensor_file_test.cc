// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "dnntune/onnx.h"
#include "onnx/npy.h"
#include "onnx/reading.h"
#include "onnx/temporary_folder.h"

using namespace dnntune;
using namespace dnntune::onnx;

namespace {

std::string npy(const std::string& dictionary, const std::string& elements, char version = 1) {
  std::string out = "\x93NUMPY";
  out += {version, '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  if (version > 1) out += std::string(2, '\0');
  return out + dictionary + elements;
}

Tensor parse(const std::string& text) { return parse_npy(proto::bytes(text), "file"); }
ErrorCode code_of_file(const std::string& text) {
  return error_of([&] { parse(text); }).code();
}

std::string counted(int count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0.0f);
  return proto::raw(values);
}

}  // namespace

TEST_CASE("both formats keep type, shape and elements") {
  const TemporaryFolder folder;
  for (const DataType type : {DataType::float32, DataType::uint8, DataType::int8, DataType::uint16, DataType::int16, DataType::int32,
                              DataType::int64, DataType::boolean, DataType::float16, DataType::float64, DataType::uint32, DataType::uint64}) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}, Shape{0, 4}, Shape{1, 2, 1, 5}}) {
      Tensor tensor(type, shape);
      auto* bytes = static_cast<std::uint8_t*>(tensor.mutable_data());
      for (std::size_t i = 0; i < tensor.size_bytes(); ++i) bytes[i] = static_cast<std::uint8_t>(type == DataType::boolean ? i % 2 : i * 7 + 1);
      for (const char* name : {"t.npy", "t.pb"}) {
        CAPTURE(name);
        CAPTURE(to_string(type));
        save_tensor(tensor, folder.path / name, "label");
        std::string label = "before";
        const Tensor back = load_tensor(folder.path / name, &label);
        CHECK(back.type() == type);
        CHECK(back.shape() == shape);
        CHECK((tensor.size_bytes() == 0 || std::memcmp(back.data(), bytes, tensor.size_bytes()) == 0));
        CHECK(label == (std::string(name) == "t.pb" ? "label" : ""));
      }
    }
  }
  const Tensor brain(DataType::bfloat16, {2});
  save_tensor(brain, folder.path / "b.pb");
  CHECK(load_tensor(folder.path / "b.pb").type() == DataType::bfloat16);
  CHECK(error_of([&] { save_tensor(brain, folder.path / "b.npy"); }).code() == ErrorCode::unsupported);
}

TEST_CASE("wrong paths and empty tensors are named") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { load_tensor(folder.path / "none.npy"); }).code() == ErrorCode::not_found);
  CHECK(error_of([&] { load_tensor(folder.path / "t.txt"); }).code() == ErrorCode::invalid_argument);
  CHECK(error_of([&] { save_tensor(Tensor(DataType::int8, {1}), folder.path / "t.txt"); }).code() == ErrorCode::invalid_argument);
  CHECK(error_of([&] { save_tensor(Tensor(), folder.path / "t.npy"); }).code() == ErrorCode::invalid_argument);
  CHECK(error_of([&] { load_tensor(folder.write("s.pb", proto::tensor("s", {1}, 8, ""))); }).code() == ErrorCode::unsupported);
}

TEST_CASE("headers as NumPy writes them") {
  CHECK(parse(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n", counted(6))).shape() == Shape{2, 3});
  CHECK(parse(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", counted(6), 2)).shape() == Shape{6});
  CHECK(parse(npy("{\"shape\":(),\"descr\":\"<f4\",\"fortran_order\":False}", counted(1), 3)).shape().empty());
  CHECK(parse(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "ab")).as<std::uint8_t>()[1] == 'b');
}

TEST_CASE("column-major arrays are turned") {
  const Tensor t = parse(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3, 2), }", counted(12)));
  // Element [i, j, k] lies at i + 2 j + 6 k.
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) CHECK(t.as<float>()[static_cast<std::size_t>((i * 3 + j) * 2 + k)] == static_cast<float>(i + 2 * j + 6 * k));
}

TEST_CASE("damaged and foreign .npy files are refused") {
  const std::string good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", counted(2));
  CHECK(parse(good).as<float>()[1] == 1.0f);
  for (std::size_t length = 0; length < good.size(); ++length) CHECK(code_of_file(good.substr(0, length)) == ErrorCode::invalid_model);
  CHECK(code_of_file(good + "x") == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", counted(2))) == ErrorCode::unsupported);
  CHECK(code_of_file(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", counted(2))) == ErrorCode::unsupported);
  CHECK(code_of_file(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", counted(2))) == ErrorCode::unsupported);
  CHECK(code_of_file(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", counted(1))) == ErrorCode::unsupported);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", counted(2))) == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}", counted(2))) == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '<f4', 'shape': (2,)}", counted(2))) == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", counted(2))) == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} more", counted(2))) == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904)}", "")) ==
        ErrorCode::limit_exceeded);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "")) == ErrorCode::invalid_model);
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}", "")) == ErrorCode::invalid_model);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "1,";
  CHECK(code_of_file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (" + many + ")}", counted(1))) == ErrorCode::invalid_model);
}
