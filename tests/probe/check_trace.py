#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Is this trace lawful? A slow, obvious oracle that shares no code with the analyzer.

    check_trace.py [--json] [--cpu-bound THREADS] TRACE...

Reads what `babeltrace2 TRACE` prints. For each GIL, checks that it never has
two holders, that each thread goes through the states of an attempt in their
order, and that

    ENTRY   = ACQUIRE + attempts that left + still waiting at the end
    ACQUIRE = RELEASE + still held at the end

--cpu-bound: there is also a GIL that this many threads fought for, with holds
of about the switch interval. Exit status: 0 lawful, 3 not, 1 no trace.
"""
import argparse
import collections
import json
import re
import statistics
import subprocess
import sys

LINE = re.compile(r"^\[(\d+)\.(\d{9})\] .*? gil:(\w+): (\{.*)$")
FIELD = re.compile(r'(\w+) = (?:\( "(\w+)" : container = \d+ \)|"((?:[^"\\]|\\.)*)"|([^\s,}]+))')

# The lawful steps of a thread: event -> (state before, state after).
STEPS = {
    "entry": (("outside",), "entering"),
    "busy": (("entering",), "waiting"),
    "retry": (("waiting",), "waiting"),
    "acquire": (("entering", "waiting"), "holding"),
    "release": (("holding",), "outside"),
    "leave": (("entering", "waiting"), "outside"),
}


class Lost(Exception):
    """The recording is incomplete."""


class Thread:
    def __init__(self):
        self.state = "unknown"
        self.acquired_ns = None
        self.counts = collections.Counter()
        self.holds_ns = []
        self.requested_ns = []  # the holds that ended because somebody asked


class Gil:
    def __init__(self):
        self.facts = {}
        self.intervals = []
        self.threads = {}
        self.holder = None
        self.checks = 0
        self.violations = []
        self.destroyed = False


def read(path):
    """Yields (ns, kind, fields) in the order of time."""
    command = ["babeltrace2", "--clock-seconds", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True) as reader:
        for line in reader.stdout:
            match = LINE.match(line)
            if match:
                seconds, rest_ns, kind, text = match.groups()
                fields = {name: next(v for v in values if v != "") if any(values) else ""
                          for name, *values in FIELD.findall(text)}
                yield int(seconds) * 10**9 + int(rest_ns), kind, fields
        complaints = reader.stderr.read()
    if reader.returncode:
        raise OSError(complaints.strip().splitlines()[-1] if complaints.strip() else path)
    if "discarded" in complaints:
        raise Lost(complaints.strip())


def legal_first(events):
    """Among events of one time stamp (several streams), releases go before acquisitions."""
    group, group_ns = [], None
    for event in events:
        if event[0] != group_ns:
            yield from sorted(group, key=lambda e: e[1] == "acquire")
            group, group_ns = [], event[0]
        group.append(event)
    yield from sorted(group, key=lambda e: e[1] == "acquire")


def step(gil, ns, kind, fields):
    tid = int(fields["tid"])
    thread = gil.threads.setdefault(tid, Thread())
    before, after = STEPS[kind]

    if thread.state == "unknown":
        # Inherited through fork: held, or fought for, before its first event here.
        gil.facts["whole"] = gil.facts.get("whole", False) and kind == "entry"
    elif thread.state not in before:
        gil.violations.append("%d: tid %d: %s while %s" % (ns, tid, kind, thread.state))
    if kind == "acquire":
        if gil.holder not in (None, tid):
            gil.violations.append("%d: tid %d acquires while %d holds" % (ns, tid, gil.holder))
        gil.holder = tid
        thread.acquired_ns = ns
    elif kind == "release":
        if gil.holder not in (None, tid):
            gil.violations.append("%d: tid %d releases while %d holds" % (ns, tid, gil.holder))
        gil.holder = None
        if thread.acquired_ns is not None:
            thread.holds_ns.append(ns - thread.acquired_ns)
            if fields["drop_requested"] == "1":
                thread.requested_ns.append(ns - thread.acquired_ns)
        count_checks(gil, ns, fields)
    thread.state = after
    thread.counts[kind] += 1
    if kind in ("retry", "release") and "1" in (fields.get("timed_out"), fields.get("drop_requested")):
        thread.counts[{"retry": "timed_out", "release": "requested"}[kind]] += 1


def count_checks(gil, ns, fields):
    """On a time-slice GIL, `checks` counts the requested releases, this one included."""
    if fields["tick"] != "-1":
        return
    checks, requested = int(fields["checks"]), int(fields["drop_requested"])
    if gil.checks is not None and checks != gil.checks + requested and gil.facts.get("whole"):
        gil.violations.append("%d: checks %d after %d" % (ns, checks, gil.checks))
    gil.checks = checks


def end_thread(gil, tid):
    thread = gil.threads.get(tid)
    if thread and thread.state not in ("outside", "unknown"):
        gil.violations.append("tid %d ends while %s" % (tid, thread.state))
    if thread:  # a reused tid is another thread
        gil.threads[(tid, len(gil.threads))] = gil.threads.pop(tid)
        thread.state = "ended"


def analyse(path):
    gils = collections.defaultdict(Gil)
    last_ns = 0
    for ns, kind, fields in legal_first(read(path)):
        gil = gils[fields["gil"]]
        if ns < last_ns:
            gil.violations.append("time goes back at %d" % ns)
        last_ns = ns
        if kind == "create":
            # Known from its birth on, if this is the first that is heard of it.
            gil.facts = dict(fields, whole=gil.facts.get("whole", not gil.threads))
        elif kind == "interval":
            gil.intervals.append(int(fields["value"]))
        elif kind == "destroy":
            gil.destroyed = True
        elif kind == "leave" and fields["reason"] == "thread_end":
            end_thread(gil, int(fields["tid"]))
        elif kind in STEPS:
            if kind == "leave":
                gil.threads.setdefault(int(fields["tid"]), Thread()).counts[fields["reason"]] += 1
            step(gil, ns, kind, fields)
    return gils


def total(gil, name):
    return sum(thread.counts[name] for thread in gil.threads.values())


def in_state(gil, *states):
    return sum(thread.state in states for thread in gil.threads.values())


def balance(gil):
    """The two equations; only for a GIL recorded from its birth."""
    if not gil.facts.get("whole"):
        return
    left = total(gil, "leave")
    waiting, held = in_state(gil, "entering", "waiting"), in_state(gil, "holding")
    if total(gil, "entry") != total(gil, "acquire") + left + waiting:
        gil.violations.append("ENTRY %d != ACQUIRE %d + left %d + waiting %d"
                              % (total(gil, "entry"), total(gil, "acquire"), left, waiting))
    if total(gil, "acquire") != total(gil, "release") + held:
        gil.violations.append("ACQUIRE %d != RELEASE %d + held %d"
                              % (total(gil, "acquire"), total(gil, "release"), held))


def fought(gil, threads):
    """Did `threads` threads fight for this GIL, with holds of about the switch interval?

    Nobody is asked to drop before the interval is over. A busy machine makes a hold
    longer, never shorter: so it is the shortest that says how long it was meant to be.
    """
    interval_ns = 1000 * (gil.intervals or [int(gil.facts.get("interval", 0))])[-1]
    fighters = [thread for thread in gil.threads.values()
                if thread.counts["busy"] and len(thread.requested_ns) >= 4
                and 0.9 * interval_ns <= min(thread.requested_ns) <= 2 * interval_ns]
    return len(fighters) >= threads


def summary(ident, gil):
    names = "entry acquire release busy retry timed_out requested poke gone gil_off".split()
    long_holds = [h for t in gil.threads.values() for h in t.holds_ns if h > 10**6]
    return dict({name: total(gil, name) for name in names},
                gil=ident, pid=int(gil.facts.get("pid", 0)), version=gil.facts.get("version", ""),
                threads=len(gil.threads), waiting=in_state(gil, "entering", "waiting"),
                held=in_state(gil, "holding"), intervals=gil.intervals, destroyed=gil.destroyed,
                median_long_hold_us=int(statistics.median(long_holds)) // 1000 if long_holds else 0,
                violations=gil.violations)


def main():
    parser = argparse.ArgumentParser(description="Is this trace lawful?")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cpu-bound", type=int, metavar="THREADS")
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    args = parser.parse_args()
    status = 0
    for path in args.traces:
        try:
            gils = analyse(path)
        except (OSError, Lost) as error:
            sys.exit("%s: %s" % (path, error))
        if not gils:
            sys.exit("%s: no gil events" % path)
        for ident, gil in gils.items():
            balance(gil)
            line = summary(ident, gil)
            print(json.dumps(line) if args.json else
                  " ".join("%s=%s" % item for item in line.items() if item[0] != "violations"))
            if not args.json:
                for violation in gil.violations[:10]:
                    print("  violation: " + violation)
            if gil.violations:
                status = 3
        if args.cpu_bound and not any(fought(g, args.cpu_bound) for g in gils.values()):
            print("  no GIL that %d CPU-bound threads fought for" % args.cpu_bound)
            status = 3
    return status


if __name__ == "__main__":
    sys.exit(main())
