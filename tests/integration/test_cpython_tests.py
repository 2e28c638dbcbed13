#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A few of CPython's own tests with the probe, and how scripts/cpython-tests judges differences."""
import sys

import harness

CPYTHON = harness.SOURCE / "tests" / "cpython"
sys.path.insert(0, str(CPYTHON))
import judge  # noqa: E402
import run  # noqa: E402
import runs  # noqa: E402
from judge import EQUAL, FLAKY, LISTED, UNLISTED  # noqa: E402


class Short(harness.TestCase):
    def test_some_modules(self):
        found = [path for _, path in harness.chosen(harness.interpreters(at_least=(2, 7))) if run.folder_of_tests(path)]
        if not found:
            self.skipTest("no interpreter has CPython's own tests")
        modules = ["test_threading_local", "test_thread", *(["test_threadsignals", "test_fork1"] if harness.ALL else [])]
        result = harness.run(harness.PYTHON, CPYTHON / "run.py", "--jobs", 2, "--timeout", 60, *found, *modules,
                             timeout=60 * len(found) * len(modules))
        self.assertEqual(result.status, 0, result.out + result.err)
        rows = [line.split() for line in result.out.splitlines() if f" {runs.RECORDED} " in line and ":" not in line]
        self.assertEqual(len(rows), len(found), result.out)
        for row in rows:
            self.assertGreater(int(row[row.index(runs.RECORDED) + 1]), 10, result.out)


class Played(judge.Module):
    """A module whose runs are told beforehand: {mode: [{case: result}, of the next run, ...]}; the last goes on."""

    def __init__(self, told, listed=()):
        super().__init__("test_x", "3.11.2", None, 1, listed)
        self.told = {mode: list(outcomes) for mode, outcomes in told.items()}

    def run(self, mode, cases=(), log=None):
        told = self.told[mode]
        outcome = runs.Outcome()
        for case, result in (told.pop(0) if len(told) > 1 else told[0]).items():
            if case in self.listed_as_left_out(mode):
                outcome.results[case] = "left out"
            elif case == runs.WHOLE or not cases or case in cases:
                outcome.results[case] = result
        outcome.results.setdefault(runs.WHOLE, "ok")
        return outcome


class Judged(harness.TestCase):
    needs_lttng = False

    def verdict(self, case, alone, quiet, listed=()):
        verdicts = Played({runs.ALONE: alone, runs.QUIET: quiet}, [judge.Listed(line) for line in listed]).judge(runs.QUIET)
        found = [verdict for verdict, cases in verdicts.items() if case in [row[0] for row in cases]]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_one_case(self):
        ok, failed, again = {"t.a": "ok"}, {"t.a": "failed"}, {"t.a": "ok", "t.b": "ok"}
        for alone, quiet, expected in (
                ([ok], [ok], EQUAL),
                ([failed], [failed], EQUAL),
                ([ok], [failed], UNLISTED),
                ([failed], [ok], UNLISTED),
                ([ok], [{}], UNLISTED),  # it was not run at all
                ([{}], [ok], UNLISTED),
                ([ok], [failed, ok], FLAKY),
                ([ok], [failed, ok, ok, failed], UNLISTED),  # it comes again, if seldom
                ([ok], [failed, ok, ok, ok, failed], UNLISTED),  # only in company
                ([ok, ok, failed], [failed], FLAKY),  # without the probe, too
                ([again], [again], EQUAL)):
            with self.subTest(alone=alone, quiet=quiet):
                self.assertEqual(self.verdict("t.a", alone, quiet), expected)

    def test_a_probe_that_is_not_there(self):
        """The comparison would be of nothing with nothing."""
        ok = {"t.a": "ok"}
        self.assertEqual(self.verdict(runs.PROBE, [ok], [{**ok, runs.PROBE: "not there"}, ok]), UNLISTED)
        unknown = [{**ok, runs.PROBE: "not known"}]
        self.assertEqual(self.verdict(runs.PROBE, unknown, unknown), UNLISTED)

    def test_an_end_that_is_a_crash(self):
        ok, crash = {"t.a": "ok", runs.WHOLE: "ok"}, {"t.a": "ok", runs.WHOLE: "killed by SIGSEGV"}
        self.assertEqual(self.verdict(runs.WHOLE, [ok], [crash, ok]), UNLISTED)
        self.assertEqual(self.verdict(runs.WHOLE, [ok, crash], [crash, ok]), FLAKY)
        self.assertEqual(self.verdict(runs.WHOLE, [crash], [crash]), EQUAL)

    def test_the_list(self):
        ok, failed = [{"t.a": "ok"}], [{"t.a": "failed"}]
        for line, expected in (("t.a | 3.6-3.10 | quiet | failed | a thread", UNLISTED),
                               ("t.a | 3.12 | quiet | failed | a thread", UNLISTED),
                               ("t.a | 3.6-3.11 | quiet | failed | a thread", LISTED),
                               ("t.a | 2.7.18,3.11.2 | quiet,recorded | failed | a thread", LISTED),
                               ("t.a | 3.11 | quiet | left out | never ends", LISTED),
                               ("t.a | 3.11.2 | recorded | failed | a thread", UNLISTED),
                               ("t.a | 3.11.2 | quiet | error | a thread", UNLISTED),
                               ("t.b | 3.11.2 | quiet | failed | a thread", UNLISTED)):
            with self.subTest(line):
                self.assertEqual(self.verdict("t.a", ok, failed, [line]), expected)
        line = ["t.a | 3.11 | quiet | failed at times | late"]
        self.assertEqual(self.verdict("t.a", ok, [{"t.a": "failed"}, {"t.a": "failed"}, {"t.a": "ok"}], line), LISTED)
        self.assertEqual(self.verdict("t.a", ok, [{"t.a": "failed"}], line), UNLISTED)
        for line in "t.a | 3.11 | quiet | failed", "t.a | 3.11 | alone | failed | a thread":
            with self.assertRaises(ValueError):
                judge.Listed(line)
        self.assertIsInstance(judge.read_list(), list)

    def test_how_a_process_ended(self):
        for status, words in (0, "ok"), (-11, "killed by SIGSEGV"), (139, "killed by SIGSEGV"), (3, "environment changed"):
            self.assertEqual(runs.how_it_ended(status), words)


if __name__ == "__main__":
    harness.main()
