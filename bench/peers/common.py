# SPDX-License-Identifier: Apache-2.0
"""What the scripts of this folder share: the build, models, inputs, and how outputs are compared."""
import argparse
import json
import pathlib
import subprocess

import numpy as np
import onnx
import onnx.numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits"
DTYPES = {"float32": np.float32, "int64": np.int64, "int32": np.int32}


def arguments(description, **extra):
    """Options by name; "names" are the words without an option."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="the CMake build to use")
    for name, options in extra.items():
        parser.add_argument(name if name == "names" else "--" + name, **options)
    return parser.parse_args()


def dnntune(build, *words):
    """Runs the dnntune command and returns what it printed."""
    done = subprocess.run([build / "bench/cli/dnntune", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"dnntune {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def zoo_names(build):
    return [model["name"] for model in json.loads(dnntune(build, "zoo", "--json"))["models"]]


def zoo_file(build, folder, name):
    """The zoo's network as an ONNX file that is written once."""
    path = folder / f"{name}.onnx"
    if not path.exists():
        dnntune(build, "zoo", name, "--out", path)
    return path


def random_inputs(build, model, seed=1):
    """Seeded inputs for an ONNX file; open dimensions are 1, integers small."""
    generator = np.random.default_rng(seed)
    inputs = {}
    for info in json.loads(dnntune(build, "inspect", model, "--json"))["inputs"]:
        shape = [1 if d < 0 else d for d in info["shape"]]
        if info["type"] == "float32":
            inputs[info["name"]] = generator.uniform(-1, 1, shape).astype(np.float32)
        else:
            inputs[info["name"]] = generator.integers(0, 8, shape).astype(DTYPES[info["type"]])
    return inputs


def onnx_interface(model):
    """An ONNX file's inputs, less its weights, and outputs, in the file's order; numpy types of the outputs."""
    graph = onnx.load(str(model), load_external_data=False).graph
    weights = {weight.name for weight in graph.initializer}
    types = {o.name: onnx.helper.tensor_dtype_to_np_dtype(o.type.tensor_type.elem_type) for o in graph.output}
    return {"inputs": [i.name for i in graph.input if i.name not in weights], "outputs": list(types), "output_types": types}


def initializer_bytes(model):
    """Bytes of an ONNX file's weights: what every engine has to hold at least."""
    graph = onnx.load(str(model)).graph
    return sum(onnx.numpy_helper.to_array(weight).nbytes for weight in graph.initializer)


def ort_run(model, inputs):
    """What onnxruntime computes: the outputs that others are compared with."""
    from engines.onnxruntime_engine import session  # here, so that other engines run without onnxruntime beside them
    reference = session(model)
    return dict(zip([o.name for o in reference.get_outputs()], reference.run(None, inputs)))


def run_here(build, model, inputs, folder, threads=1):
    """The command's outputs by name, through .npy files in `folder`."""
    words = []
    for index, (name, value) in enumerate(inputs.items()):
        np.save(folder / f"input_{index}.npy", value)
        words += ["--input", f"{name}={folder / f'input_{index}.npy'}"]
    outputs = folder / "outputs"
    dnntune(build, "run", model, "--threads", threads, "--out-dir", outputs, *words)
    return {path.stem: np.load(path) for path in outputs.glob("*.npy")}


def relative_error(actual, expected):
    """Largest absolute difference over the largest expected magnitude."""
    if actual is None or actual.shape != expected.shape:
        return float("inf")
    scale = max(float(np.abs(expected).max(initial=0)), 1e-30)
    error = float(np.abs(actual.astype(np.float64) - expected.astype(np.float64)).max(initial=0)) / scale
    return error if np.isfinite(error) else float("inf")
