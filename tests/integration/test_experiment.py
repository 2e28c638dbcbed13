#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gilscope experiment: tables whose rows and sums are right, whatever the machine's speed; what it refuses; what it leaves."""
import json
import os
import pathlib
import signal
import subprocess
import time

import harness

DESIGNS = [line.split()[0] for line in harness.run(harness.GILRUN, "--list").out.splitlines()]
EXPERIMENTS = ("talk", "latency", "bandwidth", "signals", "interval")


class Experiment(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()

    def experiment(self, *words, expect=0, **more):
        result = self.gilscope("experiment", *words, expect=expect, env={"TMPDIR": str(self.temporary)},
                               timeout=300, **more)
        self.assertEqual(list(self.temporary.iterdir()), [], "something was left behind")
        return result

    def rows(self, *words):
        """{(subject, condition): {column: median}} of the rows that were measured."""
        document = json.loads(self.experiment(*words, "--json", "-").out)
        self.assertEqual(document["schema"], "gilscope-experiment-1")
        self.failures = [row["failure"] for row in document["rows"] if row["failure"]]
        return {(row["subject"], row["condition"]): {name: value["median"] for name, value in row["values"].items()
                                                     if value}
                for row in document["rows"] if not row["quoted"] and not row["failure"]}


class Tables(Experiment):
    @harness.plain_build_only("many recordings")
    def test_talk(self):
        """Of every design, or with less time of those that are told apart below."""
        designs = DESIGNS if harness.ALL else ["cond", "sem", "fair", "none"]
        rows = self.rows("talk", "--runs", 1, "--count", 20000, *([] if harness.ALL else ["--gil", ",".join(designs)]))
        self.assertEqual({subject for subject, _ in rows}, set(designs))
        self.assertEqual(self.failures, [])
        for design in designs:
            conditions = [condition for subject, condition in rows if subject == design]
            self.assertEqual(conditions[0], "sequential")
            self.assertIn(len(conditions), (2, 3))
            sequential = rows[design, "sequential"]
            self.assertEqual(sequential["ratio"], 1)
            for condition in conditions[1:]:
                row = rows[design, condition]
                self.assertAlmostEqual(row["ratio"], row["wall_ns"] / sequential["wall_ns"], places=6)
        # What the lab does is known to the event: 2 x count(20000), a check for 101 ticks.
        checks = (2 * (3 * 20000 + 4)) // 101
        for design in ("cond", "sem", "fair"):
            self.assertAlmostEqual(rows[design, "sequential"]["acquisitions"], checks, delta=20)
        self.assertEqual(rows["none", "1 CPU"]["failed"], 0)

    def test_failed_attempts_are_split_by_cpu(self):
        rows = self.rows("talk", "--gil", "cond", "--runs", 1, "--count", 300_000)
        for row in rows.values():
            self.assertEqual(row["failed_same_cpu"] + row["failed_other_cpu"], row["failed"])
        self.assertEqual(rows["cond", "1 CPU"]["failed_other_cpu"], 0)
        self.assertEqual(rows["cond", "1 CPU"]["handovers_other_cpu"], 0)

    def test_a_python_beside_a_design(self):
        rows = self.rows("talk", "--gil", "interval", "--python", harness.PYTHON, "--runs", 1, "--count", 20000)
        subjects = {subject for subject, _ in rows}
        self.assertEqual(len(subjects), 2)
        self.assertIn("interval", subjects)
        version = ".".join(map(str, harness.python_version(harness.PYTHON)))
        self.assertTrue(any(version in subject for subject in subjects), subjects)


class MoreTables(Experiment):
    """The same code again, on other programs."""

    def setUp(self):
        if harness.SANITIZED:
            self.skipTest("the plain build has them; a sanitizer takes too long")
        super().setUp()

    def test_latency_counts_the_operations(self):
        rows = self.rows("latency", "--gil", "priority", "--runs", 1, "--count", 10)
        self.assertEqual([condition for _, condition in rows],
                         ["0 CPU threads", "1 CPU thread", "2 CPU threads", "3 CPU threads", "4 CPU threads"])
        for row in rows.values():
            self.assertLessEqual(row["wait_p50_ns"], row["wait_p99_ns"])
            self.assertLessEqual(row["wait_p99_ns"], row["wait_max_ns"])
            self.assertLessEqual(row["wait_mean_ns"], row["wait_max_ns"])

    def test_bandwidth(self):
        rows = self.rows("bandwidth", "--gil", "none", "--runs", 1, "--count", 20)
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows["none", "0 CPU threads"]["ratio"], 1)

    def test_signals(self):
        for _ in range(5):
            rows = self.rows("signals", "--gil", "cond", "--runs", 1, "--count", 3)
            for row in rows.values():
                self.assertGreaterEqual(row["handled"], 1)
                self.assertLessEqual(row["handled"], 3)
            # Main waits in join: a check at every tick, for nothing. Unless the system delivers them at the end.
            if rows["cond", "in join"]["checks_per_signal"] > 10 * rows["cond", "0 CPU threads"]["checks_per_signal"]:
                return
        self.fail("five times no signal came while main waited in join")

    def test_interval(self):
        rows = self.rows("interval", "--gil", "cond,interval", "--runs", 1, "--count", 30000)
        self.assertEqual(len(rows), 8)
        for row in rows.values():
            self.assertTrue(0.5 <= row.get("fairness", 1) <= 1)  # of two threads; unknown where they hardly met
        self.assertTrue(any("fairness" in row for row in rows.values()))

    def test_the_table_explains_its_columns(self):
        out = self.experiment("talk", "--gil", "none", "--runs", 1, "--count", 1000).out
        for word in ("sequential", "1 CPU", "the talk", "24.6 s", "45.5 s", "38.0 s", "1.85 x", "badness: failed / checks"):
            self.assertIn(word, out)

    def test_traces_can_be_kept(self):
        self.experiment("talk", "--gil", "cond", "--runs", 1, "--count", 1000, "--keep", self.folder / "kept")
        kept = sorted(path for path in (self.folder / "kept").iterdir())
        self.assertGreaterEqual(len(kept), 2)
        for trace in kept:
            self.gilscope("verify", trace)


