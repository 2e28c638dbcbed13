#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The viewer's file: its size, the memory of its writer, and how fast Chromium shows it.

Battles of the lab with 64 threads, of 1 million and of 10 million events. GILSCOPE_BENCH_DIR is where they lie
(400 MB). The times begin with the navigation to the file; the draws are those of a zoom in and out again, a step a frame.
"""
import json
import statistics
import subprocess
import sys

import bench
import bench_reader
import harness

sys.path.insert(0, str(bench.HERE.parent / "browser"))
import test_browser as browser  # noqa: E402

LANES = 64
CHROMIUM = "chromium"


def show(file):
    """What measure.mjs found."""
    setting = json.dumps({"kind": CHROMIUM, "program": browser.program_of(CHROMIUM)})
    done = browser.node("measure.mjs", setting, file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise bench.CannotMeasure(f"the browser: {done.stderr}")
    return json.loads(done.stdout)


def write(trace, file, events, of):
    seconds, peak_mib = bench_reader.finish(harness.GILSCOPE, "export", trace, "--to", "html", "-o", file)
    bench.verdict(bench.VIEW_MEMORY, [peak_mib], f"{events:,} events, written in {seconds:.2f} s", of)
    return file.stat().st_size


def measure_events(folder, events, budgets, rounds):
    trace, file = folder / "gil.trace", folder / "gil.html"
    found = bench_reader.battle(trace, events, LANES - 1)
    of = f", {events / 1e6:g} million events"
    size = write(trace, file, found, of)
    sides = f"{found:,} events, {LANES} lanes"
    # The budget is for a round number of events; the recording has some more.
    bench.verdict(budgets["size"], [size / 1e6 * events / found], f"{sides}, {size / found:.2f} bytes each")
    shown = [show(file) for _ in range(rounds)]
    bench.verdict(bench.VIEW_PAINT, [it["first_paint_ms"] for it in shown], sides, of)
    if "decoded" in budgets:
        bench.verdict(budgets["decoded"], [it["decoded_ms"] for it in shown], sides)
    bench.verdict(bench.VIEW_DRAW, [statistics.median(it["draws_ms"]) for it in shown], sides, of)
    bench.verdict(bench.VIEW_DRAW_P99, [statistics.quantiles(it["draws_ms"], n=100)[98] for it in shown],
                  sides, of)


def measure(rounds):
    reason = browser.why_not(CHROMIUM)
    if reason:
        return bench.skip("the viewer", reason)
    with bench.folder() as folder:
        measure_events(folder, bench.sized(1000000, 100000), {"size": bench.VIEW_SIZE_1M}, rounds)
        measure_events(folder, bench.sized(10000000, 1000000),
                       {"size": bench.VIEW_SIZE_10M, "decoded": bench.VIEW_DECODED}, rounds)


if __name__ == "__main__":
    bench.main(measure, rounds=3)
