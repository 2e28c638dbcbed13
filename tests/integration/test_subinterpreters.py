#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Subinterpreters with a GIL of their own (3.12 and later): each GIL is told apart, freed ones are forgotten."""
import re

import harness

PRELUDE = """
import threading, time
try:
    import _interpreters as interpreters                # 3.13
    create = lambda own: interpreters.create("isolated" if own else "legacy")
except ImportError:
    import _xxsubinterpreters as interpreters           # 3.12
    create = lambda own: interpreters.create(isolated=own)
run, destroy = interpreters.run_string, interpreters.destroy
"""

BUSY = "import time\\nfor _ in range(30): time.sleep(0.0005)"

# Two threads, each in an interpreter of its own, run at the same time; a third enters both in turn.
AT_ONCE = f"""
ids = [create(True), create(True)]
def alone(id):
    for _ in range(5): run(id, "x = sum(range(20000))")
def both():
    for _ in range(5):
        for id in ids:
            while True:
                try: run(id, "{BUSY}"); break
                except Exception: time.sleep(0.001)       # busy: somebody else runs in it
ts = [threading.Thread(target=alone, args=(id,)) for id in ids]
[t.start() for t in ts]; [t.join() for t in ts]
t = threading.Thread(target=both); t.start(); t.join()
[destroy(id) for id in ids]
print("done")
"""

THREADS_INSIDE = """
ids = [create(True) for _ in range(2)]
code = '''
import threading
ts = [threading.Thread(target=lambda: sum(range(300000))) for _ in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
'''
ts = [threading.Thread(target=run, args=(id, code)) for id in ids]
[t.start() for t in ts]; [t.join() for t in ts]
[destroy(id) for id in ids]
print("done")
"""

# More in all than can be told apart at a time; the memory of the old ones is used for the new ones.
ONE_AFTER_THE_OTHER = """
ids = []
for n in range(150):
    ids.append(create(True))
    run(ids[-1], "import time; time.sleep(0)")
    if len(ids) > 3: destroy(ids.pop(n % 3))
[destroy(id) for id in ids]
print("done")
"""

TOO_MANY = """
ids = [create(True) for _ in range(140)]
for id in ids: run(id, "import time; time.sleep(0)")
[destroy(id) for id in ids]
print("done")
"""

SHARED = """
ids = [create(False) for _ in range(3)]
for id in ids: run(id, "import time; time.sleep(0.001)")
[destroy(id) for id in ids]
print("done")
"""

FORK = """
import os
id = create(True)
run(id, "import time; time.sleep(0.001)")
pid = os.fork()
if pid == 0:
    t = threading.Thread(target=time.sleep, args=(0.01,)); t.start(); t.join()
    os._exit(0)
os.waitpid(pid, 0)
run(id, "import time; time.sleep(0.001)")
destroy(id)
print("done")
"""


class Subinterpreters(harness.TestCase):
    def run_it(self, path, program):
        self.assertEqual(self.record(path, "-W", "ignore", "-c", PRELUDE + program, timeout=30).out, "done\n")
        return self.report()

    def threads_of(self, report, gil):
        return [t for t in report["threads"] if t["gil"] == gil["gil"]]

    def at_once(self, path):
        report = self.run_it(path, AT_ONCE)
        self.assert_lawful()
        self.assertEqual(len(report["gils"]), 3)
        self.assertEqual(len({g["gil_id"] for g in report["gils"]}), 3)
        self.assertEqual(len({g["pid"] for g in report["gils"]}), 1)
        tids = [{t["tid"] for t in self.threads_of(report, g)} for g in report["gils"][1:]]
        shared = [t for t in tids[0] & tids[1] if t != report["gils"][0]["pid"]]
        self.assertEqual(len(shared), 1, "one thread uses both")
        for gil in report["gils"][1:]:
            visitor, = [t for t in self.threads_of(report, gil) if t["tid"] == shared[0]]
            self.assertGreaterEqual(visitor["acquisitions"], 5 * 30)

    def threads_inside(self, path):
        report = self.run_it(path, THREADS_INSIDE)
        self.assert_lawful()
        self.assertEqual(len(report["gils"]), 3)
        for gil in report["gils"][1:]:
            self.assertGreaterEqual(len(self.threads_of(report, gil)), 5) # 3, who ran it, who created it

    def one_after_the_other(self, path):
        report = self.run_it(path, ONE_AFTER_THE_OTHER)
        self.assert_lawful()
        self.assertEqual(len(report["gils"]), 151)
        self.assertFalse(any(g["more_gils"] for g in report["gils"]))

    def too_many(self, path):
        report = self.run_it(path, TOO_MANY)
        self.assertEqual(report["quality"]["violations"], 0)
        self.assertLess(len(report["gils"]), 141)
        self.assertTrue(report["gils"][0]["more_gils"])
        told = self.gilscope("verify", self.trace, expect=3).out
        self.assertRegex(told, r"more GILs at a time")
        self.assertRegex(re.sub(r"\s+", " ", self.gilscope("report", self.trace).out), "more GILs at a time")

    def one_shared_gil(self, path):
        report = self.run_it(path, SHARED)
        self.assert_lawful()
        self.assertEqual(len(report["gils"]), 1)

    def fork(self, path):
        report = self.run_it(path, FORK)
        self.assert_lawful()
        parent = report["gils"][0]["pid"]
        self.assertEqual(sorted(g["pid"] == parent for g in report["gils"]), [False, True, True])


def add(name, path):
    for check in ("at_once", "threads_inside", "one_after_the_other", "too_many", "one_shared_gil", "fork"):
        def test(self, check=check):
            if check in ("threads_inside", "fork") and name.startswith("3.12."):
                self.skipTest("CPython 3.12 itself hangs in this program, with and without gilscope")
            getattr(self, check)(path)
        setattr(Subinterpreters, f"test_{check}_{name}".replace(".", "_"), test)


_found = [item for item in harness.interpreters(at_least=(3, 12)) if item[0] != "debian"]
for _name, _path in _found if harness.ALL else _found[-1:]:
    add(_name, _path)

if __name__ == "__main__":
    harness.main()
