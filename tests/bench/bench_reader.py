#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reading a trace: time against babeltrace2's own reader, and memory.

Time: a battle of the lab, and a Python ping-pong, in which nearly each
release hands over. Memory: battles. GILSCOPE_BENCH_EVENTS is how large the
largest is (default: 10 million; the budget speaks of 50 million, 1.5 GB of
disk), GILSCOPE_BENCH_DIR where it lies.
"""
import os
import subprocess
import time

import bench
import harness

LARGEST = int(os.environ.get("GILSCOPE_BENCH_EVENTS", 10000000))
SMALL = 1000000    # events; for memory
MIDDLE = 4000000   # for time
ROUND_TRIPS = 330000  # makes about as many
THREADS = 1000
TICKS_PER_ITERATION = 3
TICKS_PER_CHECK = 101
EVENTS_PER_CHECK = 3  # at least: it releases, enters, acquires; contention adds to them


def battle(trace, events, threads=2):
    """Of at least so many events; how many it has."""
    checks_per_thread = events / EVENTS_PER_CHECK / threads
    count = int(checks_per_thread * TICKS_PER_CHECK / TICKS_PER_ITERATION) + TICKS_PER_CHECK
    bench.record(trace, harness.GILRUN, "battle", "--threads", threads, "--count", count)
    found = bench.count_events(trace)
    if found < events:
        raise bench.CannotMeasure(f"a battle made {found:,} events instead of {events:,}")
    return found


def ping_pong(trace):
    bench.record(trace, harness.PYTHON, bench.HERE / "workload.py", "pingpong", ROUND_TRIPS)
    return bench.count_events(trace)


def finish(*words):
    """(seconds, peak MiB) of a program that must succeed."""
    begin = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        child = subprocess.Popen([str(word) for word in words], stdout=nowhere, stderr=subprocess.PIPE)
        with child.stderr:
            message = child.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise bench.CannotMeasure(f"{words}: status {child.returncode}\n{message}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def report(trace):
    return finish(harness.GILSCOPE, "report", trace)


def export(trace):
    return finish(harness.GILSCOPE, "export", trace, "--to", "json", "-o", "/dev/null")


def dummy(trace):
    return finish("babeltrace2", trace, "-c", "sink.utils.dummy")


def measure_memory(trace, events, threads=2):
    for name, program in ("report", report), ("export", export), ("babeltrace2's dummy sink", dummy):
        _, peak_mib = program(trace)
        note = f" of {name}, {threads:,} threads"
        if program is dummy:
            print(f"       | ({bench.MEMORY.what}{note} | {events:,} events | {peak_mib:.1f} MiB)")
        else:
            bench.verdict(bench.MEMORY, [peak_mib], f"{events:,} events", note)


def measure_time(trace, events, rounds, name):
    ours, theirs = bench.alternate(rounds, lambda: report(trace), lambda: dummy(trace))
    bench.compare(bench.READING, [1000 * row[0] for row in ours], [1000 * row[0] for row in theirs],
                  "ms", ("report", "dummy"), f" ({name}, {events:,} events)")


def measure(rounds):
    with bench.folder() as folder:
        trace = folder / "gil.trace"
        measure_time(trace, battle(trace, MIDDLE), rounds, "battle")
        measure_time(trace, ping_pong(trace), rounds, "ping-pong")
        measure_memory(trace, battle(trace, SMALL))
        measure_memory(trace, battle(trace, SMALL, THREADS), THREADS)
        measure_memory(trace, battle(trace, LARGEST))


if __name__ == "__main__":
    bench.main(measure, rounds=7)
