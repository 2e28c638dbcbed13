#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Interpreters x programs: each recording is lawful and complete, and the program is what it was without.

By default every interpreter runs the programs of EVERYWHERE, the oldest and
the newest one run all; with GILSCOPE_ALL=1 every interpreter runs all.
GILSCOPE_PYTHONS adds interpreters (see harness.py).
"""
import collections
import os
import sys

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "probe"))
import check_trace  # noqa: E402

PROGRAMS_FOLDER = harness.SOURCE / "tests" / "programs"
KNOWN = ["2.7"] + [f"3.{minor}" for minor in range(2, 16)]
RECORDABLE = (2, 7)

# words: the file and its arguments; threads: of the GILs that it must have, one number for each.
Program = collections.namedtuple("Program", "words threads")
PROGRAMS = {
    "cpu_2": Program("cpu.py 2 2000000", [3]),
    "cpu_8": Program("cpu.py 8 400000", [9]),
    "cpu_64": Program("cpu.py 64 40000", [65]),
    "pingpong": Program("pingpong.py 3000", [3]),
    "pingpong_cpu": Program("pingpong.py 20 cpu", [4]),
    "files": Program("files.py 4 100", [5]),
    "sleep": Program("sleep.py 4 50", [5]),
    "locks": Program("locks.py 500", [7]),
    "many_threads": Program("many_threads.py 1000", [1001]),
    "interval": Program("interval.py 4 500000", [5]),
    "signals": Program("signals.py 1000000", [2]),
    "processes": Program("processes.py", [2, 2, 3, 3]),
    "daemons": Program("daemons.py 3", [4]),
}
EVERYWHERE = ["cpu_2", "locks", "interval", "processes"]
QUICK = 20_000  # events: what the second opinion, in Python, reads in about a second


class Recording(harness.TestCase):
    def command(self, python, words):
        file, *arguments = words.split()
        return [python, "-B", PROGRAMS_FOLDER / file, *arguments]

    def assert_equations(self, report):
        """Those of the model, from the exported numbers alone; nothing is open but what the end left open."""
        quality, kinds = report["quality"], report["trace"]["events_by_kind"]
        for name in ("lost_events", "lost_packets", "violations", "attempts_cut", "holds_cut"):
            self.assertEqual(quality[name], 0, (name, quality["violation_texts"]))
        self.assertEqual(quality["cut_intervals"], quality["still_waiting"] + quality["still_holding"])
        self.assertFalse(quality["incomplete"] or quality["loss_unknown"], quality)
        self.assertEqual(kinds["entry"], kinds["acquire"] + quality["attempts_left"] + quality["pokes"]
                         + quality["still_waiting"])
        self.assertEqual(kinds["acquire"], kinds["release"] + quality["still_holding"])
        sums = collections.defaultdict(collections.Counter)
        for t in report["threads"]:
            with self.subTest(thread=t["name"]):
                self.assert_thread(t)
            for name in ("entries", "acquisitions", "busy", "retries", "releases", "failed_attempts", "checks", "ticks"):
                sums[t["gil"]][name] += t[name]
            sums[t["gil"]]["held_ns"] += t["hold_ns"]["total"]
        total = sum(sums.values(), collections.Counter())
        for name, kind in (("acquisitions", "acquire"), ("busy", "busy"), ("retries", "retry"), ("releases", "release")):
            self.assertEqual(total[name], kinds[kind], name)
        for gil in report["gils"]:
            for name in ("acquisitions", "failed_attempts", "checks", "ticks"):
                self.assertEqual(gil[name], sums[gil["gil"]][name], (gil, name))
            self.assertLessEqual(sums[gil["gil"]]["held_ns"], gil["held_ns"])
            self.assertLessEqual(gil["held_ns"], gil["last_ns"] - gil["first_ns"])

    def assert_thread(self, t):
        waiting, left = int(t["still_waiting"]), sum(t["left"].values()) - t["left"]["thread_end"]
        self.assertEqual(t["failed_attempts"], t["busy"] + t["retries"])
        self.assertEqual(t["entries"] + t["left"]["poke"], t["acquisitions"] + left + waiting)
        self.assertEqual(t["acquisitions"], t["releases"] + int(t["still_holding"]))
        self.assertEqual(t["wait_ns"]["count"], t["acquisitions"])
        self.assertEqual(t["wait_contended_ns"]["count"], t["acquisitions_contended"])
        self.assertEqual(t["hold_ns"]["count"], t["releases"])
        self.assertLessEqual(t["acquisitions_contended"], t["busy"])
        self.assertLessEqual(t["retries_timed_out"], t["retries"])
        self.assertLessEqual(t["releases_requested"], t["releases"])
        self.assertEqual(sum(t["state_ns"].values()), t["life_ns"])

    def assert_second_opinion(self):
        for gil in check_trace.analyse(self.trace).values():
            check_trace.balance(gil)
            self.assertEqual(gil.violations, [])


class Matrix(Recording):
    """Its tests are made below: one for each interpreter and program."""

    def check(self, python, name):
        program = PROGRAMS[name]
        command = self.command(python, program.words)
        bare = harness.run(*command)
        self.assertEqual(bare.status, 0, bare.err)
        report = self.record_whole(*command)
        own_err = "".join(line for line in self.said.err.splitlines(True) if not line.startswith("gilscope: "))
        self.assertEqual((self.said.status, self.said.out, own_err), (bare.status, bare.out, bare.err))
        self.assert_lawful()
        self.assert_equations(report)
        if report["trace"]["events"] < QUICK:
            self.assert_second_opinion()
        self.assert_threads(report, name, program.threads)
        self.assert_versions(report, python)
        self.assert_interval(report, name)

    def assert_threads(self, report, name, expected):
        """The program's processes have the GILs and threads that it says, each with one main thread."""
        threads = collections.defaultdict(list)
        for t in report["threads"]:
            threads[t["gil"]].append(t)
        found = collections.Counter(map(len, threads.values()))
        missing = collections.Counter(expected) - found
        self.assertFalse(missing, f"GILs with so many threads are missing: {dict(missing)} in {dict(found)}")
        if len(expected) == 1:
            self.assertEqual(len(report["gils"]), 1)
        # CPython 2's subprocess runs Python between fork and exec: with a GIL of its own, and then the next program's.
        # The child's main thread is the one that forked: its name is that one's.
        names = ["MainThread"]
        if report["gils"][0]["interval_unit"] != "ticks":
            self.assertEqual(len({gil["pid"] for gil in report["gils"]}), len(report["gils"]))
        elif name == "processes":
            self.assertEqual(len(report["gils"]), len(expected) + 2)
            names.append("Thread-1")
        self.assertEqual({t["name"] for t in report["threads"] if t["is_main"]}, set(names))
        for gil in report["gils"]:
            group = threads[gil["gil"]]
            self.assertEqual({t["pid"] for t in group}, {gil["pid"]})
            self.assertEqual([t["tid"] for t in group if t["is_main"]], [gil["pid"]])
            self.assertTrue(all(t["name"] for t in group))
            # A number may come back when its thread has ended.
            for one in group:
                self.assertFalse([t for t in group if t["tid"] == one["tid"] and t is not one
                                  and t["first_ns"] < one["last_ns"] and one["first_ns"] < t["last_ns"]])

    def assert_versions(self, report, python):
        version = harness.python_version(python)
        for gil in report["gils"]:
            self.assertTrue(gil["known"])
            self.assertEqual(gil["version"].rstrip("+"), ".".join(map(str, version)))
            self.assertEqual(gil["interval_unit"], "ticks" if version < (3,) else "us")
            self.assertEqual(gil["ticks_exact"], version < (3,))
        if version >= (3,):
            self.assertEqual({t["ticks"] for t in report["threads"]}, {0})

    def assert_interval(self, report, name):
        """Nobody tells: from the deadlines of the waits on a time-slice GIL, from the ticker of 2.7."""
        ticks = report["gils"][0]["interval_unit"] == "ticks"
        usual, short = (100, 10) if ticks else (5000, 50)
        expected = short if name == "interval" else usual
        for gil in report["gils"]:
            if ticks:
                self.assertEqual(gil["interval"], expected)
            else:
                self.assertAlmostEqual(gil["interval"], expected, delta=expected / 10)


