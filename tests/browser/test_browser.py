#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Real browsers open the viewer's file: makes the files, then lets run.mjs drive the browser. TAP on stdout.

Usage: test_browser.py chromium|firefox [TEST...]      TEST: viewer of test_viewer.mjs, ...
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import harness  # noqa: E402

PROGRAMS = {"chromium": ("chromium",), "firefox": ("firefox-esr", "firefox")}


def program_of(kind):
    return next(filter(None, map(shutil.which, PROGRAMS[kind])), None)


def why_not(kind):
    """"" when the tests can run here, else the reason."""
    if not shutil.which("node"):
        return "node is not installed"
    if not program_of(kind):
        return f"{PROGRAMS[kind][0]} is not installed"
    if not (HERE / "node_modules" / "puppeteer-core").is_dir():
        return "tests/browser/node_modules is missing: scripts/test installs it (npm ci)"
    if kind == "firefox" and not harness.ALL:
        return "Firefox is driven with GILSCOPE_ALL=1"
    return harness.why_no_lttng()


def drive(kind, folder, tests):
    screenshots = harness.BUILD / "tests" / "browser" / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    # Without what meson sets to find errors of C programs: it slows the browser down.
    env = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    return subprocess.run(["node", HERE / "run.mjs", kind, program_of(kind), folder, screenshots, *tests], env=env).returncode


def main(kind, *tests):
    reason = why_not(kind)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    # Ended from outside: the folder is removed all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="gilscope-browser-") as folder:
        return drive(kind, pathlib.Path(folder), tests)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
