#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The analyzer against a second reader: babeltrace2's Python bindings and the definitions of docs/metrics.md, word by word."""
import bisect
import collections
import itertools
import math
import pathlib

import harness

try:
    import bt2
except ImportError:
    bt2 = None

COUNTERS = ("entries", "acquisitions", "acquisitions_contended", "busy", "retries",
            "retries_timed_out", "failed_same_cpu", "failed_other_cpu", "releases", "releases_requested", "checks", "ticks")
POKE = 0    # a reason of gil:leave
TICKED = 1  # a flag of gil:create
LONG_INTERVALS = 10
Span = collections.namedtuple("Span", "tid begin end")
Hold = collections.namedtuple("Hold", "tid begin end checks interval")
Attempt = collections.namedtuple("Attempt", "tid begin end contended")
Handover = collections.namedtuple("Handover", "source target begin end")  # RELEASE to ACQUIRE


def union(spans):
    """The times that any of them covers, as a sorted list of (begin, end) without overlaps."""
    result = []
    for span in sorted(spans, key=lambda span: span.begin):
        if result and span.begin <= result[-1][1]:
            result[-1][1] = max(result[-1][1], span.end)
        else:
            result.append([span.begin, span.end])
    return result


def common(covered, begin, end):
    """How much of begin..end a union covers."""
    total = 0
    for i in range(max(0, bisect.bisect_right(covered, [begin, begin]) - 1), len(covered)):
        if covered[i][0] >= end:
            break
        total += max(0, min(end, covered[i][1]) - max(begin, covered[i][0]))
    return total


def length(covered):
    return sum(end - begin for begin, end in covered)


def ratio(part, whole):
    return part / whole if whole else None


