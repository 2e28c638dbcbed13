#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""C programs with Python inside (tests/embed/embed.c): linked with it, or opening it as a plug-in."""
import glob
import os
import pathlib

import harness

OPENED = harness.BUILD / "tests" / "embed" / "embed-opened"
LINKED = harness.BUILD / "tests" / "embed" / "embed-linked"
THREADS, ROUNDS, LIVES = 3, 50, 3 # as in embed.c


def libraries():
    """pyenv's shared libpythons: [(name, path)]"""
    found = []
    for name, path in harness.interpreters():
        libs = glob.glob(str(pathlib.Path(path).parents[1] / "lib" / "libpython3.*.so.1.0"))
        if name != "debian" and libs:
            found.append((name, libs[0]))
    return found


class Embedding(harness.TestCase):
    def check(self, scenario, *program):
        if not os.access(program[0], os.X_OK):
            self.skipTest(f"{program[0]} is not built: python3-embed is missing")
        words = [program[0], scenario, *program[1:]]
        self.assertEqual(self.record(*words, timeout=40).out, "done\n")
        self.assert_lawful()
        report = self.report()
        self.assertEqual(len(report["gils"]), LIVES if scenario == "again" else 1)
        self.assertEqual(len({g["pid"] for g in report["gils"]}), 1)
        for gil in report["gils"]:
            threads = [t for t in report["threads"] if t["gil"] == gil["gil"]]
            foreign = [t for t in threads if t["acquisitions"] >= ROUNDS and t["releases"] == t["acquisitions"]]
            self.assertEqual(len(threads), 1 + 1 + THREADS)
            self.assertGreaterEqual(len(foreign), THREADS)


def add(name, *program, scenarios=("foreign", "tiny", "again", "thread")):
    for scenario in scenarios:
        def test(self, scenario=scenario):
            self.check(scenario, *program)
        setattr(Embedding, f"test_{scenario}_{name}".replace(".", "_"), test)


add("linked", LINKED)
for _name, _path in harness.chosen(libraries()):
    if harness.ALL:
        add(_name, OPENED, _path)
    else:
        add(_name, OPENED, _path, scenarios=("tiny", "again"))

if __name__ == "__main__":
    harness.main()
