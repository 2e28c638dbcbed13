#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Real browsers open the viewer's file: makes the files, then lets run.mjs drive the browser. TAP on stdout.

Usage: test_browser.py chromium|firefox [TEST...]      TEST: viewer of test_viewer.mjs, ...
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import traces
from traces import HERE, harness

WRITER_MIB = 128
PROGRAMS = {"chromium": ("chromium",), "firefox": ("firefox-esr", "firefox")}


def program_of(kind):
    return next(filter(None, map(shutil.which, PROGRAMS[kind])), None)


def why_not(kind):
    """"" when a browser can be driven here, else the reason."""
    if not shutil.which("node"):
        return "node is not installed"
    if not program_of(kind):
        return f"{PROGRAMS[kind][0]} is not installed"
    if not (HERE / "node_modules" / "puppeteer-core").is_dir():
        return "tests/browser/node_modules is missing: scripts/test installs it (npm ci)"
    return harness.why_no_lttng()


def export(stem, trace, formats, *more):
    done = harness.run(harness.GILSCOPE, "export", "--to", formats, "-o", stem, "-i", trace, *more, timeout=300)
    assert done.status == 0, done.err


def view_large(file, trace, megabytes):
    """The page's size, and the memory of what writes it, have bounds."""
    child = subprocess.Popen([harness.GILSCOPE, "export", "--to", "html", "-o", file, "-i", trace])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{file} was not written"
    assert file.stat().st_size <= megabytes * 1e6, f"{file} has {file.stat().st_size:,} bytes"
    assert usage.ru_maxrss <= WRITER_MIB * 1024, f"the writer of {file} needed {usage.ru_maxrss:,} KiB"


def prepare(folder, names):
    """Traces with what is exported of them: NAME.trace, NAME.html, NAME.json; of the small ones NAME.jsonl and NAME.svg, too."""
    for name, trace in traces.write_small(folder).items():
        export(folder / name, trace, "html,json,jsonl,svg")
    for name, words in traces.PARTS.items():
        export(folder / name, folder / "three.trace", "html,json", *words)
    for name in names:
        events, megabytes = {"million": (1000000, 5), "ten_million": (10000000, 45)}[name]
        trace = traces.record(folder / f"{name}.trace", events)
        view_large(folder / f"{name}.html", trace, megabytes)
        export(folder / f"{name}.json", trace, "json")


def node(script, *words, **more):
    # Without what meson sets to find errors of C programs: it slows the browser down.
    env = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    return subprocess.run(["node", HERE / script, *words], env=dict(env, **more.pop("env", {})), **more)


def end_left(folder):
    """A browser outlives a driver that was ended. It is ours: its profile is in our folder."""
    for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{folder}/".encode() in line.read_bytes() and int(line.parent.name) != os.getpid():
                os.kill(int(line.parent.name), signal.SIGKILL)
        except OSError:
            pass  # it is gone


def drive(kind, folder, tests):
    large = ["million"] if kind == "chromium" or harness.ALL else []
    large += ["ten_million"] if harness.ALL else []
    prepare(folder, large)
    screenshots = harness.BUILD / "tests" / "browser" / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    setting = {"kind": kind, "program": program_of(kind), "folder": str(folder), "screenshots": str(screenshots),
               "gilscope": harness.GILSCOPE, "large": large}
    try:
        return node("run.mjs", json.dumps(setting), *tests, env={"TMPDIR": str(folder)}).returncode
    finally:
        end_left(folder)


def main(kind, *tests):
    reason = why_not(kind) or (kind == "firefox" and not harness.ALL and "Firefox is driven with GILSCOPE_ALL=1")
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    # Ended from outside: the folder is removed all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="gilscope-browser-", ignore_cleanup_errors=True) as folder:
        return drive(kind, pathlib.Path(folder), tests)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