def jain(values):
    squares = sum(x * x for x in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else None


class Thread:
    def __init__(self, tid):
        self.tid = tid
        self.count = dict.fromkeys(COUNTERS, 0)
        self.waits, self.contended, self.holds = [], [], []
        self.attempt = None   # (when it began, whether it failed)
        self.asleep = None    # since when
        self.retried = 0      # in this attempt
        self.cpus = []        # of its ACQUIREs
        self.long = self.barging = 0
        self.retries_max = 0
        self.acquired = None  # the ACQUIRE event of the present hold
        self.is_main = False


class Gil:
    """The history of one GIL. Slow and obvious: the holders of a wait are found in a list of all holds."""

    def __init__(self):
        self.threads = {}
        self.holds = []
        self.entering, self.waiting, self.pokes = [], [], []  # spans
        self.all_attempts = []  # those that got it, and those that left; in order of their ends
        self.handovers = []
        self.asleep = [(0, 0)]  # (time, how many from there on)
        self.released = None    # (when, whether somebody was asleep then)
        self.times = []         # of all its events
        self.points = collections.defaultdict(list)  # times of its events by name
        self.last_holder = None
        self.acquired_cpu = self.released_cpu = None  # of the present or last hold
        self.switches = {"same": 0, "other": 0}
        self.ticked = False
        self.interval = 0     # the present one
        self.failed = collections.Counter()

    def feed(self, name, time, event):
        self.times.append(time)
        if name == "create":
            self.ticked = bool(int(event["flags"]) & TICKED)
            self.interval = int(event["interval"])
        if name == "interval":
            self.interval = int(event["value"])
        if name not in ("entry", "busy", "retry", "acquire", "release", "leave", "thread"):
            return
        thread = self.threads.setdefault(int(event["tid"]), Thread(int(event["tid"])))
        self.points[name].append(time)
        getattr(self, name)(thread, time, event)

    @staticmethod
    def thread(thread, _, event):
        thread.is_main = bool(event["is_main"])

    def entry(self, thread, time, _):
        thread.count["entries"] += 1
        thread.attempt = (time, False)
        thread.retried = 0

    def sleepers(self):
        return self.asleep[-1][1]

    def end_attempt(self, thread, time):
        """It got the GIL, or left."""
        begin, contended = thread.attempt
        if thread.asleep is not None:
            self.waiting.append(Span(thread.tid, thread.asleep, time))
            self.asleep.append((time, self.sleepers() - 1))
        else:
            self.entering.append(Span(thread.tid, begin, time))
        self.all_attempts.append(Attempt(thread.tid, begin, time, contended))
        thread.attempt = thread.asleep = None

    def fail(self, thread, event):
        thread.attempt = (thread.attempt[0], True)
        blamed = self.last_holder if self.last_holder != thread.tid else None
        self.failed[thread.tid, blamed] += 1
        if blamed is not None:
            where = "same" if int(event["cpu_id"]) == self.acquired_cpu else "other"
            thread.count[f"failed_{where}_cpu"] += 1

    def busy(self, thread, time, event):
        thread.count["busy"] += 1
        thread.asleep = time
        self.entering.append(Span(thread.tid, thread.attempt[0], time))
        self.asleep.append((time, self.sleepers() + 1))
        self.fail(thread, event)

    def retry(self, thread, _, event):
        thread.count["retries"] += 1
        thread.count["retries_timed_out"] += bool(event["timed_out"])
        thread.retried += 1
        thread.retries_max = max(thread.retries_max, thread.retried)
        self.fail(thread, event)

    def acquire(self, thread, time, event):
        begin, contended = thread.attempt
        thread.count["acquisitions"] += 1
        thread.waits.append(time - begin)
        if contended:
            thread.count["acquisitions_contended"] += 1
            thread.contended.append(time - begin)
            thread.long += time - begin > LONG_INTERVALS * self.interval * 1000
        self.end_attempt(thread, time)
        thread.acquired = (time, int(event["tick"]), int(event["checks"]))
        thread.cpus.append(int(event["cpu_id"]))
        if self.last_holder == thread.tid:
            thread.barging += self.released[1]
        elif self.last_holder is not None:
            self.handovers.append(Handover(self.last_holder, thread.tid, self.released[0], time))
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
        self.holds.append(Hold(thread.tid, begin, time, checked, self.interval))
        self.released = (time, self.sleepers() > 0)
        self.released_cpu = int(event["cpu_id"])
        thread.acquired = None

    def leave(self, thread, time, event):
        if int(event["reason"]) == POKE:
            thread.count["entries"] -= 1
            self.pokes.append(Span(thread.tid, thread.attempt[0], time))
            thread.attempt = None
        elif thread.attempt:
            self.end_attempt(thread, time)

    def finish(self):
        """Who holds it at the end did so until the last event; the hold is not whole."""
        for thread in self.threads.values():
            if thread.acquired:
                self.holds.append(Hold(thread.tid, thread.acquired[0], self.times[-1], 0, self.interval))

    def shares(self):
        """Of each contended attempt: (attempt, {holder: ns, in the order of their holds}). None: nobody held."""
        first = 0
        # A hold that ended before the earliest open attempt began matters to no later one.
        for attempt in sorted(filter(lambda a: a.contended, self.all_attempts), key=lambda a: a.begin):
            while first < len(self.holds) and self.holds[first].end <= attempt.begin:
                first += 1
            shares = collections.Counter()
            for hold in itertools.islice(self.holds, first, None):
                if hold.begin >= attempt.end:
                    break
                shares[hold.tid] += max(0, min(attempt.end, hold.end) - max(attempt.begin, hold.begin))
            shares[None] = attempt.end - attempt.begin - sum(shares.values())
            yield attempt, shares

    def wanting(self):
        """When somebody wanted it."""
        return union(self.entering + self.waiting + self.pokes)

    def pairs(self):
        """{(waiter, holder): its numbers} of the contended attempts that ended; and who held most of each thread's longest."""
        result = collections.defaultdict(collections.Counter)
        longest = {}
        for attempt, shares in self.shares():
            known = {holder: ns for holder, ns in shares.items() if ns and holder is not None}
            rank = (attempt.end - attempt.begin, -attempt.end)
            if attempt.tid not in longest or rank > longest[attempt.tid][0]:
                longest[attempt.tid] = rank, max(known, key=known.get) if known else None
            for holder, ns in shares.items():
                if ns:
                    pair = result[attempt.tid, holder]
                    pair["wait_ns"] += ns
                    pair["waits"] += 1
                    if ns > pair["wait_max_ns"]:
                        pair["wait_max_ns"], pair["wait_max_at_ns"] = ns, attempt.begin
                    pair["first_ns"] = min(pair.get("first_ns", attempt.begin), attempt.begin)
                    pair["last_ns"] = max(pair["last_ns"], attempt.end)
        wanting = self.wanting()
        for handover in self.handovers:
            pair = result[handover.target, handover.source]
            pair["handovers"] += 1
            pair["handover_ns"] += common(wanting, handover.begin, handover.end)
        for who, failed in self.failed.items():
            result[who]["failed_attempts"] = failed
        return result, {tid: holder for tid, (_, holder) in longest.items()}


def folders(trace, pids):
    """Root's recordings have folders of other recordings' processes, too, which may have been cut in the middle."""
    return [str(metadata.parent) for metadata in pathlib.Path(trace).rglob("metadata")
            if any(f"-{pid}-" in metadata.parent.name for pid in pids)]


def read(trace, rows):
    gils = {int(row["gil_id"]): Gil() for row in rows}
    for message in bt2.TraceCollectionMessageIterator(folders(trace, {row["pid"] for row in rows})):
        if type(message) is not bt2._EventMessageConst:
            continue
        event = message.event
        provider, _, name = event.name.partition(":")
        gil = int(event["gil"]) if provider == "gil" else None
        if gil in gils:
            gils[gil].feed(name, message.default_clock_snapshot.ns_from_origin, event)
    for gil in gils.values():
        gil.finish()
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
            mean = sum(values) / len(values)
            deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
            self.assertLessEqual(abs(distribution["stddev"] - deviation), 1 + deviation / 1e6, what)
        values = sorted(values)
        for name, q in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)):
            if values:
                exact = values[max(0, -int(-q * len(values) // 1) - 1)]
                self.assertLessEqual(abs(distribution[name] - exact), exact / 100 + 1, (what, name))

    def assert_numbers(self, seen, expected, what):
        """Counts exactly; ratios as far as they are written; None: unknown."""
        for name, value in expected.items():
            if isinstance(value, float):
                self.assertAlmostEqual(seen[name], value, delta=1e-6 + abs(value) * 1e-9, msg=(what, name))
            else:
                self.assertEqual(seen[name], value, (what, name))

    def check(self):
        report = self.report()
        self.assertEqual(report["quality"]["lost_events"], 0)
        gils = read(self.trace, report["gils"])
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
            self.begin_ns = int(report["trace"]["begin_ns"])
            longest = self.check_pairs(report, row["gil"], gil)
            self.check_threads(report, row, rows, gil, longest)
            self.check_gil(row, gil)
            self.check_buckets([b for b in report["buckets"] if b["gil"] == row["gil"]], gil)
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
        expected, longest = gil.pairs()
        self.assertEqual(set(seen), set(expected))
        for who, pair in seen.items():
            numbers = expected[who]
            self.assert_numbers(pair, {name: numbers[name] for name in (
                "wait_ns", "waits", "wait_max_ns", "failed_attempts", "handovers", "handover_ns")}, who)
            self.assert_numbers(pair, {name: numbers[name] - self.begin_ns if numbers["waits"] else None for name in (
                "wait_max_at_ns", "first_ns", "last_ns")}, who)
        return longest

    def check_threads(self, report, row, rows, gil, longest):
        """What is made of all events of a thread, and of those of others."""
        tid = {t["thread"]: t["tid"] for t in report["threads"]}
        waited, sliced = union(gil.waiting), not gil.ticked and gil.interval > 0
        totals = collections.Counter()
        for seen in rows:
            thread = gil.threads[seen["tid"]]
            holds = [hold for hold in gil.holds if hold.tid == thread.tid]
            attempts = [a for a in gil.all_attempts if a.tid == thread.tid]
            hold_ns = sum(hold.end - hold.begin for hold in holds)
            wait_ns = sum(a.end - a.begin for a in attempts)
            over = []  # (excess, hold)
            for hold in holds:
                excess = common(waited, hold.begin, hold.end) - hold.interval * 1000
                if sliced and excess > 0:
                    over.append((excess, hold))
            worst = max((hold for _, hold in over), key=lambda h: h.end - h.begin, default=None)
            blocking, until = max(((common(waited, hold.begin, hold.end), hold.end) for hold in holds),
                                  key=lambda b: b[0], default=(0, 0))
            attempt = max(attempts, key=lambda a: a.end - a.begin, default=None)
            self.assertEqual(seen["state_ns"]["holding"], hold_ns)
            self.assertEqual(seen["state_ns"]["entering"] + seen["state_ns"]["waiting"], wait_ns)
            self.assertEqual(tid.get(seen["attempt_max_holder"]), longest.get(thread.tid), seen["name"])
            self.assert_numbers(seen, {
                "barging": thread.barging,
                "overruns": len(over) if sliced else None,
                "overrun_ns": sum(excess for excess, _ in over) if sliced else None,
                "overrun_hold_max_at_ns": worst.begin - self.begin_ns if worst else None,
                "blocking_max_ns": blocking,
                "blocking_max_at_ns": until - blocking - self.begin_ns if blocking else None,
                "waits_long": thread.long if sliced else None,
                "attempt_max_ns": attempt.end - attempt.begin if attempt else 0,
                "attempt_max_at_ns": attempt.begin - self.begin_ns if attempt else None,
                "retries_max": thread.retries_max,
                "cpus": len(set(thread.cpus)),
                "migrations": sum(a != b for a, b in itertools.pairwise(thread.cpus)),
                "switches_in": sum(h.target == thread.tid for h in gil.handovers),
                "hold_ratio": ratio(hold_ns, seen["life_ns"]),
                "wait_ratio": ratio(wait_ns, seen["life_ns"]),
                "hold_share": ratio(hold_ns, row["held_ns"]),
                "progress_ratio": ratio(hold_ns, hold_ns + wait_ns),
                "blocked_others_ns": sum(p["wait_ns"] for p in report["pairs"]
                                         if p["gil"] == row["gil"] and p["holder"] == seen["thread"]),
                "retries_lost_race": thread.count["retries"] - thread.count["retries_timed_out"],
                "releases_voluntary": thread.count["releases"] - thread.count["releases_requested"],
                "retries_per_acquisition": ratio(thread.count["retries"], thread.count["acquisitions"])
                                           if row["retries_visible"] else None,
                "ticks_per_check": ratio(thread.count["ticks"], thread.count["checks"]) if gil.ticked else None,
            }, seen["name"])
            if sliced:
                self.assertEqual(seen["overrun_hold_max_ns"], worst.end - worst.begin if worst else 0)
            totals.update(overruns=len(over), overrun_ns=sum(excess for excess, _ in over))
        self.assert_numbers(row, {name: totals[name] if sliced else None for name in ("overruns", "overrun_ns")}, "gil")

    def check_gil(self, row, gil):
        threads = gil.threads.values()
        held = collections.Counter()
        for hold in gil.holds:
            held[hold.tid] += hold.end - hold.begin
        waited = collections.Counter()
        for attempt in gil.all_attempts:
            waited[attempt.tid] += attempt.end - attempt.begin
        wall_ns = gil.times[-1] - gil.times[0]
        wait_ns, held_ns = sum(waited.values()), sum(held.values())
        waiting_ns = sum(span.end - span.begin for span in gil.waiting)
        wanted_ns = length(union(gil.waiting))
        wanting = gil.wanting()
        active_ns = length(union(gil.entering + gil.waiting + gil.pokes + gil.holds))
        dead_ns = sum(common(wanting, h.begin, h.end) for h in gil.handovers)
        failed = sum(t.count["busy"] + t.count["retries"] for t in threads)
        self.assert_distribution([h.end - h.begin for h in gil.handovers
                                  if common(wanting, h.begin, h.end) == h.end - h.begin], row["handover_ns"], "handover")
        self.assert_numbers(row, {name: sum(t.count[name] for t in threads) for name in COUNTERS if name in row}, "gil")
        self.assert_numbers(row, {
            "wall_ns": wall_ns, "wait_ns": wait_ns, "held_ns": held_ns, "waiting_ns": waiting_ns,
            "wanted_ns": wanted_ns, "active_ns": active_ns, "dead_ns": dead_ns,
            "threads": len(threads),
            "failed_attempts": failed,
            "barging": sum(t.barging for t in threads),
            "waiters_max": max(count for _, count in gil.asleep),
            "utilisation": ratio(held_ns, wall_ns),
            "contention": ratio(wanted_ns, wall_ns),
            "waiters_mean": ratio(waiting_ns, wall_ns),
            "demand": ratio(wait_ns + held_ns, wall_ns),
            "dead_ratio": ratio(dead_ns, wall_ns),
            "switches_per_s": ratio(len(gil.handovers) * 10**9, wall_ns),
            "badness": ratio(failed, sum(t.count["checks"] for t in threads)),
            "fairness_hold": jain([held[t.tid] for t in threads if t.cpus]),
            "fairness_progress": jain([held[t.tid] / (held[t.tid] + waited[t.tid]) for t in threads
                                       if held[t.tid] + waited[t.tid]]),
            "hold_share_max": ratio(max(held.values(), default=0), held_ns),
            "parallelism_bound": ratio(wait_ns + held_ns, active_ns),
        }, "gil")

    def check_buckets(self, buckets, gil):
        begin, width = self.begin_ns, buckets[0]["to_ns"]
        expected = [collections.Counter() for _ in buckets]

        def place(time):
            """An event at the very end is in the last one."""
            return expected[min((time - begin) // width, len(buckets) - 1)]

        def spread(name, spans):
            for first, last in spans:
                while first < last:
                    edge = min(last, first + width - (first - begin) % width)
                    place(first)[name] += edge - first
                    first = edge

        for name, event in (("acquisitions", "acquire"), ("busy", "busy"), ("retries", "retry"), ("releases", "release"),
                            ("failed_attempts", "busy"), ("failed_attempts", "retry")):
            for time in gil.points[event]:
                place(time)[name] += 1
        wanting = gil.wanting()
        for handover in gil.handovers:
            place(handover.end).update(switches=1, dead_ns=common(wanting, handover.begin, handover.end))
        for hold in gil.holds:
            place(hold.end)["checks"] += hold.checks
        spread("held_ns", [(h.begin, h.end) for h in gil.holds])
        spread("wait_ns", [(a.begin, a.end) for a in gil.all_attempts])
        spread("waiting_ns", [(s.begin, s.end) for s in gil.waiting])
        spread("wanted_ns", union(gil.waiting))
        for (first, count), (last, _) in itertools.pairwise(gil.asleep[1:] + [(gil.times[-1], 0)]):
            for time in itertools.chain(range(first, last, width), [max(first, last - 1)]):
                place(time)["waiters_max"] = max(place(time)["waiters_max"], count)
        for seen, counts in zip(buckets, expected):
            ns = seen["to_ns"] - seen["from_ns"]
            self.assert_numbers(seen, {name: counts[name] for name in (
                "acquisitions", "busy", "retries", "releases", "failed_attempts", "switches", "dead_ns", "checks",
                "held_ns", "wait_ns", "waiting_ns", "wanted_ns", "waiters_max")}, seen["from_ns"])
            self.assert_numbers(seen, {
                "utilisation": ratio(counts["held_ns"], ns), "contention": ratio(counts["wanted_ns"], ns),
                "demand": ratio(counts["wait_ns"] + counts["held_ns"], ns),
                "badness": ratio(counts["failed_attempts"], counts["checks"])}, seen["from_ns"])

    def test_laboratory(self):
        for threads in (2, 8):
            with self.subTest(threads=threads):
                self.record(harness.GILRUN, "battle", "--threads", threads, "--count", 20_000)
                report = self.check()
                self.assertGreater(sum(t["ticks"] for t in report["threads"]), 0)

    @harness.plain_build_only("it is the other reader that takes the time")
    def test_signals_intervals_and_other_designs(self):
        """Handlers in a check, a check interval that changes, time slices, a GIL for each thread."""
        every = ("cond", "interval", "priority", "none")
        for scenario, settings, designs in (("mixed", ("count=20000",), every),
                                            ("signals", ("signals=3", "count=60000"), ("cond", "interval")),
                                            ("signal-storm", ("signals=2", "count=20000"), ("cond",))):
            for design in every if harness.ALL else designs:
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
