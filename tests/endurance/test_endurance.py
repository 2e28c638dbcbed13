#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What runs for long stays as it is: memory and descriptors of the recorded program and of the recorder.

In a minute, or in half an hour with GILSCOPE_ALL=1. A web server at full load with the flight recorder, the same with
default buffers, and 10,000 threads that begin and end. Beside each, the same without gilscope takes turns with it; how
its throughput compares is printed, and is no test: the machine may be a shared one.

The rule of memory: from the first third of the run to its end, private memory (RssAnon) grows by at most GROWTH_KIB.
Shared memory (RssShmem) is the buffers, which are touched one after the other: never more than their size.
"""
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
import harness  # noqa: E402
import web  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
GROWTH_KIB = 1024   # finds a leak of 160 bytes a thread: two thirds of 10,000 leave as much
RING_MIB = 64
SLACK_MIB = 8       # facts about GILs and threads, LTTng's own pages, each CPU's rounded up
THREADS = 10000


def usage(pid):
    """Of a process: private memory, shared memory, descriptors."""
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"anon_kib": int(fields["RssAnon"].split()[0]), "shmem_kib": int(fields["RssShmem"].split()[0]),
            "descriptors": len(os.listdir(f"/proc/{pid}/fd"))}


def idle_descriptors(pid):
    """Without the connections of the load before, which the server closes within 2 s."""
    fewest = usage(pid)["descriptors"]
    for _ in range(30):
        time.sleep(0.1)
        fewest = min(fewest, usage(pid)["descriptors"])
    return fewest


def settled(pid, descriptors):
    """usage(), when the server has noticed the end of its connections, or 20 s later."""
    for _ in range(200):
        now = usage(pid)
        if now["descriptors"] <= descriptors:
            break
        time.sleep(0.1)
    return now


def say(text):
    print(f"# {text}", flush=True)


def say_ratio(what, pairs):
    """pairs: (recorded, not), more is better."""
    ratios = [ours / theirs for ours, theirs in pairs]
    say(f"{what}: throughput {statistics.median(ratios):.2f} of the unrecorded (median of {len(ratios)} pairs, "
        f"{min(ratios):.2f} to {max(ratios):.2f})")


class Endurance(harness.TestCase):
    @staticmethod
    def say_usage(who, third, end):
        say(f"{who}: from the first third to the end: private memory {third['anon_kib']:,} to {end['anon_kib']:,} KiB, "
            f"shared {third['shmem_kib']:,} to {end['shmem_kib']:,} KiB, descriptors {third['descriptors']} to "
            f"{end['descriptors']}")

    def assert_flat(self, who, third, end):
        self.say_usage(who, third, end)
        self.assertLessEqual(end["anon_kib"] - third["anon_kib"], GROWTH_KIB, who)
        self.assertLessEqual(end["descriptors"], third["descriptors"], who)

    def lost(self):
        """What the trace's notes say; a number is an answer, "unknown" is none."""
        about = json.loads(pathlib.Path(self.trace, "gilscope.json").read_text())
        self.assertTrue(about["loss_known"])
        return about["lost_events"]

    def load_both(self, recorded, bare, rounds, seconds):
        """They take turns. [(requests/s, requests/s)]; usages of worker and recorder, and recorded requests, after each round."""
        pairs, usages, requests = [], [], []
        idle = idle_descriptors(recorded.worker)
        for number in range(rounds):
            order = (recorded, bare) if number % 2 == 0 else (bare, recorded)
            loads = {server: server.load(seconds) for server in order}
            for load in loads.values():
                self.assertEqual(load.errors, "")
            pairs.append((loads[recorded].requests_per_s, loads[bare].requests_per_s))
            usages.append((settled(recorded.worker, idle), usage(recorded.process.pid)))
            requests.append(sum(requests[-1:]) + loads[recorded].requests)
        return pairs, usages, requests

    def serve(self, what, options, rounds, seconds):
        """A recorded server and one that is not, for so many rounds. The recorded worker's pid, and its last usage."""
        if web.why_not():
            self.skipTest(web.why_not())
        for name in ("recorded", "bare"):
            (self.folder / name).mkdir()
        recorder = [harness.GILSCOPE, "record", "-o", self.trace, *options, "--"]
        with web.Server(self.folder / "recorded", recorder) as recorded, web.Server(self.folder / "bare") as bare:
            recorded.load(1)  # its threads are there then
            pairs, usages, requests = self.load_both(recorded, bare, rounds, seconds)
            say_ratio(what, pairs)
            after_third = requests[-1] - requests[(rounds - 1) // 3]
            say(f"{what}: {after_third:,} requests from there to the end: a leak of {1024 * GROWTH_KIB / after_third:.0f} "
                "bytes in each would be found")
            third = usages[(rounds - 1) // 3]
            for who, before, after in zip((f"{what}: worker", f"{what}: recorder"), third, usages[-1]):
                self.assert_flat(who, before, after)
            if options:
                self.write_snapshot(recorded.process.pid)
        self.assertEqual(recorded.status, 0)
        return recorded.worker, usages[-1][0]

    def write_snapshot(self, recorder):
        os.kill(recorder, signal.SIGUSR1)
        for _ in range(300):
            if pathlib.Path(self.trace, "snapshot-1", "gilscope.json").exists():
                return
            time.sleep(0.1)
        self.fail("no snapshot within 30 s of SIGUSR1")

    def assert_server_seen(self, worker):
        report = self.report()
        seen = [thread for thread in report["threads"] if thread["pid"] == worker and not thread["is_main"]]
        self.assertGreaterEqual(len([thread for thread in seen if thread["acquisitions"]]), web.THREADS)
        return report

    def test_web_server_with_the_flight_recorder(self):
        rounds, seconds = (60, 10) if harness.ALL else (6, 2)
        worker, end = self.serve("flight recorder", ["--flight-recorder", f"{RING_MIB}M"], rounds, seconds)
        self.assertLessEqual(end["shmem_kib"], (RING_MIB * 9 // 8 + SLACK_MIB) * 1024)
        self.assert_lawful()
        self.assert_server_seen(worker)
        self.assertEqual(self.lost(), 0)

    def test_web_server_with_default_buffers(self):
        rounds, seconds = (24, 5) if harness.ALL else (3, 1)
        worker, _ = self.serve("default buffers", [], rounds, seconds)
        report, lost = self.assert_server_seen(worker), self.lost()
        say(f"default buffers: {lost:,} events lost, {report['trace']['events']:,} recorded")
        self.assertEqual(report["quality"]["lost_events"], lost)
        if not lost:
            self.assert_lawful()

    def threads(self, *recorder):
        words = *recorder, harness.PYTHON, HERE / "threads.py", THREADS
        done = harness.run(*words, timeout=600)
        self.assertEqual(done.status, 0, done.err)
        return json.loads(done.out)

    def test_ten_thousand_threads(self):
        rounds = 40 if harness.ALL else 2
        recorder = harness.GILSCOPE, "record", "-o", self.trace, "--"
        pairs = []
        for number in range(rounds):
            sides = [lambda: self.threads(*recorder), self.threads]
            order = (0, 1) if number % 2 == 0 else (1, 0)
            results = {side: sides[side]() for side in order}
            pairs.append((1 / results[0]["seconds"], 1 / results[1]["seconds"]))
            self.say_usage("10,000 threads, unrecorded", results[1]["third"], results[1]["end"])
            self.assert_flat("10,000 threads", results[0]["third"], results[0]["end"])
        say_ratio("10,000 threads", pairs)
        report, lost = self.report(), self.lost()
        say(f"10,000 threads: {lost:,} events lost, {report['trace']['events']:,} recorded")
        self.assertEqual(report["quality"]["lost_events"], lost)
        if not lost:
            self.assert_lawful()
            gil, = report["gils"]
            self.assertEqual(gil["threads"], THREADS + 1)

    def test_the_end_of_a_thread_reads_no_files(self):
        """While the main thread lives: they would take longer than all else in a short thread's life."""
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        calls = self.folder / "calls"
        done = harness.run("strace", "-f", "-qq", "-e", "trace=openat,prctl", "-o", calls, "-E", f"LD_PRELOAD={harness.PROBE}",
                           harness.PYTHON, HERE / "threads.py", 300)
        self.assertEqual(done.status, 0, done.err)
        text = calls.read_text()
        self.assertGreaterEqual(text.count('"gone-ust"'), 300)  # the probe saw their ends
        self.assertLess(text.count("/proc/self/task"), 30)


if __name__ == "__main__":
    harness.have_own_daemon()
    with harness.daemon_kept():
        harness.main()
