#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Do an interpreter's calls on its GIL follow the grammar that the probe relies on?

    check_calls.py FILE...      a file that calls.c wrote

Finds the GILs by the calls that create them, splits what each thread did with
each GIL into the steps below, and counts them. Strict: every call on a GIL is
part of a step, or is reported. Shares nothing with the probe.

    TAKE    L(m) ( T(c) t(c) )* L(sm) S(sc) U(sm) U(m)
    DROP    L(m) S(c) U(m)
    SWITCH  L(sm) [ W(sc) w(sc) ] U(sm)     directly after a DROP
    EXIT    L(m) ( T(c) t(c) )+ U(m)
    POKE    L(m) U(m)
    GILOFF  L(m) ( T(c) t(c) )+ S(c) U(m)
    OPEN    a step that the end of the process cut

Others make the four calls that create a GIL, too, such as OpenSSL for its RCU
locks: what is never taken as a GIL is none.

CPython 2 has a semaphore instead, which is found as the one that is waited for
most, by more than one thread: TAKE is a wait, whatever interrupted it, and DROP
a post.

Exit status: 0 all calls are in the grammar and no GIL had two holders, 3 not, 1 no GIL.
"""
import collections
import mmap
import re
import struct
import sys

LINE = struct.Struct("<IIQQ")
CAPACITY = 1 << 24

# What a letter of calls.c becomes on each part of a GIL; lower case l, u, s are those of the second pair.
PARTS = ("m", "sm", "c", "sc")
LETTERS = {"m": {"L": "L", "U": "U"}, "sm": {"L": "l", "U": "u"},
           "c": {"S": "S", "T": "T", "t": "t", "o": "o"},
           "sc": {"S": "s", "W": "W", "w": "w"}}
CREATE = "IICC"  # m, sm, c, sc; no mutex has attributes
ENDS = "DE"      # destroy of a mutex, of a condition variable

MUTEX_STEPS = re.compile(r"""
    (?P<TAKE>   L(?:T[to])*lsuU ) |
    (?P<SWITCH> (?<=LSU)l(?:Ww)?u ) |
    (?P<DROP>   LSU ) |
    (?P<EXIT>   L(?:T[to])+U ) |
    (?P<POKE>   LU ) |
    (?P<GILOFF> L(?:T[to])+SU ) |
    (?P<OPEN>   (?: L(?:T[to])*T? | (?<=LSU)lW? ) $ ) |
    (?P<unmatched> . )""", re.X | re.S)

SEMAPHORE_STEPS = re.compile(r"""
    (?P<TAKE>   (?:y?Ae)*(?:Y|y?Aa) ) |
    (?P<DROP>   P ) |
    (?P<OPEN>   (?:y?Ae)*y?A? $ ) |
    (?P<unmatched> . )""", re.X | re.S)

STEPS = ("TAKE", "DROP", "SWITCH", "EXIT", "POKE", "GILOFF", "OPEN", "unmatched")


class Request:
    """Is the holder asked to drop the GIL? By CPython's rule: by a thread that waited a whole interval, if nobody else
    has taken it meanwhile. SWITCH is its proof: who waits in it was asked."""

    def __init__(self):
        self.pending = False
        self.last_holder = None
        self.switches = 0
        self.switches_at_wait = {}
        self.asked_at_release = {}
        self.honoured = collections.Counter()

    def released(self, tid):
        self.asked_at_release[tid] = self.pending
        self.honoured[tid] += self.pending

    def said(self, tid, letter, holder):
        """False: SWITCH waits, but nobody asked."""
        if letter == "T":
            self.switches_at_wait[tid] = self.switches
        elif letter == "o" and holder is not None and self.switches_at_wait[tid] == self.switches:
            self.pending = True
        elif letter == "s":
            self.pending = False
            self.switches += self.last_holder != tid
            self.last_holder = tid
        return letter != "W" or self.asked_at_release.get(tid, False)


class Gil:
    def __init__(self, pid, steps, parts):
        self.pid = pid
        self.steps = steps
        self.parts = parts                         # addresses
        self.text = collections.defaultdict(list)  # of each thread
        self.holder = None
        self.wrong = []
        self.request = Request()

    def said(self, tid, letter, acquired, released):
        self.text[tid].append(letter)
        if letter in acquired:
            if self.holder is not None:
                self.wrong.append(f"{tid} acquires while {self.holder} holds")
            self.holder = tid
        elif letter in released and self.holder == tid:
            self.holder = None
            self.request.released(tid)
        elif letter in released and letter == "P":
            self.wrong.append(f"{tid} releases while {self.holder} holds")
        if not self.request.said(tid, letter, self.holder):
            self.wrong.append(f"{tid} waits for a thread to take over that never asked")

    def threads(self):
        """{tid: counts of the steps, "waits" that failed, releases that were "requested", and "calls"}"""
        result = {}
        for tid, letters in self.text.items():
            counts = collections.Counter()
            text = "".join(letters)
            for match in self.steps.finditer(text):
                counts[match.lastgroup if match.group() else "nothing"] += 1
                if match.lastgroup == "unmatched":
                    around = text[max(0, match.start() - 12):match.end() + 12]
                    counts[f"unmatched: {match.group()} in {around}"] += 1
            counts["requested"] = self.request.honoured[tid]
            counts["waits"] = text.count("T") + text.count("y")
            counts["calls"] = len(text)
            result[tid] = counts
        return result

    def total(self):
        return sum(self.threads().values(), collections.Counter())


def read(path):
    """Yields (pid, tid, object, letter)."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        (lines,) = struct.unpack_from("<Q", data)
        if lines > CAPACITY:
            raise ValueError(f"{path}: {lines - CAPACITY:,} of {lines:,} calls did not fit")
        for pid, tid, where, what in LINE.iter_unpack(data[8:8 + lines * LINE.size]):
            yield pid, tid, where, chr(what)


