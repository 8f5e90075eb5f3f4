#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the tables and draws the chart of results that compare.py wrote; several files are joined."""
import argparse
import json
import math
import pathlib
import statistics
import sys

import chart
import engines

PEERS = [name for name in engines.NAMES if name != "dnntune"]
SHORT = {"onnxruntime": "ort"}


class Table:
    """Records of one thread count and one kind ("network" or "layer"), by name and engine."""

    def __init__(self, records, kind, threads):
        self.kind, self.threads = kind, threads
        self.rows = {}
        for record in records:
            if record["kind"] == kind and record["threads"] == threads:
                self.rows.setdefault(record["name"], {})[record["engine"]] = record

    def fastest_peer(self, name):
        timed = [r for e, r in self.rows[name].items() if e != "dnntune" and "median_ms" in r]
        return min(timed, key=lambda r: r["median_ms"], default=None)

    def speedup(self, name, peer="best"):
        """How many times as fast as a peer dnntune is: {median, p10, p90}, or None."""
        record = self.fastest_peer(name) if peer == "best" else self.rows[name].get(peer)
        return record.get("dnntune_speedup") if record else None


def number(value, width):
    """Three or four significant digits in a column."""
    if value is None:
        return f"{'-':>{width}}"
    digits = max(0, 3 - int(math.floor(math.log10(value)))) if value > 0 else 3
    return f"{value:{width}.{min(digits, 3)}f}"


def share_of_limit(record, machine):
    """Of the measured FMA peak; for a product of one row, of the measured speed of reading as many bytes or more."""
    if "median_ms" not in record or not machine.get("peak_gflops"):
        return "-"
    if record.get("weight_bytes_bound"):
        fits = [level for level in machine["read"] if record["weight_bytes_bound"] <= level["bytes"]] or machine["read"][-1:]
        return f"{100 * record['weight_bytes_bound'] / record['median_ms'] * 1e-6 / fits[0]['gbs']:.0f}%"
    return f"{100 * 2 * record['macs'] / record['median_ms'] * 1e-6 / (machine['peak_gflops'] * record['threads']):.0f}%"


def print_times(table, machine):
    ratio = "x ort" if table.kind == "network" else "limit"
    print(f"\n{table.kind + 's':19}" + "".join(f"{SHORT.get(e, e):>9}" for e in engines.NAMES) + f"{ratio:>8}{'x best':>8}")
    print("-" * 80)
    for name, row in table.rows.items():
        times = "".join(number(row[e].get("median_ms") if e in row else None, 9) for e in engines.NAMES)
        to_ort, to_best = table.speedup(name, "onnxruntime"), table.speedup(name)
        first = number(to_ort and to_ort["median"], 8) if table.kind == "network" else f"{share_of_limit(row['dnntune'], machine):>8}"
        print(f"{name[:19]:19}{times}{first}{number(to_best and to_best['median'], 8)}")


def interval(speedup):
    return "-" if speedup is None else f"{speedup['median']:.3f} [{speedup['p10']:.3f}, {speedup['p90']:.3f}]"


def print_spreads(table):
    print(f"\n{'times as fast':19} {'against onnxruntime':24} {'against the fastest peer':24}")
    print("-" * 80)
    for name in table.rows:
        best = table.fastest_peer(name)
        print(f"{name[:19]:19} {interval(table.speedup(name, 'onnxruntime')):24} {interval(table.speedup(name)):24} {best['engine'] if best else '-'}")


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values)) if values else float("nan")


def print_summary(table):
    families = {}
    for name, row in table.rows.items():
        families.setdefault(next(iter(row.values()))["family"], []).append(name)
    print()
    for family, names in families.items():
        for peer, words in (("onnxruntime", "onnxruntime"), ("best", "the fastest peer of each")):
            speed = {name: s["median"] for name in names if (s := table.speedup(name, peer))}
            if speed:
                least = min(speed, key=speed.get)
                print(f"{family:11} {len(speed):2} against {words:24} mean {geometric_mean(list(speed.values())):.3f}"
                      f"  least {speed[least]:.3f} ({least})")


def print_refusals(records):
    refused = [r for r in records if "reason" in r]
    if refused:
        print("\nnot timed:")
    for r in refused:
        print(f"  {r['engine']} {r['name']}, {r['threads']} thread{'s' * (r['threads'] > 1)}: {r['reason']}"[:400])


def print_report(results):
    machine, records = results["machine"], results["records"]
    print(f"{machine['cpu']}; FP32, batch 1; median times in ms; " + ", ".join(f"{e} {v}" for e, v in results["versions"].items()))
    if machine.get("peak_gflops"):
        print(f"one thread: FMA peak {machine['peak_gflops']:.1f} GFLOP/s ({machine['instruction_set']}), read "
              + ", ".join(f"{level['name']} {level['gbs']:.0f} GB/s" for level in machine["read"]))
    for threads in sorted({r["threads"] for r in records}):
        for kind in ("network", "layer"):
            table = Table(records, kind, threads)
            if table.rows:
                print(f"\n== {threads} thread{'s' * (threads > 1)}")
                print_times(table, machine)
                print_spreads(table)
                print_summary(table)
    print_refusals(records)


def merge(parts):
    """Joins results; of two records for the same thing the later counts."""
    joined = {}
    for part in parts:
        for r in part["records"]:
            joined[(r["kind"], r["name"], r["engine"], r["threads"])] = r
    versions = {e: v for part in parts for e, v in part["versions"].items()}
    return {**parts[-1], "versions": {e: versions[e] for e in engines.NAMES if e in versions}, "records": list(joined.values())}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("--chart", type=pathlib.Path, help="write the chart to this SVG or PNG file")
    parser.add_argument("--json", type=pathlib.Path, help="write the joined results to this file")
    args = parser.parse_args()
    results = merge([json.loads(path.read_text()) for path in args.results])
    print_report(results)
    if args.chart:
        chart.draw(results, args.chart)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
