#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dnntune, own kernels only, beside onnxruntime, OpenVINO, MNN and ncnn: the same networks and inputs, FP32, batch 1,
the same pinned cores, outputs checked before times, turns taken run by run. Writes a table, JSON and a chart."""
import json
import os
import pathlib
import statistics
import sys

import chart
import common
import engines
import layers
import machine
import report
import turns

LIMIT = 1e-3  # relative error to onnxruntime's output


class Contest:
    """One network, or a layer as two chains; a player for each engine and file."""

    def __init__(self, args, threads, kind, name, family, macs, files, bound=None):
        self.args, self.threads = args, threads
        self.facts = {"kind": kind, "name": name, "family": family, "macs": macs, "threads": threads, "precision": "fp32"}
        if bound:
            self.facts["weight_bytes_bound"] = bound
        self.files = files  # (path, how many times over the layer is in it)

    def run(self):
        names = self.args.engines
        players = {name: [] for name in names}
        errors = {}
        try:
            for path, length in self.files:
                inputs = common.random_inputs(self.args.build, path)
                expected = common.ort_run(path, inputs)
                options = {"model": path, "inputs": inputs, "threads": self.threads, "folder": self.args.work, "build": self.args.build}
                for name in names:
                    if not any(p.refusal for p in players[name]):
                        own = {"tuned": self.args.tuned} if name == "dnntune" else {}
                        player = turns.Player(name, {**options, **own})
                        players[name].append(player)
                        self._check(player, expected, errors, length / self.files[0][1])
            able = [player for name in names if not any(p.refusal for p in players[name]) for player in players[name]]
            turns.race(able, self.args.rounds)
            return [self._record(name, players[name], errors) for name in names], {n: p[0].version for n, p in players.items() if p and p[0].version}
        finally:
            for player in sum(players.values(), []):
                player.close()

    @staticmethod
    def _check(player, expected, errors, repeats):
        """The limit is for a network, or the short chain; a chain that is longer may be off by as much again each time."""
        if player.refusal:
            return
        actual = player.outputs()
        if actual is None:
            return
        error = max(common.relative_error(actual.get(key), value) for key, value in expected.items())
        errors.setdefault(player.name, error)
        if error > LIMIT * repeats:
            player.refuse(f"differs by {error:.1e}")

    def _rounds(self, players):
        """One figure a round, in ms: a turn's median, or what one layer adds to a chain."""
        medians = [[statistics.median(turn) * 1e-6 for turn in player.turns] for player in players]
        if len(players) == 1:
            return medians[0]
        lengths = [length for _, length in self.files]
        return [(long - short) / (lengths[1] - lengths[0]) for short, long in zip(*medians)]

    def _record(self, name, players, errors):
        record = {**self.facts, "engine": name}
        if name in errors:
            record["max_relative_error"] = errors[name]
        reason = next((p.refusal for p in players if p.refusal), None)
        if reason:
            return {**record, "reason": reason}
        if not players[0].turns:
            return {**record, "reason": "no rounds"}
        rounds = self._rounds(players)
        runs = [ns * 1e-6 for turn in players[0].turns for ns in turn] if len(players) == 1 else rounds
        return {**record, "median_ms": statistics.median(rounds), "p10_ms": quantile(runs, 0.1), "p90_ms": quantile(runs, 0.9),
                "runs": sum(len(turn) for p in players for turn in p.turns), "rounds_ms": rounds}


def quantile(values, share):
    values = sorted(values)
    return values[round(share * (len(values) - 1))]


def add_speedups(records):
    """Round by round: how many times as fast as each peer dnntune was. The rounds themselves are not kept."""
    ours = next((r["rounds_ms"] for r in records if r["engine"] == "dnntune" and "rounds_ms" in r), None)
    for r in records:
        rounds = r.get("rounds_ms")
        if ours and rounds and r["engine"] != "dnntune":
            ratios = [theirs / our for theirs, our in zip(rounds, ours) if our > 0]
            r["dnntune_speedup"] = {"median": statistics.median(ratios), "p10": quantile(ratios, 0.1), "p90": quantile(ratios, 0.9)}
    for r in records:
        r.pop("rounds_ms", None)


def contests(args, threads):
    zoo = {model["name"]: model for model in json.loads(common.dnntune(args.build, "zoo", "--json"))["models"]}
    wanted = args.names or ([] if args.layers else list(zoo))
    for name in wanted:
        path = pathlib.Path(name)
        model = zoo.get(name, {"family": "file", "macs": 0})
        if path.suffix != ".onnx":
            path = common.zoo_file(args.build, args.work, name)
        yield Contest(args, threads, "network", path.stem, model["family"], model["macs"], [(path, 1)])
    for layer in layers.LAYERS if args.layers is not None else ():
        if args.layers not in layer.name:
            continue
        files = []
        for length in (layers.SHORT, layers.LONG) if layer.chained else (1,):
            path = args.work / f"layer {layer.name} x{length}.onnx".replace(" ", "_")
            layers.write(layer, length, path)
            files.append((path, length))
        bound = 4 * layer.macs() if layer.kind == "dense" and layer.shape[0] == 1 else None
        yield Contest(args, threads, "layer", layer.name, layer.kind, layer.macs(), files, bound)


def main():
    args = common.arguments(__doc__, names={"nargs": "*", "help": "zoo networks or ONNX files; default: all of the zoo"},
                            layers={"metavar": "WORD", "const": "", "nargs": "?", "help": "layers of the layer list that have WORD in their name; without WORD all"},
                            threads={"type": int, "nargs": "+", "default": [1]},
                            rounds={"type": int, "default": 15, "help": "turns of each engine; 0: only check the outputs"},
                            tuned={"action": "store_true", "help": "dnntune with the assignment that tune finds, over all its backends"},
                            engines={"nargs": "+", "choices": engines.NAMES, "default": list(engines.NAMES)},
                            work={"type": pathlib.Path, "help": "keeps networks and converted files here"},
                            json={"type": pathlib.Path}, chart={"type": pathlib.Path, "help": "an SVG or PNG file"})
    args.work = (args.work or args.build / "peers").resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    cores = sorted(os.sched_getaffinity(0))
    results = {"schema": "dnntune.peers/1", "machine": machine.describe(args.build), "versions": {}, "records": []}
    for threads in args.threads:
        os.sched_setaffinity(0, cores[-threads:])  # the last: the first serves interrupts
        for contest in contests(args, threads):
            records, versions = contest.run()
            add_speedups(records)
            results["versions"].update(versions)
            results["records"] += records
            print(f"{contest.facts['name']}, {threads}: " + ", ".join(f"{r['engine']} {r['median_ms']:.3f}" if "median_ms" in r else f"{r['engine']} -" for r in records),
                  file=sys.stderr, flush=True)
            if args.json:
                args.json.write_text(json.dumps(results, indent=1))
    report.print_report(results)
    if args.chart:
        chart.draw(results, args.chart)
    return any(r["engine"] == "dnntune" and "median_ms" not in r for r in results["records"]) and args.rounds > 0


if __name__ == "__main__":
    sys.exit(main())
