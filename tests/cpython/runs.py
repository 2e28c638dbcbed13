# SPDX-License-Identifier: MIT
"""One run of a module of CPython's tests: its process, its time limit, its results."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import harness  # noqa: E402

ALONE, QUIET, RECORDED = "alone", "quiet", "recorded"
MODES = (ALONE, QUIET, RECORDED)
WORKER = pathlib.Path(__file__).with_name("worker.py")
WHOLE = "(the run)"  # how the process ended, beside what its cases said
# A case that says several things (a subtest failed, the next was skipped) has the last of these.
ORDER = ["begun", "left out", "ok", "skipped", "expected failure", "unexpected success", "failed", "error"]
TRACE = "(the trace)"  # there where it breaks a law, or is none
PROBE = "(the probe)"  # there where it is not as the mode says
RECORDER_FAILED = 125
FAILING = ORDER[5:]
ENDS = {0: "ok", 1: "failed", 2: "failed", 3: "environment changed", 4: "no tests ran"}
# A case that says nothing for so long will not end. (CPython 2.7 has one that forks 1,024 times: four minutes, recorded.)
CASE_LIMIT_S = 600
# A recording that would fill the disk stops early, and is said.
MOST = "2G"
TRIES = 3


class Outcome:
    """What a run said: {case: result}, {case: text}."""

    def __init__(self):
        self.results, self.texts = {}, {}
        self.seconds = 0
        self.probe = None  # "there" or "not there", by the worker's own maps
        self.notes = []

    @property
    def broken(self):
        """Did it end before its cases did?"""
        return self.results[WHOLE].startswith(("killed", "time limit"))

    @property
    def failing(self):
        return any(self.results[case] in FAILING for case in self.counted())

    def add(self, line):
        result, case, text = json.loads(line)
        if result == "probe":
            self.probe = case
            return
        was = self.results.get(case, "begun")
        if case not in self.results or ORDER.index(result) > ORDER.index(was):
            self.results[case] = result
        if text:
            self.texts[case] = text

    def close(self, end):
        for case, result in self.results.items():
            if result == "begun":
                self.results[case] = f"unfinished ({end})"
        self.results[WHOLE] = end

    def counted(self):
        return [case for case in self.results if case not in (WHOLE, TRACE, PROBE)]


def environment(mode, folder, mark):
    left_out = ("PYTHON", "GILSCOPE", "LTTNG_UST", "LD_PRELOAD")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    kept.update(TMPDIR=folder, GILSCOPE_CPYTHON_TEST=mark)
    if mode == QUIET:
        kept.update(line.split("=", 1) for line in harness.run(harness.GILSCOPE, "env").out.splitlines())
    return kept


def carriers(mark):
    """Processes of the runs with this mark, but for recorders and LTTng's daemon, which they may have started."""
    wanted = re.compile(rb"(^|\0)GILSCOPE_CPYTHON_TEST=" + mark.encode())
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            environ = pathlib.Path(f"/proc/{entry}/environ").read_bytes()
            comm = pathlib.Path(f"/proc/{entry}/comm").read_text().strip()
        except OSError:
            continue
        if wanted.search(environ) and not comm.startswith(("gilscope", "lttng")):
            yield int(entry)


def end_carriers(mark):
    for _ in range(10):
        pids = list(carriers(mark))
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not pids:
            return
        time.sleep(0.1)


class Stopped(Exception):
    """The user has had enough."""


_stopped = threading.Event()


def end_all():
    _stopped.set()
    end_carriers(f"{os.getpid()}-")


def how_it_ended(status):
    if status < 0:
        status = 128 - status  # `record` says it so, too
    if status > 128:
        try:
            return f"killed by {signal.Signals(status - 128).name}"
        except ValueError:
            pass
    return ENDS.get(status, f"status {status}")


_counter = iter(range(1, 1 << 30))
_counting = threading.Lock()


