#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memory of a prepared session beyond the network's weights, for every engine: one process for each, whose resident
memory is read before the network is loaded and after runs, and whose peak the kernel knows."""
import json
import multiprocessing
import os
import pathlib
import sys

import common
import engines

RUNS = 5


def status(field):
    """A line of /proc/self/status, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def _measure(connection, name, options):
    """In the engine's own process. The first network is a tiny one: what the engine itself needs, once."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some engines greet
    try:
        module = engines.load(name)
        tiny, model = options.pop("tiny"), options.pop("model")
        first = module.Engine(model=tiny[0], inputs=tiny[1], **options)
        first.run()
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")  # forgets the peak so far
        before = status("VmRSS")
        engine = module.Engine(model=model[0], inputs=model[1], **options)
        for _ in range(RUNS):
            engine.run()
        connection.send({"peak_bytes": status("VmHWM") - before, "prepared_bytes": status("VmRSS") - before})
    except Exception as error:
        connection.send({"reason": " ".join(str(error).split())[:200]})


def measure(name, options):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, name, options))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        process.join()
        return {"reason": f"its process ended with exit code {process.exitcode}"}
    finally:
        process.join()


def main():
    args = common.arguments(__doc__, names={"nargs": "*", "help": "zoo networks; default: all"},
                            threads={"type": int, "default": 1}, engines={"nargs": "+", "choices": engines.NAMES, "default": list(engines.NAMES)},
                            work={"type": pathlib.Path, "help": "keeps networks and converted files here"}, json={"type": pathlib.Path})
    args.work = (args.work or args.build / "peers").resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    tiny = common.zoo_file(args.build, args.work, "senna_pos")
    records = []
    print("beyond the weights, in MB: resident after runs / at the peak, loading included")
    print(f"{'network':19}{'weights':>8}" + "".join(f"{name[:9]:>11}" for name in args.engines))
    for name in args.names or common.zoo_names(args.build):
        path = common.zoo_file(args.build, args.work, name)
        weights = common.initializer_bytes(path)
        cells = []
        for engine in args.engines:
            options = {"tiny": (tiny, common.random_inputs(args.build, tiny)), "model": (path, common.random_inputs(args.build, path)),
                       "threads": args.threads, "folder": args.work, "build": args.build}
            measured = measure(engine, dict(options))  # converts, where that is needed
            if "reason" not in measured:
                measured = measure(engine, options)
                cells.append(f"{(measured['prepared_bytes'] - weights) / 1e6:.0f}/{(measured['peak_bytes'] - weights) / 1e6:.0f}")
            else:
                cells.append("-")
            records.append({"name": name, "engine": engine, "threads": args.threads, "weight_bytes": weights, **measured})
        print(f"{name:19}{weights / 1e6:8.0f}" + "".join(f"{cell:>11}" for cell in cells), flush=True)
    if args.json:
        args.json.write_text(json.dumps({"schema": "dnntune.peer_memory/1", "records": records}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
