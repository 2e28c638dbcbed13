#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is wrong with a program: each finding from a recorded run that must raise it, in the lab and on real CPython."""
import collections
import re
import shlex

import harness

PROGRAMS = harness.SOURCE / "tests" / "programs"
ACCUSATIONS = {"battle", "convoy", "long_hold", "signal_storm", "starvation", "priority_inversion", "oversubscription"}

# command: its words; first: the finding that must be the costliest; parts: words of its verdict; never: what must not be
# said of it, of the accusations (None: no other). The short waits of a program's begin and end may have a name, too.
# firm: it follows from what the program does, on a busy machine, too. The others need that the system lets certain threads
# run at the same time, or soon after they are woken. aside: it hardly runs, but for long; the others run meanwhile.
Run = collections.namedtuple("Run", "command first parts never firm aside")
TRIES = 3


def lab(words, first, parts, never, firm=False, aside=False):
    return Run([harness.GILRUN, "--gil", *words.split()], first, parts, never, firm, aside)


# As those that are shipped, but surer: all threads want the GIL before it begins, and the signal comes when main waits. Time
# slices are so long that one in which the system suspends a thread is no long hold.
OWN = {
    "battle.gil": "thread t 2\n count 2000000\nend\nmain\n start t\n hold 10ms\n join t\nend\n",
    "slices.gil": "thread t 2\n count 3000000\nend\nmain\n switchinterval 20ms\n start t\n hold 10ms\n join t\nend\n",
    "convoy.gil": "thread cpu1 daemon\n repeat forever\n  count 1000\n end\nend\nthread io\n repeat 30\n  sleep 1ms\n end\nend\n"
                  "main\n switchinterval 20ms\n start cpu1\n start io\n join io\nend\n",
    "inversion.gil": "thread worker1 daemon\n repeat forever\n  hold 24ms\n  count 20\n end\nend\n"
                     "main\n switchinterval 20ms\n start worker1\n repeat 8\n  sleep 5ms\n  count 1\n end\nend\n",
    "starvation.gil": "thread greedy 2 daemon\n repeat forever\n  hold 500us\n  sleep 0ms\n end\nend\n"
                      "thread poor 3\n count 40000\nend\n"
                      "main\n switchinterval 1ms\n start greedy\n sleep 20ms\n start poor\n join poor\nend\n",
    "queue.gil": "thread io 40\n repeat 40\n  hold 100us\n  sleep 0ms\n end\nend\n"
                 "main\n switchinterval 20ms\n start io\n join io\nend\n",
    "storm.gil": "on SIGUSR1\n count 1\nend\nthread cpu\n sleep 50ms\n count 100000\n kill SIGUSR1\n count 60000\nend\n"
                 "main\n start cpu\n join cpu\nend\n",
}
LAB = {
    "battle of time slices": lab("interval slices.gil", "battle", ["t1", "t2", "take turns"],
                                 {"convoy", "long_hold", "signal_storm", "oversubscription"}, firm=True),
    "battle of ticks": lab("cond battle.gil", "battle", ["t1", "t2", "fight"],
                           {"convoy", "long_hold", "signal_storm", "oversubscription"}),
    "convoy": lab("interval convoy.gil", "convoy", ["io waits", "behind cpu1"],
                  {"battle", "signal_storm", "oversubscription", "starvation", "priority_inversion"}),
    "long hold among time slices": lab("interval --set operations=3 long-hold", "long_hold", ["worker holds", "io waited"],
                                       None, firm=True),
    "long hold among ticks": lab("cond --set operations=3 long-hold", "long_hold", ["worker holds", "io waited"], None,
                                 firm=True),
    "signal storm": lab("cond storm.gil", "signal_storm",
                        ["cpu offers the GIL", "instead of 101", "MainThread, which does not run"],
                        {"battle", "convoy", "long_hold", "oversubscription", "starvation"}),
    "starvation": lab("priority starvation.gil", "starvation", ["poor", "greedy"], {"long_hold", "signal_storm"}),
    "priority inversion": lab("interval inversion.gil", "priority_inversion",
                              ["MainThread needs", "behind worker1"],
                              {"battle", "convoy", "signal_storm", "oversubscription"}),
    "oversubscription": lab("interval queue.gil", "oversubscription", ["threads queue for the GIL"],
                            {"battle", "convoy", "signal_storm"}, firm=True),
    "healthy among time slices": lab("interval --set operations=500 healthy", "no_contention",
                                     ["The GIL is not your problem."], None, firm=True, aside=True),
    "healthy among ticks": lab("cond --set operations=500 healthy", "no_contention", ["The GIL is not your problem."], None,
                               firm=True, aside=True),
}


