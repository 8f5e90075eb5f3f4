// SPDX-License-Identifier: Apache-2.0
#include "onnx/tensor_proto.h"

#include <functional>

#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;
using protozero::pbf_writer;

namespace {

std::string make(const proto::Dims& dims, int type, const std::function<void(pbf_writer&)>& data) {
  std::string out;
  pbf_writer w(out);
  w.add_packed_int64(1, dims.begin(), dims.end());
  w.add_int32(2, type);
  data(w);
  return out;
}

Tensor read_one(const std::string& text) { return read_tensor(proto::bytes(text), {}, "tensor").tensor; }
ErrorCode code_of(const std::string& text) {
  return error_of([&] { read_tensor(proto::bytes(text), {}, "tensor"); }).code();
}

const std::vector<std::int32_t> kInts = {1, 0, 1};

}  // namespace

TEST_CASE("typed data fields, packed and one by one") {
  const std::vector<float> floats = {1.5f, -2.0f};
  CHECK(read_one(make({2}, 1, [&](pbf_writer& w) { w.add_packed_float(4, floats.begin(), floats.end()); })).as<float>()[1] == -2.0f);
  CHECK(read_one(make({2}, 1, [&](pbf_writer& w) { w.add_float(4, 1.5f); w.add_float(4, -2.0f); })).as<float>()[0] == 1.5f);
  const auto ints = [](int type, int a, int b) {
    return read_one(make({2}, type, [&](pbf_writer& w) { w.add_int32(5, a); w.add_int32(5, b); }));
  };
  CHECK(ints(6, -7, 8).as<std::int32_t>()[0] == -7);
  CHECK(ints(5, -7, 8).as<std::int16_t>()[0] == -7);
  CHECK(ints(4, 65535, 8).as<std::uint16_t>()[0] == 65535);
  CHECK(ints(3, -7, 8).as<std::int8_t>()[0] == -7);
  CHECK(ints(2, 255, 8).as<std::uint8_t>()[0] == 255);
  CHECK(ints(9, 1, 0).as<bool>()[0]);
  // Halves travel as their bit patterns.
  const Tensor half = ints(10, 0x3c00, 0xc000);
  CHECK(half.type() == DataType::float16);
  CHECK(static_cast<const std::uint16_t*>(half.data())[1] == 0xc000);
  CHECK(ints(16, 0x3f80, 0).type() == DataType::bfloat16);
  CHECK(read_one(make({1}, 7, [](pbf_writer& w) { w.add_int64(7, -5); })).as<std::int64_t>()[0] == -5);
  CHECK(read_one(make({1}, 11, [](pbf_writer& w) { w.add_double(10, 0.5); })).as<double>()[0] == 0.5);
  CHECK(read_one(make({1}, 13, [](pbf_writer& w) { w.add_uint64(11, ~0ull); })).as<std::uint64_t>()[0] == ~0ull);
  CHECK(read_one(make({1}, 12, [](pbf_writer& w) { w.add_uint64(11, 0xffffffffu); })).as<std::uint32_t>()[0] == 0xffffffffu);
  CHECK(read_one(make({3}, 6, [](pbf_writer& w) { w.add_packed_int32(5, kInts.begin(), kInts.end()); })).as<std::int32_t>()[2] == 1);
}

TEST_CASE("values that do not fit their type are damage") {
  CHECK(code_of(make({1}, 3, [](pbf_writer& w) { w.add_int32(5, 128); })) == ErrorCode::invalid_model);
  CHECK(code_of(make({1}, 2, [](pbf_writer& w) { w.add_int32(5, -1); })) == ErrorCode::invalid_model);
  CHECK(code_of(make({1}, 9, [](pbf_writer& w) { w.add_int32(5, 2); })) == ErrorCode::invalid_model);
  CHECK(code_of(make({1}, 10, [](pbf_writer& w) { w.add_int32(5, 70000); })) == ErrorCode::invalid_model);
  CHECK(code_of(make({1}, 12, [](pbf_writer& w) { w.add_uint64(11, 1ull << 32); })) == ErrorCode::invalid_model);
}

TEST_CASE("raw bools are 0 or 1 whatever the file says") {
  const Tensor t = read_one(make({4}, 9, [](pbf_writer& w) { w.add_bytes(9, std::string("\x00\x01\x02\xff", 4)); }));
  const auto* b = static_cast<const std::uint8_t*>(t.data());
  CHECK(b[0] == 0);
  CHECK(b[1] == 1);
  CHECK(b[2] == 1);
  CHECK(b[3] == 1);
}

TEST_CASE("scalars, empty tensors and shapes that do not match") {
  CHECK(read_one(proto::floats("s", {}, {3})).shape().empty());
  CHECK(read_one(proto::floats("e", {0, 5}, {})).element_count() == 0);
  CHECK(read_one(make({0}, 1, [](pbf_writer&) {})).element_count() == 0);
  CHECK(code_of(proto::floats("t", {3}, {1, 2})) == ErrorCode::invalid_model);
  CHECK(code_of(proto::floats("t", {-1}, {1})) == ErrorCode::invalid_model);
  CHECK(code_of(make({2}, 1, [](pbf_writer&) {})) == ErrorCode::invalid_model);
  CHECK(code_of(make({1ll << 40, 1ll << 40}, 1, [](pbf_writer&) {})) == ErrorCode::limit_exceeded);
  CHECK(code_of(make({1ll << 61}, 7, [](pbf_writer&) {})) == ErrorCode::limit_exceeded);
  CHECK(code_of(make(proto::Dims(33, 1), 1, [](pbf_writer& w) { w.add_float(4, 1); })) == ErrorCode::limit_exceeded);
  // Memory follows the file's size, not the shape it claims.
  CHECK(code_of(make({1ll << 40}, 1, [](pbf_writer& w) { w.add_float(4, 1); })) == ErrorCode::invalid_model);
}

TEST_CASE("element types the library lacks are a reason") {
  CHECK(read_tensor(proto::bytes(proto::tensor("t", {1}, 8, "x")), {}, "t").unsupported == "of element type string");
  CHECK(read_tensor(proto::bytes(proto::tensor("t", {1}, 17, "x")), {}, "t").unsupported == "of element type float8e4m3fn");
  CHECK(read_tensor(proto::bytes(proto::tensor("t", {1}, 1234, "x")), {}, "t").unsupported == "of element type 1234");
}

TEST_CASE("a written tensor reads back") {
  for (const auto& tensor : {Tensor::from<float>({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}), Tensor::from<float>({}, std::vector<float>{1}),
                             Tensor(DataType::bfloat16, {3}), Tensor(DataType::boolean, {0, 2})}) {
    std::string text = tensor_header(tensor, "name");
    text.append(static_cast<const char*>(tensor.data()), tensor.size_bytes());
    const ParsedTensor back = read_tensor(proto::bytes(text), {}, "tensor");
    CHECK(back.name == "name");
    CHECK(back.tensor.type() == tensor.type());
    CHECK(back.tensor.shape() == tensor.shape());
    CHECK((tensor.size_bytes() == 0 || std::memcmp(back.tensor.data(), tensor.data(), tensor.size_bytes()) == 0));
  }
}
