// SPDX-License-Identifier: Apache-2.0
// load_tensor and save_tensor.
#include <cstring>
#include <new>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "dnntune/error.h"
#include "dnntune/onnx.h"
#include "onnx/npy.h"
#include "onnx/tensor_proto.h"

namespace dnntune {
namespace {

[[noreturn]] void unknown_extension(const std::filesystem::path& path) {
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}': tensor files end in .npy or .pb", path.string()));
}

Tensor load_pb(onnx::Bytes bytes, const std::string& label, std::string* name) {
  // No owner: the elements are copied, and the file may change afterwards.
  onnx::ParsedTensor parsed = onnx::read_tensor(bytes, {}, label);
  if (!parsed.unsupported.empty()) throw Error(ErrorCode::unsupported, fmt::format("{} is {}", label, parsed.unsupported));
  if (name != nullptr) *name = parsed.name;
  return std::move(parsed.tensor);
}

}  // namespace

Tensor load_tensor(const std::filesystem::path& path, std::string* name) {
  const bool npy = path.extension() == ".npy";
  if (!npy && path.extension() != ".pb") unknown_extension(path);
  const auto file = base::MappedFile::open(path);
  const std::string label = fmt::format("'{}'", path.string());
  try {
    if (!npy) return load_pb(file->bytes(), label, name);
    if (name != nullptr) name->clear();
    return onnx::parse_npy(file->bytes(), label);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, fmt::format("not enough memory for tensor {}", label));
  }
}

void save_tensor(const Tensor& tensor, const std::filesystem::path& path, const std::string& name) {
  const bool npy = path.extension() == ".npy";
  if (!npy && path.extension() != ".pb") unknown_extension(path);
  if (!tensor.defined()) throw Error(ErrorCode::invalid_argument, fmt::format("'{}': the tensor is empty", path.string()));
  const std::string header = npy ? onnx::npy_header(tensor) : onnx::tensor_header(tensor, name);
  std::vector<std::byte> bytes(header.size() + tensor.size_bytes());
  std::memcpy(bytes.data(), header.data(), header.size());
  if (tensor.size_bytes() > 0) std::memcpy(bytes.data() + header.size(), tensor.data(), tensor.size_bytes());
  base::write_file(path, bytes);
}

}  // namespace dnntune
