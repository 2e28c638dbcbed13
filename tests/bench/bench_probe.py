#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the probe costs a Python: the first two budgets of the design.

    bench_probe.py PROBE PROVIDER TAKEDROP BARE [PYTHON...]

Off: drops and takes the GIL in a loop, with the probe and without, while
nobody records. On: the same while LTTng records, against bare tracepoints
with the same fields. Sides alternate; medians. A second thread sleeps
meanwhile, as in any program that has a use for the GIL: in a process with one
thread glibc's mutexes do without atomic operations, and LTTng's own threads
end that (printed as "alone", no budget).

Exit status: 0 within the budgets, 1 over one, 77 (a skip) without LTTng.
"""
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 11
PAIRS = 1000000
MAX_EXTRA_NS = 5.0
MAX_EVENT_RATIO = 1.25

CHILD = """
import ctypes, sys, threading
threads, pairs, recorded, provider, library = sys.argv[1:]
pairs, wanted = int(pairs), int(recorded)
bench = ctypes.PyDLL(library)
bench.takedrop_pairs.restype = ctypes.c_int64
bench.takedrop_pairs.argtypes = [ctypes.c_int64]
if not bench.takedrop_find():
    sys.exit("no CPython")
if bench.takedrop_recorded(provider.encode()) != wanted:
    sys.exit("not recorded" if wanted else "somebody else records gil:* on this session daemon")
done = threading.Event()
if int(threads) > 1:
    threading.Thread(target=done.wait).start()
bench.takedrop_pairs(pairs // 10)
drop, take = ctypes.c_int64(), ctypes.c_int64()
bench.takedrop_split(ctypes.c_int64(pairs // 2), ctypes.byref(drop), ctypes.byref(take))
print(bench.takedrop_pairs(pairs) / pairs, drop.value * 2 / pairs, take.value * 2 / pairs)
done.set()
"""


class Setup:
    def __init__(self, probe, provider, takedrop, bare, environment):
        self.probe, self.provider, self.takedrop, self.bare = map(
            os.path.abspath, (probe, provider, takedrop, bare))
        self.environment = environment

    def pair(self, python, probed, threads=2, recorded=False):
        """(pair, drop, take) in nanoseconds."""
        environment = dict(self.environment)
        if probed:
            environment["LD_PRELOAD"] = self.probe
        out = subprocess.run(
            [python, "-c", CHILD, str(threads), str(PAIRS), str(int(recorded)), self.provider,
             self.takedrop],
            env=environment, stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout
        return [float(word) for word in out.split()]

    def bare_event(self):
        return float(subprocess.run([self.bare, str(PAIRS)], env=self.environment, check=True,
                                    stdout=subprocess.PIPE).stdout)


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def bench_off(setup, python):
    without, probed, alone, alone_probed = [], [], [], []
    for _ in range(ROUNDS):
        without.append(setup.pair(python, False))
        probed.append(setup.pair(python, True))
        alone.append(setup.pair(python, False, threads=1))
        alone_probed.append(setup.pair(python, True, threads=1))
    before, after = medians(without), medians(probed)
    for name, a, b, limit in zip(("drop+take", "drop", "take"), before, after,
                                 (2 * MAX_EXTRA_NS, MAX_EXTRA_NS, MAX_EXTRA_NS)):
        print("  off    %-10s %6.1f ns without, %6.1f ns with: %+.1f ns (at most %+.0f), x %.2f"
              % (name, a, b, b - a, limit, b / a))
    a, b = medians(alone)[0], medians(alone_probed)[0]
    print("  alone  %-10s %6.1f ns without, %6.1f ns with: %+.1f ns" % ("drop+take", a, b, b - a))
    # The halves are timed with a clock each, so the sum is what judges.
    return after[0] - before[0] <= 2 * MAX_EXTRA_NS


def bench_on(setup, python):
    without, probed, bare = [], [], []
    for _ in range(ROUNDS):
        without.append(setup.pair(python, False)[0])
        probed.append(setup.pair(python, True, recorded=True)[0])
        bare.append(setup.bare_event())
    event = (statistics.median(probed) - statistics.median(without)) / 3
    yardstick = statistics.median(bare)
    print("  on     event      %6.1f ns bare,    %6.1f ns from the probe: x %.2f (at most %.2f)"
          % (yardstick, event, event / yardstick, MAX_EVENT_RATIO))
    return event <= MAX_EVENT_RATIO * yardstick


def lttng(environment, *words):
    subprocess.run(("lttng",) + words, env=environment, check=True, stdout=subprocess.DEVNULL)


def daemon_pid(environment):
    """Of the session daemon that we would reach, or None."""
    root = "/var/run/lttng" if os.geteuid() == 0 else environment["LTTNG_HOME"] + "/.lttng"
    try:
        with open(root + "/lttng-sessiond.pid") as file:
            pid = int(file.read())
        os.kill(pid, 0)
        return pid
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def daemon():
    """An environment with a session daemon: root's own, else a private one. Ends what it started."""
    home = tempfile.mkdtemp(prefix="gb")
    environment = dict(os.environ, LTTNG_HOME=home)
    started = daemon_pid(environment) is None
    try:
        if started:
            subprocess.run(["lttng-sessiond", "--daemonize", "--no-kernel"], env=environment,
                           check=True)
        yield environment
    finally:
        if started and daemon_pid(environment):
            os.kill(daemon_pid(environment), 15)
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def recording(environment):
    """In memory only (a snapshot session): no disk, no loss, the same for both sides."""
    name = "gilscope-bench-%d" % os.getpid()
    lttng(environment, "create", name, "--snapshot")
    try:
        lttng(environment, "enable-channel", "-u", "-s", name, "gil", "--buffers-pid",
              "--subbuf-size=1M", "--num-subbuf=4")
        lttng(environment, "enable-event", "-u", "-s", name, "-c", "gil", "gil:*")
        lttng(environment, "start", name)
        yield
    finally:
        lttng(environment, "destroy", name)


def main(probe, provider, takedrop, bare, *pythons):
    if not shutil.which("lttng") or not shutil.which("lttng-sessiond"):
        print("needs lttng and lttng-sessiond")
        return 77
    good = True
    with daemon() as environment:
        setup = Setup(probe, provider, takedrop, bare, environment)
        for python in pythons or ["/usr/bin/python3"]:
            print(python)
            good &= bench_off(setup, python)
            with recording(environment):
                good &= bench_on(setup, python)
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
