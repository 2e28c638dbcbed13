#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What it costs a Python program that the names of its threads are learned.

It falls due when the first thread starts: threading.Thread is prepared then.
With the probe on both sides, and nobody recording.
"""
import bench
import harness

PROGRAM = """
import threading
from timeit import default_timer as now
begin = now()
t = threading.Thread(target=int); t.start(); t.join()
print("%d" % ((now() - begin) * 1e9))
"""


def first_thread(python, **env):
    """ms"""
    return int(bench.run(python, "-c", PROGRAM, env={"LD_PRELOAD": harness.PROBE, **env})) / 1e6


def measure(rounds):
    for name, python in harness.interpreters(at_least=(2, 7)):
        ours, theirs = bench.alternate(rounds, lambda: first_thread(python),
                                       lambda: first_thread(python, GILSCOPE_NO_PYTHON_NAMES="1"))
        bench.compare(bench.NAMES, ours, theirs, "ms", ("with", "without"), f", Python {name}")


if __name__ == "__main__":
    bench.main(measure, rounds=9)
