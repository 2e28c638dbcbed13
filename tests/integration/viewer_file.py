# SPDX-License-Identifier: MIT
"""Reads a viewer's file as docs/viewer-format.md describes it, independently of our C and JavaScript."""
import base64
import collections
import gzip
import json
import re
import struct

PART = re.compile(r'<script type="application/octet-stream" data-part="(\w+)">([A-Za-z0-9+/=]*)</script>')
PLANES = [(name, "lanes", "B") for name in ("holding", "waiting", "entering", "unknown")] + [
    (name, "lanes", "I") for name in ("acquisitions", "failed")] + [
    (name, "gils", "I") for name in ("checks", "ticks", "switches", "waiters_max")]
UNKNOWN, OUTSIDE, ENTERING, WAITING, HOLDING, ENDED = range(6)
AFTER = [ENTERING, WAITING, WAITING, WAITING, HOLDING, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE, ENDED]
STATE = 11

Event = collections.namedtuple("Event", "ts_ns lane kind cpu tick counter checks ticks state unlawful last_holder back_ns")
Stay = collections.namedtuple("Stay", "lane state from_ns to_ns whole")


class Numbers:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def take(self, size):
        self.at += size
        return Numbers(self.data[self.at - size:self.at])

    def is_empty(self):
        return self.at == len(self.data)


class File:
    def __init__(self, text):
        self.text = text
        self.parts = [(name, gzip.decompress(base64.b64decode(data, validate=True))) for name, data in PART.findall(text)]
        first = dict(reversed(self.parts))
        self.meta, self.report = json.loads(first["meta"]), first["report"].decode()
        self.overview = self.read_overview(first["overview"])
        self.blocks = [data for name, data in self.parts if name == "block"]

    def read_overview(self, data):
        n, at, planes = self.meta["overview"]["buckets"], 0, {}
        for name, each, code in PLANES:
            rows = []
            for _ in self.meta[each]:
                size = n * struct.calcsize(code)
                rows.append(struct.unpack("<%d%s" % (n, code), data[at:at + size]))
                at += size
            planes[name] = rows
        assert at == len(data), "the overview is longer than its planes"
        return planes

    def events(self):
        for data, said in zip(self.blocks, self.meta["blocks"], strict=True):
            events = list(self.read_block(data))
            assert said == {"first_ns": events[0].ts_ns, "last_ns": events[-1].ts_ns, "events": len(events)}
            yield from events

    def read_block(self, data):
        head = Numbers(data)
        n, now = head.varint(), head.varint()
        sizes = [head.varint() for _ in range(6)]
        columns = times, codes, cpus, ticks, counters, extras = [head.take(size) for size in sizes]
        cpu_of, tick_of, counter_of = {}, collections.Counter(), collections.Counter()
        for _ in range(n):
            now += times.varint()
            code = codes.varint()
            lane, kind = code >> 5, code & 15
            gil = self.meta["lanes"][lane]["gil"]
            ticked = self.meta["gils"][gil]["ticked"]
            if code & 16:
                cpu_of[lane] = cpus.varint() - 1
            more = dict.fromkeys(Event._fields[4:])
            if kind <= 6:
                if ticked:
                    tick_of[lane] += ticks.signed()
                    more["tick"] = tick_of[lane]
                counter_of[gil] += counters.signed()
                more["counter"] = counter_of[gil]
            if kind in (5, 6):
                more["checks"] = extras.varint()
                more["ticks"] = extras.varint() if ticked else 0
            if kind == STATE:
                byte = extras.byte()
                more.update(state=byte & 7, unlawful=bool(byte & 8), last_holder=bool(byte & 16), back_ns=extras.varint())
            yield Event(now, lane, kind, cpu_of.get(lane, -1), **more)
        assert head.is_empty() and all(column.is_empty() for column in columns), "a block is longer than its events"

    def stays(self):
        """Of all lanes: what the events say, corrected where kind 11 says otherwise."""
        done, now = [], {}
        for i, lane in enumerate(self.meta["lanes"]):
            now[i] = Stay(i, UNKNOWN, lane["first_ns"], None, False)

        def change(e, state, from_ns, by_event):
            stay = now[e.lane]
            if stay.to_ns != stay.from_ns and from_ns > stay.from_ns or by_event:
                done.append(stay._replace(to_ns=from_ns, whole=stay.whole and by_event))
            now[e.lane] = Stay(e.lane, state, from_ns, None, by_event)

        for e in self.events():
            if e.kind != STATE and (AFTER[e.kind] != now[e.lane].state):
                change(e, AFTER[e.kind], e.ts_ns, True)
            elif e.kind == STATE and e.state != now[e.lane].state:
                change(e, e.state, e.ts_ns - e.back_ns, False)
            elif e.kind == STATE and not e.unlawful:
                now[e.lane] = now[e.lane]._replace(whole=False)
        done += [stay._replace(to_ns=self.meta["lanes"][i]["last_ns"], whole=False) for i, stay in now.items()]
        return [stay for stay in done if stay.to_ns >= stay.from_ns]


def read(path):
    with open(path, encoding="utf-8", newline="") as page:
        return File(page.read())
