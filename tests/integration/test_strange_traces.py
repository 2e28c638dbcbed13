#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Traces as no recorder should leave them, written byte by byte: every output says the right numbers, or that it
does not know; escapes what it prints; and never crashes."""
import csv
import json
import os
import pathlib
import re
import sqlite3
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

GIL = 1 << 32 | 1
MS = 1000000
TICKED = 1 | 2 | 4
OTHER_UUID = "0a412d5e-899e-4b35-8087-c8f198ee8bc6"
TABLES = ["gils", "threads", "pairs"]
# What starts a sanitizer's message, or bad luck of our own.
CRASH = re.compile(r"runtime error|Sanitizer|Segmentation|Assertion|Traceback")
# Control characters, but for the line's end; those of UTF-8's second block, too; what hides, or turns the text around.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def create(gil=GIL, at=1, pid=77, schema=1, flags=TICKED, interval=100, design="ticks", version="test 1",
           event="create"):
    return (at, "gil:" + event, gil, pid, schema, flags, interval, "", design, version)


def with_recording(row, name):
    return (*row[:7], name, *row[8:])


def thread(tid, name="", gil=GIL, at=2, pid=77, main=0, serial=None):
    return (at, "gil:thread", gil, tid, pid, tid % 1000 + 1 if serial is None else serial, 7 << 40, main, name)


def hot(at, event, tid, *more, gil=GIL, tick=50, checks=5):
    return (at, "gil:" + event, gil, tid, tick, checks, *more)


def fight(begin=10 * MS, a=100, b=101, gil=GIL):
    """Two threads: `a` waits 1 us, then holds for 2 ms; `b` waits for it from 1 ms on, and gets it 1 us after."""
    return [hot(begin, "entry", a, gil=gil), hot(begin + 1000, "acquire", a, gil=gil),
            hot(begin + MS, "entry", b, gil=gil), hot(begin + MS + 1000, "busy", b, gil=gil),
            hot(begin + MS + 500000, "retry", b, 1, gil=gil),
            hot(begin + 2 * MS + 1000, "release", a, 1, gil=gil, tick=100, checks=6),
            hot(begin + 2 * MS + 2000, "acquire", b, gil=gil, tick=100, checks=6),
            hot(begin + 3 * MS, "release", b, 0, gil=gil, tick=40, checks=6)]


def stream(*rows, instance=0, **more):
    return ctf.packet(instance, ctf.EVENTS, rows, **more)


def flat(row):
    """A row of the JSON document, as CSV and SQLite have it: text cells, "" for null."""
    for value in row.values():
        if isinstance(value, dict):
            yield from flat(value)
        elif not isinstance(value, list):
            yield "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def is_same(cell, value):
    """A text cell, and what SQLite has."""
    if isinstance(value, float):
        return float(cell) == value
    return {"true": "1", "false": "0"}.get(cell, cell) == ("" if value is None else str(value))


class Strange(harness.TestCase):
    needs_lttng = False

    def setUp(self):
        super().setUp()
        # babeltrace2 2.0.4 leaks in its own error paths.
        self.environment = {"ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C.UTF-8"}

    def write(self, *streams, below="", **more):
        """A trace, in a new folder, or below the one of the last."""
        if not below:
            self.place = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            self.trace = str(self.place / "gil.trace")
        ctf.write(os.path.join(self.trace, below), streams, **more)

    # ---- every output

    def say(self, *words, among=(0,)):
        """Text: it ends well, and holds nothing that a terminal would act on."""
        result = self.gilscope(*words, expect=None, env=self.environment)
        self.assertNotRegex(result.err, CRASH, words)
        self.assertIn(result.status, among, (words, result.err))
        for text in (result.out, result.err):
            self.assertNotRegex(text, RAW, words)
            self.assertNotIn("\N{REPLACEMENT CHARACTER}", text, words)
        if "--ascii" in words:
            self.assertTrue(result.out.isascii(), words)
        return result

    def texts(self, lawful):
        self.say("report", self.trace)
        self.say("report", "--ascii", self.trace)
        self.say("report", "--by", "0", self.trace)
        self.say("battle", self.trace)
        self.say("battle", "--explain", self.trace)
        self.say("battle", "--fields", "+time,+delta,+cpu,+tid", "--ascii", self.trace)
        self.say("timeline", self.trace)
        self.say("timeline", "--axis", "ticks", "--ascii", self.trace)
        self.say("diff", self.trace, self.trace)
        self.say("verify", self.trace, among=(0, 3) if lawful is None else (0,) if lawful else (3,))

    def tables(self):
        """csv: {table: rows}, each row as wide as its header; sqlite: the same, and whole."""
        csvs = {}
        for path in (self.place / "all-csv").iterdir():
            with open(path, newline="", encoding="utf-8") as lines:
                header, *rows = csv.reader(lines, strict=True)
            self.assertEqual({len(row) for row in rows} | {len(header)}, {len(header)}, path.name)
            csvs[path.stem] = rows
        if not (self.place / "all.sqlite").exists():
            return csvs, None
        database = sqlite3.connect(self.place / "all.sqlite")
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        return csvs, {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}

    def exports(self):
        formats = "json,jsonl,csv,svg,perfetto,html,sqlite"
        tried = self.say("export", self.trace, "--to", formats, "-o", self.place / "all", among=(0, 1, 2))
        if "not built in" in tried.err:
            tried = self.say("export", self.trace, "--to", "json,jsonl,csv,svg,perfetto,html", "-o", self.place / "all")
        self.assertEqual(tried.status, 0, tried.err)
        text = (self.place / "all.json").read_text(encoding="utf-8")
        report = json.loads(text)
        harness.assert_conserved(report)
        ElementTree.parse(self.place / "all.svg")
        for path in re.findall(r' d="([^"]*)"', (self.place / "all.svg").read_text(encoding="utf-8")):
            self.assertNotRegex(path, "nan|inf|e[+]")
        as_written = json.loads(text, parse_float=str, parse_int=str)
        lines = (self.place / "all.jsonl").read_text(encoding="utf-8").removesuffix("\n").split("\n")
        lines = [json.loads(line) for line in lines]
        self.assertEqual(lines[-1]["type"], "end")
        self.assertEqual(sum(line["type"] == "event" for line in lines), report["trace"]["events"])
        csvs, database = self.tables()
        for table in TABLES:
            rows = [list(flat(row)) for row in as_written[table]]
            self.assertEqual(csvs[table], rows, table)
            for cells, values in zip(rows, database[table] if database else rows, strict=True):
                differ = [both for both in zip(cells, values, strict=True) if not is_same(*both)]
                self.assertEqual(differ, [], table)
        return report

    def every_output(self, lawful=True):
        """The JSON document. lawful: whether `verify` says so; None: it may not."""
        self.texts(lawful)
        report = self.exports()
        self.parts(report)
        return report

    def parts(self, report):
        """What is conserved is so in each part of the trace, too."""
        some = f"{report['threads'][-1]['tid']},*1"
        for options in (["--time", "20%-70%"], ["--time", "+0.0005s,+0.0115s", "--thread", some]):
            result = self.gilscope("export", self.trace, "--to", "json", "-o", "-", *options, expect=None,
                                   env=self.environment)
            self.assertNotRegex(result.err, CRASH)
            self.assertIn(result.status, (0, 1), result.err)
            if not result.status:
                harness.assert_conserved(json.loads(result.out))

    def refused(self, *parts):
        for words in (["report"], ["battle"], ["battle", "--explain"], ["timeline"], ["verify"], ["diff", self.trace],
                      ["export", "--to", "json,csv", "-o", self.place / "refused"]):
            result = self.say(*words, self.trace, among=(1,))
            self.assert_one_sentence(result.err, *parts)
            self.assertEqual(list(self.place.glob("refused*")), [])


class Cases(Strange):
    def assert_fight(self, report, gils=1):
        self.assertEqual(len(report["gils"]), gils)
        pairs = {(p["waiter"], p["holder"]): p["wait_ns"] for p in report["pairs"]}
        threads = sorted(report["threads"], key=lambda thread: thread["gil"])
        for gil, a, b in zip(report["gils"], threads[::2], threads[1::2], strict=True):
            self.assertEqual((a["gil"], b["gil"]), (gil["gil"], gil["gil"]))
            self.assertEqual((gil["acquisitions"], gil["busy"], gil["retries"], gil["checks"]), (2, 1, 1, 1))
            self.assertEqual((a["hold_ns"]["total"], b["hold_ns"]["total"]), (2 * MS, MS - 2000))
            self.assertEqual((a["wait_ns"]["total"], b["wait_ns"]["total"]), (1000, MS + 2000))
            self.assertEqual((pairs[b["thread"], a["thread"]], pairs[b["thread"], None]), (MS + 1000, 1000))

    def test_nothing_strange(self):
        self.write(stream(create(), thread(100, main=1), thread(101), *fight()))
        self.assert_fight(self.every_output())

    def test_holes(self):
        begin, lost = fight(), fight(20 * MS)
        self.write(stream(create(), *begin[:4], instance=0) +
                   stream(*lost[5:], instance=0, discarded=9, sequence=1, span=(19 * MS, 30 * MS)) +
                   stream(*fight(40 * MS), instance=0, discarded=9, sequence=3))
        report = self.every_output(lawful=False)
        quality = report["quality"]
        self.assertEqual((quality["lost_events"], quality["lost_packets"], quality["incomplete"]), (9, 1, True))
        self.assertEqual(quality["violations"], 0)
        a, b = report["threads"]
        # Only what no hole cut: the last fight.
        self.assertEqual((a["hold_ns"]["total"], a["hold_ns"]["count"]), (2 * MS, 1))
        self.assertEqual((b["wait_ns"]["total"], b["wait_ns"]["count"]), (MS + 2000, 1))

    def test_all_is_lost_but_one_event(self):
        self.write(stream(hot(10, "retry", 5, 0), discarded=0) +
                   stream(hot(90 * MS, "retry", 5, 1), discarded=2 ** 63, sequence=1))
        report = self.every_output(lawful=False)
        self.assertEqual(report["threads"][0]["retries"], 2)

    def test_streams_that_end_early(self):
        """Each stream ends with a packet that a flush closed. Where that is missing, what was lost last nobody has counted."""
        def packet(rows, sequence, discarded=0):
            begin = (10 + sequence) * MS
            return stream(*(hot(begin + i, *row) for i, row in enumerate(rows)), sequence=sequence, instance=1, discarded=discarded)

        # Of 1,024 bytes: no room for another event; not for a byte.
        near = [("entry", 1000 + i) for i in range(27)]
        full = [("entry", 2000), ("busy", 2000), ("entry", 2001), ("busy", 2001), ("entry", 2002), *[("retry", 2000, 1)] * 22]
        small = [("entry", 3000 + i) for i in range(20)]
        self.assertEqual((len(packet(near, 0)), len(packet(full, 0)), len(packet(small, 0))), (1024, 1024, 768))
        for packets, unknown, lost in (
                ([(near, 0), ([("entry", 4000 + i) for i in range(27)], 0)], True, 0),  # killed in an event
                ([(near, 0), (full, 5)], True, 5),     # no room for the flush
                ([(near, 0), (full, 0)], True, 0),
                ([(near, 0), ([("entry", 4000 + i) for i in range(27)], 5)], False, 5),  # the flush has closed it
                ([(near, 0), (small, 5)], False, 5),
                ([(near, 0), (full, 0), (small, 0)], False, 0),
                ([(small, 0), (near, 0)], False, 0)):  # pages of a flush
            with self.subTest([(len(rows), discarded) for rows, discarded in packets]):
                parts = [packet(rows, sequence, discarded) for sequence, (rows, discarded) in enumerate(packets)]
                self.write(stream(create(), *fight()), b"".join(parts))
                quality = self.every_output(lawful=not unknown and not lost)["quality"]
                self.assertEqual((quality["loss_unknown"], quality["incomplete"], quality["lost_events"]),
                                 (unknown, unknown or lost > 0, lost))

    def test_a_stream_without_a_packet(self):
        """Killed in an event of its first buffer; the other CPU's stream has its end. It is a hole of that process alone."""
        pid = 78
        self.write(stream(create(), *fight()))
        self.trace = str(self.place)  # and what lies beside it
        self.write(stream(create(2, pid=pid)), stream(*fight(gil=2), instance=1), below="two", pid=pid)
        (pathlib.Path(self.trace) / "two" / "gil_2").write_bytes(b"")
        quality = self.every_output(lawful=False)["quality"]
        self.assertEqual((quality["loss_unknown"], quality["violations"]), (True, 0))
        report = self.gilscope("report", self.trace)
        self.assertIn("whether events were lost is not known", report.err)
        self.assertIn("whether any was lost is not known", report.out)
        self.assertIn("whether events were lost is not known", self.gilscope("verify", self.trace, expect=3).out)
        holds = {77: 0, pid: 0}  # of which both ends were seen
        for row in self.report()["threads"]:
            holds[row["pid"]] += row["hold_ns"]["count"]
        self.assertEqual(holds, {77: 2, pid: 0})
        # Where no stream has anything, there was nothing.
        for path in (pathlib.Path(self.trace) / "two").glob("gil_*"):
            path.write_bytes(b"")
        self.assertFalse(self.report()["quality"]["incomplete"])

    def test_cut_in_a_packet(self):
        first = stream(create(), *fight())
        second = stream(*fight(20 * MS), sequence=1)
        for cut, held in ((len(second) - 1, 4 * MS), (len(second) // 2, 2 * MS), (90, 2 * MS), (20, 2 * MS)):
            with self.subTest(cut=cut):
                self.write((first + second)[:len(first) + cut])
                report = self.every_output(lawful=False)
                self.assertTrue(report["quality"]["incomplete"])
                self.assertIn("cut off", report["quality"]["damage"])
                self.assertEqual(report["threads"][0]["hold_ns"]["total"], held)

    def test_a_stream_numbered_as_none(self):
        """babeltrace2 numbers it 0, as another is, and aborts."""
        self.write(stream(create(), *fight()), stream(*fight(20 * MS), instance=2 ** 64 - 1))
        report = self.every_output(lawful=False)
        self.assertTrue(report["quality"]["incomplete"])
        self.assertIn("cut off after 0 bytes", report["quality"]["damage"])
        # When that stream began, and what it held, nobody knows: what the other says is counted, and measured nowhere.
        self.assertEqual((report["gils"][0]["acquisitions"], report["threads"][0]["hold_ns"]["count"]), (2, 0))

    def test_counts_that_stand_for_none(self):
        """babeltrace2 aborts."""
        for count in ("discarded", "sequence"):
            with self.subTest(count):
                self.write(stream(create(), *fight()) + stream(*fight(20 * MS), **{count: 2 ** 64 - 1}))
                report = self.every_output(lawful=False)
                self.assertIn("cut off", report["quality"]["damage"])
                self.assertEqual(report["threads"][0]["hold_ns"]["total"], 2 * MS)

    def test_begins_in_the_middle(self):
        self.write(stream(hot(10, "release", 1, 1), hot(20, "retry", 2, 0), hot(40, "acquire", 2),
                          hot(50, "release", 2, 0), hot(60, "busy", 3), hot(70, "acquire", 4)))
        report = self.every_output()
        quality = report["quality"]
        self.assertEqual((quality["holds_found"], quality["attempts_found"], quality["violations"]), (1, 3, 0))
        self.assertEqual((quality["still_waiting"], quality["still_holding"]), (1, 1))
        gil = report["gils"][0]
        self.assertEqual((gil["known"], gil["schema"], gil["interval"]), (False, None, None))
        self.assertEqual([t["hold_ns"]["total"] for t in report["threads"]], [0, 10, 0, 0])
        self.assertEqual([t["wait_ns"]["count"] for t in report["threads"]], [0, 0, 0, 0])

    def test_others_events_and_contexts(self):
        rows = [create(), thread(100), thread(101)]
        for row in fight():
            rows += [row, (row[0], "other:event", 7)]
        self.write(stream(*rows, context=ctf.context(77, 100, b"python\x1b[31m")), context=ctf.CONTEXT)
        report = self.every_output()
        self.assert_fight(report)
        self.assertEqual(report["trace"]["other_events"], 8)

    def test_percentages_are_of_the_recording(self):
        """Beside it another goes on for a second; its own 3 ms are the whole."""
        other = 5 << 32 | 1
        self.write(stream(with_recording(create(), "own"), *fight()), below="own")
        self.write(stream(with_recording(create(other, pid=88), "other"), *fight(gil=other), *fight(1000 * MS, gil=other),
                          uuid=OTHER_UUID), below="other", uuid=OTHER_UUID)
        pathlib.Path(self.trace, "gilscope.json").write_text(
            json.dumps({"schema": "gilscope-recording-1", "recording": "own", "command": ["python3"], "lost_events": 0,
                        "lost_packets": 0, "loss_known": True, "absent_processes": 0, "late_processes": 0,
                        "flight_recorder": False, "snapshots": 0}))
        self.assert_fight(self.report())
        first, second = (self.report(options=["--time", part])["gils"][0] for part in ("0%,60%", "60%,100%"))
        self.assertEqual((first["releases"], second["releases"]), (0, 2))
        text = self.gilscope("battle", "--around", "100%", "--context", "1", self.trace).out
        self.assertIn("RELEASE", text)

    def test_times_without_an_event(self):
        self.write(stream(create(), *fight(), *fight(600000 * MS)))
        # In a hold: it goes on. Between the fights: nothing does.
        report = self.report(options=["--time", "+10.2ms,+10.3ms"])
        self.assertEqual((report["trace"]["events"], report["gils"][0]["held_ns"]), (0, MS // 10))
        self.assertEqual([t["name"] for t in report["threads"] if t["state_ns"]["holding"]], ["t1"])
        result = self.gilscope("report", "--time", "+300s,+301s", self.trace, expect=1)
        self.assert_one_sentence(result.err, "no gil event", "+300s,+301s")

    def test_two_hosts(self):
        self.place = self.folder
        for host, gil, uuid in (("one", GIL, ctf.UUID), ("two", 5 << 32 | 1, OTHER_UUID)):
            self.write(stream(create(gil), *fight(gil=gil), uuid=uuid), below=host, host=host, uuid=uuid)
        report = self.every_output()
        self.assert_fight(report, gils=2)
        self.assertEqual(report["trace"]["host"], "several")
        self.assertEqual([g["pid"] for g in report["gils"]], [77, 77])

    def test_clock_steps(self):
        """What a step back makes unknown is in no duration; a step forward cannot be told from time that passed."""
        hour = 3600 * 1000 * MS
        for step, counts in ((-5 * MS, (1, 2, 1)), (-2 * hour, (1, 1, 1)), (5 * MS, (2, 2, 2)), (2 * hour, (2, 2, 2))):
            with self.subTest(step=step):
                begin = 3 * hour
                before, after = fight(begin + MS), fight(begin + 8 * MS + step)
                self.write(stream(create(at=begin), *before) + stream(*after, sequence=1),
                           stream((begin, "other:event", 1), instance=1))
                report = self.every_output(lawful=step > 0)
                a, b = report["threads"]
                self.assertEqual((a["hold_ns"]["count"], b["hold_ns"]["count"], b["wait_ns"]["count"]), counts)
                self.assertEqual(a["hold_ns"]["total"], counts[0] * 2 * MS)
                self.assertEqual(b["hold_ns"]["total"], counts[1] * (MS - 2000))
                self.assertEqual(b["wait_ns"]["total"], counts[2] * (MS + 2000))
                self.assertEqual((report["gils"][0]["acquisitions"], report["gils"][0]["retries"]), (4, 2))
                self.assertEqual(report["quality"]["violations"] > 0, step < 0)

    def test_a_clock_that_goes_back_in_a_hold(self):
        rows = fight(20 * MS)
        back = [(row[0] - 10 * MS, *row[1:]) for row in rows[4:]]
        self.write(stream(create(), *rows[:4], *back, *fight(40 * MS)))
        report = self.every_output(lawful=False)
        a, b = report["threads"]
        self.assertEqual((a["hold_ns"]["total"], a["hold_ns"]["count"]), (2 * MS, 1))
        self.assertEqual((b["hold_ns"]["total"], b["wait_ns"]["total"]), (MS - 2000, MS + 2000))
        self.assertEqual((report["gils"][0]["acquisitions"], report["quality"]["violations"]), (4, 4))

    def test_a_later_schema(self):
        self.write(stream(create(schema=2), *fight()))
        self.refused(self.trace, "schema 2", "1 to 1", "with that version")
        # Somebody else's process in the same trace is of no matter to ours.
        self.write(stream(create(), create(5, schema=2), *fight()))
        self.refused(self.trace, "schema 2")
        self.say("verify", "--gil", "0", self.trace)

    def test_names(self):
        names = ["\x1b[31mred\x1b]0;title\x07", "two\nlines\r\n", 'a "quoted", one', "it's; DROP TABLE threads",
                 "a,b,,c",
                 "<script>alert(1)</script>", "%s%n%1000d", b"\xff\xfe broken \xc3", "x" * 63, "x" * 200, "", " ", "\t",
                 "\u202egnp.exe", "\u009b31m", "\x7f", "\\x1b", "🐍" * 15, "é" * 31 + "é", "=1+1", "-", "&amp;", "]]>", "null",
                 "../../etc/passwd", "{}", "\\", '"']
        facts = [thread(200 + i, name) for i, name in enumerate(names)]
        fights = [row for i in range(0, len(names), 2) for row in fight((i + 1) * 10 * MS, 200 + i, 201 + i)]
        odd = "de\x1bsign\n,\"<b>"
        self.write(stream(create(design=odd, version=b"\xff%n" + b"v" * 100), *facts, *fights))
        report = self.every_output()
        seen = [t["name"] for t in report["threads"]]
        for name, got in zip(names, seen):
            if isinstance(name, str) and name and len(name.encode()) < 64:
                self.assertEqual(got, name)
        self.assertEqual(seen[names.index("x" * 200)], "x" * 63)
        self.assertEqual(seen[7], "\N{REPLACEMENT CHARACTER}" * 2 + " broken \N{REPLACEMENT CHARACTER}")
        self.assertEqual(report["gils"][0]["design"], odd)
        self.assertEqual(sum(t["hold_ns"]["count"] for t in report["threads"]), len(fights) // 4)
        battle = self.say("battle", self.trace).out
        self.assertIn(r"\x1b[31mred\x1b]0;title\x07 50 5 ENTRY", battle)
        self.assertIn(r"two\x0alines\x0d\x0a 50 5 ENTRY", battle)

    def test_numbers_at_their_ends(self):
        last = 2 ** 64 - 1
        self.write(stream(create(0, interval=2 ** 63 - 1), create(last, flags=0, interval=2 ** 63 - 1, at=2),
                          create(3, flags=2 ** 32 - 1, interval=-2 ** 63, pid=-1, at=3), thread(0, gil=0, pid=-5, at=4),
                          *fight(5, 0, -1, gil=0), *fight(10 * MS, -2 ** 31, 2 ** 31 - 1, gil=last),
                          hot(20 * MS, "entry", 9, gil=3, tick=-2 ** 31, checks=last),
                          hot(20 * MS + 1, "busy", 9, gil=3, tick=-5, checks=last),
                          hot(20 * MS + 2, "acquire", 9, gil=3, tick=-7, checks=0),
                          hot(20 * MS + 3, "release", 9, 255, gil=3, tick=-2 ** 31, checks=last),
                          hot(20 * MS + 4, "entry", 9, gil=3, tick=2 ** 31 - 1, checks=5),
                          hot(20 * MS + 5, "acquire", 9, gil=3, tick=2 ** 31 - 1, checks=5),
                          hot(20 * MS + 6, "release", 9, 0, gil=3, tick=-2 ** 31, checks=4),
                          (20 * MS + 7, "gil:leave", 3, 9, 200), (20 * MS + 8, "gil:interval", 0, -1),
                          (20 * MS + 9, "gil:interval", last, 2 ** 63 - 1)))
        report = self.every_output(lawful=None)
        self.assertEqual([g["gil_id"] for g in report["gils"]], ["0", str(last), "3"])
        self.assertEqual([t["tid"] for t in report["threads"]], [0, None, None, 2 ** 31 - 1, 9])

    def test_times_near_the_end_of_time(self):
        self.write(stream(create(at=2 ** 63 - 5 * MS), *fight(2 ** 63 - 4 * MS)))
        self.assert_fight(self.every_output())

    def test_times_beyond_the_end_of_time(self):
        self.write(stream(create(at=2 ** 63 - 5 * MS), *fight(2 ** 63 - 2 * MS)))
        self.refused(self.trace, "damaged")

    def test_from_the_beginning_of_time_to_its_end(self):
        self.write(stream(create(at=0), *fight(0), *fight(2 ** 63 - 4 * MS)))
        self.every_output()

    def test_destroyed_while_held(self):
        rows = fight()[:5]
        self.write(stream(create(), *rows, create(at=15 * MS, event="destroy"), hot(16 * MS, "release", 100, 0)))
        report = self.every_output()
        self.assertEqual(report["quality"]["still_waiting"], 1)
        self.write(stream(create(), *rows, create(at=15 * MS, event="destroy")))
        report = self.every_output()
        self.assertEqual((report["quality"]["still_holding"], report["gils"][0]["held_ns"]), (1, 5 * MS - 1000))

    def test_only_facts(self):
        self.write(stream(create(), thread(1, "idle"), create(5, at=9, flags=0, interval=5000),
                          (10, "gil:interval", 5, 1)))
        report = self.every_output()
        self.assertEqual([g["acquisitions"] for g in report["gils"]], [0, 0])
        self.assertEqual([g["badness"] for g in report["gils"]], [None, None])
        self.assertEqual(report["gils"][1]["interval"], 1)

    def test_one_event(self):
        for event, more in (("entry", ()), ("acquire", ()), ("release", (0,)), ("busy", ())):
            with self.subTest(event):
                self.write(stream(hot(10, event, 1, *more)))
                report = self.every_output()
                self.assertEqual(report["trace"]["duration_ns"], 0)
                self.assertIsNone(report["gils"][0]["utilisation"])

    def test_nothing_in_it(self):
        self.write()
        self.refused(self.trace, "gil")

    def test_an_empty_stream(self):
        self.write(b"")
        self.refused(self.trace, "gil")

    def test_pipes_where_files_should_be(self):
        for name, among in (("gilscope.json", (1,)), ("index/gil_0.idx", (0,)), ("gil_1", (0,))):
            self.write(stream(create(), thread(100, main=1), thread(101), *fight()))
            place = pathlib.Path(self.trace) / name
            place.parent.mkdir(exist_ok=True)
            os.mkfifo(place)
            self.say("report", self.trace, among=among)

    def test_names_of_files_in_sentences(self):
        self.write(stream(create(), thread(100, main=1), *fight()))
        (pathlib.Path(self.trace) / "\x1b[2J\u202e\nx").write_bytes(b"\xc1\x1f\xfc\xc1 cut")
        for words in (["report"], ["report", "--ascii"], ["verify"]):
            said = self.say(*words, self.trace, among=(0, 3))
            self.assertIn("\\x1b[2J\\xe2\\x80\\xae\\x0ax", said.err + said.out)

    def test_thousands_of_gils(self):
        rows = []
        for i in range(1000):
            rows += [create(i, at=i * 4 * MS, pid=i), *fight(i * 4 * MS + 1000, gil=i)]
        self.write(stream(*rows))
        report = self.every_output()
        self.assert_fight(report, gils=1000)


if __name__ == "__main__":
    harness.main()
