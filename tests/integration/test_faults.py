#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What LTTng or the disk does while it records: it ends in a trace that can be read, or in a clear sentence, and what is lost
is counted or called unknown. (test_kills.py: what a kill does; test_shortage.py: what a reader may lack.)
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import harness
from test_strange_traces import CRASH, MS, create, fight, stream, thread

sys.path.insert(0, str(harness.SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

FLOOD = harness.BUILD / "tests" / "bench" / "flood"
EXPORTS = ["json", "jsonl", "csv", "svg", "perfetto", "html", "sqlite"]

# Three threads that give the GIL to each other as fast as they can, for the given time. Given a folder, each counts
# there, in memory that outlives it, how often it did: once it is so far, it has taken the GIL as many times.
FIGHT = """
import mmap, os, sys, threading, time
end = time.monotonic() + float(sys.argv[1])
counts = bytearray(24)
if "".join(sys.argv[2:3]):
    with open(os.path.join(sys.argv[2], str(os.getpid())), "w+b") as file:
        file.write(counts)
        file.flush()
        counts = mmap.mmap(file.fileno(), 24)
counts = memoryview(counts).cast("q")
def fight(number):
    while time.monotonic() < end:
        time.sleep(0)
        counts[number] += 1
threads = [threading.Thread(target=fight, args=(number,)) for number in range(3)]
for t in threads: t.start()
print(os.environ.get("LTTNG_HOME"), flush=True)
for t in threads: t.join()
print("done")
"""


def children(pid):
    """{pid: name} of the processes below."""
    found = {}
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found[child] = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
                found.update(children(child))
    return found


def small_trace(folder):
    rows = [create(), thread(100, "a\x1b", main=1), thread(101, "b")]
    for i in range(4):
        rows += fight((10 + 5 * i) * MS)
    ctf.write(folder, [stream(*rows), stream(create(2, pid=78), *fight(12 * MS, 200, 201, gil=2), instance=1)])


class Faults(harness.TestCase):
    def note(self):
        return json.loads((pathlib.Path(self.trace) / "gilscope.json").read_text())

    def wait_for(self, found):
        give_up = time.monotonic() + 10
        while not found() and time.monotonic() < give_up:
            time.sleep(0.01)
        return found()

    def assert_readable_or_said(self, trace=None):
        """@return whether it can be read."""
        result = self.gilscope("report", trace or self.trace, expect=None)
        self.assertIn(result.status, (0, 1), result.err)
        self.assertNotRegex(result.err, CRASH)
        self.assert_one_sentence(result.err)
        return result.status == 0


@harness.plain_build_only("what LTTng or the disk does")
class Daemons(Faults):
    """Of an ordinary user: they serve this recording alone."""

    def hit_one(self, name, with_signal, options=()):
        """The recording's daemon of that name gets the signal. @return what the recorder said; all of its are gone"""
        user = self.as_ordinary_user()
        recorder = subprocess.Popen([*user, harness.GILSCOPE, "record", "-o", self.trace, *options,
                                     harness.PYTHON, "-c", FIGHT, "0.6"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(recorder.kill)
        home = recorder.stdout.readline().strip()
        self.assertTrue(home.startswith("/"), home)
        daemon = harness.read_pid(home + "/.lttng/lttng-sessiond.pid")
        processes = {daemon: "lttng-sessiond", **children(daemon)}
        time.sleep(0.2)
        os.kill(next(pid for pid, its in processes.items() if its == name), with_signal)
        out, error = recorder.communicate(timeout=60)
        self.assertEqual((recorder.returncode, out), (125, "done\n"), error)
        give_up = time.monotonic() + 5
        while time.monotonic() < give_up and any(map(harness.is_alive, processes)):
            time.sleep(0.01)
        self.assertEqual([its for pid, its in processes.items() if harness.is_alive(pid)], [])
        self.assertFalse(os.path.exists(home))
        return error

    def test_session_daemon_killed(self):
        error = self.hit_one("lttng-sessiond", signal.SIGKILL)
        self.assertIn("recording stopped: LTTng's session daemon died; the program goes on", error)
        self.assert_one_sentence(error, "what it lost is unknown")
        self.assertFalse(self.note()["loss_known"])
        self.assert_readable_or_said()

    def test_consumer_daemon_killed(self):
        error = self.hit_one("lttng-consumerd", signal.SIGKILL, ("--buffer-size", "64K"))
        self.assert_one_sentence(error, "LTTng's consumer daemon died", "what it lost is unknown")
        self.assertFalse(self.note()["loss_known"])
        self.assert_readable_or_said()

    def test_session_daemon_of_a_flight_recorder_killed(self):
        error = self.hit_one("lttng-sessiond", signal.SIGKILL, ("--flight-recorder", "1M"))
        self.assertIn("LTTng's session daemon died", error)
        self.assert_one_sentence(error[error.index("\n"):])
        self.assert_readable_or_said()

    def overrun(self, pause_s):
        """Events at a steady rate into small buffers, which the consumer leaves full for so long. @return how many are missing."""
        user = self.as_ordinary_user()
        recorder = subprocess.Popen([*user, harness.GILSCOPE, "record", "-o", self.trace, "--buffer-size", "256K", FLOOD,
                                     harness.PROVIDER, "300000", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(recorder.kill)
        consumer = self.wait_for(lambda: next((pid for pid, name in children(recorder.pid).items() if name == "lttng-consumerd"), 0))
        self.assertTrue(consumer)
        self.wait_for(lambda: any(path.stat().st_size for path in pathlib.Path(self.trace).rglob("gil_[0-9]")))
        os.kill(consumer, signal.SIGSTOP)
        time.sleep(pause_s)
        os.kill(consumer, signal.SIGCONT)
        out, error = recorder.communicate(timeout=60)
        self.assertEqual(recorder.returncode, 0, error)
        text = harness.run("babeltrace2", self.trace).out
        return int(out.split()[0]) - len(re.findall(r" gil:(?:entry|acquire|release): ", text)), error

    def test_buffers_overrun(self):
        """What follows the hole says how large it was."""
        missing, error = self.overrun(0.3)
        note = self.note()
        self.assertGreater(missing, 0)
        self.assertEqual((note["lost_events"], note["loss_known"]), (missing, True))
        self.assertIn(f"{missing} events LOST", error)
        self.assertEqual(self.report()["quality"]["lost_events"], missing)

    def test_buffers_full_at_the_end(self):
        """Nothing need follow: then LTTng writes no packet that would say how large the hole was."""
        for _ in range(3):
            missing, error = self.overrun(1.2)
            note, quality = self.note(), self.report()["quality"]
            self.assertEqual((quality["loss_unknown"], quality["violations"]), (not note["loss_known"], 0))
            if note["loss_known"]:
                self.assertEqual(note["lost_events"], missing)
                continue
            self.assertGreater(missing, note["lost_events"])
            self.assertRegex(error, "at least [0-9]+ events LOST, how many more is not known" if note["lost_events"] else
                             "whether events were lost is not known")
            break

    def test_session_daemon_that_never_answers_is_ended(self):
        self.assertIn("did not answer", self.hit_one("lttng-sessiond", signal.SIGSTOP))
        self.assertFalse(self.note()["loss_known"])
        self.assert_readable_or_said()


@harness.plain_build_only("what LTTng or the disk does")
class Disk(Faults):
    @contextlib.contextmanager
    def disk(self, size, options=""):
        place = self.folder / "disk"
        place.mkdir()
        if harness.run("mount", "-t", "tmpfs", "-o", f"size={size}{options}", "tmpfs", place).status:
            self.skipTest("cannot mount a tmpfs here")
        try:
            yield place
        finally:
            harness.run("umount", "-l", place)

    def test_filled_by_another(self):
        """All at once: the recorder looks ten times a second, and LTTng meets a full disk before it does."""
        with self.disk("64m") as disk:
            self.trace = str(disk / "gil.trace")
            fill = ("import os, sys\n"
                    "with open(sys.argv[3], 'wb') as f:\n"
                    "    try:\n"
                    "        while True: f.write(bytes(65536)); f.flush()\n"
                    "    except OSError: pass\n")
            result = self.record(harness.PYTHON, "-c", fill + FIGHT, "0.8", "", disk / "filler",
                                 options=("--buffer-size", "64K"), expect=None, late=True)
            self.assertIn("done\n", result.out)
            self.assertIn(result.status, (0, 125), result.err)
            self.assertRegex(result.err, "disk is nearly full|No space left")
            os.unlink(disk / "filler")
            if self.assert_readable_or_said():
                quality = self.report()["quality"]
                self.assertFalse(quality["violations"])
                # The recorder knew, if its note found room.
                if pathlib.Path(self.trace, "gilscope.json").exists() and quality["damage"]:
                    self.assertTrue(not self.note()["loss_known"], result.err)

    def test_full_for_what_is_written(self):
        trace = self.folder / "small.trace"
        small_trace(trace)
        with self.disk("64k") as disk:
            (disk / "filler").write_bytes(bytes(60 << 10))
            for words in (["view", "-o", disk / "x.html"],
                          *(["export", "--to", to, "-o", disk / "x"] for to in EXPORTS)):
                with self.subTest(words[2]):
                    result = self.gilscope(*words, trace, expect=None)
                    if result.status:
                        self.assertEqual(result.status, 1)
                        self.assert_one_sentence(result.err, "No space left")
                        self.assertEqual([path.name for path in disk.iterdir()], ["filler"])
                    else:
                        for path in set(disk.iterdir()) - {disk / "filler"}:
                            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def test_read_only(self):
        trace = self.folder / "small.trace"
        small_trace(trace)
        with self.disk("64k", ",ro") as disk:
            for words in (["view", "-o", disk / "x.html"],
                          *(["export", "--to", to, "-o", disk / "x"] for to in EXPORTS)):
                self.assert_one_sentence(self.gilscope(*words, trace, expect=1).err, str(disk), "Read-only")
            result = self.gilscope("record", "-o", disk / "gil.trace", "true", expect=125)
            self.assert_one_sentence(result.err, str(disk), "Read-only", "-o")

    def test_read_only_for_a_user(self):
        trace = self.folder / "small.trace"
        small_trace(trace)
        user = self.as_ordinary_user()
        place = self.folder / "kept"
        place.mkdir(mode=0o555)
        for words in (["view", "-o", place / "x.html", trace], ["export", "--to", "json", "-o", place / "x", trace],
                      ["record", "-o", place / "gil.trace", "true"]):
            result = harness.run(*user, harness.GILSCOPE, *words)
            self.assertEqual(result.status, 125 if words[0] == "record" else 1, result.err)
            self.assert_one_sentence(result.err, str(place), "denied")


@harness.plain_build_only("what LTTng or the disk does")
class AtOnce(Faults):
    def start_two(self, traces, user):
        """@return what their recorders said."""
        recorders = [subprocess.Popen([*user, harness.GILSCOPE, "record", "-o", trace, harness.PYTHON, "-c", FIGHT, "0.3"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for trace in traces]
        said = [recorder.communicate(timeout=60)[1] for recorder in recorders]
        self.assertEqual([recorder.returncode for recorder in recorders], [0, 0], said)
        return said

    def record_two(self, *user):
        traces = [self.folder / "one.trace", self.folder / "two.trace"]
        for _ in range(3):
            said = self.start_two(traces, user)
            # On a loaded machine LTTng may not serve a program in time, which is said.
            if not any("did not serve" in error for error in said):
                break
        for error, trace in zip(said, traces):
            self.assertIn("recorded 1 process", error)
            report = self.report(trace)
            self.assertEqual((len(report["gils"]), report["quality"]["violations"]), (1, 0))
            self.assertTrue(json.loads((trace / "gilscope.json").read_text())["loss_known"])
        self.assertEqual(len({re.search(r"\d+", self.report(t)["gils"][0]["gil_id"]).group() for t in traces}), 2)

    def test_of_a_user(self):
        self.record_two(*self.as_ordinary_user())

    def test_of_root(self):
        if os.geteuid():
            self.skipTest("root's share a daemon, and this is not root")
        self.record_two()


if __name__ == "__main__":
    harness.main()
