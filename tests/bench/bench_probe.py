#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the probe costs a Python that does nothing but drop and take its GIL.

Off: with the probe and without, while nobody records.

On: an event from the probe is (pair recorded - pair without the probe) / 3,
for a pair of drop and take makes three events: all that the probe does is in
it. The other side is a C program whose loop holds the same three tracepoints.
Both write to buffers that nobody reads out (a snapshot session), so that no
consumer takes time from either.

A second thread sleeps meanwhile, as in any program that has a use for the
GIL: in a process of one thread glibc's mutexes do without atomic operations,
and LTTng's own threads end that. (What it costs there is printed last.)
"""
import contextlib
import ctypes
import json
import os
import shutil
import sys
import tempfile
import threading

import bench
import harness

PAIRS, QUICK_PAIRS = 1000000, 200000
EVENTS_PER_PAIR = 3
THREADS = bench.HERE.parent / "endurance" / "threads.py"
TAKEDROP = bench.BUILT / "takedrop.so"


class Lttng:
    """A session daemon (root's own, else a private one) and what a program needs to reach it."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="gb")
        self.environment = {"LTTNG_HOME": self.home}

    def environment_of(self, probe):
        return dict(self.environment, **({"LD_PRELOAD": harness.PROBE} if probe else {}))

    def daemon_pid(self):
        root = "/var/run/lttng" if os.geteuid() == 0 else self.home + "/.lttng"
        return harness.read_pid(root + "/lttng-sessiond.pid")

    @contextlib.contextmanager
    def daemon(self):
        """Ends what it started."""
        was = self.daemon_pid()
        if not was:
            bench.run("lttng-sessiond", "--daemonize", "--no-kernel", env=self.environment)
        try:
            yield
        finally:
            if not was:
                harness.end_process(self.daemon_pid())
            shutil.rmtree(self.home, ignore_errors=True)

    def do(self, *words):
        bench.run("lttng", *words, env=self.environment)

    @contextlib.contextmanager
    def recording(self):
        """Into memory only."""
        name = f"gilscope-bench-{os.getpid()}"
        self.do("create", name, "--snapshot")
        try:
            self.do("enable-channel", "-u", "-s", name, "gil", "--buffers-pid",
                    "--subbuf-size=1M", "--num-subbuf=4")
            self.do("enable-event", "-u", "-s", name, "-c", "gil", "gil:*")
            self.do("start", name)
            yield
        finally:
            self.do("destroy", name)


def child(threads, recorded, pairs):
    """In the measured Python: prints the time of a pair, a drop, a take in nanoseconds."""
    takedrop = ctypes.PyDLL(str(TAKEDROP))
    takedrop.takedrop_pairs.restype = ctypes.c_int64
    takedrop.takedrop_pairs.argtypes = [ctypes.c_int64]
    if not takedrop.takedrop_find():
        sys.exit("this Python does not export its functions")
    if takedrop.takedrop_recorded(harness.PROVIDER.encode()) != recorded:
        sys.exit("somebody else records here" if not recorded else "not recorded")
    done = threading.Event()
    if threads > 1:
        threading.Thread(target=done.wait).start()
    takedrop.takedrop_pairs(pairs // 10)
    drop, take = ctypes.c_int64(), ctypes.c_int64()
    takedrop.takedrop_split(ctypes.c_int64(pairs), ctypes.byref(drop), ctypes.byref(take))
    print(takedrop.takedrop_pairs(pairs) / pairs, drop.value / pairs, take.value / pairs)
    done.set()


def for_program(lttng, rounds):
    """A whole program with the probe, and no session."""
    def milliseconds(probe):
        out = bench.run(harness.PYTHON, bench.HERE / "workload.py", "pingpong", bench.sized(30000, 4000), env=lttng.environment_of(probe))
        return int(out.split()[0]) / 1e6

    ours, theirs = bench.alternate(rounds, lambda: milliseconds(True), lambda: milliseconds(False))
    bench.compare(bench.PROGRAM_OFF, ours, theirs, "ms", ("with", "without"))


def for_closes(lttng, rounds):
    """Each close asks LTTng whether the descriptor is its own."""
    closes = bench.sized(200000, 20000)

    def nanoseconds(probe):
        out = bench.run(harness.PYTHON, bench.HERE / "workload.py", "close", closes, env=lttng.environment_of(probe))
        return int(out.split()[0]) / closes

    ours, theirs = bench.alternate(rounds, lambda: nanoseconds(True), lambda: nanoseconds(False))
    bench.compare(bench.CLOSE, ours, theirs, "ns", ("with", "without"))


def for_threads(lttng, rounds):
    """Many that begin and end."""
    threads = bench.sized(6000, 1500)

    def microseconds(probe):
        out = bench.run(harness.PYTHON, THREADS, threads, env=lttng.environment_of(probe))
        return 1e6 * json.loads(out)["seconds"] / (threads - threads // 3)

    ours, theirs = bench.alternate(rounds, lambda: microseconds(True), lambda: microseconds(False))
    bench.compare(bench.THREAD, ours, theirs, "us", ("with", "without"))


def measure(rounds):
    lttng, pairs = Lttng(), bench.sized(PAIRS, QUICK_PAIRS)

    def python(probe, threads=2, recorded=0):
        out = bench.run(harness.PYTHON, __file__, "child", threads, recorded, pairs, env=lttng.environment_of(probe))
        return [float(word) for word in out.split()]

    def bare_event():
        return float(bench.run(bench.BUILT / "bare", pairs, env=lttng.environment))

    with lttng.daemon():
        probed, without = bench.alternate(rounds, lambda: python(True), lambda: python(False))
        for budget, part in (bench.DROP_OFF, 1), (bench.TAKE_OFF, 2):
            bench.compare(budget, [row[part] for row in probed], [row[part] for row in without],
                          "ns", ("with", "without"))
        with lttng.recording():
            recorded, without, bare = bench.alternate(
                rounds, lambda: python(True, recorded=EVENTS_PER_PAIR), lambda: python(False), bare_event)
        events = [(on[0] - off[0]) / EVENTS_PER_PAIR for on, off in zip(recorded, without)]
        bench.compare(bench.EVENT, events, bare, "ns", ("probe", "bare tracepoint"))
        alone, quiet = bench.alternate(rounds, lambda: python(True, threads=1),
                                       lambda: python(False, threads=1))
        bench.compare(bench.PAIR_ALONE, [row[0] for row in alone], [row[0] for row in quiet], "ns", ("with", "without"))
        for_program(lttng, rounds)
        for_closes(lttng, rounds)
        for_threads(lttng, rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*map(int, sys.argv[2:]))
    else:
        bench.main(measure, rounds=9)
