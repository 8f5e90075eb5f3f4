# SPDX-License-Identifier: Apache-2.0
"""A repository that `dnntune export --target triton` wrote, as onnxruntime sessions: what the hosts of this folder serve."""
import pathlib

import numpy as np
import onnxruntime

TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8,
         "tensor(int32)": np.int32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}


class Suffix:
    """One model: its name, and `run` from arrays by name to arrays by name."""

    def __init__(self, file):
        self.name = file.parent.parent.name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def inputs(self):
        return [(i.name, TYPES[i.type], self.shape(i)) for i in self.session.get_inputs()]

    def outputs(self):
        return [(o.name, TYPES[o.type], self.shape(o)) for o in self.session.get_outputs()]

    @staticmethod
    def shape(info):
        return tuple(d if isinstance(d, int) else -1 for d in info.shape)

    def run(self, arrays):
        return dict(zip([o.name for o in self.session.get_outputs()], self.session.run(None, arrays)))


def suffixes(folder):
    return [Suffix(file) for file in sorted(pathlib.Path(folder).glob("models/*/1/model.onnx"))]
