// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

using dnntune::Error;
using dnntune::ErrorCode;
using dnntune::Tensor;
using dnntune::capi::guard;
using dnntune::capi::need;

namespace dnntune::capi {

Tensors collect(const char* const* names, const dnntune_tensor* const* inputs, std::size_t count) {
  Tensors tensors;
  if (count > 0) {
    need(names, "names");
    need(inputs, "inputs");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = &need(names[i], "names[i]");
    if (!tensors.emplace(name, need(inputs[i], "inputs[i]").value).second)
      throw Error(ErrorCode::invalid_argument, "input '" + name + "' is given twice");
  }
  return tensors;
}

}  // namespace dnntune::capi

extern "C" {

dnntune_status dnntune_tensor_create(dnntune_data_type type, const int64_t* shape, size_t rank, const void* data, size_t byte_size,
                                     dnntune_tensor** tensor) {
  return guard([&] {
    need(tensor, "tensor");
    if (rank > 0) need(shape, "shape");
    if (byte_size > 0) need(static_cast<const char*>(data), "data");
    constexpr size_t kMaxRank = 64;
    if (rank > kMaxRank) throw Error(ErrorCode::invalid_argument, "a tensor of rank " + std::to_string(rank) + ": at most " + std::to_string(kMaxRank) + " are allowed");
    const dnntune::Shape dims(shape, shape + rank);
    *tensor = new dnntune_tensor{Tensor::copy_of(static_cast<dnntune::DataType>(type), dims, data, byte_size)};
  });
}

dnntune_status dnntune_tensor_load(const char* path, dnntune_tensor** tensor) {
  return guard([&] {
    need(tensor, "tensor");
    *tensor = new dnntune_tensor{dnntune::load_tensor(&need(path, "path"))};
  });
}

dnntune_status dnntune_tensor_save(const dnntune_tensor* tensor, const char* path) {
  return guard([&] { dnntune::save_tensor(need(tensor, "tensor").value, &need(path, "path")); });
}

void dnntune_tensor_destroy(dnntune_tensor* tensor) { delete tensor; }

dnntune_status dnntune_tensor_type(const dnntune_tensor* tensor, dnntune_data_type* type) {
  return guard([&] { need(type, "type") = static_cast<dnntune_data_type>(need(tensor, "tensor").value.type()); });
}

dnntune_status dnntune_tensor_shape(const dnntune_tensor* tensor, const int64_t** shape, size_t* rank) {
  return guard([&] {
    const dnntune::Shape& dims = need(tensor, "tensor").value.shape();
    need(shape, "shape");
    need(rank, "rank") = dims.size();
    *shape = dims.data();
  });
}

dnntune_status dnntune_tensor_data(const dnntune_tensor* tensor, const void** data, size_t* byte_size) {
  return guard([&] {
    const Tensor& value = need(tensor, "tensor").value;
    need(data, "data");
    need(byte_size, "byte_size") = value.size_bytes();
    *data = value.data();
  });
}

dnntune_status dnntune_tensors_count(const dnntune_tensors* tensors, size_t* count) {
  return guard([&] { need(count, "count") = need(tensors, "tensors").entries.size(); });
}

dnntune_status dnntune_tensors_at(const dnntune_tensors* tensors, size_t index, const char** name, const dnntune_tensor** tensor) {
  return guard([&] {
    const auto& entries = need(tensors, "tensors").entries;
    need(name, "name");
    need(tensor, "tensor");
    if (index >= entries.size())
      throw Error(ErrorCode::invalid_argument, "index " + std::to_string(index) + " of " + std::to_string(entries.size()) + " tensors");
    *name = entries[index].first.c_str();
    *tensor = &entries[index].second;
  });
}

dnntune_status dnntune_tensors_find(const dnntune_tensors* tensors, const char* name, const dnntune_tensor** tensor) {
  return guard([&] {
    const std::string wanted = &need(name, "name");
    need(tensor, "tensor");
    for (const auto& entry : need(tensors, "tensors").entries) {
      if (entry.first != wanted) continue;
      *tensor = &entry.second;
      return;
    }
    throw Error(ErrorCode::not_found, "there is no tensor '" + wanted + "'");
  });
}

void dnntune_tensors_destroy(dnntune_tensors* tensors) { delete tensors; }

}  // extern "C"
