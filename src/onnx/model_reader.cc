// SPDX-License-Identifier: Apache-2.0
#include "onnx/model_reader.h"

#include <utility>

#include "onnx/graph_reader.h"

namespace dnntune::onnx {
namespace {

Source read_whole(const ModelBytes& bytes) {
  ModelFields fields = read_model_fields(bytes.bytes);
  std::optional<ExternalFiles> external;
  if (bytes.directory) external.emplace(*bytes.directory);
  ReadingFile file;
  file.tensors = {bytes.owner, external ? &*external : nullptr, bytes.file.get()};
  file.opset = fields.opset;
  for (const Bytes function : fields.functions) file.functions.add(function);
  Source source;
  source.ir = read_graph(fields, file);
  source.model = std::move(fields.info);
  source.model.raw_graph_fields = std::move(fields.rest);
  // What was made while reading lives as long as what was read.
  source.storage.owner = std::make_shared<const std::pair<decltype(bytes.owner), decltype(file.made)>>(bytes.owner, file.made);
  if (external) source.storage.files = external->files();
  if (bytes.file != nullptr) source.storage.files.push_back(bytes.file);
  return source;
}

}  // namespace

Source read_model(const ModelBytes& file) {
  try {
    if (file.bytes.size() > kMaxModelBytes)
      throw Error(ErrorCode::limit_exceeded, fmt::format("{} bytes; an ONNX file has at most {}, larger networks keep their weights in "
                                                         "external files", file.bytes.size(), kMaxModelBytes));
    return reading("model", [&] { return read_whole(file); });
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", file.label, error.what()));
  }
}

}  // namespace dnntune::onnx
