#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What recording costs a Python program: threads that compute, threads that talk.

Start and end of the program are not in it: the work times itself.
"""
import bench
import harness

COUNT = 15000000     # iterations of each thread: about 1.5 s together
ROUND_TRIPS = 60000  # about a second


def workload(*words):
    """(wall ms, CPU ms)"""
    return [int(word) / 1e6 for word in bench.run(harness.PYTHON, bench.HERE / "workload.py", *words).split()]


def recorded(trace, *words):
    out = bench.record(trace, harness.PYTHON, bench.HERE / "workload.py", *words)
    return [int(word) / 1e6 for word in out.split()]


def sides(rounds, trace, *words):
    """Wall and CPU times of both sides."""
    ours, theirs = bench.alternate(rounds, lambda: recorded(trace, *words), lambda: workload(*words))
    return list(zip(zip(*ours), zip(*theirs)))


def measure(rounds):
    names = ("recorded", "not")
    with bench.folder() as folder:
        trace = folder / "gil.trace"
        wall, cpu = sides(rounds, trace, "count", COUNT)
        bench.compare(bench.CPU_BOUND, *wall, "ms", names, ": wall time")
        bench.compare(bench.CPU_BOUND, *cpu, "ms", names, ": CPU time")
        wall, cpu = sides(rounds, trace, "pingpong", ROUND_TRIPS)
        rate = bench.count_events(trace) / min(wall[0]) * 1000
        bench.compare(bench.PING_PONG, *wall, "ms", names, f" ({rate:,.0f} events/s): wall time")
        bench.compare(bench.PING_PONG, *cpu, "ms", names, ": CPU time")


if __name__ == "__main__":
    bench.main(measure, rounds=25)
