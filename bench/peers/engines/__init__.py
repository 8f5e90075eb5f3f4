# SPDX-License-Identifier: Apache-2.0
"""The engines that are compared: one module each, imported only in the process that runs it.

A module has `version()` and a class `Engine(model, inputs, threads, folder, build)`: `model` is an ONNX file,
`folder` a place for converted files that stay. `run()` does one inference: from inputs that lie ready as ONNX
has them (NCHW, float32) to outputs that can be read in the same form. `outputs()` gives the last run's by name.
Constructing raises what the engine says when it cannot take a network.
"""
import importlib

NAMES = ("dnntune", "onnxruntime", "openvino", "mnn", "ncnn")


def load(name):
    if name not in NAMES:
        raise SystemExit(f"no engine '{name}'; there are {', '.join(NAMES)}")
    return importlib.import_module(f"engines.{name}_engine")
