// SPDX-License-Identifier: Apache-2.0
// Writes the seed corpus of the fuzz targets: small networks and tensors with one of everything that the
// readers have code for. Run it as `make_corpus tests/fuzz/corpus` when a seed is added, and commit the files.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "onnx/npy.h"
#include "onnx/proto.h"

namespace {

using dnntune::DataType;
using dnntune::Tensor;
using proto::attr;
using proto::Model;
using proto::node;
using Ints = std::vector<std::int64_t>;

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// x -> nodes -> y, opset as given.
Model chain(std::int64_t opset, std::vector<std::string> nodes, std::vector<std::string> initialisers = {}) {
  Model m;
  m.opset = opset;
  m.inputs = {proto::value("x", 1, {1, 2, 4, 4})};
  m.nodes = std::move(nodes);
  m.initialisers = std::move(initialisers);
  m.outputs = {proto::value("y")};
  return m;
}

Model old_forms() {
  Model m = chain(7, {node("Pad", {"x"}, {"a"}, {attr("pads", Ints{0, 0, 1, 1, 0, 0, 1, 1}), attr("value", 0.5f)}),
                      node("Clip", {"a"}, {"b"}, {attr("min", 0.0f), attr("max", 6.0f)}),
                      node("Slice", {"b"}, {"c"}, {attr("starts", Ints{1}), attr("ends", Ints{3}), attr("axes", Ints{2})}),
                      node("Upsample", {"c"}, {"d"}, {attr("scales", std::vector<float>{1, 1, 2, 2}), attr("mode", "nearest")}),
                      node("ReduceMean", {"d"}, {"e"}, {attr("axes", Ints{2, 3}), attr("keepdims", std::int64_t{0})}),
                      node("Softmax", {"e"}, {"f"}), node("TopK", {"f"}, {"y", "i"}, {attr("k", std::int64_t{1})})});
  m.ir_version = 3;
  m.outputs.push_back(proto::value("i"));
  return m;
}

Model shape_arithmetic() {
  return chain(13, {node("Shape", {"x"}, {"s"}), node("Gather", {"s", "zero"}, {"n"}),
                    node("Unsqueeze", {"n", "zero"}, {"u"}), node("Concat", {"u", "rest"}, {"t"}, {attr("axis", std::int64_t{0})}),
                    node("Reshape", {"x", "t"}, {"r"}), node("ConstantOfShape", {"t"}, {"k"}), node("Add", {"r", "k"}, {"y"})},
               {proto::tensor("zero", {}, 7, proto::raw(Ints{0})), proto::ints("rest", {-1})});
}

Model recurrent() {
  Model m = chain(14, {node("LSTM", {"x", "w", "r", "", "", "", "", ""}, {"", "y"}, {attr("hidden_size", std::int64_t{2})})},
                  {proto::floats("w", {1, 8, 3}, std::vector<float>(24, 0.25f)), proto::floats("r", {1, 8, 2}, std::vector<float>(16, 0.5f))});
  m.inputs = {proto::value("x", 1, {"sequence", "batch", 3})};
  return m;
}

Model control_flow() {
  proto::Graph inner;
  inner.nodes = {node("Relu", {"x"}, {"r"})};
  inner.outputs = {proto::value("r")};
  Model m = chain(16, {node("If", {"flag"}, {"y"}, {proto::attr_graph("then_branch", inner.bytes()), proto::attr_graph("else_branch", inner.bytes())}),
                       node("Custom", {"y"}, {"z"}, {attr("mode", "fast")}, "", "com.example")});
  m.inputs.push_back(proto::value("flag", 9, {}));
  m.inputs.push_back(proto::sequence("list"));
  m.outputs.push_back(proto::value("z"));
  m.other_opsets = {{"com.example", 1}};
  return m;
}

Model modern() {
  return chain(18, {node("Constant", {}, {"p"}, {proto::attr_tensor("value", proto::ints("", {1, 1}))}),
                    node("Pad", {"x", "p", "", "axis"}, {"a"}), node("ReduceMax", {"a", "axis"}, {"b"}),
                    node("Split", {"b"}, {"c", "d"}, {attr("axis", std::int64_t{1}), attr("num_outputs", std::int64_t{2})}),
                    node("Resize", {"c", "", "scales"}, {"e"}, {attr("mode", "linear")}), node("Mul", {"e", "d"}, {"y"})},
               {proto::ints("axis", {3}), proto::floats("scales", {4}, {1, 1, 2, 1})});
}

void write_tensors(const std::filesystem::path& folder) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const Tensor tensor = Tensor::from<float>({2, 3}, values);
  write(folder / "float.npy", dnntune::onnx::npy_header(tensor) + proto::raw(values));
  std::string fortran = dnntune::onnx::npy_header(tensor);
  fortran.replace(fortran.find("False"), 5, "True ");
  write(folder / "fortran.npy", fortran + proto::raw(values));
  write(folder / "bool.npy", dnntune::onnx::npy_header(Tensor(DataType::boolean, {3})) + std::string("\x00\x01\x02", 3));
  write(folder / "raw.pb", proto::floats("raw", {2, 3}, values));
  std::string typed;
  protozero::pbf_writer w(typed);
  const Ints dims = {3};
  w.add_packed_int64(1, dims.begin(), dims.end());
  w.add_int32(2, 10);
  for (const int bits : {0x3c00, 0x4000, 0x4200}) w.add_int32(5, bits);
  write(folder / "half.pb", typed);
  write(folder / "strings.pb", proto::tensor("labels", {1}, 8, ""));
}