def run(python, module, mode, limit, cases=(), log=None):
    """Runs a module, or these cases (patterns of regrtest) of it; ended after `limit` seconds. log: keeps its output."""
    if _stopped.is_set():
        raise Stopped
    with _counting:
        mark = f"{os.getpid()}-{next(_counter)}-"
    # Short, for the paths of sockets; regrtest makes its working folder in it.
    folder = tempfile.mkdtemp(prefix="gsc", dir="/tmp")
    try:
        for _ in range(TRIES):
            outcome = _run(folder, mark, python, module, mode, limit, cases, log)
            if outcome.results[WHOLE] != f"status {RECORDER_FAILED}":
                break
            shutil.rmtree(folder, ignore_errors=True)
            folder = tempfile.mkdtemp(prefix="gsc", dir="/tmp")
        if _stopped.is_set():
            raise Stopped
        return outcome
    finally:
        end_carriers(mark)
        shutil.rmtree(folder, ignore_errors=True)


def wait(process, results, limit):
    """Did it end within its limit, and each of its cases within theirs?"""
    began = said = time.monotonic()
    size = 0
    while True:
        try:
            process.wait(0.5)
            return True
        except subprocess.TimeoutExpired:
            now, was = time.monotonic(), size
            size = os.path.getsize(results) if os.path.exists(results) else 0
            said = now if size != was else said
            if now > began + limit or now > said + CASE_LIMIT_S:
                return False


def _run(folder, mark, python, module, mode, limit, cases, log):
    results, output, trace = (os.path.join(folder, name) for name in ("results", "output", "trace"))
    temporary = os.path.join(folder, "t")
    os.mkdir(temporary)
    command = [python, str(WORKER), results, module, *cases]
    if mode == RECORDED:
        command = [str(harness.GILSCOPE), "record", "--max-size", MOST, "-o", trace, "--", *command]
    outcome, began = Outcome(), time.monotonic()
    with open(output, "wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=temporary,
                                   env=environment(mode, temporary, mark), start_new_session=True)
        if wait(process, results, limit):
            end = how_it_ended(process.returncode)
        else:
            end = "time limit"
            # Not the recorder: it ends by itself, and its session with it.
            end_carriers(mark)
            process.wait()
    outcome.seconds = time.monotonic() - began
    text = pathlib.Path(output).read_text(errors="replace")
    if log:
        shutil.copy(output, log)
    if os.path.exists(results):
        for line in pathlib.Path(results).read_text().splitlines():
            outcome.add(line)
    outcome.close(end)
    if outcome.counted() and outcome.probe != ("not there" if mode == ALONE else "there"):
        outcome.results[PROBE] = outcome.probe or "not known"
    if end != "ok":
        outcome.texts[WHOLE] = "\n".join(text.splitlines()[-5:])
    if mode == RECORDED:
        outcome.notes = recorders_words(text)
        laws = broken_laws(trace, outcome.notes)
        if laws:
            outcome.results[TRACE], outcome.texts[TRACE] = "unlawful", "; ".join(laws)
    return outcome


def recorders_words(text):
    """Why the run was not recorded in whole."""
    words = re.findall(r"^gilscope: (?:warning: |recording stopped: |nothing)[^\n]*", text, re.M)
    return [word.removeprefix("gilscope: ") for word in words]


def broken_laws(trace, notes):
    """What `gilscope verify` finds wrong in it, but for what is not there. Nothing in it is wrong, too, unless the recorder said so."""
    done = harness.run(harness.GILSCOPE, "verify", trace, timeout=600)
    lines = done.out.splitlines()
    if not notes and not any(re.match(r"ok +attempts: [1-9]", line) for line in lines):
        return [f"verify says of it: {(done.err.strip().splitlines() or lines or ['nothing'])[0]}"]
    return [line for line in lines if line.startswith("FAIL") and not re.match(r"FAIL +(?:lost|files):", line)]
