#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Suffixes that `dnntune export` writes, run by onnxruntime on what our prefix computes, against the whole."""
import json
import pathlib
import sys
import tempfile

import numpy as np

import common
from engines import onnxruntime_engine


def cuts_to_try(build, model, how_many):
    """Evenly spread positions whose crossing is not empty."""
    cuts = [c["position"] for c in json.loads(common.dnntune(build, "inspect", model, "--json"))["cut_points"] if c["position"] > 0 and c["values"]]
    return [cuts[i * (len(cuts) - 1) // max(1, how_many - 1)] for i in range(min(how_many, len(cuts)))]


def main():
    args = common.arguments(__doc__, cuts={"type": int, "default": 4, "help": "cuts a network"})
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for name in ("mobilenet_v2", "squeezenet_1_1", "shufflenet_v2_x0_5", "lenet"):
            model = folder / f"{name}.onnx"
            common.dnntune(args.build, "zoo", name, "--out", model)
            inputs = common.random_inputs(args.build, model)
            whole = common.ort_run(model, inputs)
            for cut in sorted(set(cuts_to_try(args.build, model, args.cuts))):
                for encoding, limit in (("raw", 1e-4), ("fp16", 2e-2)):
                    prefix, suffix = folder / "prefix.onnx", folder / "suffix.onnx"
                    common.dnntune(args.build, "export", model, "--cut", cut, "--side", "prefix", "--out", prefix)
                    common.dnntune(args.build, "export", model, "--cut", cut, "--encoding", encoding, "--out", suffix)
                    crossing = {**inputs, **common.ort_run(prefix, inputs)}
                    session = onnxruntime_engine.session(suffix)
                    # A value that crosses as fp16 enters under its name with ".fp16" behind it.
                    feeds = {i.name: crossing[i.name.removesuffix(".fp16")].astype(np.float16) if i.type == "tensor(float16)" else crossing[i.name]
                             for i in session.get_inputs()}
                    result = dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))
                    error = max(common.relative_error(value, whole[key]) for key, value in result.items())
                    good = error <= limit
                    bad += not good
                    print(f"{'ok ' if good else 'BAD'} {name:20} cut {cut:3} {encoding:4} relative error {error:.1e}", flush=True)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
