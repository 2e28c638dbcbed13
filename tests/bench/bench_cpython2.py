#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CPython 2.7's battle of two threads: plain, observed and owned.

The probe runs the GIL's semaphore itself, to see each failed wake-up
(owned), or leaves it to the C library (--observe-only). Does the battle stay
the same? Printed as a table, of medians: time, context switches and futex
calls of the whole program, each side quiet (nobody records) and recorded.
"""
import collections
import os
import shutil
import statistics

import bench
import harness

COUNT = 5000000  # iterations of each thread
FUTEX = "syscalls:sys_enter_futex"
SWITCHES = "context-switches"

Row = collections.namedtuple("Row", "ms futex_calls context_switches")


def counted(folder, python):
    """The workload's command under perf, which counts into a file."""
    return ["perf", "stat", "-x", ";", "-e", f"{FUTEX},{SWITCHES}", "-o", folder / "perf", "--",
            python, bench.HERE / "workload.py", "count", COUNT]


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
            print(f"not measured | {reason}")
            return
        named = sides(folder, python)
        results = dict(zip(named, bench.alternate(rounds, *named.values())))
    plain = statistics.median(one.ms for one in results["plain"])
    print(f"2 x {COUNT:,} iterations, medians of {rounds} rounds")
    print("| | time | futex calls | context switches |\n|---|---|---|---|")
    for name, rows in results.items():
        ms, futex_calls, switches = (statistics.median(column) for column in zip(*rows))
        print(f"| {name} | {ms:,.0f} ms (x {ms / plain:.2f}) | {futex_calls:,.0f} | {switches:,.0f} |", flush=True)


if __name__ == "__main__":
    bench.main(measure, rounds=9)
