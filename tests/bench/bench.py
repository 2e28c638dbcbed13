# SPDX-License-Identifier: MIT
"""What the benchmarks share: the budgets, rounds of alternating sides, traces.

A benchmark measures a thing beside what it is compared with, in one run, and
says one line for each budget: both sides, the figure, its spread over the
rounds, the budget, and `within` or `OVER`. It fails only where it could not
measure: the machine may be a shared one, and time is no test.

Each file is a program; it ends with `bench.main(measure)`. Options of all:

    --rounds N    how often each side is measured (default: by benchmark)
"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
import harness  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
BUILT = harness.BUILD / "tests" / "bench"

# How the figure that the limit is for comes from ours and theirs, and how it is written.
Kind = collections.namedtuple("Kind", "figure form")
RATIO = Kind(lambda ours, theirs: ours / theirs, "x {:.3f}")
SLOWER = Kind(lambda ours, theirs: 100 * (ours / theirs - 1), "{:+.2f} %")
MORE_NS = Kind(lambda ours, theirs: ours - theirs, "{:+.1f} ns")
MORE_MS = Kind(lambda ours, theirs: ours - theirs, "{:+.2f} ms")
NS = Kind(lambda ours, theirs: ours, "{:.1f} ns")
MIB = Kind(lambda ours, theirs: ours, "{:.1f} MiB")
MB = Kind(lambda ours, theirs: ours, "{:.1f} MB")
MS = Kind(lambda ours, theirs: ours, "{:.1f} ms")
BYTES = Kind(lambda ours, theirs: ours, "{:.2f} bytes")
EVENTS = Kind(lambda ours, theirs: ours, "{:,.0f} events")

Budget = collections.namedtuple("Budget", "what kind limit")

# The budgets of the project, all of them and nowhere else.
EVENT = Budget("an event from the probe, recorded", RATIO, 1.25)
DROP_OFF = Budget("a drop with the probe, nobody records", MORE_NS, 5)
TAKE_OFF = Budget("a take with the probe, nobody records", MORE_NS, 5)
NAMES = Budget("learning names: the start of the first thread", MORE_MS, 5)
CPU_BOUND = Budget("two CPU-bound Python 3 threads, recorded", SLOWER, 1)
PING_PONG = Budget("socket ping-pong of two Python 3 threads, recorded", SLOWER, 8)
BATTLE = Budget("Python 2.7's battle of two threads on two CPUs, recorded", RATIO, 1.5)
EVENT_SIZE = Budget("size of a recorded event", BYTES, 31)
LOSS = Budget("lost at 4 million events/s, default buffers", EVENTS, 0)
TICK = Budget("a tick of the laboratory, its check included", NS, 30)
LAB_OFF = Budget("the laboratory with its tracepoints, nobody records", SLOWER, 2)
READING = Budget("reading a trace: report against babeltrace2's dummy sink", RATIO, 1.15)
MEMORY = Budget("peak memory", MIB, 64)
SWARM_MEMORY = Budget("peak memory, short-lived threads on 100 GILs", MIB, 256)
SINK = Budget("an output beside the report", SLOWER, 10)
VIEW_SIZE_1M = Budget("size of the viewer's file, 1 million events", MB, 5)
VIEW_SIZE_10M = Budget("size of the viewer's file, 10 million events", MB, 45)
VIEW_MEMORY = Budget("peak memory of the writer of the viewer's file", MIB, 128)
VIEW_PAINT = Budget("first paint of the viewer", MS, 1000)
VIEW_DECODED = Budget("the viewer has decoded all, 10 million events", MS, 3000)
VIEW_DRAW = Budget("a zoom step of the viewer, median", MS, 16)
VIEW_DRAW_P99 = Budget("a zoom step of the viewer, 99th percentile", MS, 33)


class CannotMeasure(Exception):
    """The reason why; makes the benchmark fail."""


# ---- measuring -----------------------------------------------------------------


def alternate(rounds, *sides):
    """Calls each side once a round, in turning order: the drift of the machine falls on all. [[result]]"""
    results = [[] for _ in sides]
    for number in range(rounds):
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for side in order:
            results[side].append(sides[side]())
    return results


def verdict(budget, figures, sides, note=""):
    """Prints the budget's line. `figures`: of each round; their median is what counts."""
    figure = statistics.median(figures)
    form = budget.kind.form.format
    spread = unsure = ""
    if len(figures) > 1:
        low, _, high = statistics.quantiles(figures, n=4)
        spread = f" (quartiles {form(low)} to {form(high)}, {len(figures)} rounds)"
        # About the standard error of a median: closer to the limit than that says little.
        if (high - low) / len(figures) ** 0.5 > abs(figure - budget.limit):
            unsure = " | TOO NOISY to be sure: repeat on a quiet machine"
    word = "within" if figure <= budget.limit else "OVER  "
    print(f"{word} | {budget.what}{note} | {sides} | {form(figure)}{spread} | "
          f"at most {form(budget.limit)}{unsure}", flush=True)


