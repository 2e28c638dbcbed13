#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Side by side with the other ways to see the GIL: perf's uprobes on take_gil and drop_gil, and strace.

The same socket ping-pong under each tool, the tools taking turns. The uprobes
are three: on the entry of take_gil, on its return, on the entry of drop_gil;
that needs root, a kernel with uprobes, and an interpreter that still has these
symbols, so a pyenv one. strace follows the futex calls, which are made
only where a thread sleeps or wakes another.
"""
import contextlib
import os
import re
import shutil

import bench
import harness

GROUP = f"gilscope_bench_{os.getpid()}"
PROBES = "take=take_gil", "take_return=take_gil%return", "drop=drop_gil"


def with_symbols():
    """(interpreter, the file with take_gil in it) of the newest that has it, else None."""
    for _, python in reversed(harness.interpreters(at_least=(3, 7))):
        libraries = re.findall(r"=> (\S*libpython\S*)", harness.run("ldd", python).out)
        for file in (os.path.realpath(path) for path in [*libraries, python]):
            if re.search(r" take_gil$", harness.run("nm", file).out, re.M):
                return python, file
    return None


@contextlib.contextmanager
def uprobes(file):
    """Yields the reason why not, or ""; removes what it made."""
    words = [word for probe in PROBES for word in ("--add", f"{GROUP}:{probe}")]
    made = harness.run("perf", "probe", "-q", "-x", file, *words)
    try:
        yield (made.err.strip().splitlines() or ["it fails"])[0] if made.status else ""
    finally:
        harness.run("perf", "probe", "-q", "--del", f"{GROUP}:*")


def perf_loss(data):
    """Percent."""
    stats = harness.run("perf", "report", "--stats", "-i", data).out
    # The second block on is one per event: its samples, and how many of them were lost.
    samples, lost = (sum(map(int, re.findall(rf"(?<!_){name} events:\s+(\d+)", stats.split(GROUP, 1)[-1])))
                     for name in ("SAMPLE", "LOST_SAMPLES"))
    if not samples:
        raise bench.CannotMeasure("perf recorded no uprobe")
    return 100 * lost / (samples + lost)


class Tools:
    def __init__(self, folder, python, pin):
        self.folder, self.trips = folder, bench.sized(8000, 2000)
        self.command = [*pin, python, bench.HERE / "workload.py", "pingpong", self.trips]
        self.lost = {"gilscope": [], "perf": []}

    def time(self, *tool):
        """ms of the work itself"""
        return int(bench.run(*tool, *self.command).split()[0]) / 1e6

    def bare(self):
        return self.time()

    def gilscope(self):
        trace = self.folder / "gil.trace"
        out = bench.record(trace, *self.command, may_lose=True)
        lost = bench.lost_events(trace)
        self.lost["gilscope"].append(100 * lost / (lost + bench.count_events(trace)))
        return int(out.split()[0]) / 1e6

    def perf(self):
        data = self.folder / "perf.data"
        taken = self.time("perf", "record", "-q", "-o", data, "-e", f"{GROUP}:*", "--")
        self.lost["perf"].append(perf_loss(data))
        return taken

    def strace(self):
        return self.time("strace", "-f", "-qq", "-e", "trace=futex", "-o", self.folder / "strace")


def measure_tools(python, without_perf, rounds, pin=(), note=""):
    with bench.folder() as folder:
        tools = Tools(folder, python, pin)
        named = {"gilscope record": tools.gilscope, "perf record, uprobes": tools.perf, "strace -f -e trace=futex": tools.strace}
        for name, reason in (("perf record, uprobes", without_perf),
                             ("strace -f -e trace=futex", "" if shutil.which("strace") else "strace is not installed")):
            if reason:
                bench.skip(f"{bench.SIDE_BY_SIDE.what}, {name}{note}", reason)
                del named[name]
        bare, *others = bench.alternate(rounds, tools.bare, *named.values())
        for name, results in zip(named, others):
            bench.compare(bench.SIDE_BY_SIDE, results, bare, "ms", ("with", "without"), f", {name}{note}")
        for name, shares in tools.lost.items():
            if shares:
                bench.verdict(bench.SIDE_LOSS, shares, f"{tools.trips:,} round trips", f", {name}{note}")


def measure_all(python, without_perf, rounds):
    measure_tools(python, without_perf, rounds)
    # On two CPUs a tool may slow one thread just so that the other finds its byte ready. On one CPU all that it costs is seen.
    pin = "taskset", "-c", min(os.sched_getaffinity(0))
    measure_tools(python, without_perf, rounds, pin, ", on one CPU")


def measure(rounds):
    found = with_symbols()
    if not found:
        return measure_all(harness.PYTHON, "no interpreter here has the symbol take_gil", rounds)
    if not shutil.which("perf"):
        return measure_all(found[0], "perf is not installed", rounds)
    with uprobes(found[1]) as reason:
        measure_all(found[0], reason and f"perf cannot set uprobes here: {reason}", rounds)


if __name__ == "__main__":
    bench.main(measure, rounds=5)
