#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every zoo network and digit network, exported to ONNX: our output against onnxruntime's."""
import pathlib
import re
import sys
import tempfile

import onnxruntime

import common

LIMIT = 1e-3


def main():
    args = common.arguments(__doc__)
    print(f"onnxruntime {onnxruntime.__version__}; relative error = largest difference / largest magnitude; limit {LIMIT:g}")
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        models = [(name, folder / f"{name}.onnx") for name in common.zoo_names(args.build)]
        models += [(path.stem, path) for path in sorted(common.DIGITS.glob("*.onnx"))]
        for name, path in models:
            if not path.exists():
                common.dnntune(args.build, "zoo", name, "--out", path)
            work = folder / "work"
            work.mkdir(exist_ok=True)
            inputs = common.random_inputs(args.build, path)
            expected = common.ort_run(path, inputs)
            actual = common.run_here(args.build, path, inputs, work)
            errors = [common.relative_error(actual[re.sub(r"[^A-Za-z0-9._-]", "_", key)], value) for key, value in expected.items()]
            good = max(errors) <= LIMIT
            bad += not good
            print(f"{'ok  ' if good else 'BAD '} {name:20} relative error {max(errors):.2e}", flush=True)
            for leftover in (work / "outputs").glob("*"):
                leftover.unlink()
            if path.parent == folder:
                path.unlink()
    print(f"{len(models) - bad} of {len(models)} agree")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
