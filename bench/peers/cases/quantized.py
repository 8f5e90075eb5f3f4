# SPDX-License-Identifier: Apache-2.0
"""8-bit operators: products, convolutions, and what makes floats of integers and back."""
import numpy as np
from onnx import helper, numpy_helper

from cases.case import FLOAT, INT8, INT32, UINT8, chance, floats, generator, integers, model_of, pick, single

ONNX_TYPE = {np.uint8: UINT8, np.int8: INT8}


def scale(rng, shape=(), low=0.01, high=0.1):
    return np.asarray(rng.uniform(low, high, shape), np.float32)


def zero_point(rng, dtype, shape=()):
    return np.asarray(integers(rng, shape, dtype, *((100, 156) if dtype == np.uint8 else (-20, 21))), dtype)


def window(rng, spatial):
    """Attributes of a convolution."""
    kernel = [pick(rng, [1, 2, 3]) for _ in range(spatial)]
    auto = pick(rng, [None, None, None, "SAME_UPPER", "SAME_LOWER", "VALID"])
    dilations = [pick(rng, [1, 2]) for _ in range(spatial)] if auto is None and chance(rng, 0.4) else None
    return kernel, {"kernel_shape": kernel if chance(rng) else None, "auto_pad": auto, "dilations": dilations,
                    "strides": [pick(rng, [1, 2, 3]) for _ in range(spatial)] if chance(rng, 0.6) else None,
                    "pads": [pick(rng, [0, 1, 2]) for _ in range(2 * spatial)] if auto is None and chance(rng, 0.6) else None}


