#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time of one run, ours and onnxruntime's, measured alternately in one process on the same pinned cores."""
import os
import pathlib
import statistics
import sys
import tempfile
import time

import onnxruntime

import capi
import common

LIMIT = 1e-3


def spread(values):
    middle = statistics.median(values)
    return statistics.median(abs(v - middle) for v in values)


def race(args, name, folder):
    path = pathlib.Path(name)
    if not path.suffix == ".onnx":
        path = folder / f"{name}.onnx"
        common.dnntune(args.build, "zoo", name, "--out", path)
    inputs = common.random_inputs(args.build, path)
    theirs = common.ort_session(path, args.threads)
    ours = capi.Session(args.build, path, args.threads)
    ours.prepare(inputs)
    expected = dict(zip([o.name for o in theirs.get_outputs()], theirs.run(None, inputs)))
    actual = ours.outputs()
    error = max(common.relative_error(actual[key], value) for key, value in expected.items())
    if error > LIMIT:
        print(f"{name:20} outputs differ by {error:.2e}: not timed")
        return False
    a, b = [], []
    for _ in range(args.runs + 2):
        start = time.perf_counter_ns()
        outputs = ours.run()
        middle = time.perf_counter_ns()
        theirs.run(None, inputs)
        end = time.perf_counter_ns()
        ours.destroy_outputs(outputs)
        a.append((middle - start) * 1e-6)
        b.append((end - middle) * 1e-6)
    a, b = a[2:], b[2:]
    ratios = sorted(x / y for x, y in zip(a, b))
    print(f"{name:20} {statistics.median(a):9.3f} +-{spread(a):6.3f}  {statistics.median(b):9.3f} +-{spread(b):6.3f}"
          f"  {statistics.median(ratios):6.3f}  [{ratios[len(ratios) // 10]:.3f}, {ratios[-1 - len(ratios) // 10]:.3f}]", flush=True)
    return True


def main():
    args = common.arguments(__doc__, models={"nargs": "*", "help": "zoo names or ONNX files; default: all of the zoo"},
                            threads={"type": int, "default": 1}, runs={"type": int, "default": 31})
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:args.threads])
    print(f"onnxruntime {onnxruntime.__version__}, {args.threads} thread(s), {args.runs} runs each, alternating")
    print(f"{'network':20} {'dnntune ms':>17}  {'onnxruntime ms':>17}  {'ratio':>6}  [p10, p90]")
    with tempfile.TemporaryDirectory() as scratch:
        results = [race(args, name, pathlib.Path(scratch)) for name in args.models or common.zoo_names(args.build)]
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