/// Messages of the inference protocol, as message.h has them: a zero byte ends the JSON.
void write_messages(const std::filesystem::path& folder) {
  const std::string zero(1, '\0');
  const std::string floats = R"({"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}})";
  write(folder / "request/binary.txt", R"({"id":"7","inputs":[)" + floats + R"(],"outputs":[{"name":"y","parameters":{"binary_data":true}}]})" + zero + proto::raw(std::vector<float>{1, 2}));
  write(folder / "request/json.txt", R"({"inputs":[{"name":"x","shape":[2,2],"datatype":"INT64","data":[[1,2],[3,-4]]},{"name":"b","shape":[1],"datatype":"BOOL","data":[true]}]})");
  write(folder / "request/defaults.txt", R"({"inputs":[],"outputs":null,"parameters":{"binary_data_output":true}})");
  write(folder / "request/mixed.txt", R"({"inputs":[{"name":"b","shape":[3],"datatype":"BOOL","parameters":{"binary_data_size":3}},{"name":"h","shape":[2],"datatype":"FP16","parameters":{"binary_data_size":4}},{"name":"u","shape":[1],"datatype":"UINT8","data":[255]}]})" +
                                            zero + std::string("\x01\x00\x01\x00\x3c\x00\x40", 7));
  write(folder / "response/binary.txt", R"({"model_name":"m","model_version":"1","id":"7","parameters":{"dnntune.compute_ns":5.0},"outputs":[)" + floats + "]}" + zero + proto::raw(std::vector<float>{1, 2}));
  write(folder / "response/json.txt", R"({"outputs":[{"name":"y","shape":[],"datatype":"FP64","data":[1.5e3]},{"name":"e","shape":[0,3],"datatype":"UINT32","data":[]}]})");
}

/// What goes over a connection, both ways.
void write_http(const std::filesystem::path& folder) {
  // "aaaa" as zlib has it.
  const std::string deflated("\x78\x9c\x4b\x4c\x4c\x4c\x04\x00\x03\xce\x01\x85", 12);
  write(folder / "http/get.txt", "GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\nHEAD /v2?x#y HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n");
  write(folder / "http/length.txt", "POST /v2/models/a%2Fb/infer HTTP/1.1\r\nContent-Length: 5\r\nInference-Header-Content-Length: 3\r\nExpect: 100-continue\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n");
  write(folder / "http/chunks.txt", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n3\r\nyou\r\n0\r\nT: u\r\n\r\nGET /refuse HTTP/1.1\r\n\r\n");
  write(folder / "http/deflate.txt", "POST /x HTTP/1.1\r\nContent-Encoding: deflate\r\nContent-Length: 12\r\n\r\n" + deflated);
  write(folder / "http/smuggle.txt", "POST /x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  write(folder / "reply/length.txt", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  write(folder / "reply/chunks.txt", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
  write(folder / "reply/to_the_end.txt", "HTTP/1.0 200 OK\r\nServer: a\r\n\r\nto the end");
  write(folder / "reply/deflate.txt", "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 12\r\n\r\n" + deflated);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: make_corpus FOLDER\n", stderr), 2;
  const std::filesystem::path folder = argv[1];
  write(folder / "model/small.onnx", proto::small_model().bytes());
  write(folder / "model/old_forms.onnx", old_forms().bytes());
  write(folder / "model/shape_arithmetic.onnx", shape_arithmetic().bytes());
  write(folder / "model/recurrent.onnx", recurrent().bytes());
  write(folder / "model/control_flow.onnx", control_flow().bytes());
  write(folder / "model/modern.onnx", modern().bytes());
  write_tensors(folder / "tensor");
  write_messages(folder);
  write_http(folder);
  return 0;
}
