#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Damages small traces in every way that a disk, a copy or a stranger can, and reads them with every command.

mutate.py [--seeds FROM-TO] [--seconds N] [--only SEED]

Each seed is one damage, the same on each machine. A command must end in time, by no signal, with a status
that is documented; where it fails it says so in a sentence, and leaves no output. TAP on stdout; GILSCOPE_BUILD names
the build folder.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
GILSCOPE = str(pathlib.Path(os.environ.get("GILSCOPE_BUILD", SOURCE / "build")).resolve() / "cli" / "gilscope")
sys.path.insert(0, str(SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

MS = 1000000
HANG_S = 30
CRASH = re.compile(r"runtime error|Sanitizer|Segmentation|[Aa]ssert|Traceback|0x[0-9a-f]{6}|comp-addr")
# What a terminal would act on, and what turns text around.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
TEXTS = [["report"], ["report", "--by", "0"], ["battle"], ["battle", "--explain"], ["timeline"], ["verify"],
         ["view"]]
FORMATS = ["json", "csv", "jsonl", "sqlite", "html", "svg", "perfetto"]
NOTE = ('{"schema": "gilscope-recording-1", "recording": "", "command": ["x"], "lost_events": 0, "lost_packets": 0,'
        ' "loss_known": true, "absent_processes": 0, "late_processes": 0, "flight_recorder": %s, "snapshots": 0}\n')


# ---- whole traces -------------------------------------------------------------------------------

def fight(begin, gil):
    """Each row: when, what, which thread, and what else the event says."""
    rows = [(0, "entry", 100), (1000, "acquire", 100), (MS, "entry", 101), (MS + 1000, "busy", 101),
            (MS + 500000, "retry", 101, 1), (2 * MS, "release", 100, 1), (2 * MS + 2000, "acquire", 101),
            (3 * MS, "release", 101, 0)]
    return [(begin + at, "gil:" + event, gil, tid, 50, 5, *more) for at, event, tid, *more in rows]


def write_trace(folder, flight):
    """Two processes, each with a stream of facts and two of hot events, in packets; with an index."""
    for pid, below in ((77, "ust/pid/one-77-20260101-000000"), (78, "ust/pid/two-78-20260101-000000")):
        place, gil = folder / below, pid << 32 | 1
        facts = [(1, "gil:create", gil, pid, 1, 7, 100, "", "ticks", "test 1"),
                 (2, "gil:thread", gil, 100, pid, 1, 7 << 40, 1, "main"), (2, "gil:thread", gil, 101, pid, 2, 8 << 40, 0, "b")]
        packets = [ctf.packet(cpu, ctf.EVENTS, fight((10 + 10 * n + 5 * cpu) * MS, gil), sequence=n)
                   for cpu in (0, 1) for n in range(3)]
        ctf.write(place, [b"".join(packets[:3]), b"".join(packets[3:])], pid=pid)
        (place / "gil_facts_0").write_bytes(ctf.packet(0, ctf.EVENTS, facts))
        (place / "index").mkdir()
        (place / "index" / "gil_0.idx").write_bytes(index(packets[:3]))
    (folder / "gilscope.json").write_text(NOTE % ("true" if flight else "false"))


def index(packets):
    out, offset = bytes.fromhex("c1f1dcc1") + (1).to_bytes(4, "big") * 2 + (16).to_bytes(4, "big"), 0
    for packet in packets:
        out += offset.to_bytes(8, "big") + (8 * len(packet)).to_bytes(8, "big")
        offset += len(packet)
    return out


# ---- what happens to them ------------------------------------------------------------------------

def files(trace):
    return sorted(path for path in trace.rglob("*") if path.is_file() and not path.is_symlink())


def flip_bits(chance, path, _):
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 3, 20)) if data else 0):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def flip_in_header(chance, path, _):
    """The first packet's header and context: where sizes, times and counts are."""
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 2, 4)) if data else 0):
        data[chance.randrange(min(len(data), 84))] = chance.choice((0, 1, 0x7f, 0x80, 0xff))
    path.write_bytes(data)


def put_number(chance, path, _):
    """A whole number at its end, where one may be."""
    data = bytearray(path.read_bytes())
    number = chance.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)).to_bytes(8, "little")
    at = chance.randrange(0, max(1, len(data) - 8), 4)
    data[at:at + 8] = number
    path.write_bytes(data)


def truncate(chance, path, _):
    os.truncate(path, chance.randrange(path.stat().st_size + 1))


def empty(_chance, path, _):
    path.write_bytes(b"")


def extend(chance, path, _):
    with open(path, "ab") as file:
        file.write(chance.choice((b"\0" * 100, chance.randbytes(300), path.read_bytes())))


def delete(_chance, path, _):
    path.unlink()


def swap(chance, path, trace):
    other = chance.choice(files(trace))
    mine, its = path.read_bytes(), other.read_bytes()
    path.write_bytes(its)
    other.write_bytes(mine)


def move_chunk(chance, path, _):
    data = path.read_bytes()
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    path.write_bytes(data[:a] + data[b:] + data[a:b] if chance.random() < 0.5 else data[:a] + data[b:])


def change_text(chance, path, _):
    """A number of the metadata or the note becomes another; a word is doubled or goes."""
    words = re.findall(rb"\d+|\w+|\s+|.", path.read_bytes(), re.S)
    for _ in range(chance.choice((1, 2))):
        at = chance.randrange(len(words)) if words else 0
        if words:
            words[at] = chance.choice((b"0", b"1", b"-1", b"64", b"4294967296", b"18446744073709551616", b"", words[at] * 2,
                                       b'"', b"}", b"\x1b[2J", b"\xff"))
    path.write_bytes(b"".join(words))


