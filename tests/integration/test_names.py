#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Threads are called what their program called them: on every version, and without a trace of us in it."""
import json

import harness

EVERY = harness.interpreters(at_least=(2, 7))
NEWEST = EVERY[-1][1]

NAMES = u"""# -*- coding: utf-8 -*-
import os, sys, threading, time

def wait(event):
    event.wait()

def rename_itself(event):
    event.wait()
    threading.current_thread().name = 'renamed-by-itself'

def start(target, **how):
    event = threading.Event()
    thread = threading.Thread(target=target, args=(event,), **how)
    thread.start()
    return thread, event

long_name = b'h\\xc3\\xa9'.decode('utf-8') * 30 if sys.version_info[0] > 2 else 'h' * 90
threads = [start(wait, name='reader'), start(rename_itself, name='first'), start(wait, name='old'),
           start(wait, name=long_name), start(wait, name='cut\\0here'), start(wait)]
threads[2][0].name = 'renamed-by-main'
for thread, event in threads:
    event.set()
    thread.join()
try:
    from concurrent.futures import ThreadPoolExecutor
except ImportError:
    pass
else:
    with ThreadPoolExecutor(2, thread_name_prefix='pool') as pool:
        list(pool.map(time.sleep, [0.05] * 4))
print(threads[5][0].name)
"""

MANY = """
import threading
for round in range(2):
    threads = [threading.Thread(target=len, args=('',), name='n%d' % (round * 100 + i)) for i in range(100)]
    for t in threads: t.start()
    for t in threads: t.join()
"""

CHILDREN = """
import os, sys, threading, time
def work():
    pid = os.fork()
    if not pid:
        t = threading.Thread(target=time.sleep, args=(0.05,), name='of-child')
        t.start(); t.join()
        os._exit(0)
    os.waitpid(pid, 0)
t = threading.Thread(target=work, name='forker'); t.start(); t.join()
"""

FOREIGN = """
import ctypes, threading, time
libc, done = ctypes.CDLL(None), []
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def work(_):
    threading.current_thread().name = 'foreign'
    time.sleep(0.1)
    done.append(1)
thread = ctypes.c_ulong()
libc.pthread_create(ctypes.byref(thread), None, work, None)
while not done: time.sleep(0.01)
libc.pthread_join(thread, None)
"""

# Threads that only the system knows by name: _thread gives none.
OS_NAMES = """
import _thread, ctypes, time
libc = ctypes.CDLL(None)
libc.pthread_self.restype = ctypes.c_ulong
libc.prctl(15, b'inherited', 0, 0, 0)
ends, idents = [], []
def by_prctl():
    libc.prctl(15, b'by-prctl', 0, 0, 0)
    ends.append(1)
def by_another():
    idents.append(libc.pthread_self())
    while b'by-another' not in ends: time.sleep(0.01)
    ends.append(1)
def unnamed():
    time.sleep(0.01)
    ends.append(1)
for f in (by_prctl, by_another, unnamed): _thread.start_new_thread(f, ())
while not idents: time.sleep(0.01)
libc.pthread_setname_np(ctypes.c_ulong(idents[0]), b'by-another')
ends.append(b'by-another')
while ends.count(1) < 3: time.sleep(0.01)
time.sleep(0.1)
"""

SEEN = """
import threading, time
before = threading.Thread.__dict__['name'].__doc__
for name in ('a', 'b'):
    t = threading.Thread(target=time.sleep, args=(0.01,), name=name); t.start(); t.join()
import json, os, sys
print(json.dumps([sys.path, repr(sys.flags), sorted(sys.modules), sys.argv, sorted(dir(threading.Thread)),
                  before == threading.Thread.name.__doc__, t.name, t._set_ident.__name__,
                  sorted(k for k in os.environ if k.startswith('PYTHON'))]))
try: threading.Thread.name.fset(object(), 'x')
except Exception as e: print(type(e).__name__, e)
"""


class Names(harness.TestCase):
    def names(self, python, program, *options, record=()):
        """What was recorded: {name: number of threads}, and what the program printed."""
        out = self.record(python, *options, "-c", program, options=record).out
        self.assert_lawful()
        return [t["name"] for t in self.report()["threads"]], out

    def check(self, python):
        names, out = self.names(python, NAMES)
        default = out.strip()
        self.assertRegex(default, "^Thread-")
        pool = [n for n in names if n.startswith("pool_")]
        long = [n for n in names if n.startswith("h")]
        self.assertEqual(sorted(set(names) - set(pool) - set(long)),
                         sorted(["MainThread", "reader", "renamed-by-itself", "renamed-by-main", "cut", default]))
        # 63 bytes, or 62 where the 63rd would be half a character.
        self.assertIn(long, (["h" * 63], ["h\u00e9" * 21]))
        self.assertEqual(set(pool), {"pool_0", "pool_1"} if pool else set())

    def test_that_come_and_go(self):
        """Idents and tids are used again; names are not."""
        for _, python in (EVERY[0], EVERY[-1]):
            names, _out = self.names(python, MANY)
            self.assertEqual(sorted(names), sorted(["MainThread"] + [f"n{i}" for i in range(200)]))

    def test_in_a_fork_child(self):
        for _, python in (EVERY[0], EVERY[-1]):
            self.record(python, "-W", "ignore", "-c", CHILDREN)
            of = {}
            for thread in self.report()["threads"]:
                of.setdefault(thread["pid"], []).append(thread["name"])
            # The thread that forked goes on in the child, under its name.
            self.assertEqual(sorted(map(sorted, of.values())), [["MainThread", "forker"], ["forker", "of-child"]])

    def test_of_a_thread_that_python_did_not_start(self):
        self.assertEqual(sorted(self.names(NEWEST, FOREIGN)[0]), ["MainThread", "foreign"])

    def test_that_the_system_was_told(self):
        names, _out = self.names(NEWEST, OS_NAMES)
        self.assertEqual(names[0], "MainThread")
        self.assertEqual(sorted(n for n in names[1:] if n.startswith("by-")), ["by-another", "by-prctl"])
        self.assertRegex([n for n in names[1:] if not n.startswith("by-")][0], r"^t\d$")

    def test_where_python_ignores_its_environment(self):
        for options in (["-I"], ["-E", "-s"], ["-S"], ["-I", "-S"]):
            names, _out = self.names(NEWEST, MANY.replace("100", "2"), *options)
            self.assertEqual(sorted(names), ["MainThread", "n0", "n1", "n2", "n3"], options)

    def test_not_wanted(self):
        names, _out = self.names(NEWEST, MANY.replace("100", "2"), record=["--no-python-names"])
        self.assertEqual(names, ["MainThread", "t1", "t2", "t3", "t4"])

    def test_the_program_sees_nothing(self):
        for name, python in EVERY:
            with self.subTest(name):
                bare = harness.run(python, "-c", SEEN)
                recorded = self.record(python, "-c", SEEN)
                self.assertEqual((recorded.out, bare.status), (bare.out, 0))
                self.assertEqual(len(json.loads(bare.out.splitlines()[0])), 9)


def add(name, python):
    def test(self):
        self.check(python)
    setattr(Names, "test_" + name.replace(".", "_"), test)


for _name, _path in EVERY:
    add(_name, _path)

if __name__ == "__main__":
    harness.main()
