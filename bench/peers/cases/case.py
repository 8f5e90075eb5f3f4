# SPDX-License-Identifier: Apache-2.0
"""What a case is, and how the families make theirs. All random choices follow from the case's name."""
import dataclasses
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, INT32, UINT8, INT8, BOOL = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.UINT8,
                                          TensorProto.INT8, TensorProto.BOOL)


@dataclasses.dataclass
class Case:
    operator: str  # the row of the table
    name: str
    model: onnx.ModelProto
    inputs: dict
    # A network that must give the same where onnxruntime does not take or understand `model`; its inputs if others.
    equal: onnx.ModelProto = None
    equal_inputs: dict = None
    # Where onnxruntime leaves the ONNX specification: why. The answers come from `equal`, else from onnx.reference.
    deviates: str = ""


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def chance(rng, share=0.5):
    return bool(rng.random() < share)


def floats(rng, shape, low=-1.0, high=1.0):
    return rng.uniform(low, high, shape).astype(np.float32)


def integers(rng, shape, dtype, low=None, high=None):
    """Of the type's whole range unless told otherwise; `high` is one past the largest."""
    info = np.iinfo(dtype)
    return rng.integers(info.min if low is None else low, info.max + 1 if high is None else high, shape).astype(dtype)


def model_of(nodes, inputs, outputs, constants, opset, open_dims=None):
    """`inputs` and `constants`: arrays by name; `outputs`: element types by name; open_dims: symbols for dimensions, by
    input: {"x": {0: "batch"}}."""
    def info(name, array):
        shape = [((open_dims or {}).get(name) or {}).get(i, d) for i, d in enumerate(array.shape)]
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape)
    graph = helper.make_graph(nodes, "case", [info(n, a) for n, a in inputs.items()],
                              [helper.make_tensor_value_info(n, t, None) for n, t in outputs.items()],
                              [numpy_helper.from_array(a, n) for n, a in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset < 19 else 10)


def single(operator, name, operands, outputs={"y": FLOAT}, opset=17, constants=(), open_batch=False, row=None, **attributes):
    """A case of one node. `operands`: arrays by name, None for one that is left out; `constants`: names of those that
    are initialisers; attributes and output types that are None leave theirs out; open_batch: dimension 0 of the first
    operand is a symbol, which is taken as 1 until the network runs."""
    names = ["" if array is None else operand for operand, array in operands.items()]
    while names and not names[-1]:
        names.pop()
    kept = {k: v for k, v in attributes.items() if v is not None}
    node = helper.make_node(operator, names, [o if t is not None else "" for o, t in outputs.items()], **kept)
    given = {n: a for n, a in operands.items() if a is not None}
    inputs = {n: a for n, a in given.items() if n not in constants}
    model = model_of([node], inputs, {o: t for o, t in outputs.items() if t is not None},
                     {n: a for n, a in given.items() if n in constants}, opset, {list(operands)[0]: {0: "batch"}} if open_batch else None)
    return Case(row or operator, name, model, inputs)