class Python2(Recording):
    """What only a GIL with a ticker shows."""
    TICKS_PER_ITERATION = 3  # of `while n > 0: n -= 1`: most of its opcodes skip the ticker

    def setUp(self):
        super().setUp()
        self.python = next((path for name, path in harness.interpreters(at_least=(2, 7)) if name.startswith("2.7")), "")
        if not self.python:
            self.skipTest("CPython 2.7 is not installed")

    def assert_ticks(self, words, iterations):
        report = self.record_whole(*self.command(self.python, words))
        ticks = sum(t["ticks"] for t in report["threads"] if not t["is_main"])
        self.assertAlmostEqual(ticks / iterations, self.TICKS_PER_ITERATION, delta=0.03)
        self.assert_lawful()
        return report

    def test_ticks_are_those_that_were_executed(self):
        report = self.assert_ticks("cpu.py 2 1000000", 2_000_000)
        # A check at each 101st: nothing else ends a hold of a thread that computes.
        checks = sum(t["checks"] for t in report["threads"])
        self.assertAlmostEqual(checks, 2_000_000 * self.TICKS_PER_ITERATION / 101, delta=0.01 * checks)

    def test_ticks_through_a_storm_of_signals(self):
        """While the main thread cannot run the handlers each tick is a check."""
        report = self.assert_ticks("signals.py 1000000", 1_000_000)
        (worker,) = [t for t in report["threads"] if not t["is_main"]]
        storm_ticks = 1_000_000 / 20 * self.TICKS_PER_ITERATION
        self.assertGreater(worker["checks"], 0.9 * storm_ticks)
        self.assertLess(worker["checks"], 1.1 * (storm_ticks + worker["ticks"] / 101))

    def test_the_battle_needs_two_cpus(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("there is one CPU only")
        failed = []
        for allowed in cpus[:1], cpus[:2]:
            report = self.record_whole("taskset", "-c", ",".join(map(str, allowed)),
                                       *self.command(self.python, "cpu.py 2 1500000"))
            failed.append(sum(t["failed_attempts"] for t in report["threads"]))
        self.assertGreater(failed[1], 20 * failed[0], "failed attempts on one CPU, on two")


def add(title, python, name):
    def test(self):
        self.check(python, name)
    method = f"test_{title.replace('.', '_')}_{name}"
    while hasattr(Matrix, method):  # two of one version
        method += "_too"
    setattr(Matrix, method, test)


def add_missing(version):
    def test(self):
        self.skipTest(f"CPython {version} is not installed")
    setattr(Matrix, f"test_{version.replace('.', '_')}", test)


def fill():
    present = harness.interpreters(at_least=RECORDABLE)
    whole = {present[-1], next((p for p in present if p[0] != "debian"), present[-1])}
    for title, python in present:
        everything = os.environ.get("GILSCOPE_ALL") == "1" or (title, python) in whole
        for name in PROGRAMS if everything else EVERYWHERE:
            add(title, python, name)
    versions = {"%d.%d" % harness.python_version(python)[:2] for _, python in harness.interpreters(at_least=(2, 7))}
    for version in KNOWN:
        if version not in versions:
            add_missing(version)


fill()

if __name__ == "__main__":
    harness.have_own_daemon()
    with harness.daemon_kept():
        harness.main()
