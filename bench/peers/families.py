#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks of many families, exported by PyTorch's two exporters and by tf2onnx: do they load here, and does our
output equal onnxruntime's? The frameworks may live in environments of their own: --torch and --keras name their
Pythons. Files that were exported before are taken as they are."""
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx

import common

LIMIT = 1e-3
EXPORT = pathlib.Path(__file__).resolve().parent / "families" / "export.py"
README = EXPORT.parent / "README.md"
NOTE = """# Families of networks

What `bench/peers/families.py --write` found: each network as its exporter writes it, our largest difference from
onnxruntime's output as a part of the largest value, or the reason why there is none. The limit is 1e-3.
"""


def export(python, framework, name, path):
    """Null when the file is there, else the exporter's last words."""
    if path.exists() and path.with_suffix(".npz").exists():
        return None
    done = subprocess.run([python, EXPORT, framework, name, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return None
    path.unlink(missing_ok=True)
    words = [line for line in done.stdout.splitlines() if line.strip()]
    return "the exporter fails: " + next((line for line in reversed(words) if "Error" in line), words[-1] if words else f"exit {done.returncode}")


def read_inputs(path):
    graph = onnx.load(str(path), load_external_data=False).graph
    weights = {weight.name for weight in graph.initializer}
    names = [i.name for i in graph.input if i.name not in weights]
    with np.load(path.with_suffix(".npz")) as kept:
        return dict(zip(names, (kept[key] for key in kept.files)))


def difference(build, path, work):
    """Our largest relative difference, or a reason."""
    inputs = read_inputs(path)
    try:
        expected = common.ort_run(path, inputs)
    except Exception as error:  # every binding has exceptions of its own
        return None, "onnxruntime: " + " ".join(str(error).split())
    for leftover in (work / "outputs").glob("*"):
        leftover.unlink()
    try:
        actual = common.run_here(build, path, inputs, work)
    except SystemExit as failure:
        return None, " ".join(str(failure).split("\n", 1)[-1].split())
    errors = [common.relative_error(actual.get(re.sub(r"[^A-Za-z0-9._-]", "_", key)), value) for key, value in expected.items()]
    return max(errors), None


def main():
    args = common.arguments(__doc__, names={"nargs": "*", "help": "networks; default: all"}, torch={"default": sys.executable}, keras={"default": sys.executable},
                            frameworks={"nargs": "+", "choices": ["torch", "dynamo", "tf2onnx"], "default": ["torch", "dynamo", "tf2onnx"]},
                            work={"type": pathlib.Path, "help": "keeps the exported files here"}, json={"type": pathlib.Path},
                            write={"action": "store_true", "help": f"write the table to {README.name} beside the networks"})
    args.work = (args.work or args.build / "families").resolve()
    records = []
    for framework in args.frameworks:
        python = args.keras if framework == "tf2onnx" else args.torch
        folder = args.work / framework
        folder.mkdir(parents=True, exist_ok=True)
        listed = subprocess.run([python, EXPORT, "list", framework, "-"], stdout=subprocess.PIPE, check=True, text=True).stdout.split()
        for name in [n for n in listed if not args.names or n in args.names]:
            path = folder / f"{name}.onnx"
            error, reason = None, export(python, framework, name, path)
            if reason is None:
                error, reason = difference(args.build, path, folder)
            good = error is not None and error <= LIMIT
            records.append({"name": name, "exporter": framework, "pass": good, "max_relative_error": error, "reason": reason})
            print(f"{'ok  ' if good else 'BAD '} {framework:8} {name:28} {f'{error:.1e}' if error is not None else reason[:300]}", flush=True)
    passes = sum(r["pass"] for r in records)
    print(f"{passes} of {len(records)} agree")
    if args.json:
        args.json.write_text(json.dumps(records, indent=1) + "\n")
    if args.write:
        names = list(dict.fromkeys(r["name"] for r in records))
        cell = {(r["name"], r["exporter"]): f"{r['max_relative_error']:.0e}" if r["pass"] else (r["reason"] or f"off by {r['max_relative_error']:.1e}")[:160] for r in records}
        lines = [NOTE, f"{passes} of {len(records)} agree.\n", "| network | " + " | ".join(args.frameworks) + " |", "|---|" + "---|" * len(args.frameworks)]
        lines += [f"| {name} | " + " | ".join(cell.get((name, f), "") for f in args.frameworks) + " |" for name in names]
        README.write_text("\n".join(lines) + "\n")
    return passes < len(records)


if __name__ == "__main__":
    sys.exit(main())
