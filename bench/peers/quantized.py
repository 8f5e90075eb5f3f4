#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks that onnxruntime's own static quantizer made: our outputs beside onnxruntime's, in steps of the output, and
the time of one run of ours quantized, ours in FP32 and onnxruntime quantized, turns taken run by run."""
import logging
import os
import pathlib
import statistics
import sys

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import common
import turns

NETWORKS = ("resnet50", "mobilenet_v2")
#            format, a scale for each channel of weights, type of activations
FORMS = (("QDQ", True, "QUInt8"), ("QDQ", True, "QInt8"), ("QDQ", False, "QUInt8"), ("QOperator", True, "QUInt8"), ("QOperator", False, "QInt8"))
LEAST_WITHIN = 0.999


class RandomData(CalibrationDataReader):
    """Seeded inputs to choose the scales from."""

    def __init__(self, build, model, count=4):
        self.data = iter([common.random_inputs(build, model, seed=100 + i) for i in range(count)])

    def get_next(self):
        return next(self.data, None)


def quantized_file(build, folder, name, form):
    """The zoo's network, normalisation folded into convolutions, quantized; with its last quantized value as output."""
    fmt, per_channel, activations = form
    path = folder / f"{name}_{fmt}_{'channel' if per_channel else 'tensor'}_{activations}.onnx"
    if path.exists():
        return path
    source, folded = common.zoo_file(build, folder, name), folder / f"{name}_folded.onnx"
    if not folded.exists():
        quant_pre_process(str(source), str(folded), skip_symbolic_shape=True)
    quantize_static(str(folded), str(path), RandomData(build, source), quant_format=getattr(QuantFormat, fmt), per_channel=per_channel,
                    activation_type=getattr(QuantType, activations), weight_type=QuantType.QInt8)
    return path


def logits_file(path):
    """The network up to the bytes that go into its last Softmax: a step is 1 there."""
    logits = path.with_name(path.stem + "_logits.onnx")
    if not logits.exists():
        model = onnx.load(str(path))
        made_by = {name: node for node in model.graph.node for name in node.output}
        node = next(node for node in model.graph.node if node.op_type in ("Softmax", "QLinearSoftmax"))
        name = node.input[0]
        if node.op_type == "Softmax":
            name = made_by[name].input[0]
        del model.graph.output[:]
        kind = onnx.TensorProto.INT8 if "QInt8" in path.name else onnx.TensorProto.UINT8
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, None))
        wanted, kept = {name}, []
        for node in reversed(model.graph.node):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        del model.graph.node[:]
        model.graph.node.extend(reversed(kept))
        onnx.save(model, str(logits))
    return logits


def agreement(build, folder, path, inputs):
    """Shares of the outputs that are equal and that are at most one step off, and the most steps."""
    logits = logits_file(path)
    expected = list(common.ort_run(logits, inputs).values())[0].astype(np.int64)
    work = folder / "outputs"
    work.mkdir(exist_ok=True)
    for old in (work / "outputs").glob("*"):
        old.unlink()
    actual = list(common.run_here(build, logits, inputs, work).values())[0].astype(np.int64)
    steps = np.abs(actual - expected)
    return float((steps == 0).mean()), float((steps <= 1).mean()), int(steps.max())


def race(build, folder, name, path, inputs, args):
    """Median ms of ours quantized, ours in FP32, onnxruntime quantized; and ratios to the first, round by round."""
    fp32 = common.zoo_file(build, folder, name)
    players = []
    try:
        for engine, model in (("dnntune", path), ("dnntune", fp32), ("onnxruntime", path)):
            players.append(turns.Player(engine, {"model": model, "inputs": inputs, "threads": args.threads, "folder": folder, "build": build}))
        turns.race(players, args.rounds)
        if any(player.refusal for player in players):
            raise SystemExit("; ".join(f"{player.name}: {player.refusal}" for player in players if player.refusal))
        rounds = [[statistics.median(turn) * 1e-6 for turn in player.turns] for player in players]
        return [statistics.median(r) for r in rounds], [statistics.median(t / o for t, o in zip(r, rounds[0])) for r in rounds[1:]]
    finally:
        for player in players:
            player.close()


def main():
    args = common.arguments(__doc__, names={"nargs": "*", "default": NETWORKS, "help": "zoo networks that end with a Softmax"},
                            threads={"type": int, "default": 1}, rounds={"type": int, "default": 7, "help": "0: only agreement"},
                            forms={"type": int, "default": len(FORMS), "help": "how many of the forms, from the first"},
                            work={"type": pathlib.Path, "help": "keeps the quantized networks here"})
    logging.disable(logging.WARNING)
    folder = (args.work or args.build / "peers").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-args.threads:])
    print(f"{'network':14}{'form':26}{'equal':>8}{'within 1':>10}{'most':>6}" + (f"{'int8 ms':>10}{'fp32 ms':>10}{'ort int8':>10}{'x fp32':>8}{'x ort':>7}" if args.rounds else ""))
    bad = 0
    for name in args.names:
        inputs = common.random_inputs(args.build, common.zoo_file(args.build, folder, name))
        for form in FORMS[:args.forms]:
            path = quantized_file(args.build, folder, name, form)
            equal, within, most = agreement(args.build, folder, path, inputs)
            bad += within < LEAST_WITHIN
            line = f"{name:14}{form[0] + (' channel ' if form[1] else ' tensor ') + form[2]:26}{equal:8.4f}{within:10.4f}{most:6}"
            if args.rounds:
                medians, ratios = race(args.build, folder, name, path, inputs, args)
                line += "".join(f"{ms:10.3f}" for ms in medians) + f"{ratios[0]:8.2f}{ratios[1]:7.2f}"
            print(line, flush=True)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
