#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What recording costs each Python that is here: threads that compute, threads that talk.

Start and end of the program are not in it: the work times itself. Debian's
Python, and 2.7; with GILSCOPE_ALL=1 each that is here, with a third of the rounds.
"""
import os

import bench
import harness

COUNT = 20000000        # iterations of each thread: about a second together
BATTLE_COUNT = 2500000  # CPython 2: about a second on two CPUs
ROUND_TRIPS = 30000     # about half a second
SMALLER = 10            # --quick: all of it by this
SIDES = ("recorded", "not")


class Workload:
    def __init__(self, python, trace, pinned=False):
        self.command = [python, bench.HERE / "workload.py"]
        if pinned:
            self.command = ["taskset", "-c", min(os.sched_getaffinity(0)), *self.command]
        self.trace = trace

    def bare(self, *words):
        """(wall ms, CPU ms)"""
        return [int(word) / 1e6 for word in bench.run(*self.command, *words).split()]

    def recorded(self, *words):
        return [int(word) / 1e6 for word in bench.record(self.trace, *self.command, *words).split()]

    def sides(self, rounds, what, number):
        """Wall and CPU times of both sides."""
        words = what, bench.sized(number, number // SMALLER)
        ours, theirs = bench.alternate(rounds, lambda: self.recorded(*words), lambda: self.bare(*words))
        return list(zip(zip(*ours), zip(*theirs)))

    def events_per_second(self, wall):
        return bench.count_events(self.trace) / min(wall[0]) * 1000


def measure_ping_pong(workload, rounds, name):
    wall, cpu = workload.sides(rounds, "pingpong", ROUND_TRIPS)
    rate = workload.events_per_second(wall)
    bench.compare(bench.PING_PONG, *wall, "ms", SIDES, f", {name} ({rate:,.0f} events/s): wall time")
    bench.compare(bench.PING_PONG, *cpu, "ms", SIDES, f", {name}: CPU time")


def measure_time_slices(workload, rounds, name):
    wall, cpu = workload.sides(rounds, "count", COUNT)
    bench.compare(bench.CPU_BOUND, *wall, "ms", SIDES, f", {name}: wall time")
    bench.compare(bench.CPU_BOUND, *cpu, "ms", SIDES, f", {name}: CPU time")
    measure_ping_pong(workload, rounds, name)


def measure_ticks(workload, rounds, name):
    if len(os.sched_getaffinity(0)) < 2:
        return bench.skip(f"{bench.BATTLE.what}, {name}", "there is one CPU only")
    wall, _ = workload.sides(rounds, "count", BATTLE_COUNT)
    rate = workload.events_per_second(wall)
    bench.compare(bench.BATTLE, *wall, "ms", SIDES, f", {name} ({rate:,.0f} events/s): wall time")


def measure(rounds):
    with bench.folder() as folder:
        for number, (_, python) in enumerate(harness.interpreters(at_least=(2, 7))):
            one = Workload(python, folder / "gil.trace")
            version = harness.python_version(python)
            ticks = version < (3,)
            if number and not ticks and not harness.ALL:
                continue
            name = ".".join(map(str, version))
            (measure_ticks if ticks else measure_time_slices)(one, max(1, rounds // 3) if number and harness.ALL else rounds, name)
            if number == 0:
                # Where which thread runs on which CPU plays no part, the figures vary least.
                measure_ping_pong(Workload(python, folder / "gil.trace", pinned=True), rounds, f"{name}, on one CPU")


if __name__ == "__main__":
    bench.main(measure, rounds=7)
