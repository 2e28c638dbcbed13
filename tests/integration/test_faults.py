#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What may go wrong while it records or reads: it ends in a trace that can be read, or in a clear sentence, and what is
lost is counted or called unknown.

With GILSCOPE_ALL=1 each allocation fails once, and ten times as many processes are killed; else a sample.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

import harness
from test_strange_traces import CRASH, MS, create, fight, stream, thread

sys.path.insert(0, str(harness.SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

FLOOD = harness.BUILD / "tests" / "bench" / "flood"
STARVED = str(harness.BUILD / "tests" / "faults" / "gilscope-starved")
MANY = 10 if harness.ALL else 1

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


def cut_trace(folder):
    """Of two streams one ends early; with all that a recording has beside its streams."""
    path = pathlib.Path(folder) / "ust" / "pid" / "one-77-20260101-000000"
    small_trace(path)
    (path / "index").mkdir()
    for stream_file in path.glob("gil_*"):
        bits = 8 * stream_file.stat().st_size
        (path / "index" / f"{stream_file.name}.idx").write_bytes(
            struct.pack(">IIII", 0xC1F1DCC1, 1, 0, 56) + struct.pack(">7Q", 0, bits, bits, 0, 1 << 40, 0, 0))
    os.truncate(path / "gil_1", (path / "gil_1").stat().st_size - 10)
    pathlib.Path(folder, "gilscope.json").write_text(json.dumps(
        {"schema": "gilscope-recording-1", "recording": "", "lost_events": 0, "lost_packets": 0, "loss_known": True}))


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
            missing, error = self.overrun(2)
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
        count = 5 * MANY
        counts = self.folder / "counts"
        counts.mkdir()
        counts.chmod(0o777)
        # With root's daemon another recording may have a child's events switched on while this one does not have it yet.
        result = harness.run(*self.as_ordinary_user(), harness.GILSCOPE, "record", "-o", self.trace, *options,
                             harness.PYTHON, "-c", self.PARENT, count, FIGHT, counts, timeout=60 * MANY)
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
        """At such a rate a third of the kills come while one is written: then LTTng keeps back that CPU's buffer."""
        user = self.as_ordinary_user()
        for _ in range(4 * MANY):
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
                                 options=("--buffer-size", "64K"), expect=None)
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


class Descriptors(harness.TestCase):
    needs_lttng = False

    def limited(self, limit, *words):
        return subprocess.run([harness.GILSCOPE, *map(str, words)], capture_output=True, text=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))

    def test_reader_of_many_streams(self):
        ctf.write(self.trace, [stream(create(i + 2, pid=100 + i), *fight(12 * MS, 1000 + 2 * i, 1001 + 2 * i, gil=i + 2),
                                      instance=i) for i in range(100)])
        for limit in (5, 8, 40, 110):
            result = self.limited(limit, "report", self.trace)
            self.assertEqual((result.returncode, result.stdout), (1, ""), limit)
            self.assert_one_sentence(result.stderr, "open files", "ulimit -n")
        result = self.limited(120, "report", self.trace)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_soft_limit_is_raised(self):
        ctf.write(self.trace, [stream(create(i + 2), *fight(gil=i + 2), instance=i) for i in range(100)])
        done = subprocess.run([harness.GILSCOPE, "report", self.trace], capture_output=True, text=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (30, 1000)))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @harness.plain_build_only("what LTTng needs")
    def test_recorder(self):
        if harness.why_no_lttng():
            self.skipTest(harness.why_no_lttng())
        for limit in (8, 12, 24):
            result = self.limited(limit, "record", "-o", self.trace, harness.PYTHON, "-c", "print('ran')")
            self.assertNotRegex(result.stderr, CRASH)
            self.assertIn("ulimit -n", result.stderr)
            if result.returncode == 125:  # no daemon ran yet, and none can start
                self.assertEqual(result.stdout, "")
                continue
            self.assertEqual((result.returncode, result.stdout), (0, "ran\n"), (limit, result.stderr))
            self.assertIn("nothing was recorded", result.stderr)


EXPORTS = ["json", "jsonl", "csv", "svg", "perfetto", "html", "sqlite"]


class OutOfMemory(harness.TestCase):
    """Each allocation that our own code asks for fails, alone and with all that follow."""
    needs_lttng = False

    def setUp(self):
        super().setUp()
        if not os.path.exists(STARVED):
            self.skipTest("gilscope-starved is not built in this configuration")
        self.mended = self.folder / "mended"
        self.mended.mkdir()
        # babeltrace2 2.0.4 leaks in its own error paths.
        self.environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", TMPDIR=str(self.mended))

    def run_with(self, words, **variables):
        for path in self.folder.glob("x*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return subprocess.run([STARVED, *words, self.trace], capture_output=True, cwd=self.folder, timeout=60,
                              env={**self.environment, **variables})

    def check(self, *words, write=small_trace):
        write(self.trace)
        whole = self.run_with(words, STARVE_COUNT="count")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        count = int((self.folder / "count").read_text())
        self.assertGreater(count, 20)
        numbers = range(1, count + 1)
        if not harness.ALL:
            numbers = sorted({1, count, *random.Random(repr(words)).sample(numbers, 6)})
        for mode in ("STARVE_AT", "STARVE_FROM"):
            for number in numbers:
                result = self.run_with(words, **{mode: str(number)})
                error = result.stderr.decode()
                where = f"{mode}={number} {' '.join(words)}: {error}"
                self.assertNotRegex(error, CRASH, where)
                self.assertEqual(list(self.mended.iterdir()), [], where)
                if result.returncode:
                    self.assertEqual(result.returncode, 1, where)
                    self.assertRegex(error, "out of memory|annot allocate memory", where)
                    self.assert_one_sentence(error)
                    self.assertEqual(list(self.folder.glob("x*")), [], where)
                else:
                    self.assertEqual((result.stdout, error), (whole.stdout, whole.stderr.decode()), where)


