// SPDX-License-Identifier: Apache-2.0
// Field numbers of onnx.proto (IR version 10), by message. Only what is read or written here.
#pragma once

#include <cstdint>

namespace dnntune::onnx::schema {

using Tag = std::uint32_t;

struct ModelProto {
  enum : Tag {
    ir_version = 1, producer_name = 2, producer_version = 3, domain = 4, model_version = 5, doc_string = 6, graph = 7,
    opset_import = 8, metadata_props = 14, training_info = 20, functions = 25
  };
};

struct OperatorSetIdProto {
  enum : Tag { domain = 1, version = 2 };
};

struct StringStringEntryProto {
  enum : Tag { key = 1, value = 2 };
};

struct GraphProto {
  enum : Tag {
    node = 1, name = 2, initializer = 5, doc_string = 10, input = 11, output = 12, value_info = 13,
    quantization_annotation = 14, sparse_initializer = 15, metadata_props = 16
  };
};

struct NodeProto {
  enum : Tag { input = 1, output = 2, name = 3, op_type = 4, attribute = 5, doc_string = 6, domain = 7, overload = 8 };
};

struct FunctionProto {
  enum : Tag {
    name = 1, input = 4, output = 5, attribute = 6, node = 7, doc_string = 8, opset_import = 9, domain = 10,
    attribute_proto = 11, value_info = 12, overload = 13
  };
};

struct AttributeProto {
  enum : Tag {
    name = 1, f = 2, i = 3, s = 4, t = 5, g = 6, floats = 7, ints = 8, strings = 9, tensors = 10, graphs = 11,
    tp = 14, type_protos = 15, type = 20, ref_attr_name = 21, sparse_tensor = 22, sparse_tensors = 23
  };
  /// Values of `type`.
  enum Type : std::int32_t {
    Undefined = 0, Float = 1, Int = 2, String = 3, Tensor = 4, Graph = 5, Floats = 6, Ints = 7, Strings = 8, Tensors = 9,
    Graphs = 10, SparseTensor = 11, SparseTensors = 12, TypeProto = 13, TypeProtos = 14
  };
};

struct TensorProto {
  enum : Tag {
    dims = 1, data_type = 2, segment = 3, float_data = 4, int32_data = 5, string_data = 6, int64_data = 7, name = 8,
    raw_data = 9, double_data = 10, uint64_data = 11, external_data = 13, data_location = 14
  };
  static constexpr std::int32_t kExternal = 1;  ///< Value of `data_location`.
};

struct SparseTensorProto {
  enum : Tag { values = 1 };
};

struct ValueInfoProto {
  enum : Tag { name = 1, type = 2 };
};

struct TypeProto {
  enum : Tag { tensor_type = 1, sequence_type = 4, map_type = 5, opaque_type = 7, sparse_tensor_type = 8, optional_type = 9 };
};

struct TensorTypeProto {
  enum : Tag { elem_type = 1, shape = 2 };
};

struct TensorShapeProto {
  enum : Tag { dim = 1 };
};

struct DimensionProto {
  enum : Tag { dim_value = 1, dim_param = 2 };
};

}  // namespace dnntune::onnx::schema