def convolution(rng, x_type, w_type):
    """Image, weights, attributes, output channels."""
    spatial = pick(rng, [2, 2, 2, 1])
    group = pick(rng, [1, 1, 2, 3])
    channels = group * pick(rng, [1, 2, 4])
    out = group * pick(rng, [1, 2, 3])
    if chance(rng, 0.2):
        channels = out = group = pick(rng, [4, 9])  # depthwise
    kernel, attributes = window(rng, spatial)
    size = [pick(rng, [5, 7, 8]) for _ in range(spatial)]
    x = integers(rng, [pick(rng, [1, 2]), channels] + size, x_type)
    w = integers(rng, [out, channels // group] + kernel, w_type)
    return x, w, attributes | {"group": group if group > 1 else None}, out


def qlinear_conv(index):
    name = f"qlinear_conv_{index:03d}"
    rng = generator(name)
    x_type, w_type = [(np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)][index % 3]
    x, w, attributes, out = convolution(rng, x_type, w_type)
    per_channel = chance(rng)
    shape = (out,) if per_channel else ()
    w_zero = np.zeros(shape, w_type) if w_type == np.int8 and per_channel else zero_point(rng, w_type, shape)
    depth = int(np.prod(w.shape[1:]))
    operands = {"x": x, "x_scale": scale(rng), "x_zero_point": zero_point(rng, x_type), "w": w, "w_scale": scale(rng, shape, 0.002, 0.02),
                "w_zero_point": w_zero, "y_scale": scale(rng, (), 0.05 * depth ** 0.5, 0.1 * depth ** 0.5), "y_zero_point": zero_point(rng, x_type),
                "B": integers(rng, (out,), np.int32, -2000, 2000) if chance(rng, 0.6) else None}
    return single("QLinearConv", name, operands, {"y": ONNX_TYPE[x_type]}, 13, [n for n in operands if n != "x"], index % 4 == 1, **attributes)


def conv_integer(index):
    name = f"conv_integer_{index:03d}"
    rng = generator(name)
    x, w, attributes, _ = convolution(rng, np.uint8, np.uint8 if index % 2 else np.int8)
    w_zero = zero_point(rng, w.dtype.type) if chance(rng) else None
    operands = {"x": x, "w": w, "x_zero_point": zero_point(rng, np.uint8) if w_zero is not None or chance(rng) else None, "w_zero_point": w_zero}
    return single("ConvInteger", name, operands, {"y": INT32}, 13, ["w", "x_zero_point", "w_zero_point"] if index % 3 else [], index % 4 == 1, **attributes)


def matrices(rng, a_type, b_type):
    m, k, n = pick(rng, [1, 3, 6]), pick(rng, [1, 4, 9, 32]), pick(rng, [1, 5, 16, 17])
    batch = pick(rng, [[], [], [2], [2, 3]])
    return integers(rng, batch + [m, k], a_type), integers(rng, (batch if chance(rng) else []) + [k, n], b_type)


def matmul_integer(index):
    name = f"matmul_integer_{index:03d}"
    rng = generator(name)
    a_type, b_type = [(np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)][index % 3]
    a, b = matrices(rng, a_type, b_type)
    b_zero = None if chance(rng, 0.3) else zero_point(rng, b_type, (b.shape[-1],) if b.ndim == 2 and chance(rng, 0.3) else ())
    a_zero = zero_point(rng, a_type) if b_zero is not None or chance(rng) else None
    operands = {"A": a, "B": b, "a_zero_point": a_zero, "b_zero_point": b_zero}
    return single("MatMulInteger", name, operands, {"y": INT32}, 13, ["B", "a_zero_point", "b_zero_point"] if index % 2 else [], index % 4 == 1)


def qlinear_matmul(index):
    name = f"qlinear_matmul_{index:03d}"
    rng = generator(name)
    a_type, b_type = [(np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)][index % 3]
    a, b = matrices(rng, a_type, b_type)
    columns = (b.shape[-1],) if b.ndim == 2 and index % 2 and chance(rng) else ()
    operands = {"a": a, "a_scale": scale(rng), "a_zero_point": zero_point(rng, a_type), "b": b, "b_scale": scale(rng, columns, 0.002, 0.02),
                "b_zero_point": zero_point(rng, b_type, columns), "y_scale": scale(rng, (), 0.1, 0.4), "y_zero_point": zero_point(rng, a_type)}
    return single("QLinearMatMul", name, operands, {"y": ONNX_TYPE[a_type]}, 13, [n for n in operands if n != "a"] if index % 2 else [], index % 4 == 1)


def quantize(index):
    name = f"quantize_{index:03d}"
    rng = generator(name)
    shape = [[4, 3], [2, 3, 4], [2, 3, 4, 2], [5]][index % 4]
    per_axis = chance(rng, 0.7)
    axis = int(rng.integers(-len(shape), len(shape)))
    dtype = pick(rng, [np.uint8, np.int8])
    zero = zero_point(rng, dtype, (shape[axis],) if per_axis else ()) if dtype == np.int8 or chance(rng, 0.7) else None
    operands = {"x": floats(rng, shape, -8, 8), "y_scale": scale(rng, (shape[axis],) if per_axis else ()), "y_zero_point": zero}
    if chance(rng, 0.3):
        operands["x"] = (np.round(operands["x"]) + 0.5).astype(np.float32)  # halves round to even
        operands["y_scale"] = np.ones_like(operands["y_scale"])
    return single("QuantizeLinear", name, operands, {"y": ONNX_TYPE[dtype] if zero is not None else UINT8}, 13, ["y_scale", "y_zero_point"] if index % 3 else [],
                  index % 5 == 1 and not (per_axis and axis % len(shape) == 0), axis=axis if per_axis else None)


def dequantize(index):
    name = f"dequantize_{index:03d}"
    rng = generator(name)
    shape = [[4, 3], [2, 3, 4], [2, 3, 4, 2], [5]][index % 4]
    per_axis = chance(rng, 0.7)
    axis = int(rng.integers(-len(shape), len(shape)))
    dtype = pick(rng, [np.uint8, np.int8, np.int32])
    small = (shape[axis],) if per_axis else ()
    zero = (np.zeros(small, np.int32) if dtype == np.int32 else zero_point(rng, dtype, small)) if chance(rng, 0.7) else None
    operands = {"x": integers(rng, shape, dtype, *((-5000, 5000) if dtype == np.int32 else ())), "x_scale": scale(rng, small), "x_zero_point": zero}
    return single("DequantizeLinear", name, operands, {"y": FLOAT}, 13, ["x_scale", "x_zero_point"] if index % 3 else [],
                  index % 5 == 1 and not (per_axis and axis % len(shape) == 0),
                  axis=axis if per_axis else None)


def dynamic_quantize(index):
    name = f"dynamic_quantize_{index:03d}"
    rng = generator(name)
    low, high = [(-1, 1), (0.5, 3), (-4, -1), (0, 0.001), (-100, 3), (0, 0)][index % 6]
    case = single("DynamicQuantizeLinear", name, {"x": floats(rng, [[7], [3, 5], [2, 3, 4]][index % 3], low, high)},
                  {"y": UINT8, "y_scale": FLOAT, "y_zero_point": UINT8}, 11, (), index % 2 == 1)
    if low == high == 0:
        case.deviates = "onnxruntime gives zeros a scale of 1; the definition's formula, range / 255, gives 0"
        values = {"y": np.zeros(case.inputs["x"].shape, np.uint8), "y_scale": np.float32(0), "y_zero_point": np.uint8(0)}
        nodes = [helper.make_node("Constant", [], [n], value=numpy_helper.from_array(np.asarray(v), n)) for n, v in values.items()]
        case.equal = model_of(nodes, {}, {"y": UINT8, "y_scale": FLOAT, "y_zero_point": UINT8}, {}, 11)
        case.equal_inputs = {}
    return case


def all_cases():
    makers = [(qlinear_conv, 60), (conv_integer, 20), (matmul_integer, 20), (qlinear_matmul, 30), (quantize, 20), (dequantize, 20), (dynamic_quantize, 12)]
    return [make(i) for make, count in makers for i in range(count)]
