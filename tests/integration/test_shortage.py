#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a reader may lack: memory, descriptors, the trace itself, which goes or shrinks while it is read. It ends in what was
asked for, or in a clear sentence, and leaves nothing behind.

With GILSCOPE_ALL=1 each allocation fails once; else a sample.
"""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import struct
import subprocess
import time

import harness
from test_faults import EXPORTS, small_trace
from test_strange_traces import CRASH, MS, create, fight, stream

import ctf  # test_strange_traces knows where it is

STARVED = str(harness.BUILD / "tests" / "faults" / "gilscope-starved")


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


class Vanishing(harness.TestCase):
    needs_lttng = False
    # babeltrace2 2.0.4 leaks a component whose file has gone, and the message that it is at when a stream turns out to be damaged.
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")

    def test_removed_while_it_is_read(self):
        """At any time, also while its files go one after the other: what is open can still be read, what is not is said."""
        source = self.folder / "source"
        many = [row for i in range(300) for row in fight((10 + 5 * i) * MS)]
        ctf.write(source, [stream(create(i + 2, pid=100 + i), *many, instance=i) for i in range(8)])
        whole = [gil["acquisitions"] for gil in self.report(source)["gils"]]
        self.assertEqual(len(whole), 9)  # one that is theirs all
        statuses = set()
        for i in range(16 * harness.MANY):
            shutil.copytree(source, self.trace)
            reader = subprocess.Popen([harness.GILSCOPE, "export", "--to", "json", "-o", "out.json", self.trace],
                                      stderr=subprocess.PIPE, text=True, cwd=self.folder, env=self.environment)
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
        for i in range(6 * harness.MANY):
            shutil.copytree(source, self.trace)
            reader = subprocess.Popen([harness.GILSCOPE, "export", "--to", "json", "-o", "out.json", self.trace],
                                      stderr=subprocess.PIPE, text=True, cwd=self.folder, env=self.environment)
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


if __name__ == "__main__":
    harness.main()