# With long time slices, as above.
SLICES = ("-c", "import runpy, sys; sys.setswitchinterval(0.02); del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')")


def programs(python):
    """Of one interpreter."""
    def run(words, *rest, before=(), firm=True, aside=False):
        file, *arguments = words.split()
        return Run([python, "-B", *before, PROGRAMS / file, *arguments], *rest, firm, aside)
    return {
        "convoy": run("echo.py 30", "convoy", ["echo waits", "behind compute"],
                      {"battle", "signal_storm", "oversubscription", "starvation"}, before=SLICES),
        "battle": run("cpu.py 2 4000000", "battle", ["Thread-1", "Thread-2"],
                      {"convoy", "signal_storm", "oversubscription"}, before=SLICES),
        "long hold": run("long_call.py 3 0.15", "long_hold", ["add_up holds", "doze"],
                         {"battle", "convoy", "signal_storm", "oversubscription"}),
        "signal storm": run("signals.py 1500000", "signal_storm", ["Thread-1 offers", "MainThread, which does not run"],
                            {"battle", "long_hold", "oversubscription"}, firm=False),
        "healthy": run("sleep.py 3 2000", "no_contention", ["The GIL is not your problem."], None, aside=True),
    }


class Findings(harness.TestCase):
    def record_all(self, runs):
        """One after the other, in one recording. {its name: its findings, the costliest first}"""
        script = [f"sh -c 'echo $$ > \"$0\"; exec \"$@\"' {shlex.quote(name)} {shlex.join(map(str, run.command))}"
                  f"{' &' if run.aside else ''}"
                  for name, run in sorted(runs.items(), key=lambda item: not item[1].aside)] + ["wait"]
        # Per user: with buffers for each process LTTng serves such short ones too slowly, one after the other.
        self.record("/bin/sh", "-ec", "\n".join(script), options=("--buffers", "uid"), cwd=self.folder)
        report = self.report()
        self.assert_findings(report)
        pids = {gil["pid"]: gil["gil"] for gil in report["gils"]}
        gils = {name: pids.get(int((self.folder / name).read_text())) for name in runs}
        self.in_time = harness.is_in_time(report["quality"])
        return {name: [f for f in report["findings"] if f["gil"] == gil] for name, gil in gils.items() if gil is not None}

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

    def problem(self, run, findings):
        """None, or what is wrong with the answer."""
        if findings is None:
            return "LTTng did not serve it in time"
        try:
            self.assert_answer(run, findings)
        except self.failureException as error:
            if run.firm and self.in_time:
                raise
            return error
        return None

    def check(self, runs):
        """What is not firm is done again: who meets whom is the system's choice, and so is who is served in time.
        Of those that LTTng registered late anyone may have been recorded from its middle on."""
        for _ in range(TRIES):
            found, problems = self.record_all(runs), {}
            for name, run in runs.items():
                with self.subTest(name):
                    problems[name] = self.problem(run, found.get(name))
            runs = {name: run for name, run in runs.items() if problems.get(name)}
            if not runs:
                return
        self.fail("\n".join(f"{name}: {problems[name]}" for name in runs))

    def test_lab(self):
        for name, text in OWN.items():
            (self.folder / name).write_text(text)
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


class Document(harness.TestCase):
    needs_lttng = False

    def test_each_finding_has_its_section(self):
        text = (harness.SOURCE / "docs" / "findings.md").read_text()
        files = (harness.SOURCE / "analyzer" / "findings").glob("*.c")
        names = {name for file in files for name in re.findall(r'^const struct detector \w+ = \{ \.name = "(\w+)"',
                                                               file.read_text(), re.M)}
        self.assertEqual(set(re.findall(r"^## (\w+)$", text, re.M)), names)
        self.assertLessEqual(ACCUSATIONS, names)


if __name__ == "__main__":
    harness.main()
