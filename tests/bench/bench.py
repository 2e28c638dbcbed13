# SPDX-License-Identifier: MIT
"""What the benchmarks share: the budgets, rounds of alternating sides, traces.

A benchmark measures a thing beside what it is compared with, in one run, and
says one line for each budget: both sides, the figure, its spread over the
rounds, the budget, and `within` or `OVER`. It fails only where it could not
measure: the machine may be a shared one, and time is no test.

Each file is a program; it ends with `bench.main(measure, rounds)`. Options of all:

    --rounds N    how often each side is measured (default: by benchmark)
    --quick       small sizes and 3 rounds: does it work?
    --json FILE   writes the lines into a file, too, for scripts/bench
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
MORE_US = Kind(lambda ours, theirs: ours - theirs, "{:+.1f} us")
MORE_MS = Kind(lambda ours, theirs: ours - theirs, "{:+.2f} ms")
NS = Kind(lambda ours, theirs: ours, "{:.1f} ns")
MIB = Kind(lambda ours, theirs: ours, "{:.1f} MiB")
MB = Kind(lambda ours, theirs: ours, "{:.1f} MB")
MS = Kind(lambda ours, theirs: ours, "{:.1f} ms")
BYTES = Kind(lambda ours, theirs: ours, "{:.2f} bytes")
EVENTS = Kind(lambda ours, theirs: ours, "{:,.0f} events")

PERCENT = Kind(lambda ours, theirs: ours, "{:.3f} %")

# What is measured, and `means`: its definition, in one line. The limit is None where nothing was promised.
Budget = collections.namedtuple("Budget", "what kind limit means")

# The budgets and figures of the project, all of them and nowhere else.
EVENT = Budget("an event from the probe, recorded", RATIO, 1.25,
               "a third of what a take and a drop (three events) cost more with the probe recorded than without it, "
               "by the cost of an LTTng-UST tracepoint with the same fields in a C loop")
DROP_OFF = Budget("a drop with the probe, nobody records", MORE_NS, 5,
                  "time of PyEval_SaveThread() with the probe preloaded, less the time without")
TAKE_OFF = Budget("a take with the probe, nobody records", MORE_NS, 5,
                  "time of PyEval_RestoreThread() on a free GIL with the probe preloaded, less the time without")
PAIR_ALONE = Budget("a drop and a take where the process had one thread, nobody records", MORE_NS, None,
                    "the same two, together, in a process of one thread: LTTng's threads end glibc's shortcuts for one")
PROGRAM_OFF = Budget("socket ping-pong of two Python 3 threads, probe preloaded, nobody records", SLOWER, None,
                     "time of the work with the probe preloaded and no session, by the time without the probe")
THREAD = Budget("a thread, from its start to its end, nobody records", MORE_US, None,
                "time to start, run and join a Python thread with the probe preloaded, less the time without; ten at a time")
CLOSE = Budget("a close of a descriptor, nobody records", MORE_NS, None,
               "time of os.close(os.dup(0)) with the probe preloaded, less the time without")
NAMES = Budget("learning names: the start of the first thread", MORE_MS, 5,
               "time to start and join a Python process's first thread while its names are learned, less the time while not")
CPU_BOUND = Budget("two CPU-bound Python 3 threads, recorded", SLOWER, 1,
                   "time that two threads take to count down, recorded, by the time without gilscope")
PING_PONG = Budget("socket ping-pong of two Python 3 threads, recorded", SLOWER, 8,
                   "time that two threads take to send a byte to and fro over a socket pair, recorded, by the time without gilscope")
BATTLE = Budget("Python 2.7's battle of two threads on two CPUs, recorded", RATIO, 1.5,
                "time that two threads take to count down, recorded, by the time without gilscope")
WEB = Budget("web server (gunicorn, 4 threads, under wrk): its throughput, recorded", RATIO, None,
             "requests per second, recorded, by requests per second without gilscope")
WEB_LOSS = Budget("events lost by the web server at full load, default buffers", EVENTS, 0,
                  "the most that the recorder counted as lost in any of the rounds")
SIDE_BY_SIDE = Budget("socket ping-pong of two Python 3 threads", RATIO, None,
                      "time of the work under the tool, by the time without any")
SIDE_LOSS = Budget("events lost in socket ping-pong", PERCENT, None,
                   "what the tool itself counted as lost, by all that it recorded or lost; median of the rounds")
OWNED_TIME = Budget("Python 2.7's battle: time", RATIO, None,
                    "time of two threads that count down, by the time without the probe")
OWNED_FUTEX = Budget("Python 2.7's battle: futex calls", RATIO, None,
                     "futex system calls of the whole program, by those without the probe")
OWNED_SWITCHES = Budget("Python 2.7's battle: context switches", RATIO, None,
                        "context switches of the whole program, by those without the probe")
EVENT_SIZE = Budget("size of a recorded event", BYTES, 31,
                    "bytes of packet content (headers in, padding out) by events, of a Python ping-pong")
LOSS = Budget("lost at 4 million events/s, default buffers", EVENTS, 0,
              "events that two threads emitted and that are not in the trace: the most of any run")
LOSS_AT = Budget("lost of two threads' events", PERCENT, None,
                 "events lost by events emitted in one second, at the rate that was asked for, buffers per CPU")
TICK = Budget("a tick of the laboratory, its check included", NS, 30,
              "time by ticks of one thread that counts down alone, with a check every 101 ticks")
LAB_OFF = Budget("the laboratory with its tracepoints, nobody records", SLOWER, 2,
                 "what a check costs more than in a laboratory without tracepoints, by the time of a check and its 101 ticks")
READING = Budget("reading a trace: report against babeltrace2's dummy sink", RATIO, 1.15,
                 "time of `gilscope report` by the time of `babeltrace2 -c sink.utils.dummy`, which discards, on the same trace")
READING_TEXT = Budget("reading a trace: babeltrace2's text output against report", RATIO, None,
                      "time of `babeltrace2` printing all events to /dev/null, by the time of `gilscope report`, on the same trace")
READING_BT2 = Budget("reading a trace: babeltrace2's Python bindings against report", RATIO, None,
                     "time of a bt2 loop that reads each event's name and one field, by the time of `gilscope report`, on the same trace")
MEMORY = Budget("peak memory", MIB, 64, "largest resident set of the process")
DUMMY_MEMORY = Budget("peak memory of babeltrace2's dummy sink", MIB, None, "largest resident set of the process")
SWARM_MEMORY = Budget("peak memory, short-lived threads on 100 GILs", MIB, 256, "largest resident set of the process")
SINK = Budget("an output beside the report", SLOWER, 10,
              "CPU time of the output by the CPU time of `gilscope report`, on the same trace")
VIEW_SIZE_1M = Budget("size of the viewer's file, 1 million events", MB, 5, "bytes of the file, by events, times a million")
VIEW_SIZE_10M = Budget("size of the viewer's file, 10 million events", MB, 45, "bytes of the file, by events, times ten million")
VIEW_MEMORY = Budget("peak memory of the writer of the viewer's file", MIB, 128, "largest resident set of the process")
VIEW_PAINT = Budget("first paint of the viewer", MS, 1000, "from the navigation to the file to its first picture, in Chromium")
VIEW_DECODED = Budget("the viewer has decoded all, 10 million events", MS, 3000,
                      "from the navigation to the file until every event is decoded, in Chromium")
VIEW_DRAW = Budget("a zoom step of the viewer, median", MS, 16, "time of drawing one step of a zoom in and out, median of the steps")
VIEW_DRAW_P99 = Budget("a zoom step of the viewer, 99th percentile", MS, 33,
                       "time of drawing one step of a zoom in and out, 99th percentile of the steps")


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


rows = []      # what was said, for --json
QUICK = False  # --quick: look whether it works


def sized(full, quick):
    """How much is to be done."""
    return quick if QUICK else full


def verdict(budget, figures, sides, note=""):
    """Prints the budget's line. `figures`: of each round; their median is what counts."""
    figure = statistics.median(figures)
    form = budget.kind.form.format
    what = budget.what + note
    row = {"what": what, "of": budget.what, "means": budget.means, "figure": form(figure), "sides": sides, "rounds": len(figures)}
    spread = unsure = ""
    word, at_most = "      ", ""
    if len(figures) > 1:
        low, _, high = statistics.quantiles(figures, n=4)
        row["quartiles"] = [form(low), form(high)]
        spread = f" (quartiles {form(low)} to {form(high)}, {len(figures)} rounds)"
    if budget.limit is not None:
        word = row["verdict"] = "within" if figure <= budget.limit else "OVER  "
        row["limit"] = form(budget.limit)
        at_most = f" | at most {form(budget.limit)}"
        # About the standard error of a median: closer to the limit than that says little.
        if len(figures) > 1 and (high - low) / len(figures) ** 0.5 > abs(figure - budget.limit):
            unsure = " | TOO NOISY to be sure: repeat on a quiet machine"
            row["verdict"] = "not decided"
    print(f"{word} | {what} | {sides} | {form(figure)}{spread}{at_most}{unsure}", flush=True)
    rows.append(row)


def skip(what, reason):
    """Says why something is not measured here."""
    print(f"not measured | {what} | {reason}", flush=True)
    rows.append({"what": what, "skipped": reason})


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
        message = (done.err or done.out).strip()[-500:]
        raise CannotMeasure(f"{' '.join(os.path.basename(str(word)) for word in words)}: status {done.status}\n{message}")
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
    if not may_lose and lost_events(trace):
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
    global QUICK
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"how often each side is measured (default: {rounds}; 3 with --quick)")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work?")
    parser.add_argument("--json", metavar="FILE", help="write the lines into this file, too")
    options = parser.parse_args()
    QUICK = options.quick
    if harness.why_no_lttng():
        print(f"cannot run: {harness.why_no_lttng()}")
        sys.exit(77)
    harness.have_own_daemon()
    problem = None
    try:
        with harness.daemon_kept():
            measure(options.rounds or sized(rounds, min(rounds, 3)))
    except (CannotMeasure, subprocess.TimeoutExpired) as error:
        problem = f"not measured: {error}"
        rows.append({"what": "the rest", "skipped": str(error).splitlines()[0]})
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows))
    sys.exit(problem)
