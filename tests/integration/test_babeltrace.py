#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""For LTTng people: babeltrace2's components of the plugin, and the analysis for Trace Compass."""
import itertools
import json
import pathlib
import re
import shutil
import unittest
import xml.etree.ElementTree as ElementTree

import harness

try:
    import bt2
except ImportError:
    bt2 = None

FOLDER = harness.BUILD / "plugin"
STATES = {"unknown", "outside", "entering", "waiting", "holding", "ended"}


def babeltrace(*words, **options):
    return harness.run("babeltrace2", f"--plugin-path={FOLDER}", *words, **options)


class PluginTest(harness.TestCase):
    def setUp(self):
        if not list(FOLDER.glob("*.so")):
            self.skipTest("the plugin was not built")
        if harness.SANITIZED:
            self.skipTest("a plugin with a sanitizer needs a babeltrace2 with it")
        super().setUp()


class Components(PluginTest):
    """All on one recording."""
    @classmethod
    def setUpClass(cls):
        cls.recording = None

    @classmethod
    def tearDownClass(cls):
        if cls.recording:
            shutil.rmtree(cls.recording.folder, ignore_errors=True)

    def setUp(self):
        super().setUp()
        if not shutil.which("babeltrace2"):
            self.skipTest("babeltrace2 is not installed")
        if not Components.recording:
            Components.recording = harness.TestCase()
            harness.TestCase.setUp(Components.recording)
            for _ in range(5):
                Components.recording.record(harness.GILRUN, "battle", "--count", "300000")
                # Where the daemon is root's, another recording may have begun in the meantime.
                if len(list(pathlib.Path(Components.recording.trace).rglob("metadata"))) == 1:
                    break
        self.trace = Components.recording.trace

    def test_report_is_that_of_gilscope(self):
        for params, options in (((), ()), (("-p", 'thread="t1,t2", time="+1ms,+20ms"'),
                                           ("--thread", "t1,t2", "--time", "+1ms,+20ms"))):
            with self.subTest(options):
                # Without the parameter recording= it leaves no other recording out.
                want = self.gilscope("report", "--ascii", "--all", *options, self.trace)
                got = babeltrace(self.trace, "-c", "sink.gil.report", *params)
                self.assertEqual((got.status, got.out), (0, want.out), got.err)
                self.assertIn("t1", got.out)

    def test_formats_of_export(self):
        got = babeltrace(self.trace, "-c", "sink.gil.report", "-p", 'format="json"')
        self.assertEqual(got.status, 0, got.err)
        got, want = json.loads(got.out), self.report()
        # The name of a trace, and streams of processes that said nothing, are for those who see its folders.
        for member in ("path", "streams"):
            del got["trace"][member], want["trace"][member]
        self.assertEqual(got, want)

        path = self.folder / "report.txt"
        done = babeltrace(self.trace, "-c", "sink.gil.report", "-p", f'output="{path}"')
        self.assertEqual((done.status, done.out), (0, ""), done.err)
        self.assertEqual(path.read_text(), self.gilscope("report", "--ascii", self.trace).out)

    def test_wrong_parameters(self):
        for component, params, says in (("sink.gil.report", 'colour="red"', "there is no parameter 'colour'"),
                                        ("sink.gil.report", "gil=3", "the parameter 'gil' is a string"),
                                        ("sink.gil.report", 'time="10%-20%"', "per cent"),
                                        ("sink.gil.report", 'gil="abc"', "names no GIL"),
                                        ("sink.gil.report", 'format="xml"', "there is no format 'xml'"),
                                        ("sink.gil.report", 'thread="nobody"', "nobody"),
                                        ("sink.gil.report", 'recording="other"', "no event"),
                                        ("filter.gil.state", "x=1", "no parameters")):
            with self.subTest(params):
                done = babeltrace(self.trace, "-c", component, "-p", params)
                self.assertEqual(done.status, 1)
                self.assertIn(says, re.sub(r"\s+", " ", done.err))

    def test_what_babeltrace_copies_is_read(self):
        """Its packets have another layout than LTTng's."""
        copy = self.folder / "copy"
        done = babeltrace(self.trace, "-o", "ctf", "-w", copy)
        self.assertEqual(done.status, 0, done.err)
        got, want = self.report(copy), self.report()
        for table in ("quality", "gils", "threads", "pairs", "buckets", "findings"):
            self.assertEqual(json.dumps(got[table]), json.dumps(want[table]), table)

    def states_of_gilscope(self):
        """(time, tid, state, holder, waiters) after each event of a thread."""
        self.gilscope("export", self.trace, "--to", "jsonl", "-o", self.folder / "gil.jsonl")
        tids, holder, states = {}, 0, []
        for line in (self.folder / "gil.jsonl").read_text().splitlines():
            row = json.loads(line)
            if row["type"] == "header":
                begin = int(row["begin_ns"])
            elif row["type"] == "thread":
                tids[row["thread"]] = row["tid"]
            elif row["type"] == "event" and "thread" in row:
                tid = tids[row["thread"]]
                holder = tid if row["state"] == "holding" else 0 if holder == tid else holder
                states.append((begin + row["at_ns"], tid, row["state"], holder, row["waiters"]))
        return states

    @unittest.skipUnless(bt2, "python3-bt2 is not installed")
    def test_states_as_a_trace_of_their_own(self):
        out = self.folder / "out"
        done = babeltrace(self.trace, "-c", "filter.gil.state", "-c", "sink.ctf.fs", "-p", f'path="{out}"')
        self.assertEqual(done.status, 0, done.err)
        events = [(m.default_clock_snapshot.ns_from_origin, m.event)
                  for m in bt2.TraceCollectionMessageIterator(str(out)) if type(m) is bt2._EventMessageConst]
        got = [(ns, int(e["tid"]), str(e["state"]), int(e["holder"]), int(e["waiters"]))
               for ns, e in events if e.name == "gil:state"]
        self.assertEqual(sorted(got), sorted(self.states_of_gilscope()))
        self.assertEqual({state for _, _, state, _, _ in got} - STATES, set())
        self.assertEqual({str(e["name"]) for _, e in events if e.name == "gil:state"}, {"MainThread", "t1", "t2"})
        # All else passed through.
        self.assertEqual(len(events) - len(got), self.report()["trace"]["events"])

    def test_states_follow_their_events_in_order_of_time(self):
        done = babeltrace(self.trace, "-c", "filter.gil.state", "-c", "sink.text.pretty", "-p", "clock-seconds=true")
        self.assertEqual(done.status, 0, done.err)
        before = None
        for line in done.out.splitlines():
            time, event, fields = re.match(r"\[([\d.]+)\].* gil:(\w+): (.*)", line).groups()
            tid = re.search(r"\btid = (\d+)", fields)
            if before:
                self.assertLessEqual(before[0], time)
                if before[2] and before[1] != "state":
                    self.assertEqual((event, time, tid.group(1)), ("state", before[0], before[2].group(1)), line)
            before = time, event, tid


