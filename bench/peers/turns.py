# SPDX-License-Identifier: Apache-2.0
"""Engines take turns: one process each, of which only one runs at a time.

Thread pools of several engines in one process disturb each other (they spin, they pin, they load two OpenMP
libraries), and one crash ends all. So every engine has a process, and the next turn begins when the threads of the
last one have stopped spinning. (Stopping processes with SIGSTOP is no way: threads that go on together may share one
core for a long time.) A turn is some runs that are not timed, which bring back caches and threads, and then timed
runs for a while. Turns go round and round, so that a slow phase of the machine hits all engines alike.
"""
import gc
import multiprocessing
import os
import pathlib
import time

MIN_WARM_NS = 8_000_000
MIN_TURN_NS = 20_000_000
MAX_RUNS = 400  # a turn
SETTLE_STEP_S, SETTLE_MOST_S = 0.002, 0.5


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
    start = time.perf_counter_ns()
    while True:
        engine.run()
        if time.perf_counter_ns() - start >= MIN_WARM_NS:
            break
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
            self._settle()
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
        self.connection.send(command)
        answer = self._receive()
        if answer is not None:
            self._settle()
        return answer

    def _settle(self):
        """Waits until no thread of the process runs any more."""
        end = time.monotonic() + SETTLE_MOST_S
        before = -1
        while (now := self._busy_ns()) != before and time.monotonic() < end:
            before = now
            time.sleep(SETTLE_STEP_S)

    def _busy_ns(self):
        """Time that the process's threads have been on a core."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:
                pass  # a thread that has ended
        return total

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
