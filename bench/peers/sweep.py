#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operators whose official tests are thin, in many small networks of one or few nodes that are made here (cases/):
our outputs against onnxruntime's. Ends with exit code 1 when one differs."""
import gzip
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap

import numpy as np
import onnx
import onnx.reference
import onnxruntime

import cases
import common

RTOL, ATOL = 1e-3, 1e-5
BATCH = 64  # cases a process
SAMPLE = common.ROOT / "tests" / "conformance" / "sweep.tar.gz"
SAMPLE_SHARE = 5  # one case of so many


def session(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def answers(case):
    """The expected outputs in the model's order, and null; or null, and why there are none."""
    try:
        if case.deviates and case.equal is None:
            return onnx.reference.ReferenceEvaluator(case.model).run(None, case.inputs), None
        return session(case.equal or case.model).run(None, case.inputs if case.equal_inputs is None else case.equal_inputs), None
    except Exception as error:  # every binding has exceptions of its own
        return None, " ".join(str(error).split())


def files_of(case, expected):
    """The case as ONNX's backend tests lay it out: bytes by path."""
    files = {f"{case.name}/model.onnx": case.model.SerializeToString()}
    for kind, tensors in (("input", case.inputs.items()), ("output", zip([o.name for o in case.model.graph.output], expected))):
        for i, (name, value) in enumerate(tensors):
            files[f"{case.name}/test_data_set_0/{kind}_{i}.pb"] = onnx.numpy_helper.from_array(np.asarray(value), name).SerializeToString()
    return files


def check(build, folder, words):
    """What `dnntune check` found, by case; a case that ends the process counts as failed."""
    command = [build / "bench/cli/dnntune", "check", folder, "--json", "--quiet", "--rtol", str(RTOL), "--atol", str(ATOL), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode in (0, 1, 2, 3) and done.stdout.startswith("{"):
        return {r["name"]: r for r in json.loads(done.stdout)["results"]}
    inside = [folder] if (folder / "model.onnx").exists() else sorted(folder.iterdir())
    if len(inside) == 1:
        return {inside[0].name: {"pass": False, "detail": f"the process ended with {done.returncode}"}}
    return {name: result for one in inside for name, result in check(build, one, words).items()}


def run_cases(build, kept, work, words):
    results = {}
    for first in range(0, len(kept), BATCH):
        folder = work / f"batch_{first}"
        for case, expected in kept[first:first + BATCH]:
            for path, data in files_of(case, expected).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        results |= check(build, folder, words)
        shutil.rmtree(folder)
    return results


def write_sample(path, passed):
    """One case of SAMPLE_SHARE of each row, evenly taken, as an archive whose bytes depend on the cases alone."""
    rows = {}
    for case, expected in passed:
        rows.setdefault(case.operator, []).append((case, expected))
    chosen = [pair for row in rows.values() for pair in row[::SAMPLE_SHARE]]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for case, expected in chosen:
            for name, data in files_of(case, expected).items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    path.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))
    print(f"{len(chosen)} cases in {path.name}, {path.stat().st_size} bytes")


def main():
    args = common.arguments(__doc__, names={"nargs": "*", "help": "cases whose names begin so; default: all"},
                            reference={"action": "store_true", "help": "use the plain reference kernels"},
                            keep={"type": pathlib.Path, "help": "keep cases that differ here"},
                            sample={"nargs": "?", "const": SAMPLE, "type": pathlib.Path, "help": f"write a sample of the cases that pass; default {SAMPLE.name}"})
    print(f"onnxruntime {onnxruntime.__version__}, no graph optimisations, one thread\n|difference| <= {ATOL:g} + {RTOL:g} |expected|")
    chosen = [c for c in cases.all_cases() if not args.names or c.name.startswith(tuple(args.names))]
    assert len({c.name for c in chosen}) == len(chosen)
    kept, refused = [], {}
    for case in chosen:
        expected, why = answers(case)
        if why is None:
            kept.append((case, expected))
        else:
            refused[case.name] = why
    with tempfile.TemporaryDirectory() as scratch:
        results = run_cases(args.build, kept, pathlib.Path(scratch), ["--reference"] if args.reference else [])
    bad = [(case, expected) for case, expected in kept if not results[case.name]["pass"]]
    print_table(chosen, refused, results)
    for case, expected in bad:
        print(f"\nDIFFERS {case.name}: {results[case.name]['detail'][:300]}\n  {onnx.printer.to_text(case.model.graph)}")
        for path, data in files_of(case, expected).items() if args.keep else ():
            (args.keep / path).parent.mkdir(parents=True, exist_ok=True)
            (args.keep / path).write_bytes(data)
    if args.sample:
        write_sample(args.sample, [(c, e) for c, e in kept if results[c.name]["pass"]])
    return bool(bad)


def print_table(chosen, refused, results):
    print(f"\n{'operator':<24} cases   pass  differ  no answer  by spec  worst diff\n" + "-" * 80)
    totals = [0] * 5
    for row in dict.fromkeys(c.operator for c in chosen):
        inside = [c for c in chosen if c.operator == row]
        passes = [results[c.name] for c in inside if c.name in results and results[c.name]["pass"]]
        numbers = [len(inside), len(passes), sum(c.name in results and not results[c.name]["pass"] for c in inside), sum(c.name in refused for c in inside),
                   sum(bool(c.deviates) for c in inside)]
        worst = max((float(p["detail"].rsplit(" ", 1)[1]) for p in passes), default=0.0)
        print(f"{row:<24} {numbers[0]:5} {numbers[1]:6} {numbers[2]:7} {numbers[3]:10} {numbers[4]:8}  {worst:.1e}")
        totals = [a + b for a, b in zip(totals, numbers)]
    print("-" * 80 + f"\n{'all':<24} {totals[0]:5} {totals[1]:6} {totals[2]:7} {totals[3]:10} {totals[4]:8}")
    for title, reasons in (("No answer: onnxruntime refuses", refused), ("By the specification, not by onnxruntime", {c.name: c.deviates for c in chosen if c.deviates})):
        groups = {}
        for name, why in reasons.items():
            groups.setdefault(why[:150], []).append(name)
        if groups:
            print(f"\n{title}:")
        for why, names in groups.items():
            print(textwrap.fill(f"{len(names)} x {names[0]}: {why}", 80, initial_indent="  ", subsequent_indent="    "))


if __name__ == "__main__":
    sys.exit(main())
