#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reading a trace: time against babeltrace2's own readers.

A battle of the lab, and a Python ping-pong, in which nearly each release hands
over. babeltrace2's dummy sink reads and discards; its text output prints each
event; its Python bindings (python3-bt2) hand each event to a loop.
"""
import os
import subprocess
import sys
import time

import bench
import harness

EVENTS = 2000000      # against the dummy sink
FEW_EVENTS = 150000   # against the slow ones
ROUND_TRIPS = 165000  # makes about as many as EVENTS
TICKS_PER_ITERATION = 3
TICKS_PER_CHECK = 101
EVENTS_PER_CHECK = 3  # at least: it releases, enters, acquires; contention adds to them


def battle(trace, events, threads=2, may_lose=False):
    """Of at least so many events (or nearly, where a few may be lost); how many it has."""
    checks_per_thread = events / EVENTS_PER_CHECK / threads
    count = int(checks_per_thread * TICKS_PER_CHECK / TICKS_PER_ITERATION) + TICKS_PER_CHECK
    bench.record(trace, harness.GILRUN, "battle", "--threads", threads, "--count", count, may_lose=may_lose)
    found = bench.count_events(trace)
    if found < (0.9 * events if may_lose else events):
        raise bench.CannotMeasure(f"a battle made {found:,} events instead of {events:,}")
    return found


def ping_pong(trace):
    bench.record(trace, harness.PYTHON, bench.HERE / "workload.py", "pingpong", bench.sized(ROUND_TRIPS, ROUND_TRIPS // 20))
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


def text(trace):
    return finish("babeltrace2", trace)


def bindings(trace):
    return finish("/usr/bin/python3", __file__, "bt2", trace)


def read_with_bt2(trace):
    """In a process of its own: what the shortest useful program does."""
    import bt2
    count = 0
    for message in bt2.TraceCollectionMessageIterator(trace):
        if type(message) is bt2._EventMessageConst:
            event = message.event
            count += event.name == "gil:acquire" and int(event.payload_field["tid"]) > 0
    if not count:
        sys.exit("no gil:acquire in it")


def why_no_bt2():
    return "" if not harness.run("/usr/bin/python3", "-c", "import bt2").status else "python3-bt2 is not installed"


def measure_time(trace, events, rounds, name):
    ours, theirs = bench.alternate(rounds, lambda: report(trace), lambda: dummy(trace))
    bench.compare(bench.READING, [1000 * row[0] for row in ours], [1000 * row[0] for row in theirs],
                  "ms", ("report", "dummy"), f" ({name}, {events:,} events)")


def measure_slow(trace, events, rounds):
    """Those that take far longer than the report does, from a shorter trace."""
    reason = why_no_bt2()
    if reason:
        bench.skip(bench.READING_BT2.what, reason)
    sides = [(bench.READING_TEXT, text)] + ([] if reason else [(bench.READING_BT2, bindings)])
    ours, *theirs = bench.alternate(rounds, lambda: report(trace), *(lambda side=side: side(trace) for _, side in sides))
    for (budget, side), rows in zip(sides, theirs):
        bench.compare(budget, [1000 * row[0] for row in rows], [1000 * row[0] for row in ours], "ms",
                      (side.__name__, "report"), f" (battle, {events:,} events)")


def measure(rounds):
    with bench.folder() as folder:
        trace = folder / "gil.trace"
        measure_time(trace, battle(trace, bench.sized(EVENTS, EVENTS // 20)), rounds, "battle")
        measure_time(trace, ping_pong(trace), rounds, "ping-pong")
        measure_slow(trace, battle(trace, bench.sized(FEW_EVENTS, FEW_EVENTS // 10)), rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["bt2"]:
        read_with_bt2(sys.argv[2])
    else:
        bench.main(measure, rounds=5)
