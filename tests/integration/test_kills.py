#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Processes that are killed while they are recorded: the recorder goes on, nothing of the others is lost, and what is lost of
the killed ones is counted or called unknown.

With GILSCOPE_ALL=1 ten times as many are killed.
"""
import os
import random
import signal
import struct
import subprocess
import time

import harness
from test_faults import FIGHT, FLOOD, Faults


@harness.plain_build_only("what LTTng or the disk does")
class Kills(Faults):
    # Ends as many fighting children as told, each at some time, and lets the last one live.
    PARENT = ("import random, subprocess, sys, time\n"
              "random.seed(7)\n"
              "for _ in range(int(sys.argv[1])):\n"
              "    p = subprocess.Popen([sys.executable, '-c', sys.argv[2], '60', sys.argv[3]], stdout=subprocess.PIPE)\n"
              "    p.stdout.readline(); time.sleep(random.uniform(0, 0.05)); p.kill(); p.wait()\n"
              "p = subprocess.run([sys.executable, '-c', sys.argv[2], '0.1', sys.argv[3]], stdout=subprocess.DEVNULL)\n"
              "sys.exit(p.returncode)\n")

    def check(self, *options):
        count = 5 * harness.MANY
        counts = self.folder / "counts"
        counts.mkdir()
        counts.chmod(0o777)
        # With root's daemon another recording may have a child's events switched on while this one does not have it yet.
        result = harness.run(*self.as_ordinary_user(), harness.GILSCOPE, "record", "-o", self.trace, *options,
                             harness.PYTHON, "-c", self.PARENT, count, FIGHT, counts, timeout=60 * harness.MANY)
        self.assertEqual(result.status, 0, result.err)
        report = self.report()
        quality = report["quality"]
        pids = {gil["pid"] for gil in report["gils"] if gil["acquisitions"]}
        # subprocess.Popen starts them with vfork(): the parent is one process, each child one.
        self.assertEqual(len(pids) + quality["absent_processes"], count + 2, result.err)
        self.assertEqual(quality["violations"], 0)
        note = self.note()
        self.assertEqual((quality["lost_events"], quality["absent_processes"], quality["loss_unknown"]),
                         (note["lost_events"], note["absent_processes"], not note["loss_known"]))
        self.assert_nothing_missing(report, counts)
        return report

    def assert_nothing_missing(self, report, counts):
        """Of each process that is there, killed or not, by its own count, which its memory has kept; or it is said."""
        if report["quality"]["loss_unknown"]:
            return
        checked = 0
        for gil in report["gils"]:
            path = counts / str(gil["pid"])
            if gil["acquisitions"] and path.exists():
                self.assertGreaterEqual(gil["acquisitions"], sum(struct.unpack("<3q", path.read_bytes())), gil)
                checked += 1
        self.assertGreater(checked, 1)

    def test_killed_while_they_fight(self):
        report = self.check()
        # Nothing of the one that came last is missing, and nobody's packets are.
        self.assertEqual((report["quality"]["lost_events"], report["quality"]["lost_packets"]), (0, 0))
        last = report["gils"][-1]
        rows = [t for t in report["threads"] if t["gil"] == last["gil"]]
        self.assertEqual(len(rows), 4)
        self.assertEqual(sum(t["acquisitions"] for t in rows), last["acquisitions"])


    def test_killed_in_an_event(self):
        """At such a rate one kill in six or so comes while one is written: then LTTng keeps back that CPU's buffer."""
        user = self.as_ordinary_user()
        for _ in range(4 * harness.MANY):
            counts = self.folder / "counts"
            counts.touch()
            counts.chmod(0o666)
            recorder = subprocess.Popen(
                [*user, harness.GILSCOPE, "record", "-o", self.trace, "--", "/bin/sh", "-c", '"$@" & echo $!; wait', "sh",
                 FLOOD, harness.PROVIDER, "4000000", "60", counts], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(recorder.kill)
            pid = int(recorder.stdout.readline())
            self.assertTrue(self.wait_for(lambda: counts.stat().st_size == 16 and all(struct.unpack("<2q", counts.read_bytes()))))
            time.sleep(random.uniform(0.1, 0.3))
            os.kill(pid, signal.SIGKILL)
            _, error = recorder.communicate(timeout=60)
            note, quality = self.note(), self.report()["quality"]
            self.assertEqual((quality["loss_unknown"], quality["violations"]), (not note["loss_known"], 0), error)
            if note["loss_known"] and not note["lost_events"]:
                taken = sum(gil["acquisitions"] for gil in self.report()["gils"])
                self.assertGreaterEqual(taken, sum(struct.unpack("<2q", counts.read_bytes())), error)
            counts.unlink()


if __name__ == "__main__":
    harness.main()
