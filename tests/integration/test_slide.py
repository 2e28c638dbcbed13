#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The trace of 2009, through the real provider, printed again byte for byte."""

import harness


class Slide(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.slide = (harness.SOURCE / "tests" / "play" / "slide.txt").read_text()
        self.record(harness.PLAY, harness.PROVIDER, stdin=self.slide)

    def test_battle_prints_the_slide(self):
        self.assertEqual(self.gilscope("battle", self.trace).out, self.slide)

    def test_beginning_in_the_middle_is_no_violation(self):
        self.assert_lawful()

    def test_counts_of_the_slide(self):
        threads = {t["name"]: t for t in self.report()["threads"]}
        t1, t2 = threads["t1"], threads["t2"]
        self.assertEqual((t2["busy"], t2["retries"], t2["failed_attempts"]), (1, 4, 5))
        self.assertEqual((t1["busy"], t1["retries"], t1["checks"]), (0, 0, 4))
        self.assertEqual(t1["ticks"], 4 * 101)


if __name__ == "__main__":
    harness.main()
