#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The reader, on traces written here byte by byte in the layout of LTTng-UST (CTF 1.8).

Usage: test_reader.py READ_TRACE
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from ctf import EVENTS, metadata, packet

READ_TRACE = sys.argv.pop(1)


def hot(time, event, tid, *more):
    return (time, "gil:" + event, 1 << 32 | 1, tid, 100, 5, *more)


class Reader(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(tempfile.mkdtemp(prefix="gilscope-test-"), "trace")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.path))
        os.mkdir(self.path)

    def write(self, name, content):
        with open(os.path.join(self.path, name), "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())

    def trace(self, *streams, events=EVENTS, context=""):
        self.write("metadata", metadata(events, context))
        for i, rows in enumerate(streams):
            self.write("gil_%d" % i, packet(i, events, rows))

    def read(self, *options, status=0):
        done = subprocess.run([READ_TRACE, self.path, *options], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotRegex(done.stderr, r"0x[0-9a-f]{6}")
        self.stderr = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def test_equal_times_go_to_what_is_legal(self):
        # t2 acquires at the very nanosecond at which t1 releases.
        t1 = [hot(10, "entry", 1), hot(11, "acquire", 1), hot(30, "release", 1, 1)]
        t2 = [hot(20, "entry", 2), hot(21, "busy", 2), hot(30, "acquire", 2)]
        late = [hot(25, "entry", 3)]
        for streams in ((t1, t2), (t2, t1), (late, t1, t2), (t2, late, t1)):
            self.trace(*streams)
            got = self.read()
            self.assertEqual(got["violations"], 0)
            self.assertGreaterEqual(got["events"], 6)

    def test_facts_come_before_hot_events(self):
        self.trace([hot(10, "entry", 7)],
                   [(10, "gil:thread", 1 << 32 | 1, 7, 77, 3, 0, 0, "worker")])
        self.assertEqual([t["name"] for t in self.read()["threads"]], ["worker"])

    def test_an_empty_name_is_not_that_of_the_event_before(self):
        thread = [(10 + i, "gil:thread", 1 << 32 | 1, 7 + i, 77, 1 + i, 0, 0, "" if i % 2 else "worker")
                  for i in range(4)]
        self.trace(thread)
        self.assertEqual([t["name"] for t in self.read()["threads"]], ["worker", "t2", "worker", "t4"])

    def test_contexts_and_other_events_do_not_matter(self):
        context = ("event.context := struct { integer { size = 32; align = 8; signed = 1; } _vpid;"
                   " integer { size = 8; align = 8; signed = 1; encoding = UTF8; } _procname[17]; };")
        rows = [hot(10, "entry", 1), (11, "other:event", 3), hot(12, "acquire", 1)]
        self.write("metadata", metadata(EVENTS, context))
        self.write("gil_0", packet(0, EVENTS, rows, struct.pack("<i17s", 77, b"prog")))
        got = self.read()
        self.assertEqual((got["events"], got["other_events"], got["violations"]), (2, 1, 0))
        self.assertEqual(got["host"], "host")

    def test_unexpected_types_are_no_gil_events(self):
        events = dict(EVENTS)
        events["gil:entry"] = [("_gil", "Q"), ("_tid", "s"), ("_tick", "i"), ("_checks", "Q")]
        events["gil:busy"] = [("_gil", "Q")]
        self.trace([(10, "gil:entry", 1, "text", 1, 1), (11, "gil:busy", 1), hot(12, "acquire", 1)],
                   events=events)
        got = self.read()
        self.assertEqual((got["events"], got["other_events"]), (1, 2))

    def test_signedness_is_respected(self):
        events = dict(EVENTS)
        events["gil:entry"] = [("_checks", "q"), ("_tick", "q"), ("_tid", "I"), ("_gil", "q")]
        self.trace([(10, "gil:entry", 5, -1, 9, 1 << 32 | 1), hot(12, "acquire", 9)], events=events)
        got = self.read()
        self.assertEqual([(t["tid"], t["acquisitions"]) for t in got["threads"]], [(9, 1)])

    def test_discarded_events_and_packets(self):
        rows = [[hot(10, "entry", 1), hot(20, "acquire", 1)], [hot(100, "entry", 1)],
                [hot(200, "acquire", 1), hot(210, "release", 1, 0)]]
        self.write("metadata", metadata(EVENTS))
        self.write("gil_0", packet(0, EVENTS, rows[0]) + packet(0, EVENTS, rows[1], b"", 4, 1) +
                   packet(0, EVENTS, rows[2], b"", 4, 3))
        got = self.read()
        self.assertEqual((got["lost"], got["lost_packets"], got["violations"]), (4, 1, 0))

    def test_several_traces_below_one_path(self):
        self.trace([hot(10, "entry", 1)])
        top = self.path
        self.path = os.path.join(os.path.dirname(top), "more")
        os.mkdir(self.path)
        self.trace([hot(5, "entry", 2), hot(20, "acquire", 2)])
        self.path = os.path.dirname(top)
        self.assertEqual(self.read()["events"], 3)

    def test_a_cut_stream_is_read_as_far_as_it_goes(self):
        rows = [hot(10 * i, "entry" if i % 2 else "busy", i) for i in range(1, 100)]
        first = packet(0, EVENTS, rows)
        second = packet(0, EVENTS, [hot(2000 + i, "entry", 1000 + i) for i in range(50)], b"", 0, 1)
        for cut in (len(first) + 10, len(first) + 400, len(first) + len(second) - 1):
            self.write("metadata", metadata(EVENTS))
            self.write("gil_0", (first + second)[:cut])
            got = self.read(status=3)
            self.assertGreaterEqual(got["events"], 99)
            self.assertIn("gil_0' is cut off after %d bytes" % (
                cut if cut >= len(first) + 84 else len(first)), self.stderr)
            self.assertEqual(self.stderr.count("\n"), 1)

    def test_packets_that_cannot_be(self):
        # babeltrace2 2.0 never returns from the first size, and aborts at the others, and at the last time.
        first = packet(0, EVENTS, [hot(10, "entry", 1)])
        second = packet(0, EVENTS, [hot(20, "entry", 2)], b"", 0, 1)
        whole, last = 8 * len(second), (1 << 64) - 1
        for numbers in ((20, 20, 0, 0), (20, 20, 1 << 63, whole), (20, 20, whole + 8, whole), (last, last, whole, whole),
                        (20, last, whole, whole)):
            self.trace([hot(1, "entry", 5000)])
            self.write("gil_1", first + second[:32] + struct.pack("<QQQQ", *numbers) + second[64:])
            self.assertEqual(self.read(status=3)["events"], 2)
            self.assertIn("gil_1' is cut off after %d bytes" % len(first), self.stderr)

    def test_an_event_whose_time_is_beyond_63_bits(self):
        # babeltrace2 aborts when an error of its own is left behind.
        self.trace([hot(1, "entry", 5000), hot(50, "acquire", 5000)])
        self.write("gil_1", packet(1, EVENTS, [hot(10, "entry", 1), hot((1 << 64) - 5, "entry", 2)], span=(10, 30)) +
                   packet(1, EVENTS, [hot(40, "entry", 3)], b"", 0, 1))
        self.assertEqual(self.read()["events"], 5)

    def test_a_damaged_stream_is_read_as_far_as_it_goes(self):
        damaged = bytearray(packet(0, EVENTS, [hot(10 * i, "entry", i) for i in range(1, 100)]))
        at = 84 + 50 * 34
        damaged[at:at + 2] = b"\xff\xff"  # an event class that is not there
        self.trace([hot(1, "entry", 5000)], [hot(9000, "entry", 5001)])
        self.write("gil_0", bytes(damaged))
        got = self.read(status=3)
        self.assertEqual(got["events"], 50 + 1)
        self.assertIn("is damaged", self.stderr)

    def test_a_broken_trace_does_not_hide_the_others(self):
        self.trace([hot(10, "entry", 1)])
        broken = os.path.join(os.path.dirname(self.path), "broken")
        os.mkdir(broken)
        self.path = os.path.dirname(self.path)
        self.write("broken/metadata", "/* CTF 1.8 */ trace {")
        self.assertEqual(self.read(status=3)["events"], 1)
        self.assertIn("broken/metadata' is cut off or damaged", self.stderr)

    def fails(self, *words):
        self.assertIsNone(self.read(status=1))
        self.assertEqual(self.stderr.count("\n"), 1)
        for word in words:
            self.assertIn(word, self.stderr)

    def test_two_fields_of_a_name(self):
        """babeltrace2 2.0.4 aborts at them."""
        self.trace([hot(10, "entry", 1)])
        text = metadata(EVENTS)
        self.assertIn(" _checks;", text)
        for old, new in ((" _checks;", " _tid;"), (" _checks;", " tid;"), (" events_discarded;", " cpu_id;"), (" content_size;", " packet_size;")):
            self.assertIn(old, text)
            for found in [match.start() for match in re.finditer(re.escape(old), text)][:2]:
                self.write("metadata", text[:found] + new + text[found + len(old):])
                self.fails("metadata' is cut off or damaged")
        self.write("metadata", text.replace(" _checks;", " _checks, _checks;", 1))
        self.fails("metadata' is cut off or damaged")
        # Many are no long work.
        self.write("metadata", text + "struct {" + "".join(f"int a{i};" for i in range(300000)) + "int a7; };")
        self.fails("metadata' is cut off or damaged")
        # In a comment, in a text, in another structure they are none.
        self.write("metadata", text.replace("/* CTF 1.8 */", '/* CTF 1.8 */ // struct { x; x; }\n/*/ struct { x; x; } */', 1).replace(
            "env {", 'env { a = "struct { x; x; }";', 1))
        self.read()

    def test_cut_metadata(self):
        self.trace([hot(10, "entry", 1)])
        text = metadata(EVENTS).encode()
        start = struct.pack("<I16sIII5B", 0x75D11D57, bytes(16), 0, 8 * (37 + len(text)),
                            8 * (37 + len(text)), 0, 0, 0, 1, 8)
        self.write("metadata", start + text)
        self.read()
        for cut in (20, 100, len(text)):
            self.write("metadata", (start + text)[:cut])
            self.fails("metadata' is cut off or damaged", "copy the trace again")
        self.write("metadata", "")
        self.fails("metadata' is cut off or damaged")
        self.write("metadata", text[:len(text) // 2])
        self.fails("metadata' is cut off or damaged")

    def test_ctf_2(self):
        self.write("metadata", '\x1e{"type": "preamble", "version": 2}')
        self.fails("CTF 2", "LTTNG_SESSIOND_DEFAULT_TRACE_FORMAT=ctf-1.8")

    def test_no_trace(self):
        self.fails("holds no trace", "gilscope record")
        self.path += "/absent"
        self.fails("cannot read the trace", "No such file", "gilscope record")
        self.path = READ_TRACE
        self.fails("is not a trace")

    def test_a_trace_of_other_events(self):
        self.trace([(10, "other:event", 1)])
        self.fails("events, but none of a GIL", "gilscope env")

    def test_mended_folders_are_removed(self):
        whole = packet(0, EVENTS, [hot(10, "entry", 1), hot(20, "acquire", 1)])
        self.write("metadata", metadata(EVENTS))
        self.write("gil_0", whole[:-1])
        with tempfile.TemporaryDirectory() as tmp:
            subprocess.run([READ_TRACE, self.path], env={**os.environ, "TMPDIR": tmp},
                           capture_output=True, check=False, timeout=60)
            self.assertEqual(os.listdir(tmp), [])


if __name__ == "__main__":
    # babeltrace2 2.0.4 leaks in its own error paths.
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")
    unittest.main()
