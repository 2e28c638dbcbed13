#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs one fuzzer on its corpus, in a folder of its own that is removed.

run.py PROGRAM CORPUS                   each input of the corpus, once
run.py PROGRAM CORPUS --runs N          and N made-up ones, the same each time (needs libFuzzer)
run.py PROGRAM CORPUS --seconds N --keep FOLDER
                                        new ones for so long; what leads further is kept in FOLDER, and what fails, too
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

LARGEST = 4096  # bytes of an input; a corpus may have larger ones
HANG_S = 20
HALT = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def words(arguments, folder):
    if arguments.runs is None and arguments.seconds is None:
        return [arguments.program, arguments.corpus]
    own = pathlib.Path(arguments.keep or folder)
    (own / "found").mkdir(parents=True, exist_ok=True)
    limit = [f"-runs={arguments.runs}", "-seed=1"] if arguments.runs else [f"-max_total_time={arguments.seconds}"]
    dictionary = pathlib.Path(__file__).parent / f"{pathlib.Path(arguments.corpus).name}.dict"
    if dictionary.exists():
        limit.append(f"-dict={dictionary}")
    return [arguments.program, *limit, f"-max_len={LARGEST}", f"-timeout={HANG_S}", f"-artifact_prefix={own}/",
            "-print_final_stats=1", own / "found", arguments.corpus]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("corpus")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gilscope-fuzz-") as folder:
        done = subprocess.run([str(word) for word in words(arguments, folder)],
                              env=dict(os.environ, TMPDIR=folder, LC_ALL="C.UTF-8", **HALT), check=False)
    sys.exit(1 if done.returncode else 0)


if __name__ == "__main__":
    main()
