#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports one network: export.py FRAMEWORK NAME PATH.onnx. Beside it PATH.npz keeps the inputs, in order.
Frameworks: torch (the exporter that traces), dynamo (the one that captures the graph), tf2onnx."""
import os
import pathlib
import sys
import warnings

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))


def names(framework):
    if framework == "tf2onnx":
        from families import keras_models
        return list(keras_models.MODELS)
    from families import torch_other, torch_vision
    return [*torch_vision.MODELS, *torch_other.MODELS]


def export_torch(name, path, dynamo):
    import torch
    from families import torch_other, torch_vision
    torch.manual_seed(7)
    make, inputs = {**torch_vision.MODELS, **torch_other.MODELS}[name]
    model, inputs = make().eval(), inputs()
    torch.backends.mha.set_fastpath_enabled(False)  # one operator, which no exporter knows
    for parameter in model.parameters():  # heads that begin at 0 would make every output 0
        if parameter.dim() > 1 and not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)
    for module in model.modules():  # fresh statistics would leave values of very different sizes
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) and module.running_mean is not None:
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.8, 1.2)
    with torch.no_grad():
        torch.onnx.export(model, inputs, str(path), dynamo=dynamo, external_data=False, **({} if dynamo else {"opset_version": 17}))
    return [value.numpy() for value in inputs]


def main():
    framework, name, path = sys.argv[1:]
    warnings.simplefilter("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if framework == "list":
        print("\n".join(names(name)))
        return
    if framework == "tf2onnx":
        from families import keras_models
        inputs = keras_models.export(name, path)
    else:
        inputs = export_torch(name, path, framework == "dynamo")
    np.savez(path.replace(".onnx", ".npz"), *inputs)


if __name__ == "__main__":
    main()
