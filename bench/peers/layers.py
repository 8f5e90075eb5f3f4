# SPDX-License-Identifier: Apache-2.0
"""The layer list: single layers as ONNX files, with seeded weights.

A network of one convolution would charge an engine for turning NCHW into its own layout and back. Where a layer's
output can be the input of the same layer again, it is therefore measured as a chain, (time of the long chain - time of the
short one) / difference of their lengths. First layers, layers with a stride, dense layers and LSTMs stand alone: there the
way in is part of the work, or nothing. A global average behind a convolution that stands alone makes its answer small.
"""
import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHORT, LONG = 2, 10


@dataclasses.dataclass(frozen=True)
class Layer:
    name: str
    kind: str               # conv, dense or lstm
    shape: tuple            # of the input
    stages: tuple           # (out channels, kernel, stride, groups), or (out,), or (hidden,)
    chained: bool = True
    dilation: int = 1

    def axes(self):
        """Of space, for a convolution."""
        return len(self.shape) - 2

    def macs(self):
        """Of one pass over the stages."""
        total, channels, size = 0, self.shape[1], self.shape[-1]
        for stage in self.stages:
            if self.kind == "dense":
                total, channels = total + self.shape[0] * channels * stage[0], stage[0]
            elif self.kind == "lstm":
                total += self.shape[0] * 4 * stage[0] * (self.shape[2] + stage[0])
            else:
                out, kernel, stride, groups = stage
                size = (size - 1) // stride + 1
                total, channels = total + (size * kernel) ** self.axes() * out * channels // groups, out
        return total


def conv(kernel, size, channels, out=None, stride=1, chained=True):
    """A convolution that keeps the size; with other channels out, a pair that goes there and back."""
    out = out or channels
    stages = ((out, kernel, stride, 1),) if out == channels or not chained else ((out, kernel, stride, 1), (channels, kernel, stride, 1))
    way = f"{channels}-{out}-{channels}" if len(stages) == 2 else f"{channels}-{out}"
    return Layer(f"{kernel}x{kernel}{f's{stride}' if stride > 1 else ''} {size} {way}", "conv", (1, channels, size, size), stages, chained)


def depthwise(kernel, size, channels):
    return Layer(f"dw {kernel}x{kernel} {size} {channels}", "conv", (1, channels, size, size), ((channels, kernel, 1, channels),))


def depthwise_2(kernel, size, channels):
    return Layer(f"dw {kernel}x{kernel}s2 {size} {channels}", "conv", (1, channels, size, size), ((channels, kernel, 2, channels),), False)


def grouped(kernel, size, channels, groups):
    return Layer(f"g{groups} {kernel}x{kernel} {size} {channels}", "conv", (1, channels, size, size), ((channels, kernel, 1, groups),))


def conv_1d(kernel, size, channels, dilation=1):
    """A convolution along time that keeps its length."""
    name = f"1-d {kernel}{f'd{dilation}' if dilation > 1 else ''} {size} {channels}"
    return Layer(name, "conv", (1, channels, size), ((channels, kernel, 1, 1),), dilation=dilation)


def dense(rows, columns, out):
    return Layer(f"dense {rows} {columns}-{out}", "dense", (rows, columns), ((out,),), False)


def lstm(steps, columns, hidden):
    return Layer(f"lstm {steps} {columns}-{hidden}", "lstm", (steps, 1, columns), ((hidden,),), False)