@unittest.skipUnless(bt2, "python3-bt2 is not installed")
class Strange(PluginTest):
    """What no trace of ours has, made by a component of our own."""
    needs_lttng = False
    hot = "gil", "tid", "tick", "checks"

    def run_graph(self, make_messages, clock=True, report=None):
        """Into sink.gil.report, or else: names of the events that come out of filter.gil.state."""
        class Iterator(bt2._UserMessageIterator):
            def __init__(self, config, port):
                component = self._component
                self.trace = component.trace_class(environment={"vpid": 7})
                self.stream = self.trace.create_stream(component.stream_class)
                self.messages = itertools.chain([self._create_stream_beginning_message(self.stream)],
                                                make_messages(self, component),
                                                [self._create_stream_end_message(self.stream)])

            def __next__(self):
                return next(self.messages)

        class Source(bt2._UserSourceComponent, message_iterator_class=Iterator):
            def __init__(self, config, params, obj):
                self.trace_class = self._create_trace_class()
                self.clock = self._create_clock_class(frequency=10**9) if clock else None
                self.stream_class = self.trace_class.create_stream_class(
                    default_clock_class=self.clock, supports_discarded_events=True,
                    discarded_events_have_default_clock_snapshots=clock)
                self._add_output_port("out")

            def event_class(self, name, *fields):
                payload = self.trace_class.create_structure_field_class()
                for field in fields:
                    payload.append_member(field, self.trace_class.create_unsigned_integer_field_class(64))
                return self.stream_class.create_event_class(name=name, payload_field_class=payload)

        seen = []

        class Sink(bt2._UserSinkComponent):
            def __init__(self, config, params, obj):
                self.port = self._add_input_port("in")

            def _user_graph_is_configured(self):
                self.iterator = self._create_message_iterator(self.port)

            def _user_consume(self):
                message = next(self.iterator)
                if type(message) is bt2._EventMessageConst:
                    state = message.event.name == "gil:state"
                    seen.append(str(message.event["state"]) if state else message.event.name)

        plugin = bt2.find_plugins_in_path(str(FOLDER))[0]
        graph = self.graph = bt2.Graph()
        source = graph.add_component(Source, "source")
        if report:
            sink = graph.add_component(plugin.sink_component_classes["report"], "report",
                                       {"format": "json", "output": str(report)})
            graph.connect_ports(source.output_ports["out"], sink.input_ports["in"])
            graph.run()
            return json.loads(report.read_text())
        state = graph.add_component(plugin.filter_component_classes["state"], "state")
        sink = graph.add_component(Sink, "sink")
        graph.connect_ports(source.output_ports["out"], state.input_ports["in"])
        graph.connect_ports(state.output_ports["out"], sink.input_ports["in"])
        graph.run()
        return seen

    @staticmethod
    def event(iterator, event_class, ns, **fields):
        message = iterator._create_event_message(event_class, iterator.stream, default_clock_snapshot=ns)
        for name, value in fields.items():
            message.event.payload_field[name] = value
        return message

    def test_foreign_events_and_missing_fields_pass(self):
        def messages(iterator, component):
            other = component.event_class("my_app:event", "x")
            entry = component.event_class("gil:entry", "gil", "tid")
            yield self.event(iterator, other, 10, x=1)
            yield self.event(iterator, entry, 20, gil=1, tid=2)
        self.assertEqual(self.run_graph(messages), ["my_app:event", "gil:entry"])

    def test_without_clock(self):
        def messages(iterator, component):
            entry = component.event_class("gil:entry", *self.hot)
            yield self.event(iterator, entry, None, gil=1, tid=2, tick=0, checks=0)
        self.assertEqual(self.run_graph(messages, clock=False), ["gil:entry"])

    def test_loss_and_unlawful_events(self):
        def messages(iterator, component):
            acquire = component.event_class("gil:acquire", *self.hot)
            busy = component.event_class("gil:busy", *self.hot)
            yield self.event(iterator, acquire, 10, gil=1, tid=2, tick=0, checks=0)
            yield self.event(iterator, acquire, 20, gil=1, tid=3, tick=0, checks=0)
            yield iterator._create_discarded_events_message(iterator.stream, 5, 20, 30)
            yield self.event(iterator, busy, 40, gil=1, tid=2, tick=0, checks=0)
        self.assertEqual(self.run_graph(messages), ["gil:acquire", "holding", "gil:acquire", "holding",
                                                    "gil:busy", "waiting"])

    def test_interrupted_report_is_of_what_was_read(self):
        def messages(iterator, component):
            entry = component.event_class("gil:entry", *self.hot)
            acquire = component.event_class("gil:acquire", *self.hot)
            release = component.event_class("gil:release", *self.hot, "drop_requested")
            for ns in range(0, 30 * 100000, 30):
                if ns == 30 * 1000:
                    self.graph.default_interrupter.set()
                yield self.event(iterator, entry, ns, gil=1, tid=2, tick=0, checks=0)
                yield self.event(iterator, acquire, ns + 10, gil=1, tid=2, tick=0, checks=0)
                yield self.event(iterator, release, ns + 20, gil=1, tid=2, tick=0, checks=0, drop_requested=0)
        report = self.run_graph(messages, report=self.folder / "report.json")
        self.assertTrue(report["quality"]["interrupted"])
        self.assertEqual(report["quality"]["violations"], 0)
        self.assertGreaterEqual(report["gils"][0]["acquisitions"], 1000)
        self.assertLess(report["gils"][0]["acquisitions"], 2000)

    def test_report_of_nothing(self):
        with self.assertRaises(bt2._Error) as caught:
            self.run_graph(lambda iterator, component: (), report=self.folder / "report.json")
        self.assertIn("the input", str(caught.exception))
        self.assertFalse((self.folder / "report.json").exists())


