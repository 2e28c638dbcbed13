#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recording what runs for long: limits, the flight recorder, programs that others started, little memory."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

import harness


# Three threads that take and drop the GIL all the time, for so many seconds; says when it ended.
BUSY = """import sys, threading, time
end = time.monotonic() + float(sys.argv[1])
def work():
    while time.monotonic() < end:
        for _ in range(100): pass
        time.sleep(0)
ts = [threading.Thread(target=work, daemon=True) for _ in range(3)]
[t.start() for t in ts]
print('up', flush=True)
[t.join() for t in ts]
print(time.time_ns(), flush=True)
"""

# Workers in processes of their own, each with two such threads.
# They work when all are there: else the last may get the memory of the first.
WORKERS = """import multiprocessing, os, sys, threading, time
there, wait_for = os.pipe(), os.pipe()
def work():
    os.close(wait_for[1])
    os.write(there[1], b'.')
    os.close(there[1])
    os.read(wait_for[0], 1)
    end = time.monotonic() + 0.6
    def burn():
        while time.monotonic() < end:
            for _ in range(100): pass
            time.sleep(0.001)
    ts = [threading.Thread(target=burn) for _ in range(2)]
    [t.start() for t in ts]; [t.join() for t in ts]
if __name__ == '__main__':
    ps = [multiprocessing.get_context('fork').Process(target=work) for _ in range(int(sys.argv[1]))]
    [p.start() for p in ps]
    os.close(there[1]); [os.read(there[0], 1) for p in ps]
    os.close(wait_for[1]); [p.join() for p in ps]
    print([p.exitcode for p in ps])
"""


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Services(harness.TestCase):
    def busy(self, seconds, **more):
        return self.record(harness.PYTHON, "-c", BUSY, str(seconds), **more)

    @contextlib.contextmanager
    def start(self, *command, **options):
        """A process that is ended at the latest with the test."""
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, cwd=self.folder, **options)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

    def events(self, trace=None):
        return self.report(trace)["trace"]["events"]


class Limits(Services):
    def test_duration(self):
        result = self.busy(1.2, options=("--duration", "400ms"))
        self.assertEqual(result.out.splitlines()[0], "up")
        self.assertIn("--duration is over; the program goes on", result.err)
        self.assertIn("recorded 1 process", result.err)
        self.assert_lawful()
        report = self.report()
        self.assertGreater(report["trace"]["events"], 1000)
        # It stopped while the program, which says when it ended, still ran.
        self.assertLess(int(report["trace"]["end_ns"]), int(result.out.splitlines()[1]) - 300_000_000)

    def test_trace_can_be_read_before_the_program_ends(self):
        with self.start(harness.GILSCOPE, "record", "-o", self.trace, "--duration", "0.3",
                        harness.PYTHON, "-c", BUSY, "60") as recorder:
            self.assertTrue(wait_until(lambda: os.path.exists(self.trace + "/gilscope.json")))
            self.assert_lawful()
            self.assertIsNone(recorder.poll())
            recorder.send_signal(signal.SIGINT)
            self.assertEqual(recorder.wait(30), 128 + signal.SIGINT)

    def test_duration_and_status(self):
        self.record("sh", "-c", "sleep 0.4; exit 9", options=("--duration", "0.1"), expect=9)

    def test_max_size(self):
        result = self.record(harness.GILRUN, "battle", "--count", "3000000",
                             options=("--max-size", "1M", "--buffer-size", "256K"))
        self.assertIn("--max-size; the program goes on", result.err)
        size = sum(p.stat().st_size for p in pathlib.Path(self.trace).rglob("*") if p.is_file())
        self.assertGreater(size, 1 << 20)
        whole = self.folder / "whole.trace"
        self.gilscope("record", "-o", whole, harness.GILRUN, "battle", "--count", "3000000")
        all_of_it = sum(p.stat().st_size for p in whole.rglob("*") if p.is_file())
        self.assertLess(size, all_of_it / 2)
        # Small buffers may lose events; what is there is lawful.
        self.assertEqual(self.report()["quality"]["violations"], 0)

    def test_attaching_says_what_to_do_instead(self):
        for words in (("-p", "1"), ("--pid", "1")):
            self.assert_one_sentence(self.gilscope("record", *words, expect=2).err, "attach", "gilscope env")

    def test_wrong_uses(self):
        for words in (("--buffers", "cpu"), ("--duration", "soon"), ("--flight-recorder", "1M", "--buffers", "pid"),
                      ("--flight-recorder", "1M", "--max-size", "1G"), ("--max-size", "-1")):
            result = self.gilscope("record", *words, "true", expect=2)
            self.assert_one_sentence(result.err, words[0])


