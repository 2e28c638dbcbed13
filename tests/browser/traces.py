# SPDX-License-Identifier: MIT
"""The traces that the browsers are shown: small ones written byte by byte, large ones recorded."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "integration"), str(HERE.parent / "unit")]
import ctf  # noqa: E402
import harness  # noqa: E402

MS = 1000000
START = 10 * MS
GIL, OTHER_GIL, THIRD_GIL = 77 << 32 | 1, 78 << 32 | 1, 79 << 32 | 1
NO_TICK = -1 << 31

# Names of threads that try to be more than text, and what a page may show of each. A name is bytes.
HOSTILE = [
    b"</script><script>window.pwned=1</script>",
    b"<img src=x onerror=window.pwned=2>",
    b"\"'`${window.pwned=3}&quot;&amp;]]>--><!--",
    b"\x01\x07\x1b[31mred\x7f\tend",
    "abc\u202edef\u2066ghi".encode(),
    b"\xff\xfe\xc3(not UTF-8",
    b"long " + b"x" * 10000,
    b"javascript:window.pwned=4",
]


def hot(at, event, tid, *more, gil=GIL, tick=NO_TICK, checks=0):
    return (at, "gil:" + event, gil, tid, tick, checks, *more)


def thread(at, tid, name, gil=GIL, is_main=False):
    return (at, "gil:thread", gil, tid, gil >> 32, tid, tid, is_main, name)


def create(at, gil=GIL, ticked=False):
    facts = (1 | 2 | 4, 100, "", "ticks", "2.7.18") if ticked else (0, 5000, "", "cond", "3.11.2")
    return (at, "gil:create", gil, gil >> 32, 1, *facts)


def fight(begin, a, b, gil=GIL, more_ns=0, ticked=False):
    """Eight events: b waits for a, fails twice, and gets it when a is asked to let go."""
    def at(after_ns, event, tid, *rest, count=0):
        tick = {"tick": 100 - count} if ticked else {}
        return hot(begin + after_ns, event, tid, *rest, gil=gil, checks=(begin // MS) + count, **tick)
    wait = MS + more_ns
    return [at(0, "entry", a), at(1000, "acquire", a),
            at(MS // 2, "entry", b), at(MS // 2 + 700, "busy", b), at(MS, "retry", b, 1),
            at(wait + 1000, "release", a, 1, count=6), at(wait + 2100, "acquire", b, count=6),
            at(wait + 2 * MS // 10, "release", b, 0, count=6)]


def battle(fights, names, gil=GIL, step=3 * MS, ticked=False):
    """Rows of `fights` fights between threads that take turns; each has its name first."""
    first_tid = (gil >> 32) * 100
    rows = [create(START, gil, ticked)]
    rows += [thread(START + 1 + i, first_tid + i, name, gil, i == 0) for i, name in enumerate(names)]
    for i in range(fights):
        a, b = first_tid + i % len(names), first_tid + (i + 1) % len(names)
        # Every fourth one is longer than the others: a long wait.
        rows += fight(START + MS + i * step, a, b, gil, MS if i % 4 == 3 else 17 * i, ticked)
    return rows


def write(path, *streams):
    ctf.write(path, [packet if isinstance(packet, bytes) else ctf.packet(i, ctf.EVENTS, packet)
                     for i, packet in enumerate(streams)])


def lossy(names):
    """Two packets of a stream, and between them events that were lost."""
    rows = battle(40, names)
    half = len(rows) // 2
    return (ctf.packet(0, ctf.EVENTS, rows[:half]) +
            ctf.packet(0, ctf.EVENTS, rows[half:], discarded=9, sequence=1))


# Of the trace `three`: pages whose first GIL has another number than 0.
PARTS = {"late": ("--time", "+0.06s,"), "second": ("--gil", "1")}


def write_small(folder):
    """{name: trace}"""
    rows = battle(63, ["main", "worker-1", "worker-2"]), battle(62, ["main", "io"], OTHER_GIL, ticked=True)
    write(folder / "none.trace", [create(START)])
    write(folder / "one.trace", [create(START), thread(START, 1, "main"), hot(START + MS, "entry", 1)])
    write(folder / "thousand.trace", *rows)
    write(folder / "hostile.trace", lossy(HOSTILE))
    write(folder / "three.trace", battle(9, ["early"] * 2), battle(40, ["a", "b"], OTHER_GIL), battle(40, ["c", "d"], THIRD_GIL))
    return {name: folder / f"{name}.trace" for name in ("none", "one", "thousand", "hostile", "three")}


def record(path, events, threads=2, design="cond"):
    """A battle of the lab, of at least so many events: three at each check, and more where they contend."""
    count = events // 3 // threads * 101 // 3 + 101
    done = harness.run(harness.GILSCOPE, "record", "-o", path, "--", harness.GILRUN, "battle", "--gil", design,
                       "--threads", threads, "--count", count, timeout=300)
    assert done.status == 0, done.err
    return path