class TraceCompass(harness.TestCase):
    needs_lttng = False
    analysis = harness.SOURCE / "share" / "trace-compass" / "gilscope.xml"

    def test_well_formed_and_as_trace_compass_wants_it(self):
        if not shutil.which("xmllint"):
            self.skipTest("xmllint is not installed")
        schema = harness.SOURCE / "tests" / "integration" / "trace-compass.rng"
        done = harness.run("xmllint", "--noout", "--relaxng", schema, self.analysis)
        self.assertEqual(done.status, 0, done.err)

    def test_its_events_and_fields_are_the_providers(self):
        provider = (harness.SOURCE / "tracepoints" / "provider.h").read_text()
        fields = {}
        for kind, name, body in re.findall(r"TRACEPOINT_(EVENT|EVENT_CLASS)\(gil, (\w+),(.*?)\n\)\n", provider, re.S):
            fields[name] = set(re.findall(r"lttng_ust_field_(?:integer|integer_hex)\(\w+, (\w+)", body) +
                               re.findall(r"lttng_ust_field_string\((\w+)", body) +
                               re.findall(r"lttng_ust_field_enum\(gil, \w+, \w+, (\w+)", body))
        for kind, name in re.findall(r"EVENT_INSTANCE\(gil, (\w+), gil, (\w+)", provider):
            fields[name] = fields[kind]
        root = ElementTree.parse(self.analysis).getroot()
        locations = {at.get("id"): [a.get("value") for a in at if a.get("type") == "eventField"]
                     for at in root.iter("location")}

        for handler in root.iter("eventHandler"):
            event = handler.get("eventName").removeprefix("gil:")
            for part in handler.iter():
                used = [part.get("value")] if part.get("type") == "eventField" else \
                    locations[part.get("value")] if part.get("type") == "location" else []
                self.assertLessEqual(set(used), fields[event], event)
        actions = {action.get("id"): {p.get("value") for p in action.iter() if p.get("type") == "eventField"}
                   for action in [*root.iter("action"), *root.iter("test")]}
        for step in root.iter("transition"):
            event = step.get("event").removeprefix("gil:")
            for name in filter(None, (step.get("action"), step.get("cond"))):
                self.assertLessEqual(actions[name], fields[event], event)
        self.assertEqual({h.get("eventName") for h in root.iter("eventHandler")},
                         {f"gil:{e}" for e in ("thread", "entry", "busy", "retry", "acquire", "release", "leave")})

    def test_what_it_refers_to_is_in_it(self):
        root = ElementTree.parse(self.analysis).getroot()
        provider = root.find("stateProvider")
        defined = {f"${value.get('name')}" for value in provider.iter("definedValue")}
        used = {v.get("value") for v in provider.iter("stateValue") if v.get("value", "").startswith("$")}
        self.assertEqual(used, defined)
        self.assertEqual({a.get("id") for a in root.iter("analysis")}, {provider.get("id")})
        for machine in root.iter("fsm"):
            states = {s.get("id") for s in [*machine.iter("state"), *machine.iter("final")]}
            self.assertEqual({t.get("target") for t in machine.iter("transition")} | {machine.get("initial")}, states)


if __name__ == "__main__":
    harness.main()