class FlightRecorder(Services):
    options = ("--flight-recorder", "1M")

    def test_end_of_the_program(self):
        result = self.busy(1.5, options=self.options)
        ended_ns = int(result.out.splitlines()[1])
        self.assertIn("snapshot-1", result.err)
        self.gilscope("verify", self.trace)
        report = self.report()
        # The last events are there, the first ones are not, and that is no loss.
        self.assertLess(abs(int(report["trace"]["end_ns"]) - ended_ns), 200_000_000)
        self.assertTrue(report["quality"]["begins_late"])
        self.assertFalse(report["quality"]["incomplete"])
        self.assertIn("it begins in the middle", self.gilscope("report", self.trace).out)
        self.assertEqual(len(report["threads"]), 4)
        self.assertEqual([t["is_main"] for t in report["threads"]].count(True), 1)

    def test_all_of_a_short_program(self):
        self.record(harness.GILRUN, "battle", "--count", "2000", options=self.options)
        report = self.report()
        self.assertFalse(report["quality"]["begins_late"])
        self.assertEqual(sum(t["ticks"] for t in report["threads"]), harness.battle_ticks(2000))

    def test_killed_program(self):
        program = BUSY.replace("[t.join() for t in ts]", "ts[0].join(0.7); import os; os.kill(os.getpid(), 9)")
        self.record(harness.PYTHON, "-c", program, "9", options=self.options, expect=128 + signal.SIGKILL)
        self.assertGreater(self.events(), 1000)
        self.assertEqual(self.report()["quality"]["violations"], 0)

    def test_on_demand(self):
        with self.start(harness.GILSCOPE, "record", "-o", self.trace, *self.options,
                        harness.PYTHON, "-c", BUSY, "60") as recorder:
            recorder.stdout.readline()
            for number in (1, 2):
                time.sleep(0.3)
                recorder.send_signal(signal.SIGUSR1)
                note = f"{self.trace}/snapshot-{number}/gilscope.json"
                self.assertTrue(wait_until(lambda: os.path.exists(note)), note)
            recorder.send_signal(signal.SIGINT)
            _, error = recorder.communicate(timeout=60)
        self.assertEqual(recorder.returncode, 128 + signal.SIGINT, error)
        self.assertIn(f"kill -USR1 {recorder.pid}", error)
        ends = []
        for number in (1, 2, 3):
            snapshot = f"{self.trace}/snapshot-{number}"
            self.assertIn(snapshot, error)
            self.assert_lawful(snapshot)
            ends.append(int(self.report(snapshot)["trace"]["end_ns"]))
        self.assertEqual(ends, sorted(ends))
        # The folder of them all stands for the last, and says so.
        result = self.gilscope("report", self.trace)
        self.assertIn("3 snapshots", result.err)
        self.assertEqual(int(self.report()["trace"]["end_ns"]), ends[2])


