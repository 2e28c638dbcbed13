#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The laboratory itself: what a tick costs, and what its tracepoints cost while nobody records."""
import json
import os
import statistics

import bench
import harness

MUTE = bench.BUILT / "gilrun-mute"
COUNT = 2_000_000
PYTHON2 = os.path.join(os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv")), "versions/2.7.18/bin/python")
PYTHON2_COUNT = """
import time
def count(n):
    while n > 0:
        n -= 1
begin = time.time()
count(%d)
print(1e9 * (time.time() - begin) / (3 * %d))
""" % (COUNT, COUNT)


def measure(rounds):
    cpu = min(os.sched_getaffinity(0))

    def run(program, interval, *words):
        """One thread: nobody else is there, and every check lets go and takes again. (ns per tick, ns per check)"""
        with bench.folder() as folder:
            truth = folder / "truth.json"
            bench.run(program, "sequential", "--set", "threads=1", "--count", COUNT * interval // 100, "--cpus", cpu,
                      "--check-interval", interval, "--truth", truth, *words)
            result = json.loads(truth.read_text())
        return (result["wall_ns"] / sum(thread["ticks"] for thread in result["threads"]),
                result["wall_ns"] / result["checks"])

    def python2():
        return float(bench.run("taskset", "-c", cpu, PYTHON2, "-c", PYTHON2_COUNT))

    # The tracepoints are in the check. Where it is the most of the work, with a check at every fifth tick,
    # what they cost stands out from the noise.
    sides = [lambda: run(MUTE, 100), lambda: run(MUTE, 4), lambda: run(harness.GILRUN, 4),
             lambda: run(harness.GILRUN, 4, "--no-trace")]
    if os.access(PYTHON2, os.X_OK):
        sides.append(python2)
    whole, mute, loaded, unloaded, *python = bench.alternate(rounds, *sides)
    reference = [f"CPython 2.7.18 {statistics.median(p):.1f} ns" for p in python] or ["no CPython 2.7 here"]
    bench.verdict(bench.TICK, [tick_ns for tick_ns, _ in whole], reference[0])
    check_ns = statistics.median(ns for _, ns in whole)
    for name, rows in (("LTTng loaded", loaded), ("LTTng not loaded", unloaded)):
        more = [ours[1] - theirs[1] for ours, theirs in zip(rows, mute)]
        bench.verdict(bench.LAB_OFF, [100 * ns / check_ns for ns in more],
                      f"{statistics.median(more):+.1f} ns per check, of {check_ns:.0f} ns with its 101 ticks", f", {name}")


if __name__ == "__main__":
    bench.main(measure, rounds=11)
