# SPDX-License-Identifier: Apache-2.0
"""Engines take turns: one process each, of which only one runs at a time.

Thread pools of several engines in one process disturb each other (they spin, they pin, they load two OpenMP
libraries), and one crash ends all. So every engine has a process, and all but the one whose turn it is are
stopped (SIGSTOP). A turn is one run that is not timed, which brings back caches and threads, and then timed
runs for a while. Turns go round and round, so that a slow phase of the machine hits all engines alike.
"""
import gc
import multiprocessing
import os
import signal
import time

MIN_TURN_NS = 20_000_000
MAX_RUNS = 400  # a turn


def _work(connection, name, options):
    """The engine's process: answers the parent's commands until it says quit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some engines greet
    import engines
    try:
        module = engines.load(name)
        engine = module.Engine(**options)
        engine.run()
        connection.send(("ready", module.version(options["build"])))
        gc.disable()
        while (command := connection.recv()) != "quit":
            connection.send(engine.outputs() if command == "outputs" else _turn(engine))
    except Exception as error:
        connection.send(("refused", " ".join(str(error).split())[:300] or type(error).__name__))


def _turn(engine):
    engine.run()
    times = []
    start = end = time.perf_counter_ns()
    while not times or (end - start < MIN_TURN_NS and len(times) < MAX_RUNS):
        before = time.perf_counter_ns()
        engine.run()
        end = time.perf_counter_ns()
        times.append(end - before)
    return times


class Player:
    """One engine with one network. `refusal` says why it cannot take part."""

    def __init__(self, name, options):
        self.name, self.refusal, self.version = name, None, None
        self.turns = []
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, name, options), daemon=True)
        self.process.start()
        other.close()
        kind, text = self._receive() or ("refused", "")
        if kind == "ready":
            self.version = text
            self._stop()
        else:
            self.refuse(text)

    def _receive(self):
        try:
            return self.connection.recv()
        except EOFError:
            self.process.join()
            self.refuse(f"its process ended with exit code {self.process.exitcode}")
            return None

    def _ask(self, command):
        os.kill(self.process.pid, signal.SIGCONT)
        self.connection.send(command)
        answer = self._receive()
        if answer is not None:
            self._stop()
        return answer

    def _stop(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def refuse(self, reason):
        self.refusal = self.refusal or reason

    def outputs(self):
        return self._ask("outputs")

    def take_turn(self):
        times = self._ask("turn")
        if times:
            self.turns.append(times)

    def close(self):
        self.process.kill()
        self.process.join()


def race(players, rounds):
    """`rounds` turns for each; every round starts with another player."""
    for number in range(rounds):
        able = [player for player in players if player.refusal is None]
        for i in range(len(able)):
            able[(i + number) % len(able)].take_turn()