LAYERS = (
    conv(3, 112, 64), conv(3, 56, 64), conv(3, 28, 128), conv(3, 14, 256), conv(3, 7, 512),
    conv(1, 112, 32, 64), conv(1, 56, 64, 256), conv(1, 28, 128, 512), conv(1, 14, 256, 1024), conv(1, 7, 512, 2048),
    conv(1, 28, 32, 192), conv(1, 14, 96, 576), conv(1, 7, 160, 960),
    depthwise(3, 112, 32), depthwise(3, 56, 128), depthwise(3, 28, 256), depthwise(3, 14, 512), depthwise(3, 7, 1024),
    depthwise(5, 28, 128), depthwise(5, 14, 512), depthwise(5, 28, 120), depthwise(5, 7, 960),
    depthwise_2(3, 112, 64), depthwise_2(3, 56, 128), depthwise_2(3, 28, 256), depthwise_2(5, 56, 72),
    grouped(3, 56, 128, 32), grouped(3, 28, 256, 32), grouped(3, 14, 512, 32), grouped(3, 7, 1024, 32), grouped(3, 14, 384, 16),
    conv_1d(3, 400, 64, 4), conv_1d(7, 400, 256), conv_1d(11, 200, 256), conv_1d(15, 400, 128), conv_1d(3, 200, 512, 2),
    conv(1, 7, 320, 1280),
    conv(3, 224, 3, 64, chained=False), conv(3, 224, 3, 32, 2, chained=False), conv(7, 224, 3, 64, 2, chained=False),
    conv(11, 227, 3, 96, 4, chained=False), conv(3, 56, 128, 128, 2, chained=False), conv(3, 14, 512, 512, 2, chained=False),
    dense(1, 1024, 1000), dense(1, 2048, 1000), dense(1, 4096, 4096), dense(1, 25088, 4096), dense(16, 4096, 4096),
    dense(128, 768, 3072),
    lstm(20, 200, 200), lstm(32, 256, 256), lstm(32, 512, 512), lstm(100, 128, 128), lstm(16, 1600, 1600),
)


def _weights(generator, name, shape, fan_in):
    """Variance 1 / fan_in: values neither grow nor fade along a chain."""
    bound = (3.0 / fan_in) ** 0.5
    return numpy_helper.from_array(generator.uniform(-bound, bound, shape).astype(np.float32), name)


def write(layer, length, path):
    """The layer's stages `length` times over, as an ONNX file."""
    generator = np.random.default_rng(1)
    nodes, weights, value, channels = [], [], "x", layer.shape[1]
    for index, stage in enumerate(layer.stages * length):
        out, name = stage[0], f"y{index}"
        if layer.kind == "lstm":
            columns = layer.shape[2]
            weights += [_weights(generator, f"w{index}", (1, 4 * out, columns), columns), _weights(generator, f"r{index}", (1, 4 * out, out), out),
                        _weights(generator, f"b{index}", (1, 8 * out), 100)]
            nodes.append(helper.make_node("LSTM", [value, f"w{index}", f"r{index}", f"b{index}"], [name + "_all"], hidden_size=out))
            weights.append(numpy_helper.from_array(np.array([1], np.int64), f"direction{index}"))
            nodes.append(helper.make_node("Squeeze", [name + "_all", f"direction{index}"], [name]))
        elif layer.kind == "dense":
            weights += [_weights(generator, f"w{index}", (out, channels), channels), _weights(generator, f"b{index}", (out,), 100)]
            nodes.append(helper.make_node("Gemm", [value, f"w{index}", f"b{index}"], [name], transB=1))
        else:
            _, kernel, stride, groups = stage
            fan_in = kernel ** layer.axes() * channels // groups
            weights += [_weights(generator, f"w{index}", (out, channels // groups) + (kernel,) * layer.axes(), fan_in), _weights(generator, f"b{index}", (out,), 100)]
            nodes.append(helper.make_node("Conv", [value, f"w{index}", f"b{index}"], [name], kernel_shape=[kernel] * layer.axes(), strides=[stride] * layer.axes(),
                                          dilations=[layer.dilation] * layer.axes(), pads=[kernel // 2 * layer.dilation] * 2 * layer.axes(),
                                          group=groups))
        value, channels = name, out
    if layer.kind == "conv" and not layer.chained:
        nodes.append(helper.make_node("GlobalAveragePool", [value], ["y"]))
        value = "y"
    graph = helper.make_graph(nodes, "layer", [helper.make_tensor_value_info("x", TensorProto.FLOAT, layer.shape)],
                              [helper.make_tensor_value_info(value, TensorProto.FLOAT, None)], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(onnx.shape_inference.infer_shapes(model), str(path))
