#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The analyzer against a second reader: babeltrace2's Python bindings and the definitions of docs/metrics.md, word by word."""
import collections

import harness

try:
    import bt2
except ImportError:
    bt2 = None

COUNTERS = ("entries", "acquisitions", "acquisitions_contended", "busy", "retries",
            "retries_timed_out", "failed_same_cpu", "failed_other_cpu", "releases", "releases_requested", "checks", "ticks")
POKE = 0    # a reason of gil:leave
TICKED = 1  # a flag of gil:create


class Thread:
    def __init__(self, tid):
        self.tid = tid
        self.count = dict.fromkeys(COUNTERS, 0)
        self.waits, self.contended, self.holds = [], [], []
        self.attempt = None   # (when it began, whether it failed)
        self.acquired = None  # the ACQUIRE event of the present hold
        self.is_main = False


class Gil:
    """The history of one GIL. Slow and obvious: the holders of a wait are found in a list of all holds."""

    def __init__(self):
        self.threads = {}
        self.holds = []       # (tid, from, to)
        self.last_holder = None
        self.acquired_cpu = self.released_cpu = None  # of the present or last hold
        self.switches = {"same": 0, "other": 0}
        self.ticked = False
        self.interval = 0     # the present one
        self.attempts = []    # (tid, from, to) of the contended ones
        self.failed = collections.Counter()

    def feed(self, name, time, event):
        if name == "create":
            self.ticked = bool(int(event["flags"]) & TICKED)
            self.interval = int(event["interval"])
        if name == "interval":
            self.interval = int(event["value"])
        if name not in ("entry", "busy", "retry", "acquire", "release", "leave", "thread"):
            return
        thread = self.threads.setdefault(int(event["tid"]), Thread(int(event["tid"])))
        getattr(self, name)(thread, time, event)

    @staticmethod
    def thread(thread, _, event):
        thread.is_main = bool(event["is_main"])

    def entry(self, thread, time, _):
        thread.count["entries"] += 1
        thread.attempt = (time, False)

    def fail(self, thread, event):
        thread.attempt = (thread.attempt[0], True)
        blamed = self.last_holder if self.last_holder != thread.tid else None
        self.failed[thread.tid, blamed] += 1
        if blamed is not None:
            where = "same" if int(event["cpu_id"]) == self.acquired_cpu else "other"
            thread.count[f"failed_{where}_cpu"] += 1

    def busy(self, thread, _, event):
        thread.count["busy"] += 1
        self.fail(thread, event)

    def retry(self, thread, _, event):
        thread.count["retries"] += 1
        thread.count["retries_timed_out"] += bool(event["timed_out"])
        self.fail(thread, event)

    def acquire(self, thread, time, event):
        begin, contended = thread.attempt
        thread.count["acquisitions"] += 1
        thread.waits.append(time - begin)
        if contended:
            thread.count["acquisitions_contended"] += 1
            thread.contended.append(time - begin)
            self.attempts.append((thread.tid, begin, time))
        thread.attempt = None
        thread.acquired = (time, int(event["tick"]), int(event["checks"]))
        if self.last_holder not in (None, thread.tid):
            self.switches["same" if int(event["cpu_id"]) == self.released_cpu else "other"] += 1
        self.last_holder = thread.tid
        self.acquired_cpu = int(event["cpu_id"])

    def release(self, thread, time, event):
        begin, tick, checks = thread.acquired
        checked = int(event["checks"]) - checks
        thread.count["releases"] += 1
        thread.count["releases_requested"] += bool(event["drop_requested"])
        thread.count["checks"] += checked
        if self.ticked:
            thread.count["ticks"] += tick + 1 if checked else tick - int(event["tick"])
            if checked:
                thread.count["ticks"] += (checked - 1) * (self.interval + 1)
                if thread.is_main:  # signal handlers, between the check's begin and its RELEASE
                    left = int(event["tick"])  # 0: a signal waits
                    thread.count["ticks"] += max(0, self.interval - left) if left else 0
        thread.holds.append(time - begin)
        self.holds.append((thread.tid, begin, time))
        self.released_cpu = int(event["cpu_id"])
        thread.acquired = None

    def leave(self, thread, _, event):
        if int(event["reason"]) == POKE:
            thread.count["entries"] -= 1
        thread.attempt = None

    def pairs(self):
        """{(waiter, holder): [ns, waits, longest]} of the contended attempts that ended."""
        result = collections.defaultdict(lambda: [0, 0, 0])
        first = 0
        # A hold that ended before the earliest open attempt began matters to no later one.
        for waiter, begin, end in sorted(self.attempts, key=lambda attempt: attempt[1]):
            while first < len(self.holds) and self.holds[first][2] <= begin:
                first += 1
            shares = collections.Counter()
            for holder, held_from, held_to in self.holds[first:]:
                if held_from >= end:
                    break
                shares[holder] += max(0, min(end, held_to) - max(begin, held_from))
            shares[None] = end - begin - sum(shares.values())
            for holder, ns in shares.items():
                if ns:
                    pair = result[waiter, holder]
                    pair[0] += ns
                    pair[1] += 1
                    pair[2] = max(pair[2], ns)
        return result