class Usage(Experiment):
    def test_without_a_name_it_lists_them(self):
        out = self.experiment().out
        self.assertEqual([line.split()[0] for line in out.splitlines()], list(EXPERIMENTS))

    def test_wrong_use(self):
        for words, parts in ((["nosuch"], ["'nosuch'", "talk"]), (["talk", "more"], ["'more'"]),
                             (["talk", "--gil", "nosuch"], ["'nosuch'", "cond"]),
                             (["talk", "--python", "/nonexistent"], ["/nonexistent"]),
                             (["talk", "--python", "/bin/true"], ["/bin/true", "not a Python"]),
                             (["talk", "--runs", "0"], ["--runs"]), (["talk", "--cpus", "99999"], ["99999"]),
                             (["talk", "--cpus", "x"], ["--cpus"])):
            with self.subTest(words=words):
                result = self.experiment(*words, expect=2)
                self.assertEqual(result.out, "")
                self.assert_one_sentence(result.err, *parts)

    def test_a_row_that_fails_is_said_and_the_others_go_on(self):
        result = self.experiment("talk", "--gil", "none,cond", "--runs", 1, "--count", 10 ** 9, "--time-limit", "100ms",
                                 expect=1)
        self.assertEqual(result.out.count("it did not end within 100 ms"), 6, result.out)

    def test_interrupted_it_ends_what_it_started(self):
        process = subprocess.Popen([harness.GILSCOPE, "experiment", "talk", "--gil", "cond", "--count", "400000000"],
                                   cwd=self.folder, stdout=-1, stderr=-1, text=True,
                                   env=dict(os.environ, TMPDIR=str(self.temporary)))
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 30
        while not self.children(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        children = self.children(process.pid)
        self.assertTrue(children)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        for child in children:
            self.assertFalse(harness.is_alive(child))
        self.assertEqual(list(self.temporary.iterdir()), [])

    @staticmethod
    def children(pid):
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    harness.main()
