#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The reader under valgrind, on a small whole trace and on a cut one: nothing is read that was not written.
Leaks are LeakSanitizer's to find. read_under_valgrind.py READ_TRACE"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import mutate

WORDS = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=no"]


def check(trace, program):
    done = subprocess.run([*WORDS, program, trace], capture_output=True, text=True, timeout=280, check=False)
    return done.returncode in (0, 3), done.stderr


def main():
    if not shutil.which("valgrind"):
        print("1..0 # SKIP valgrind is not installed")
        return
    print("1..2")
    with tempfile.TemporaryDirectory(prefix="gilscope-test-") as folder:
        trace = pathlib.Path(folder) / "gil.trace"
        mutate.write_trace(trace, flight=False)
        for number, what in enumerate(("a whole trace", "a cut trace"), 1):
            good, said = check(trace, sys.argv[1])
            if not good:
                print("# " + said.replace("\n", "\n# "))
            print(f"{'ok' if good else 'not ok'} {number} - {what}", flush=True)
            path = next(trace.rglob("gil_1"))
            os.truncate(path, path.stat().st_size - 100)


if __name__ == "__main__":
    main()