def mutex_gils(lines):
    """CPython 3.2 and later."""
    gils, parts = [], {}
    last = collections.defaultdict(lambda: collections.deque(maxlen=4))
    for pid, tid, where, what in lines:
        recent = last[pid, tid]
        recent.append((what, where))
        if what in ENDS:
            parts.pop((pid, where), None)
        elif what == "C" and "".join(w for w, _ in recent) == CREATE and len({o for _, o in recent}) == 4:
            gil = Gil(pid, MUTEX_STEPS, {address for _, address in recent})
            gils.append(gil)
            for part, (_, address) in zip(PARTS, recent):
                parts[pid, address] = (gil, part)
        elif (pid, where) in parts:
            gil, part = parts[pid, where]
            # A call that is in no step, on no part of its kind, must be seen: as itself.
            gil.said(tid, LETTERS[part].get(what, "?"), "s", "S")
    return gils


def semaphore_gils(lines):
    """CPython 2: of each process the semaphore that is waited for most, if more than one thread does."""
    calls, waits, waiters = collections.defaultdict(list), collections.Counter(), collections.defaultdict(set)
    for pid, tid, where, what in lines:
        if what == "N":
            calls[pid, where] = []
            waits[pid, where] = 0
        elif what in "AaeYyP" and (pid, where) in calls:
            calls[pid, where].append((tid, what))
            waits[pid, where] += what in "aY"
            waiters[pid, where].add(tid)
    gils = []
    for pid in {pid for pid, _ in calls}:
        key = max((k for k in calls if k[0] == pid), key=lambda k: waits[k])
        if len(waiters[key]) > 1:
            gil = Gil(pid, SEMAPHORE_STEPS, {key[1]})
            for tid, what in calls[key]:
                gil.said(tid, what, "aY", "P")
            gils.append(gil)
    return gils


def replay(path):
    """The GILs that were taken."""
    lines = list(read(path))
    gils = [gil for gil in mutex_gils(lines) if gil.total()["TAKE"]]
    return gils or semaphore_gils(lines)


def summary(gils):
    """(text, sentences about what is not as it should be)"""
    total = sum((gil.total() for gil in gils), collections.Counter())
    text = f"{total['calls']:,} calls: CREATE {len(gils)}"
    text += "".join(f", {step} {total[step]:,}" for step in STEPS if total[step] or step == "unmatched")
    wrong = [what for what in total if what.startswith("unmatched: ")]
    wrong += [line for gil in gils for line in gil.wrong]
    return text, wrong


def main(paths):
    status = 0
    for path in paths:
        gils = replay(path)
        if not gils:
            sys.exit(f"{path}: no GIL")
        text, wrong = summary(gils)
        print(text)
        for line in wrong[:10]:
            print(f"  {line}")
        status = 3 if wrong else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
