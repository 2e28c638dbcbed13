#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Memory of the readers, against the number of events and of threads.

Battles of the lab. GILSCOPE_BENCH_EVENTS is how large the largest is
(default: 50 million, 1.5 GB of disk),
GILSCOPE_BENCH_DIR where it lies.
"""
import os

import bench
import bench_reader

MILLION = 1000000
LARGEST = int(os.environ.get("GILSCOPE_BENCH_EVENTS", 50 * MILLION))
THREADS = 1000


def measure_one(trace, events, threads=2):
    found = bench_reader.battle(trace, events, threads, may_lose=True)
    for budget, name, program in ((bench.MEMORY, " of report", bench_reader.report),
                                  (bench.MEMORY, " of export", bench_reader.export),
                                  (bench.DUMMY_MEMORY, "", bench_reader.dummy)):
        _, peak_mib = program(trace)
        bench.verdict(budget, [peak_mib], f"{found:,} events", f"{name}, {events / MILLION:g} million events, {threads:,} threads")


def measure(_rounds):
    with bench.folder() as folder:
        trace = folder / "gil.trace"
        for events in (MILLION, 10 * MILLION, LARGEST):
            measure_one(trace, bench.sized(events, events // 50))
        measure_one(trace, bench.sized(MILLION, MILLION // 10), THREADS)


if __name__ == "__main__":
    bench.main(measure, rounds=1)
