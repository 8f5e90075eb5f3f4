# SPDX-License-Identifier: Apache-2.0
"""The chart of a comparison: the speed of every engine beside onnxruntime's, one row a network or layer."""
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

COLOURS = {"dnntune": "#c1121f", "onnxruntime": "#4f5d75", "openvino": "#3a86ff", "mnn": "#f4a261", "ncnn": "#2a9d8f"}
MARKS = {"dnntune": "D", "onnxruntime": "|", "openvino": "o", "mnn": "s", "ncnn": "^"}


def draw(results, path):
    groups = {}
    for record in results["records"]:
        groups.setdefault((record["threads"], record["kind"]), {}).setdefault(record["name"], {})[record["engine"]] = record
    groups = {key: groups[key] for key in sorted(groups, key=lambda key: (key[1] != "network", key[0]))}
    columns = min(2, len(groups))
    lines = (len(groups) + columns - 1) // columns
    most = max(len(rows) for rows in groups.values())
    figure, axes = pyplot.subplots(lines, columns, figsize=(7.5 * columns, (1.6 + 0.27 * most) * lines), squeeze=False)
    for axis in axes.flat[len(groups):]:
        axis.set_visible(False)
    for axis, ((threads, kind), rows) in zip(axes.flat, groups.items()):
        _rows(axis, rows)
        axis.set_title(f"{kind}s, {threads} thread{'s' * (threads > 1)}", fontsize=11, loc="left")
    machine = results["machine"]
    limits = f", FMA peak {machine['peak_gflops']:.0f} GFLOP/s a thread" if machine.get("peak_gflops") else ""
    figure.suptitle(f"Speed beside onnxruntime, FP32, batch 1: right is faster\n{machine['cpu']}{limits}", fontsize=12)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.03, 1, 0.98))
    figure.savefig(path)


def _beside_onnxruntime(row, engine):
    """From the ratios of each round, as in the tables; None where either was not timed."""
    reference = row.get("onnxruntime", {}).get("dnntune_speedup")
    own = {"median": 1.0} if engine == "dnntune" else row.get(engine, {}).get("dnntune_speedup")
    return reference["median"] / own["median"] if reference and own else None


def _rows(axis, rows):
    names = list(rows)
    for engine, colour in COLOURS.items():
        points = [(speed, i) for i, name in enumerate(names) if (speed := _beside_onnxruntime(rows[name], engine))]
        if points:
            x, y = zip(*points)
            axis.scatter(x, y, s=42 if engine == "dnntune" else 30, color=colour, marker=MARKS[engine], label=engine, zorder=4 if engine == "dnntune" else 3)
    axis.axvline(1.0, color=COLOURS["onnxruntime"], linewidth=1)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(axis="both", color="#dddddd", linewidth=0.5)
    axis.set_xlabel("times as fast as onnxruntime", fontsize=9)
