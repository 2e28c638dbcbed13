#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is wrong with a program: each finding from a recorded run that must raise it, in the lab and on real CPython."""
import collections
import shlex

import harness

PROGRAMS = harness.SOURCE / "tests" / "programs"
ACCUSATIONS = {"battle", "convoy", "long_hold", "signal_storm", "starvation", "priority_inversion", "oversubscription"}

# command: its words; first: the finding that must be the costliest; parts: words of its verdict; never: what must not be
# said of it, of the accusations (None: no other). The short waits of a program's begin and end may have a name, too.
Run = collections.namedtuple("Run", "command first parts never")


def lab(words, first, parts, never):
    return Run([harness.GILRUN, "--gil", *words.split()], first, parts, never)


LAB = {
    "battle of time slices": lab("interval --set count=3000000 battle", "battle", ["t1", "t2", "take turns"],
                                 {"convoy", "long_hold", "signal_storm", "oversubscription"}),
    "battle of ticks": lab("fair --set count=300000 battle", "battle", ["t1", "t2"],
                           {"long_hold", "signal_storm", "oversubscription", "starvation"}),
    "convoy": lab("interval --set operations=40 io-and-cpu", "convoy", ["io waits", "behind cpu1"],
                  {"battle", "signal_storm", "oversubscription", "starvation", "priority_inversion"}),
    "long hold among time slices": lab("interval --set operations=3 long-hold", "long_hold", ["worker holds", "io waited"],
                                       None),
    "long hold among ticks": lab("cond --set operations=3 long-hold", "long_hold", ["worker holds", "io waited"], None),
    "signal storm": lab("cond --set count=150000 --set signals=1 --set pause=1ms signal-storm", "signal_storm",
                        ["cpu offers the GIL", "instead of 101", "MainThread, which does not run"],
                        {"long_hold", "oversubscription", "starvation"}),
    "starvation": lab("priority starvation", "starvation", ["poor", "greedy"], {"long_hold", "signal_storm"}),
    "priority inversion": lab("interval --set updates=8 priority-inversion", "priority_inversion",
                              ["MainThread needs", "behind worker1"],
                              {"battle", "convoy", "signal_storm", "oversubscription"}),
    "oversubscription": lab("interval --set threads=200 many", "oversubscription", ["threads queue for the GIL"],
                            {"battle", "convoy", "signal_storm"}),
    "healthy among time slices": lab("interval healthy", "no_contention", ["The GIL is not your problem."], None),
    "healthy among ticks": lab("cond healthy", "no_contention", ["The GIL is not your problem."], None),
}


def programs(python):
    """Of one interpreter."""
    def run(words, *rest):
        file, *arguments = words.split()
        return Run([python, "-B", PROGRAMS / file, *arguments], *rest)
    return {
        "convoy": run("echo.py 50", "convoy", ["echo waits", "behind compute"],
                      {"battle", "signal_storm", "oversubscription", "starvation"}),
        "battle": run("cpu.py 2 4000000", "battle", ["Thread-1", "Thread-2"],
                      {"convoy", "signal_storm", "oversubscription"}),
        "long hold": run("long_call.py 3 0.15", "long_hold", ["add_up holds", "doze"],
                         {"battle", "convoy", "signal_storm", "oversubscription"}),
        "signal storm": run("signals.py 1500000", "signal_storm", ["Thread-1 offers", "MainThread, which does not run"],
                            {"battle", "long_hold", "oversubscription"}),
        "healthy": run("sleep.py 3 30", "no_contention", ["The GIL is not your problem."], None),
    }


class Findings(harness.TestCase):
    def record_all(self, runs):
        """One after the other, in one recording. {its name: its findings, the costliest first}"""
        script = [f"sh -c 'echo $$ > \"$0\"; exec \"$@\"' {shlex.quote(str(self.folder / name))} "
                  f"{shlex.join(map(str, run.command))}" for name, run in runs.items()]
        # Per user: with buffers for each process LTTng serves such short ones too slowly, one after the other.
        self.record("/bin/sh", "-ec", "\n".join(script), options=("--buffers", "uid"))
        report = self.report()
        pids = {gil["gil"]: gil["pid"] for gil in report["gils"]}
        self.assert_findings(report)
        return {name: [f for f in report["findings"] if pids[f["gil"]] == int((self.folder / name).read_text())]
                for name in runs}

    def assert_answer(self, run, findings):
        said = [f["verdict"] for f in findings]
        self.assertEqual(findings[0]["finding"], run.first, said)
        for part in run.parts:
            self.assertIn(part, findings[0]["verdict"])
        never = ACCUSATIONS - {run.first} if run.never is None else run.never
        self.assertFalse({f["finding"] for f in findings} & never, said)

    def assert_findings(self, report):
        for gil in report["gils"]:
            mine = [f for f in report["findings"] if f["gil"] == gil["gil"]]
            self.assertTrue(mine, "of each GIL something is said")
            self.assertLessEqual(sum(f["cost_ns"] for f in mine), gil["wait_ns"], "a wait is in two findings")
        for finding in report["findings"]:
            self.assertLessEqual(finding["from_ns"], finding["to_ns"])
            self.assertLessEqual(finding["to_ns"], report["trace"]["duration_ns"])

    def check(self, runs):
        for name, findings in self.record_all(runs).items():
            with self.subTest(name):
                self.assert_answer(runs[name], findings)

    def test_lab(self):
        self.check(LAB)

    def test_python_3(self):
        runs = programs(harness.PYTHON)
        del runs["signal storm"]  # a signal interrupts the wait, since 3.2
        self.check(runs)

    def test_python_2(self):
        found = [path for name, path in harness.interpreters(at_least=(2, 7)) if name.startswith("2.7")]
        if not found:
            self.skipTest("there is no Python 2.7 in pyenv")
        runs = programs(found[0])
        # Whether the two fight is the scheduler's choice there, and how long an I/O thread waits is a race.
        del runs["battle"], runs["convoy"]
        self.check(runs)

    def test_the_range_of_a_long_hold_shows_it(self):
        self.record(*LAB["long hold among time slices"].command)
        found = self.report()["findings"][0]
        begin, end = (f"+{found[name]}ns" for name in ("from_ns", "to_ns"))
        worker, = (t for t in self.report(options=("--time", f"{begin},{end}"))["threads"] if t["name"] == "worker")
        self.assertGreater(worker["state_ns"]["holding"], 0.95 * (found["to_ns"] - found["from_ns"]))


if __name__ == "__main__":
    harness.main()
