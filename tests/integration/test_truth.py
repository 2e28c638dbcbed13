#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The analyzer against the laboratory's own counters: equal, or nothing else is worth testing."""
import json
import os

import harness

COUNTERS = ("acquisitions", "acquisitions_contended", "busy", "retries", "retries_timed_out",
            "releases", "releases_requested", "checks", "ticks")
HOT = ("entry", "busy", "retry", "acquire", "release", "leave")


def cpu_lists():
    cpus = sorted(os.sched_getaffinity(0))
    return [str(cpus[0])] + ([f"{cpus[0]},{cpus[1]}"] if len(cpus) > 1 else [])


class Truth(harness.TestCase):
    def battle(self, *options, record_options=()):
        """The laboratory's counters. A run that LTTng did not register in time was recorded from its
        middle on: no trial, it is made again."""
        truth = self.folder / "truth.json"
        for _ in range(5):
            self.said = self.record(harness.GILRUN, "battle", "--truth", truth, *options,
                                    options=record_options).err
            quality = self.report()["quality"]
            if quality["lost_events"]:  # then some are found in the middle, too
                quality.update(attempts_found=0, holds_found=0)
            if harness.is_whole(quality):
                return json.loads(truth.read_text())
        self.fail("five runs were recorded from their middle on")

    def assert_equal_counts(self, truth, report):
        seen = {t["tid"]: t for t in report["threads"]}
        self.assertEqual(sorted(seen), sorted(t["tid"] for t in truth["threads"]))
        for thread in truth["threads"]:
            self.assertEqual(seen[thread["tid"]]["name"], thread["name"])
            for counter in COUNTERS:
                self.assertEqual(seen[thread["tid"]][counter], thread[counter],
                                 f"{thread['name']}: {counter}")
        self.assertEqual(report["quality"]["lost_events"], 0)
        self.assertIn("recorded 1 process ", self.said)
        self.assertIn("no event was lost", self.said)
        for kind in HOT:
            self.assertEqual(report["trace"]["events_by_kind"][kind], truth["events"][kind], kind)

    def test_counts_equal_the_laboratory(self):
        for cpus in cpu_lists():
            for threads in (2, 4, 16):
                with self.subTest(cpus=cpus, threads=threads):
                    truth = self.battle("--cpus", cpus, "--threads", threads,
                                        "--count", 2_000_000 // threads)
                    self.assert_lawful()
                    self.assert_equal_counts(truth, self.report())

    def test_check_intervals(self):
        for interval in (1, 10, 1000):
            with self.subTest(interval=interval):
                truth = self.battle("--check-interval", interval, "--count", 30_000)
                self.assert_equal_counts(truth, self.report())
                self.assertEqual(self.report()["gils"][0]["interval"], interval)

    def test_small_buffers_lose_and_count_exactly(self):
        truth = self.battle("--count", 1_000_000, record_options=("--buffer-size", "16K"))
        report = self.report()
        recorded = sum(report["trace"]["events_by_kind"][kind] for kind in HOT)
        self.assertGreater(report["quality"]["lost_events"], 0)
        self.assertEqual(recorded + report["quality"]["lost_events"], sum(truth["events"].values()))
        self.assertIn(f" {report['quality']['lost_events']} events LOST", self.said)
        self.gilscope("verify", self.trace, expect=3)
        self.assertIn("lost", self.gilscope("report", self.trace).out)


if __name__ == "__main__":
    harness.main()