def compare(budget, ours, theirs, unit, names=("ours", "theirs"), note=""):
    """Two sides, measured in the same rounds."""
    sides = ", ".join(f"{name} {statistics.median(values):,.1f} {unit}"
                      for name, values in zip(names, (ours, theirs)))
    verdict(budget, [budget.kind.figure(a, b) for a, b in zip(ours, theirs)], sides, note)


# ---- programs and traces -----------------------------------------------------------


def run(*words, env=None, timeout=900):
    """Standard output of a program that must succeed."""
    done = harness.run(*words, env=env, timeout=timeout)
    if done.status:
        raise CannotMeasure(f"{' '.join(map(str, words))}: status {done.status}\n{done.out}{done.err}")
    return done.out


@contextlib.contextmanager
def folder():
    """A folder for traces, removed at the end."""
    path = tempfile.mkdtemp(prefix="gilscope-bench-", dir=os.environ.get("GILSCOPE_BENCH_DIR"))
    try:
        yield pathlib.Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def record(trace, *command, may_lose=False, options=()):
    """Records with our defaults; standard output of the command."""
    shutil.rmtree(trace, ignore_errors=True)
    out = run(harness.GILSCOPE, "record", "-o", trace, *options, "--", *command)
    if lost_events(trace) and not may_lose:
        raise CannotMeasure(f"{lost_events(trace):,} events were lost: the machine is too busy")
    return out


def lost_events(trace):
    about = json.loads((trace / "gilscope.json").read_text())
    if not about["loss_known"] or about["lost_packets"]:
        raise CannotMeasure("what was lost is not known")
    return about["lost_events"]


@contextlib.contextmanager
def hot_channel(trace):
    """The trace without the rare events: their channel has files of its own."""
    with folder() as copy:
        for metadata in trace.rglob("metadata"):
            part = copy / metadata.parent.relative_to(trace)
            part.mkdir(parents=True)
            shutil.copy(metadata, part)
            for stream in metadata.parent.glob("gil_[0-9]*"):
                (part / stream.name).symlink_to(stream)
        yield copy


def count_events(trace):
    """By babeltrace2, which knows nothing of us."""
    counts = run("babeltrace2", trace, "-c", "sink.utils.counter", "-p", "step=+0")
    for line in counts.splitlines():
        number, _, what = line.strip().partition(" ")
        if what in ("Event message", "Event messages"):
            return int(number.replace(",", ""))
    raise CannotMeasure(f"babeltrace2 counts no events in {trace}")


PACKET_HEADER = struct.Struct("<I16sIQ")      # magic, uuid, stream class, stream
PACKET_CONTEXT = struct.Struct("<QQQQ")       # first and last time, content and packet size in bits


def content_bytes(trace):
    """Of all packets: without the padding at their ends, with their headers."""
    total_bits = 0
    for stream in trace.rglob("gil_[0-9]*"):
        size = stream.stat().st_size
        with open(stream, "rb") as file:
            at = 0
            while at < size:
                file.seek(at + PACKET_HEADER.size)
                _, _, content_bits, packet_bits = PACKET_CONTEXT.unpack(file.read(PACKET_CONTEXT.size))
                total_bits += content_bits
                at += packet_bits // 8
    return total_bits / 8


# ---- the program ----------------------------------------------------------------------


def main(measure, rounds):
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, metavar="N",
                        help="how often each side is measured (default: %(default)s)")
    options = parser.parse_args()
    if harness.why_no_lttng():
        print(f"cannot run: {harness.why_no_lttng()}")
        sys.exit(77)
    try:
        measure(options.rounds)
    except (CannotMeasure, subprocess.TimeoutExpired) as problem:
        sys.exit(f"not measured: {problem}")
