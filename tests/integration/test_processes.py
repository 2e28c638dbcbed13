#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Programs of several processes: each is recorded as itself, under its own pid and GIL.

The programs print what they know of themselves as JSON, {"parent": pid, "children": [pid...],
"threads": {pid: n}}, and the trace must say the same.
"""
import json
import time

import harness

PRELUDE = """
import json, os, sys, threading, time
def threads(n):
    ts = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(n)]
    [t.start() for t in ts]; [t.join() for t in ts]
def say(children, **threads):
    print(json.dumps({"parent": os.getpid(), "children": sorted(children), "threads": threads}), flush=True)
"""

OS_FORK = """
pids = []
for n in (1, 2):
    pid = os.fork()
    if pid == 0:
        threads(n); os._exit(0)
    pids.append(pid)
    os.waitpid(pid, 0)
threads(1)
say(pids, **{str(os.getpid()): 2, str(pids[0]): 2, str(pids[1]): 3})
"""

PTY_FORK = """
import pty
pid, fd = pty.fork()
if pid == 0:
    threads(1); os.write(1, b'x'); os._exit(0)
os.read(fd, 1); os.waitpid(pid, 0)
say([pid], **{str(os.getpid()): 1, str(pid): 2})
"""

# The other threads of the parent go on to fight for its GIL while one of them forks.
FORK_IN_A_THREAD = """
stop, pids = False, []
def burn():
    while not stop: pass
def fork():
    pid = os.fork()
    if pid == 0:
        threads(2); os._exit(0)
    pids.append(pid)
    os.waitpid(pid, 0)
ts = [threading.Thread(target=burn) for _ in range(3)]
[t.start() for t in ts]
f = threading.Thread(target=fork); f.start(); f.join(); stop = True
[t.join() for t in ts]
say(pids, **{str(os.getpid()): 5, str(pids[0]): 3})
"""

AFTER_FORK = """
if not hasattr(os, "register_at_fork"): os.register_at_fork = lambda **k: None
os.register_at_fork(before=lambda: threads(1), after_in_child=lambda: threads(1),
                    after_in_parent=lambda: threads(1))
pid = os.fork()
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
say([pid], **{str(os.getpid()): 3, str(pid): 2})
"""

POOL = """
import multiprocessing as mp
def work(n):
    time.sleep(0.02)
    return os.getpid()
if __name__ == "__main__":
    with mp.get_context(sys.argv[1]).Pool(2) as pool:
        workers = [p.pid for p in pool._pool]
        pool.map(work, range(6), 1)
        pool.close(); pool.join()
    say(workers)
"""

SPAWNED = """
import subprocess
code = "import os, threading, time; t = threading.Thread(target=time.sleep, args=(0.01,)); t.start(); t.join()"
words, pids = [sys.executable, "-c", code], []
for more in ({}, {"preexec_fn": lambda: None}, {"close_fds": False}):
    p = subprocess.Popen(words, **more); p.wait(); pids.append(p.pid)
if hasattr(os, "posix_spawn"):
    pids.append(os.posix_spawn(sys.executable, words, os.environ)); os.waitpid(pids[-1], 0)
