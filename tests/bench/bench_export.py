#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What each output costs beside the report: time, and memory with many threads.

Time (of the processor: how fast the disk is says nothing of us): a battle of the lab. The findings are part of every report and have no
figure of their own. csv, sqlite and jsonl write every interval and wait, or
every event: what they write is said beside the figure.
Memory: a battle of 1,000 threads, and a swarm of short-lived ones on 100 GILs.
GILSCOPE_BENCH_SWARM is how many (default: 100,000; the budget speaks of a million),
GILSCOPE_BENCH_DIR where the traces and exports lie (3 GB).
"""
import os
import resource
import shutil

import bench
import bench_memory
import bench_reader
import harness

FORMATS = "json", "csv", "sqlite", "jsonl"
EVENTS = 500000
SWARM = int(os.environ.get("GILSCOPE_BENCH_SWARM", 0))
GILS = 100


def processor_ms():
    """Of all programs that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (usage.ru_utime + usage.ru_stime)


def report_by(trace):
    return bench_reader.finish(harness.GILSCOPE, "report", "--by", "0", trace)


def export(trace, to):
    """(seconds, peak MiB, MiB written)"""
    with bench.folder() as out:
        taken, peak_mib = bench_reader.finish(harness.GILSCOPE, "export", trace, "--to", to, "-o", out / "gil")
        written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return taken, peak_mib, written / 2**20


def programs(trace):
    """[(name, program)], the report first."""
    return [("report", lambda: bench_reader.report(trace)), ("report --by", lambda: report_by(trace)),
            *((to, lambda to=to: export(trace, to)) for to in FORMATS)]


def timed(program):
    """(ms of the processor, MiB written)"""
    before_ms = processor_ms()
    _, _, *written = program()
    return processor_ms() - before_ms, written[0] if written else 0


def measure_time(trace, events, rounds):
    names, sides = zip(*programs(trace))
    base, *others = bench.alternate(rounds, *(lambda side=side: timed(side) for side in sides))
    for name, rows in zip(names[1:], others):
        bench.compare(bench.SINK, [row[0] for row in rows], [row[0] for row in base], "ms of the processor",
                      (name, "report"), f" ({name}, {events:,} events, {rows[0][1]:,.1f} MiB written)")


def measure_memory(trace, threads, budget, note=""):
    for name, program in programs(trace):
        _, peak_mib, *_ = program()
        bench.verdict(budget, [peak_mib], f"{threads:,} threads", f" of {name}{note}")


def swarm_threads():
    return SWARM or bench.sized(100000, 10000)


def swarm(trace):
    bench.record(trace, bench.BUILT / "swarm", harness.PROVIDER, swarm_threads(), GILS, may_lose=True)


def measure(rounds):
    with bench.folder() as folder:
        trace = folder / "gil.trace"
        measure_time(trace, bench_reader.battle(trace, bench.sized(EVENTS, EVENTS // 10)), rounds)
        bench_reader.battle(trace, EVENTS, bench_memory.THREADS)
        measure_memory(trace, bench_memory.THREADS, bench.MEMORY, f", {EVENTS:,} events, {bench_memory.THREADS:,} threads")
        shutil.rmtree(trace)
        swarm(trace)
        measure_memory(trace, swarm_threads(), bench.SWARM_MEMORY)


if __name__ == "__main__":
    bench.main(measure, rounds=3)
