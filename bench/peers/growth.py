#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How dnntune's time grows with the image size (64 to 1024 pixels) and the batch (1 to 32): time for each
multiply-accumulate, which should stay level or fall. A cliff shows as a step."""
import json
import pathlib
import statistics
import sys
import time

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402

import common  # noqa: E402
from engines import dnntune_engine  # noqa: E402

SIZES = (64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024)
BATCHES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
NETWORKS = ("mobilenet_v2", "resnet50")
LEAST_NS = 300_000_000  # of timed runs, each case
MAX_RUNS = 200


def resized(source, target, batch, size):
    """The same network for other images: fully convolutional ones with a global pool take any size."""
    model = onnx.load(str(source))
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, value in zip(dims, (batch, dims[1].dim_value, size, size)):
        dim.dim_value = value
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = batch
    onnx.save(model, str(target))
    return (batch, dims[1].dim_value, size, size)


def measure(args, source, batch, size):
    path = args.work / f"growth_{source.stem}.onnx"
    shape = resized(source, path, batch, size)
    image = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
    inspected = json.loads(common.dnntune(args.build, "inspect", path, "--json"))
    engine = dnntune_engine.Engine(path, {inspected["inputs"][0]["name"]: image}, args.threads, args.work, args.build)
    engine.run()
    times = []
    while len(times) < 3 or (sum(times) < LEAST_NS and len(times) < MAX_RUNS):
        start = time.perf_counter_ns()
        engine.run()
        times.append(time.perf_counter_ns() - start)
    engine.close()
    path.unlink()
    times.sort()
    return {"network": source.stem, "batch": batch, "size": size, "threads": args.threads, "macs": inspected["macs"],
            "median_ms": statistics.median(times) * 1e-6, "p10_ms": times[len(times) // 10] * 1e-6, "p90_ms": times[-1 - len(times) // 10] * 1e-6,
            "runs": len(times)}


def draw(records, path):
    figure, axes = pyplot.subplots(1, 2, figsize=(12, 4.5))
    for axis, key, fixed, words in ((axes[0], "size", "batch", "image height and width"), (axes[1], "batch", "size", "batch")):
        for network in dict.fromkeys(r["network"] for r in records):
            points = [r for r in records if r["network"] == network and r["sweep"] == key]
            x = [r[key] for r in points]
            rate = [[2 * r["macs"] / r[field] * 1e-6 for r in points] for field in ("median_ms", "p90_ms", "p10_ms")]
            line, = axis.plot(x, rate[0], marker="o", markersize=4, label=network)
            axis.fill_between(x, rate[1], rate[2], alpha=0.2, color=line.get_color())
        axis.set_xscale("log", base=2)
        axis.set_xticks(SIZES[::2] if key == "size" else BATCHES, SIZES[::2] if key == "size" else BATCHES)
        axis.set_ylim(bottom=0)
        axis.set_xlabel(f"{words} ({fixed} {points[0][fixed]})")
        axis.set_ylabel("GFLOP/s, p10 to p90 shaded")
        axis.grid(color="#dddddd", linewidth=0.5)
        axis.legend(frameon=False)
    figure.suptitle("dnntune: speed against image size and batch")
    figure.tight_layout()
    figure.savefig(path)


def main():
    args = common.arguments(__doc__, names={"nargs": "*", "default": list(NETWORKS)}, threads={"type": int, "default": 1},
                            work={"type": pathlib.Path, "help": "keeps networks here"}, json={"type": pathlib.Path}, chart={"type": pathlib.Path, "help": "an SVG or PNG file"})
    args.work = (args.work or args.build / "peers").resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    records = []
    print(f"{'network':15}{'batch':>6}{'size':>6}{'ms':>11}{'p10':>11}{'p90':>11}{'GFLOP/s':>9}{'step':>7}")
    for name in args.names or NETWORKS:
        source = common.zoo_file(args.build, args.work, name)
        for sweep, cases in (("size", [(1, size) for size in SIZES]), ("batch", [(batch, 128) for batch in BATCHES])):
            before = None
            for batch, size in cases:
                r = {"sweep": sweep, **measure(args, source, batch, size)}
                records.append(r)
                cost = r["median_ms"] / r["macs"]
                step = f"{cost / before:7.2f}" if before else f"{'':7}"
                print(f"{name:15}{batch:6}{size:6}{r['median_ms']:11.3f}{r['p10_ms']:11.3f}{r['p90_ms']:11.3f}{2 * r['macs'] / r['median_ms'] * 1e-6:9.1f}{step}", flush=True)
                before = cost
    print("step: time for a multiply-accumulate beside the line above; a cliff is well above 1")
    if args.json:
        args.json.write_text(json.dumps({"schema": "dnntune.growth/1", "records": records}, indent=1))
    if args.chart:
        draw(records, args.chart)
    return 0


if __name__ == "__main__":
    sys.exit(main())
