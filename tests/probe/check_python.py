#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Would gilscope record this interpreter exactly? One line for each thing that was checked.

    scripts/check-python [--program FILE] PYTHON...

Runs the programs of tests/programs, each
 * under calls.so, which writes down the calls on mutexes, condition variables
   and semaphores, without the probe: do they follow the grammar?
 * recorded, with calls.so below the probe: is the trace lawful, and has each
   thread of it as many events as it made steps?
Exit status: 0 yes, 3 no, 1 it could not be found out.
"""
import argparse
import collections
import json
import os
import pathlib
import sys
import tempfile

import check_calls

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import harness  # noqa: E402

CALLS = harness.BUILD / "tests" / "probe" / "calls.so"
PROGRAMS = ["cpu.py 3 1000000", "interval.py 8 200000", "pingpong.py 20 cpu", "locks.py 300",
            "signals.py 200000", "many_threads.py 100", "processes.py", "daemons.py 3"]
ENDLESS = {"daemons.py"}  # goes on behind LTTng's end: what follows is called, but not recorded

# What a thread's row in the export must be, in steps.
EVENTS_ARE_STEPS = {
    "acquisitions": lambda steps: steps["TAKE"],
    "releases": lambda steps: steps["DROP"],
    "failed_attempts": lambda steps: steps["waits"],
    "releases_requested": lambda steps: steps["requested"],
}


class Verdict:
    def __init__(self):
        self.good = True

    def line(self, holds, text, details=()):
        self.good &= bool(holds)
        print(f"{'ok  ' if holds else 'FAIL'}  {text}", flush=True)
        for detail in list(details)[:10]:
            print(f"      {detail}", flush=True)


class Failed(Exception):
    """Could not be found out."""


def run(*command, **environment):
    result = harness.run(*command, env=environment)
    if result.status:
        raise Failed(f"{' '.join(map(str, command))}: status {result.status}\n{result.out}{result.err}")
    return result


def command_of(python, program):
    file, *arguments = program.split()
    return [python, "-B", ROOT / "tests" / "programs" / file, *arguments]


def check_grammar(verdict, folder, python, program):
    path = folder / "calls"
    path.unlink(missing_ok=True)
    run(*command_of(python, program), LD_PRELOAD=str(CALLS), GILSCOPE_CALLS=str(path))
    gils = check_calls.replay(path)
    text, wrong = check_calls.summary(gils)
    verdict.line(gils and not wrong, f"{program}: {text}", wrong)


def record(folder, python, is_python_3, program):
    """(calls, exported report); with the probe above calls.so, as `record` sets it up."""
    path, trace = folder / "calls", folder / "gil.trace"
    # A recording ends with its command: `cat` ends with the last child that has the standard output.
    below = ["/bin/sh", "-c", 'LD_PRELOAD="$LD_PRELOAD:$0" "$@" | cat', CALLS]
    # CPython 2: a semaphore that the probe runs itself makes no calls.
    quiet = [] if is_python_3 else ["--observe-only"]
    for _ in range(5):
        path.unlink(missing_ok=True)
        run(harness.GILSCOPE, "record", "-o", trace, *quiet, "--", *below, *command_of(python, program),
            GILSCOPE_CALLS=str(path))
        report = json.loads(run(harness.GILSCOPE, "export", trace, "--to", "json", "-o", "-").out)
        if not report["quality"]["attempts_found"] + report["quality"]["holds_found"]:
            return check_calls.replay(path), report
    raise Failed(f"{program}: LTTng was too slow, five runs were recorded from their middle on")


def check_events(verdict, folder, python, is_python_3, program):
    gils, report = record(folder, python, is_python_3, program)
    judged = harness.run(harness.GILSCOPE, "verify", folder / "gil.trace")
    verdict.line(judged.status == 0, f"{program}: the trace is complete and lawful",
                 [] if judged.status == 0 else judged.out.splitlines())
    if program.split()[0] in ENDLESS:
        return
    called, recorded = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    for gil in gils:
        for tid, steps in gil.threads().items():
            called[gil.pid, tid] += steps
    # CPython 2: which semaphore is the GIL shows only where threads share it.
    unclear = set() if is_python_3 else {row["pid"] for row in report["threads"]} - {gil.pid for gil in gils}
    for row in report["threads"]:
        if row["pid"] in unclear:
            continue
        recorded[row["pid"], row["tid"]] += collections.Counter({name: row[name] for name in EVENTS_ARE_STEPS})
    differences, total = [], collections.Counter()
    for who in sorted(set(called) | set(recorded)):
        for name, of_steps in EVENTS_ARE_STEPS.items():
            total[name] += recorded[who][name]
            if recorded[who][name] != of_steps(called[who]):
                differences.append(f"process {who[0]}, thread {who[1]}: {name} {recorded[who][name]}, "
                                   f"by the calls {of_steps(called[who])}")
    verdict.line(not differences, f"{program}: the events of {len(called)} threads are their calls: " + ", ".join(
        f"{total[name]:,} {name.replace('_', ' ')}" for name in EVENTS_ARE_STEPS), differences)


def check(python, programs):
    verdict = Verdict()
    numbers = harness.python_version(python)
    version = ".".join(map(str, numbers))
    print(f"== CPython {version}, {python}", flush=True)
    with tempfile.TemporaryDirectory(prefix="gilscope-check-") as folder:
        for program in programs:
            check_grammar(verdict, pathlib.Path(folder), python, program)
            check_events(verdict, pathlib.Path(folder), python, numbers >= (3,), program)
    print(f"CPython {version}: {'recorded exactly' if verdict.good else 'NOT recorded exactly'}", flush=True)
    return verdict.good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", action="append", metavar="FILE", help="of tests/programs, in place of all")
    parser.add_argument("pythons", nargs="+", metavar="PYTHON")
    options = parser.parse_args()
    programs = [p for p in PROGRAMS if not options.program or p.split()[0] in options.program]
    if not programs:
        parser.error(f"none of {', '.join(options.program)} is among: {', '.join(p.split()[0] for p in PROGRAMS)}")
    try:
        # A list: the others are checked also when one is not as expected.
        return 0 if all([check(os.path.abspath(python), programs) for python in options.pythons]) else 3
    except Failed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    sys.exit(main())
