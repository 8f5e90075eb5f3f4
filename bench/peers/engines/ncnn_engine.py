# SPDX-License-Identifier: Apache-2.0
"""ncnn: converted from ONNX by pnnx in float32, every 16-bit option off, the rest as ncnn has it."""
import pathlib
import re
import subprocess

import ncnn
import numpy as np

import common


def version(build):
    return ncnn.__version__


def pnnx_binary():
    """The program inside the package `pnnx`, whose Python side would need torch."""
    return pathlib.Path(ncnn.__file__).parents[1] / "pnnx" / "pnnx"


def convert(model, folder):
    param = folder / f"{model.stem}.{version(None)}.ncnn.param"
    files = {"ncnnparam": param, "ncnnbin": param.with_suffix(".bin"), "ncnnpy": param.with_suffix(".py")}
    if not all(path.exists() and path.stat().st_mtime > model.stat().st_mtime for path in files.values()):
        unused = {key: folder / f"{model.stem}.pnnx.{key}" for key in ("pnnxparam", "pnnxbin", "pnnxpy", "pnnxonnx")}
        words = [f"{key}={path}" for key, path in {**files, **unused}.items()]
        done = subprocess.run([pnnx_binary(), model, "fp16=0", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for path in [*unused.values(), model.with_suffix(".pnnxsim.onnx")]:
            path.unlink(missing_ok=True)
        if done.returncode != 0 or not files["ncnnbin"].exists():
            raise RuntimeError(f"pnnx fails (exit {done.returncode}): {done.stdout.strip().splitlines()[-1]}")
    return files


class Engine:
    def __init__(self, model, inputs, threads, folder, build):
        files = convert(model, folder)
        self.net = ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        options.use_vulkan_compute = False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_packed = options.use_bf16_storage = False
        if self.net.load_param(str(files["ncnnparam"])) != 0 or self.net.load_model(str(files["ncnnbin"])) != 0:
            raise RuntimeError("load_param or load_model fails: an operator of the converted network is missing")
        # pnnx names inputs and outputs in0, in1, .. and out0, out1, .. in the order of the ONNX file. ncnn has no batch
        # axis: the script that pnnx writes says which axis of each it took away.
        script = files["ncnnpy"].read_text()
        facts = common.onnx_interface(model)
        in_axes = [int(axis) for axis in re.findall(r"in\d+\.numpy\(\), batch_index=(\d+)", script)]
        self.out_axes = [int(axis) for axis in re.findall(r"out\d+\.numpy\(batch_index=(\d+)", script)]
        self.names = facts["outputs"]
        if len(in_axes) != len(facts["inputs"]) or len(self.out_axes) != len(self.names):
            raise RuntimeError("pnnx changed the number of inputs or outputs")
        self.inputs = [(f"in{i}", self._mat(inputs[name], in_axes[i])) for i, name in enumerate(facts["inputs"])]
        self.mats = []

    @staticmethod
    def _mat(value, batch_axis):
        if value.dtype != np.float32:
            value = value.astype(np.int32)
        return ncnn.Mat(np.ascontiguousarray(value), batch_index=batch_axis).clone()

    def run(self):
        with self.net.create_extractor() as extractor:
            for name, mat in self.inputs:
                extractor.input(name, mat)
            self.mats = []
            for i in range(len(self.names)):
                code, mat = extractor.extract(f"out{i}")
                if code != 0:
                    raise RuntimeError(f"extract out{i} fails ({code})")
                self.mats.append(mat)

    def outputs(self):
        return {name: np.array(mat.numpy(batch_index=axis)) for name, mat, axis in zip(self.names, self.mats, self.out_axes)}
