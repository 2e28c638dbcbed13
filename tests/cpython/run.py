#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CPython's own tests of threads, processes, signals and files, with the probe and without.

Each module runs alone (without the probe), quiet (with the probe, while nobody
records) and recorded (under `gilscope record`). Each test case must end as it does
alone, but for the differences that tests/cpython/differences.txt lists with their
cause. One that does not come again when its case runs once more is called flaky.
Exit status: 0 yes, 1 no, 2 wrong use.
"""
import argparse
import collections
import concurrent.futures
import pathlib
import signal
import sys
import threading

import judge
import runs
from judge import FLAKY, LISTED, UNLISTED
from runs import ALONE, WHOLE, harness

SHORT = ["test_threading", "test_thread", "test_threading_local", "test_threadsignals", "test_queue", "test_fork1",
         "test_subprocess", "test_signal"]
LONG = ["test_socket", "test_io", "test_concurrent_futures", "test_multiprocessing", "test_multiprocessing_fork",
        "test_multiprocessing_forkserver", "test_multiprocessing_main_handling", "test_multiprocessing_spawn",
        "test_asyncio"]


def parse():
    parser = argparse.ArgumentParser(prog="scripts/cpython-tests", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON|MODULE",
                        help="an interpreter (default: Debian's, pyenv's, those of GILSCOPE_PYTHONS), or a module: test_NAME")
    parser.add_argument("--quick", action="store_true", help="leave out " + ", ".join(LONG[:3]) + ", multiprocessing, asyncio")
    parser.add_argument("--mode", choices=runs.MODES[1:], action="append", help="only this one (and alone)")
    parser.add_argument("--timeout", type=float, default=1800, metavar="SECONDS", help="for each run of a module (default: 1800)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="modules that run beside each other (default: 1)")
    parser.add_argument("--logs", type=pathlib.Path, metavar="DIR", help="keep what each run printed")
    options = parser.parse_args()
    options.modules = [word for word in options.pythons if word.startswith("test_")]
    options.pythons = [word for word in options.pythons if not word.startswith("test_")]
    options.mode = options.mode or list(runs.MODES[1:])
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    return options


def interpreters(paths):
    """[(name, version, path)]"""
    found = [("", path) for path in paths] or harness.interpreters(at_least=(2, 7))
    for name, path in found:
        version = ".".join(map(str, harness.python_version(path)))
        yield f"{version} ({name})" if name == "debian" else version, version, path


def folder_of_tests(python):
    """None: it has no tests beyond their frame."""
    found = harness.run(python, "-c", "import test, os; print(os.path.dirname(test.__file__))")
    folder = pathlib.Path(found.out.strip())
    return folder if not found.status and (folder / "test_threading.py").exists() else None


def modules_in(folder, names):
    """Those that are there; of a package, each of its modules."""
    for name in names:
        package, _, part = name.partition(".")
        if part or (folder / f"{name}.py").exists():
            if (folder / package / f"{part}.py").exists() or not part:
                yield name
        elif (folder / name).is_dir():
            for file in sorted((folder / name).glob("test_*.py")):
                yield f"{name}.{file.stem}"


class Table:
    HEAD = ["interpreter", "mode", "tests", "skipped", "equal", "listed", "unlisted", "flaky", "in part", "seconds"]

    def __init__(self):
        self.rows, self.lock = collections.defaultdict(collections.Counter), threading.Lock()

    def count(self, name, mode, outcome, verdicts):
        with self.lock:
            row = self.rows[name, mode]
            row["tests"] += sum(outcome.results[case] != "left out" for case in outcome.counted())
            row["skipped"] += sum(result == "skipped" for result in outcome.results.values())
            row["seconds"] += outcome.seconds
            row["in part"] += bool(outcome.notes)  # modules of which the recorder warned that not all is recorded
            for verdict, cases in verdicts.items():
                # How the process ended is shown where it differs; it is no test.
                row[verdict] += sum(verdict in (LISTED, UNLISTED) or case != WHOLE and was != "left out"
                                    for case, was, _, _ in cases)

    def text(self):
        lines = [self.HEAD]
        for (name, mode), row in self.rows.items():
            cells = ["" if mode == ALONE and column in ("equal", "listed", "unlisted", "flaky", "in part") else f"{row[column]:,.0f}"
                     for column in self.HEAD[2:]]
            lines.append([name, mode, *cells])
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.HEAD))]
        return "\n".join("  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                                   for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)

    def total(self, verdict):
        return sum(row[verdict] for row in self.rows.values())


def one_module(module, name, options, table):
    for mode in options.mode:
        verdicts = module.judge(mode)
        outcome = module.outcomes[mode]
        with table.lock:
            say(module, name, mode, outcome, verdicts)
        if mode == options.mode[0]:
            for case in module.left_out:
                print(f"    left out: {case}: it did not end alone", flush=True)
            table.count(name, ALONE, module.outcomes[ALONE], {})
        table.count(name, mode, outcome, verdicts)


def say(module, name, mode, outcome, verdicts):
    counts = ", ".join(f"{len(cases)} {verdict}" for verdict, cases in verdicts.items() if cases)
    print(f"{name} {module.name} {mode}: {counts}; {outcome.seconds:.0f} s", flush=True)
    for note in outcome.notes:
        print(f"    {note}")
    for verdict in UNLISTED, FLAKY, LISTED:
        not_run = [case for case in verdicts[verdict] if case[2] == "not run"]
        if len(not_run) > 3:
            print(f"    {verdict}: {len(not_run)} cases were not run {mode}, {not_run[0][0]} the first of them")
        for case, was, now, text in verdicts[verdict]:
            if len(not_run) > 3 and now == "not run":
                continue
            why = text.strip().splitlines()[-1:] if verdict != LISTED else []
            print(f"    {verdict}: {case}: {was} alone, {now} {mode}" + "".join(f": {line}" for line in why), flush=True)


def run_all(pool, names, listed, options, table):
    pending = []
    for name, version, python in interpreters(options.pythons):
        folder = folder_of_tests(python)
        if not folder:
            print(f"{name}: its package `test` has no tests, it is left out.", flush=True)
            continue
        there = list(modules_in(folder, names))
        absent = [wanted for wanted in names if not any(found.split(".")[0] == wanted.split(".")[0] for found in there)]
        if absent:
            print(f"{name} has no {', '.join(absent)}.", flush=True)
        for module in there:
            one = judge.Module(module, version, python, options.timeout, listed, options.logs)
            pending.append(pool.submit(one_module, one, name, options, table))
    for done in concurrent.futures.as_completed(pending):
        done.result()


def main():
    options = parse()
    try:
        listed = judge.read_list()
    except ValueError as error:
        sys.exit(f"cpython-tests: {error}")
    names = options.modules or SHORT + ([] if options.quick else LONG)
    if options.quick and not options.modules:
        print(f"Left out: {', '.join(LONG)} (--quick).")
    table = Table()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell's background job ignores SIGINT, and so would all that are tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pool = concurrent.futures.ThreadPoolExecutor(options.jobs)
    try:
        run_all(pool, names, listed, options, table)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        runs.end_all()
        sys.exit(130)
    if not table.rows:
        print("No interpreter with tests is there (Debian's are in libpython3.11-testsuite).")
        sys.exit(77)
    print("\n" + table.text())
    sys.exit(1 if table.total(UNLISTED) else 0)


if __name__ == "__main__":
    main()