class Everything(Services):
    """Without a command: the programs of others."""

    def environment(self):
        return self.gilscope("env").out.split()

    def check(self, service_user=(), recorder_user=()):
        """One program that runs before the recording begins, and one that starts in it."""
        environment = dict(os.environ, HOME=str(self.folder))
        program = (*service_user, "env", *self.environment(), harness.PYTHON, "-c", BUSY)
        recorder = (*recorder_user, harness.GILSCOPE, "record", "-o", self.trace)
        with self.start(*program, "60", env=environment) as first:
            first.stdout.readline()
            with self.start(*recorder, env=environment) as recorder:
                self.assertIn("carry the probe", recorder.stderr.readline())
                # With another daemon somewhere LTTng lets five seconds pass before it looks again.
                self.assertTrue(wait_until(lambda: self.recorded(first.pid)), "the first was not found")
                with self.start(*program, "0.5", env=environment) as second:
                    second.wait(30)
                # What was said to LTTng while it was not all there yet is said again within a second.
                time.sleep(1.2)
                recorder.send_signal(signal.SIGTERM)
                _, error = recorder.communicate(timeout=60)
        self.assertEqual(recorder.returncode, 0, error)
        self.assertIn("recorded 2 processes", error)
        for process in (first, second):
            self.assertRegex(error, rf"python3\S* {process.pid}\b")
        for user in {(), recorder_user}:
            self.assertEqual(harness.run(*user, harness.GILSCOPE, "verify", self.trace).status, 0)
        gils = self.report()["gils"]
        self.assertEqual({gil["pid"] for gil in gils}, {first.pid, second.pid})

    def recorded(self, pid):
        return any(re.search(rf"-{pid}-", path.name) for path in pathlib.Path(self.trace).glob("ust/pid/*"))

    def test_own_programs(self):
        self.check()

    def test_root_records_the_programs_of_another_user(self):
        if os.geteuid():
            self.skipTest("only root can become another user")
        self.check(service_user=self.as_ordinary_user())

    def test_user_records_own_programs(self):
        user = self.as_ordinary_user()
        self.check(service_user=user, recorder_user=user)
        left = [p for p in (self.folder / ".lttng").rglob("lttng-sessiond.pid") if harness.read_pid(p)]
        self.assertEqual(left, [], "a daemon was left behind")

    def test_nobody_there(self):
        result = self.gilscope("record", "-o", self.trace, "--duration", "0.2")
        self.assertIn("gilscope env", result.err)
        self.assertIn("nothing was recorded: no process that carries the probe", result.err)


class Memory(Services):
    def setUp(self):
        super().setUp()
        self.program = self.folder / "workers.py"
        self.program.write_text(WORKERS)

    def small(self, *options):
        """A recording of eight workers where /dev/shm has 64 MiB, as in Docker."""
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=64m none /dev/shm && exec "$@"', "sh")
        if harness.run(*hidden, "true").status:
            self.skipTest("cannot mount a tmpfs here")
        result = harness.run(*hidden, harness.GILSCOPE, "record", "-o", self.trace, *options, harness.PYTHON,
                             self.program, "8", timeout=60)
        self.assertEqual((result.status, result.out), (0, f"{[0] * 8}\n"), result.err)
        return result.err

    def counted(self, error):
        """Processes in the trace, and those that are said to be missing."""
        recorded = int(re.search(r"recorded (\d+) process", error).group(1))
        absent = re.search(r"(\d+) of (\d+) processes are not in the trace(?! from)", error)
        taken = {gil["pid"] for gil in self.report()["gils"] if gil["acquisitions"]}
        self.assertEqual(len(taken), recorded)
        absent = int(absent.group(1)) if absent else 0
        self.assertEqual(self.report()["quality"]["absent_processes"], absent)
        return recorded, absent

    def test_eight_workers_fit(self):
        error = self.small()
        self.assertNotIn("no room", error)
        self.assertEqual(sum(self.counted(error)), 9, error)
        self.assertEqual(self.report()["quality"]["violations"], 0)

    def test_those_without_buffers_are_counted(self):
        error = self.small("--buffer-size", "8M")
        recorded, absent = self.counted(error)
        self.assertEqual(recorded + absent, 9, error)
        self.assertGreater(absent, 0, error)
        self.assertIn("/dev/shm had no room", error)

    def test_buffers_of_the_user(self):
        error = self.small("--buffers", "uid")
        self.assertEqual(sum(self.counted(error)), 9, error)
        self.assertEqual([path.name for path in pathlib.Path(self.trace).glob("ust/*")], ["uid"])
        self.assertEqual(self.report()["quality"]["violations"], 0)

    def test_buffer_size_that_does_not_fit_is_said(self):
        self.assertIn("--buffer-size: each process gets", self.small("--buffer-size", "64M"))


if __name__ == "__main__":
    harness.main()