say(pids, **{str(pid): 2 for pid in pids})
"""


class Processes(harness.TestCase):
    def check(self, path, program, *arguments, also=0, become=0):
        """
        @also: how many more processes there may be, such as multiprocessing's resource tracker.
        @become: how many children run Python after the fork and then become another program: they
        have a GIL before and one after.
        """
        script = self.folder / "program.py"
        script.write_text(PRELUDE + program)
        report = self.record_whole(path, "-W", "ignore", script, *arguments)
        said = json.loads(self.said.out)
        self.assert_lawful()
        gils = {g["pid"]: g["gil"] for g in report["gils"]}
        self.assertEqual(len(report["gils"]) - len(gils), become, "GILs beyond one per process")
        self.assertLessEqual({said["parent"], *said["children"]}, set(gils))
        self.assertLessEqual(len(gils), 1 + len(said["children"]) + also)
        for pid, n in said["threads"].items():
            mine = [t for t in report["threads"] if t["gil"] == gils[int(pid)]]
            self.assertEqual(len(mine), n, f"threads of {pid}: {mine}")
        for pid, gil in gils.items():
            mine = [t for t in report["threads"] if t["gil"] == gil]
            self.assertEqual({t["pid"] for t in mine}, {pid})
            self.assertEqual([t["tid"] for t in mine if t["is_main"]], [pid])
            # The child's main thread begins as the parent's copy; none of the parent's others appears.
            others = {t["tid"] for t in report["threads"] if t["pid"] != pid}
            self.assertFalse(others & {t["tid"] for t in mine})
        return report


def add(name, path, everything):
    def test(program, *arguments, **more):
        return lambda self: self.check(path, program, *arguments, **more)
    for what, program, become in (("os_fork", OS_FORK, 0), ("pty_fork", PTY_FORK, 0),
                                  ("fork_in_a_thread", FORK_IN_A_THREAD, 0), ("register_at_fork", AFTER_FORK, 0),
                                  ("subprocess_and_posix_spawn", SPAWNED, 1)):  # that with preexec_fn
        if everything or what in ("os_fork", "fork_in_a_thread"):
            setattr(Processes, f"test_{what}_{name}".replace(".", "_"), test(program, become=become))
    for method, also in (("fork", 0), ("forkserver", 2), ("spawn", 1)):
        if everything:
            setattr(Processes, f"test_pool_by_{method}_{name}".replace(".", "_"),
                    test(POOL, method, also=also))


_chosen = harness.chosen(harness.interpreters())
for _name, _path in _chosen:
    add(_name, _path, harness.ALL or (_name, _path) == _chosen[-1])


class Children(harness.TestCase):
    def test_a_child_that_is_no_python_does_not_load_lttng(self):
        program = ("import os, subprocess\n"
                   "own = open('/proc/self/maps').read()\n"
                   "its = subprocess.run(['cat', '/proc/self/maps'], stdout=-1).stdout.decode()\n"
                   "print('lttng' in own, 'lttng' in its, 'gilscope-probe' in its)\n")
        self.assertEqual(self.record(harness.PYTHON, "-c", program).out, "True False True\n")

    def test_a_daemon_is_recorded_until_the_command_ends(self):
        """As perf does: the recording is the command's. What it leaves behind goes on unharmed."""
        go, mark = self.folder / "go", self.folder / "daemon"
        program = ("import os, sys, time\n"
                   "r, w = os.pipe()\n"
                   "if os.fork() == 0:\n"
                   "    os.setsid()\n"
                   "    if os.fork() == 0:\n"
                   "        null = os.open(os.devnull, os.O_RDWR)\n"
                   "        for fd in range(3): os.dup2(null, fd)\n"
                   "        for _ in range(50): time.sleep(0.002)\n"
                   "        os.write(w, b'x')\n"
                   f"        while not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
                   f"        open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
                   "    os._exit(0)\n"
                   "os.wait(); os.read(r, 1)\n")
        self.record(harness.PYTHON, "-c", program, late=True)
        go.touch()
        for _ in range(100):
            if mark.exists() and mark.read_text():
                break
            time.sleep(0.05)
        daemon = int(mark.read_text())
        self.assert_lawful()
        report = self.report()
        gil = [g["gil"] for g in report["gils"] if g["pid"] == daemon]
        thread, = [t for t in report["threads"] if t["gil"] == gil[0]]
        self.assertGreaterEqual(thread["acquisitions"], 49)


