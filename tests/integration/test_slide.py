#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The trace of 2009, through the real provider, printed again byte for byte."""

import harness


class Slide(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.slide = (harness.SOURCE / "tests" / "play" / "slide.txt").read_text()
        self.record_whole(harness.PLAY, harness.PROVIDER, stdin=self.slide, enough=harness.is_in_time)

    def test_battle_prints_the_slide(self):
        self.assertEqual(self.gilscope("battle", self.trace).out, self.slide)

    def test_brackets_only_add_a_margin(self):
        lines = self.gilscope("battle", "--brackets", self.trace).out.splitlines(True)
        self.assertEqual("".join(line[9:] for line in lines), self.slide)
        self.assertIn("signal ", {line[:7] for line in lines})

    def test_folding_keeps_what_others_do(self):
        """What is folded is what one thread does alone; each line that is left is one of the slide."""
        folded = self.gilscope("battle", "--fold", self.trace).out.splitlines()
        lines = self.slide.splitlines()
        left = [line for line in folded if "like this" not in line]
        self.assertEqual([line for line in left if line not in lines], [])
        for kind in ("BUSY", "RETRY"):
            self.assertEqual([x for x in left if x.endswith(kind)], [x for x in lines if x.endswith(kind)])

    def test_around_and_long_waits(self):
        lines = self.slide.splitlines(True)
        around = self.gilscope("battle", "--around", "+3600s", "--context", "2", self.trace).out
        self.assertEqual(around, "".join(lines[-2:]) + "..... No event follows until +3600.000000000s\n")
        around = self.gilscope("battle", "--around", "0%", "--context", "2", self.trace).out
        self.assertEqual(around, "..... Here it is +0.000000000s\n" + "".join(lines[:2]))
        waits = self.gilscope("battle", "--min-wait", "1000s", self.trace).out
        self.assertRegex(waits, r"^\.{5} 0 of \d+ attempts waited at least 1,000 s; the others are left out\n")

    def test_wrong_choices_have_a_sentence(self):
        for options, sentence in ((("--around", "soon"), "'soon' is no time"),
                                  (("--around", "+1s", "--min-wait", "1s"), "either the events around a time"),
                                  (("--context", "3"), "a context goes with a time"),
                                  (("--around", "+1s", "--context", "1000000"), "at most 100,000 lines")):
            result = self.gilscope("battle", *options, self.trace, expect=2)
            self.assertIn(sentence, result.err)

    def test_beginning_in_the_middle_is_no_violation(self):
        self.assert_lawful()

    def test_counts_of_the_slide(self):
        threads = {t["name"]: t for t in self.report()["threads"]}
        t1, t2 = threads["t1"], threads["t2"]
        self.assertEqual((t2["busy"], t2["retries"], t2["failed_attempts"]), (1, 4, 5))
        self.assertEqual((t1["busy"], t1["retries"], t1["checks"]), (0, 0, 4))
        self.assertEqual(t1["ticks"], 4 * 101)


class HiddenRetries(harness.TestCase):
    """A GIL whose failed wake-ups stay in the C library: nothing says that there were none."""

    def setUp(self):
        super().setUp()
        slide = (harness.SOURCE / "tests" / "play" / "slide.txt").read_text()
        self.busy_only = "".join(line for line in slide.splitlines(True) if "RETRY" not in line)
        ticked, ticks_exact, checks_exact, no_retries = 1, 2, 4, 8
        self.record_whole(harness.PLAY, harness.PROVIDER, ticked | ticks_exact | checks_exact | no_retries,
                          stdin=self.busy_only, enough=harness.is_in_time)

    def test_each_command_says_so(self):
        report = " ".join(self.gilscope("report", self.trace).out.split())  # it breaks lines
        self.assertIn("failed wake-ups not visible", report)
        self.assertIn("At least 1 failed attempt", report)
        self.assertRegex(report, r"badness, the failed attempts per check: at least \d")
        self.assertIn("RETRY) cannot be seen", self.gilscope("verify", self.trace).out)
        battle = self.gilscope("battle", self.trace).out.splitlines()
        self.assertIn("No RETRY", battle[0])
        self.assertIn("failed wake-ups not visible", self.gilscope("battle", "--explain", self.trace).out)

    def test_export(self):
        report = self.report()
        self.assertEqual([gil["retries_visible"] for gil in report["gils"]], [False])
        self.assertEqual(sum(t["failed_attempts"] for t in report["threads"]), 1)


if __name__ == "__main__":
    harness.main()