def read(trace, gil_ids):
    gils = {gil: Gil() for gil in gil_ids}
    for message in bt2.TraceCollectionMessageIterator(trace):
        if type(message) is not bt2._EventMessageConst:
            continue
        event = message.event
        provider, _, name = event.name.partition(":")
        gil = int(event["gil"]) if provider == "gil" else None
        if gil in gils:
            gils[gil].feed(name, message.default_clock_snapshot.ns_from_origin, event)
    return gils


class Oracle(harness.TestCase):
    def setUp(self):
        if not bt2:
            self.skipTest("python3-bt2 is not installed")
        super().setUp()

    def assert_distribution(self, values, distribution, what):
        self.assertEqual(distribution["count"], len(values), what)
        self.assertEqual(distribution["total"], sum(values), what)
        if values:
            self.assertEqual(distribution["min"], min(values), what)
            self.assertEqual(distribution["max"], max(values), what)
            self.assertEqual(distribution["mean"], sum(values) // len(values), what)
        for name, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            if values:
                exact = sorted(values)[max(0, -int(-q * len(values) // 1) - 1)]
                self.assertLessEqual(abs(distribution[name] - exact), exact / 100 + 1, (what, name))

    def check(self):
        report = self.report()
        self.assertEqual(report["quality"]["lost_events"], 0)
        gils = read(self.trace, [int(gil["gil_id"]) for gil in report["gils"]])
        for row in report["gils"]:
            gil = gils[int(row["gil_id"])]
            rows = [t for t in report["threads"] if t["gil"] == row["gil"]]
            self.assertEqual(sorted(t["tid"] for t in rows), sorted(gil.threads))
            for seen in rows:
                thread = gil.threads[seen["tid"]]
                for counter in COUNTERS:
                    self.assertEqual(seen[counter], thread.count[counter], (seen["name"], counter))
                self.assert_distribution(thread.waits, seen["wait_ns"], "wait")
                self.assert_distribution(thread.contended, seen["wait_contended_ns"], "contended")
                self.assert_distribution(thread.holds, seen["hold_ns"], "hold")
                self.assertEqual(sum(seen["state_ns"].values()), seen["life_ns"])
            self.check_cpus(row, gil)
            self.check_pairs(report, row["gil"], gil)
        return report

    def check_cpus(self, row, gil):
        for where in ("same", "other"):
            self.assertEqual(row[f"switches_{where}_cpu"], gil.switches[where], where)
            self.assertEqual(row[f"failed_{where}_cpu"],
                             sum(t.count[f"failed_{where}_cpu"] for t in gil.threads.values()), where)
        self.assertEqual(row["switches"], sum(gil.switches.values()))

    def check_pairs(self, report, index, gil):
        """Those of attempts still open at the trace's end are not the oracle's business: there are none."""
        tid = {t["thread"]: t["tid"] for t in report["threads"]}
        seen = {(tid[p["waiter"]], tid.get(p["holder"])): p
                for p in report["pairs"] if p["gil"] == index}
        expected = gil.pairs()
        self.assertEqual(set(seen), set(expected) | set(gil.failed))
        for who, pair in seen.items():
            self.assertEqual([pair["wait_ns"], pair["waits"], pair["wait_max_ns"]],
                             expected.get(who, [0, 0, 0]), who)
            self.assertEqual(pair["failed_attempts"], gil.failed[who], who)

    def test_laboratory(self):
        for threads in (2, 8):
            with self.subTest(threads=threads):
                self.record(harness.GILRUN, "battle", "--threads", threads, "--count", 20_000)
                report = self.check()
                self.assertGreater(sum(t["ticks"] for t in report["threads"]), 0)

    def test_signals_intervals_and_other_designs(self):
        """Handlers in a check, a check interval that changes, time slices, a GIL for each thread."""
        for scenario, settings in (("mixed", ("count=20000",)), ("signals", ("signals=3", "count=60000")),
                                   ("signal-storm", ("signals=2", "count=20000"))):
            for design in ("cond", "interval", "priority", "none"):
                with self.subTest(scenario=scenario, design=design):
                    words = [word for setting in settings for word in ("--set", setting)]
                    self.record_whole(harness.GILRUN, "--gil", design, *words, scenario)
                    self.check()

    def test_python(self):
        self.record(harness.PYTHON, harness.SOURCE / "examples" / "count.py", "1000000")
        report = self.check()
        self.assertGreater(sum(t["failed_attempts"] for t in report["threads"]), 0)


if __name__ == "__main__":
    harness.main()