class Images(harness.TestCase):
    """Programs that follow each other in one process, by exec(). LTTng files a process under its name, its number
    and the second in which it registered: so some of these would write over each other's events."""
    COUNT = 4
    PROGRAM = ("import os, sys, threading\n"
               "t = threading.Thread(target=sum, args=(range(1000),), name='%s' % sys.argv[1]); t.start(); t.join()\n"
               "left = int(sys.argv[1]) - 1\n"
               "words = [sys.executable, sys.argv[0], str(left), sys.argv[2]]\n"
               "if left and sys.argv[2] == 'a copy': os.execve(words[0], words, dict(os.environ, OWN='1'))\n"
               "if left: os.execv(words[0], words)\n"
               "print('+' in open('/proc/self/comm').read())\n")
    THREAD = "import threading; t = threading.Thread(target=sum, args=((1, 2),)); t.start(); t.join()"
    CHILDREN = (f"{THREAD}; import os, subprocess, sys\n"
                f"words = [sys.executable, '-c', '{THREAD}']\n"
                "for more in ({}, {'env': dict(os.environ, OWN='1')}):\n"
                "    subprocess.call(words, preexec_fn=lambda: None, **more)\n")

    def check(self, path, environment):
        script = self.folder / "program.py"
        script.write_text(self.PROGRAM)
        report = self.record_whole(path, script, str(self.COUNT), environment)
        self.assertEqual(self.said.out, "False\n", "the program does not keep its name")
        self.assertEqual(len({g["pid"] for g in report["gils"]}), 1)
        self.assertEqual(sorted(t["name"] for t in report["threads"] if not t["is_main"]),
                         [str(n + 1) for n in range(self.COUNT)])

    def test_each_is_recorded(self):
        for name, path in harness.chosen(harness.interpreters(at_least=(2, 7))):
            for environment in "the process's", "a copy":
                with self.subTest(name, environment=environment):
                    self.check(path, environment)

    def test_what_a_child_runs_before_it_becomes_another_program(self):
        for name, path in harness.chosen(harness.interpreters(at_least=(2, 7))):
            with self.subTest(name):
                report = self.record_whole(path, "-W", "ignore", "-c", self.CHILDREN)
                parent, *children = sorted({g["pid"] for g in report["gils"]})
                self.assertEqual([[g["pid"] for g in report["gils"]].count(pid) for pid in (parent, *children)], [1, 2, 2])


class NoFollow(harness.TestCase):
    PROGRAM = ("import os, subprocess, sys, threading\n"
               "code = 'import os; print(sorted(os.environ), open(\"/proc/self/maps\").read().count(\"gilscope\"))'\n"
               "print(sorted(os.environ), flush=True)\n"
               "subprocess.run([sys.executable, '-c', code])\n"
               "subprocess.run(['sh', '-c', '\"$0\" -c \"$1\"; true', sys.executable, code], env=os.environ)\n"
               "if os.fork() == 0:\n"
               "    t = threading.Thread(target=sum, args=(range(1000),)); t.start(); t.join()\n"
               "    os._exit(0)\n"
               "os.wait()\n")

    def check(self, path, env=None):
        bare = harness.run(path, "-W", "ignore", "-c", self.PROGRAM, env=env).out
        told = self.record(path, "-W", "ignore", "-c", self.PROGRAM, options=["--no-follow"], env=env)
        self.assertEqual(told.out, bare)
        self.assert_lawful()
        self.assertEqual(len(self.report()["gils"]), 1)

    def test_the_environment_is_the_users_own(self):
        for name, path in harness.chosen(harness.interpreters()):
            with self.subTest(name):
                self.check(path)
                self.check(path, {"LD_PRELOAD": "libm.so.6", "LTTNG_UST_REGISTER_TIMEOUT": "5000"})

    def test_it_stays_with_the_process_that_becomes_another_program(self):
        result = self.record("sh", "-c", 'exec env "$0" -c "print(1)"', harness.PYTHON, options=["--no-follow"])
        self.assertEqual(result.out, "1\n")
        self.assertEqual(len(self.report()["gils"]), 1)

    def test_a_child_of_another_program_is_not_recorded(self):
        words = ["sh", "-c", '"$0" -c "import os; print(*sorted(os.environ))"; true', harness.PYTHON]
        result = self.record(*words, options=["--no-follow"])
        self.assertEqual(result.out, harness.run(*words).out)
        self.assertIn("nothing was recorded", result.err)


if __name__ == "__main__":
    harness.main()
