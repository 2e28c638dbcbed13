#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CPython 2.7's battle of two threads: plain, observed and owned.

The probe runs the GIL's semaphore itself, to see each failed wake-up
(owned), or leaves it to the C library (--observe-only). Does the battle stay
the same? Time, context switches and futex calls of the whole program, each
side quiet (nobody records) and recorded.
"""
import collections
import os
import shutil

import bench
import harness

COUNT, QUICK_COUNT = 2500000, 500000  # iterations of each thread
FUTEX = "syscalls:sys_enter_futex"
SWITCHES = "context-switches"

Row = collections.namedtuple("Row", "ms futex_calls context_switches")


def counted(folder, python):
    """The workload's command under perf, which counts into a file."""
    return ["perf", "stat", "-x", ";", "-e", f"{FUTEX},{SWITCHES}", "-o", folder / "perf", "--",
            python, bench.HERE / "workload.py", "count", bench.sized(COUNT, QUICK_COUNT)]


def row(folder, out):
    counts = {}
    for line in (folder / "perf").read_text().splitlines():
        fields = line.split(";")
        if len(fields) > 2:
            counts[fields[2]] = int(fields[0])
    return Row(int(out.split()[0]) / 1e6, counts[FUTEX], counts[SWITCHES])


def sides(folder, python):
    trace = folder / "gil.trace"
    command = counted(folder, python)

    def quiet(**environment):
        return row(folder, bench.run(*command, env=environment))

    def recorded(*options):
        return row(folder, bench.record(trace, *command, options=options))

    return {
        "plain": quiet,
        "observed, quiet": lambda: quiet(LD_PRELOAD=harness.PROBE, GILSCOPE_OBSERVE_ONLY="1"),
        "owned, quiet": lambda: quiet(LD_PRELOAD=harness.PROBE),
        "observed, recorded": lambda: recorded("--observe-only"),
        "owned, recorded": recorded,
    }


def why_not(folder, python):
    if not python:
        return "CPython 2.7 is not installed"
    if len(os.sched_getaffinity(0)) < 2:
        return "there is one CPU only: no battle"
    if not shutil.which("perf"):
        return "perf is not installed"
    done = harness.run("perf", "stat", "-x", ";", "-e", FUTEX, "-o", folder / "perf", "--", "true")
    return f"perf cannot count futex calls here: {done.err.strip()}" if done.status else ""


def measure(rounds):
    python = next((path for name, path in harness.interpreters(at_least=(2, 7)) if name.startswith("2.7")), None)
    with bench.folder() as folder:
        reason = why_not(folder, python)
        if reason:
            bench.skip("Python 2.7's battle, observed and owned", reason)
            return
        named = sides(folder, python)
        results = dict(zip(named, bench.alternate(rounds, *named.values())))
    plain = results.pop("plain")
    for name, rows in results.items():
        for budget, field, unit in ((bench.OWNED_TIME, "ms", "ms"), (bench.OWNED_FUTEX, "futex_calls", "calls"),
                                    (bench.OWNED_SWITCHES, "context_switches", "switches")):
            bench.compare(budget, [getattr(row, field) for row in rows], [getattr(row, field) for row in plain],
                          unit, (name, "plain"), f", {name}")


if __name__ == "__main__":
    bench.main(measure, rounds=5)