def make_special(chance, path, _):
    path.unlink()
    kind = chance.randrange(4)
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        path.mkdir()
    else:
        path.symlink_to("/nonexistent" if kind == 2 else path.name)


def rename(chance, path, _):
    name = chance.choice(("\x1b[2J\x07", "metadata", "a\nb", "\u202etxt", "gil_0", "x" * 250, ".hidden", "%s%n"))
    path.rename(path.with_name(name)) if not path.with_name(name).exists() else path.unlink()


def rename_folder(chance, path, trace):
    new = path.parent.with_name(chance.choice(("\x1b[2J", "<script>", "x-99999999999999-1-2", "-", "a b")))
    if path.parent != trace and not new.exists():
        path.parent.rename(new)


DAMAGES = [flip_bits, flip_in_header, flip_in_header, put_number, put_number, truncate, empty, extend, delete, swap,
           move_chunk, change_text, make_special, rename, rename_folder]


def damage(chance, trace):
    """@return what was done, for messages."""
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        remaining = files(trace)
        if not remaining:
            break
        path, how = chance.choice(remaining), chance.choice(DAMAGES)
        done.append(f"{how.__name__} {path.relative_to(trace)}".replace("\x1b", "ESC"))
        how(chance, path, trace)
    return ", ".join(done)


# ---- what the commands make of it -------------------------------------------------------------------

class Wrong(Exception):
    pass


def run(words, folder):
    # babeltrace2 2.0.4 leaks in its own error paths.
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", UBSAN_OPTIONS="halt_on_error=1", LC_ALL="C.UTF-8",
                       TMPDIR=str(folder / "tmp"))
    try:
        done = subprocess.run([GILSCOPE, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=HANG_S, env=environment,
                              cwd=folder, check=False)
    except subprocess.TimeoutExpired as error:
        raise Wrong(f"hangs: {words}") from error
    return done.returncode, done.stdout, done.stderr


def check_said(words, status, error, text):
    if status not in (0, 1, 3):
        raise Wrong(f"{words}: status {status}\n{error}")
    if CRASH.search(error):
        raise Wrong(f"{words}: not for human eyes\n{error}")
    for what in (error, text):
        if RAW.search(what):
            raise Wrong(f"{words}: a raw character\n{what!r}")
    if len(error.splitlines()) > 6 or (status == 1 and not error.startswith("gilscope: ")):
        raise Wrong(f"{words}: not one sentence\n{error}")


def check_text(words, trace, folder):
    page = ["-o", "page.html"] if words[0] == "view" else []
    status, out, error = run([*words, *page, trace], folder)
    try:
        check_said(words, status, error.decode(), out.decode())
    except UnicodeDecodeError as wrong:
        raise Wrong(f"{words}: no UTF-8: {wrong}\n{error!r}") from wrong
    if page and (folder / "page.html").exists() == (status == 1):
        raise Wrong(f"{words}: status {status}, and the page is there or not")


def check_export(trace, folder):
    places = {name: folder / f"out-{name}" for name in FORMATS}
    for name, place in places.items():
        status, _, error = run(["export", "--to", name, "-o", place, trace], folder)
        check_said([name], status, error.decode(), "")
        left = [path.name for path in folder.iterdir() if path.name.startswith(("out-", ".out-"))]
        if left != ([] if status else [place.name]):
            raise Wrong(f"export {name}: status {status} and left {left}")
        if not status:
            shutil.rmtree(place) if place.is_dir() else place.unlink()


def check_nothing_left(folder):
    left = sorted(path.name for path in (folder / "tmp").iterdir())
    if left:
        raise Wrong(f"left in $TMPDIR: {left}")


def try_seed(seed, every=False):
    """@return what was done to the trace. every: all commands; else some of them, by the seed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="gilscope-mutate-") as name:
        folder = pathlib.Path(name)
        (folder / "tmp").mkdir()
        trace = folder / "gil.trace"
        write_trace(trace, flight=seed % 4 == 0)
        how = damage(chance, trace)
        try:
            for words in TEXTS if every else [TEXTS[seed % len(TEXTS)]]:
                check_text(words, trace, folder)
            if every or seed % 3 == 0:
                check_export(trace, folder)
            check_nothing_left(folder)
        except Wrong as wrong:
            raise Wrong(f"seed {seed} ({how}): {wrong}") from None
    return how


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0-29", help="FROM-TO (default 0-29)")
    parser.add_argument("--seconds", type=float, help="new seeds from FROM on, for so long, with every command")
    parser.add_argument("--only", type=int, help="one seed, with every command")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    seeds = [arguments.only] if arguments.only is not None else range(first, 1 << 40 if arguments.seconds else last + 1)
    until = time.monotonic() + (arguments.seconds or 1 << 40)
    n, wrongs = 0, []
    for seed in seeds:
        if time.monotonic() > until:
            break
        try:
            try_seed(seed, every=arguments.only is not None or arguments.seconds is not None)
        except Wrong as wrong:
            wrongs.append(wrong)
            print("# " + str(wrong).replace("\n", "\n# "), flush=True)
        n += 1
    print(f"{'not ok' if wrongs else 'ok'} 1 - {n} damaged traces, {len(wrongs)} wrong\n1..1")
    sys.exit(1 if wrongs else 0)


if __name__ == "__main__":
    main()