def add_starved(name, *words, **how):
    setattr(OutOfMemory, "test_" + name, lambda self: self.check(*words, **how))


add_starved("report", "report", "--by", "3")
add_starved("battle", "battle", "--explain")
add_starved("timeline", "timeline", "--width", "200")
add_starved("verify", "verify")
add_starved("view", "view", "-o", "x.html")
add_starved("report_of_a_cut_trace", "report", write=cut_trace)
for _to in EXPORTS:
    if harness.ALL or _to in ("sqlite", "csv"):
        add_starved("export_" + _to, "export", "--to", _to, "-o", "x." + _to)


class Vanishing(Faults):
    needs_lttng = False

    def test_removed_while_it_is_read(self):
        """At any time, also while its files go one after the other: what is open can still be read, what is not is said."""
        source = self.folder / "source"
        many = [row for i in range(300) for row in fight((10 + 5 * i) * MS)]
        ctf.write(source, [stream(create(i + 2, pid=100 + i), *many, instance=i) for i in range(8)])
        whole = [gil["acquisitions"] for gil in self.report(source)["gils"]]
        self.assertEqual(len(whole), 9)  # one that is theirs all
        statuses = set()
        for i in range(16 * MANY):
            shutil.copytree(source, self.trace)
            reader = subprocess.Popen([harness.GILSCOPE, "export", "--to", "json", "-o", "out.json", self.trace],
                                      stderr=subprocess.PIPE, text=True, cwd=self.folder)
            time.sleep(0.004 * (i % 8))
            for path in sorted(pathlib.Path(self.trace).iterdir(), reverse=i % 3 == 0):
                path.unlink()
                time.sleep(0.001 * (i % 2))
            os.rmdir(self.trace)
            _, error = reader.communicate(timeout=60)
            self.assertIn(reader.returncode, (0, 1), error)
            self.assertNotRegex(error, CRASH)
            self.assert_one_sentence(error)
            statuses.add(reader.returncode)
            out = self.folder / "out.json"
            self.assertEqual(out.exists(), reader.returncode == 0, error)
            if out.exists() and not re.search("removed|cannot be read|damaged|cut off", error):
                self.assertEqual([gil["acquisitions"] for gil in json.loads(out.read_text())["gils"]], whole, error)
            out.unlink(missing_ok=True)
        self.assertIn(1, statuses)  # the first is removed before the reader has looked

    def test_cut_while_it_is_read(self):
        source = self.folder / "source"
        ctf.write(source, [b"".join(stream(*([] if k else [create(i + 2, pid=100 + i)]),
                                           *[row for j in range(60) for row in fight((10 + 5 * (60 * k + j)) * MS)],
                                           sequence=k, instance=i) for k in range(30)) for i in range(2)])
        for i in range(6 * MANY):
            shutil.copytree(source, self.trace)
            # babeltrace2 2.0.4 leaks the message that it is at when a stream turns out to be damaged.
            reader = subprocess.Popen([harness.GILSCOPE, "export", "--to", "json", "-o", "out.json", self.trace],
                                      stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                      env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
            time.sleep(0.01 * (i % 6))
            for path in pathlib.Path(self.trace).glob("gil_*"):
                os.truncate(path, 100)
            _, error = reader.communicate(timeout=60)
            self.assertIn(reader.returncode, (0, 1), error)
            self.assertNotRegex(error, CRASH)
            self.assert_one_sentence(error)
            self.assertEqual((self.folder / "out.json").exists(), reader.returncode == 0)
            (self.folder / "out.json").unlink(missing_ok=True)
            shutil.rmtree(self.trace)

    def test_note_of_a_later_recorder(self):
        small_trace(self.trace)
        note = {"schema": "gilscope-recording-2", "recording": "x", "lost_events": 0, "lost_packets": 0, "loss_known": True}
        path = pathlib.Path(self.trace, "gilscope.json")
        path.write_text(json.dumps(note))
        result = self.gilscope("report", self.trace, expect=1)
        self.assert_one_sentence(result.err, str(path), "gilscope-recording-2", "later gilscope")


@harness.plain_build_only("what LTTng or the disk does")
class AtOnce(Faults):
    def record_two(self, *user):
        traces = [self.folder / "one.trace", self.folder / "two.trace"]
        recorders = [subprocess.Popen([*user, harness.GILSCOPE, "record", "-o", trace, harness.PYTHON, "-c", FIGHT, "0.3"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for trace in traces]
        for recorder, trace in zip(recorders, traces):
            out, error = recorder.communicate(timeout=60)
            self.assertEqual(recorder.returncode, 0, error)
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
