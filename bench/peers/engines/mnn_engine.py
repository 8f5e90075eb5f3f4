# SPDX-License-Identifier: Apache-2.0
"""MNN: converted by its own converter, "high" precision, which is float32; nothing quantized or cached."""
import pathlib
import subprocess
import sys

import MNN
import numpy as np

import common

# LSTM as one operator: the default, a loop of small ones, makes the converter crash.
CONVERT = """
import sys, _tools
_tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", sys.argv[1], "--MNNModel", sys.argv[2], "--bizCode", "peers",
                   "--useOriginRNNImpl"])
"""


def version(build):
    return MNN.version()


def convert(model, folder):
    """In a process of its own, as it may crash, and without the command `mnnconvert`, which installs more packages."""
    target = folder / f"{model.stem}.{version(None)}.mnn"
    if target.exists() and target.stat().st_mtime > model.stat().st_mtime:
        return target
    fresh = target.with_suffix(".part")
    done = subprocess.run([sys.executable, "-c", CONVERT, model, fresh], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0 or not fresh.exists():
        raise RuntimeError(f"mnnconvert fails (exit {done.returncode}): {done.stdout.strip().splitlines()[-1]}")
    return pathlib.Path(fresh.rename(target))


class Engine:
    def __init__(self, model, inputs, threads, folder, build):
        self.interpreter = MNN.Interpreter(str(convert(model, folder)))
        self.session = self.interpreter.createSession({"backend": "CPU", "precision": "high", "numThread": threads})
        targets = self.interpreter.getSessionInputAll(self.session)
        for name, value in inputs.items():
            if tuple(targets[name].getShape()) != value.shape:
                self.interpreter.resizeTensor(targets[name], value.shape)
        self.interpreter.resizeSession(self.session)
        self.inputs = [(targets[name], self._host(value)) for name, value in inputs.items()]
        self.results = {}
        types = common.onnx_interface(model)["output_types"]
        for name, tensor in self.interpreter.getSessionOutputAll(self.session).items():
            self.results[name] = (tensor, self._host(np.zeros(tensor.getShape(), types[name])))

    @staticmethod
    def _host(value):
        kind = MNN.Halide_Type_Float if value.dtype == np.float32 else MNN.Halide_Type_Int
        value = np.ascontiguousarray(value if value.dtype == np.float32 else value.astype(np.int32))
        return MNN.Tensor(value.shape, kind, value, MNN.Tensor_DimensionType_Caffe)

    def run(self):
        for tensor, host in self.inputs:
            tensor.copyFrom(host)
        self.interpreter.runSession(self.session)
        for tensor, host in self.results.values():
            tensor.copyToHostTensor(host)

    def outputs(self):
        return {name: np.array(host.getNumpyData()).reshape(tensor.getShape()) for name, (tensor, host) in self.results.items()}
