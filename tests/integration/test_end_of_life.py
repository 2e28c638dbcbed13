#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""However a program ends, its trace reads, and says who waited and who held the GIL then."""
import re
import signal

import harness

FIGHT = """
import os, signal, sys, threading, time
def burn():
    while True: pass
def fight(n=3):
    for _ in range(n): threading.Thread(target=burn, daemon=True).start()
    time.sleep(0.1)
"""

ENDINGS = {
    "daemon_threads": ("fight()", 0),
    "sleeping_daemon_threads": ("for _ in range(8):\n"
                                "    threading.Thread(target=lambda: [time.sleep(0.001) for _ in range(10000)],"
                                " daemon=True).start()\n"
                                "time.sleep(0.1)", 0),
    "exit_at_once": ("fight(); os._exit(3)", 3),
    "exit_at_once_in_a_thread": ("t = threading.Thread(target=lambda: (fight(), os._exit(4))); t.start(); t.join()", 4),
    "sys_exit_in_a_thread": ("t = threading.Thread(target=sys.exit, args=(5,)); t.start(); t.join(); sys.exit(6)", 6),
    "sigkill": ("fight(); os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    "sigterm": ("fight(); os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)", 128 + signal.SIGTERM),
    "abort": ("fight(); os.abort()", 128 + signal.SIGABRT),
    "exception": ("fight(); raise SystemExit(7)", 7),
    "atexit_with_threads": ("import atexit\n"
                            "def last():\n"
                            "    ts = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(3)]\n"
                            "    try: [t.start() for t in ts]; [t.join() for t in ts]\n"
                            "    except RuntimeError: pass\n" # 3.12: no new thread at shutdown
                            "atexit.register(last); fight()", 0),
    "killed_child": ("if os.path.exists(sys.argv[1]): os.remove(sys.argv[1])\n"
                     "pid = os.fork()\n"
                     "if pid == 0:\n"
                     "    fight(); open(sys.argv[1], 'w').close(); time.sleep(10)\n"
                     "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
                     "os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0); sys.exit(8)", 8),
}

# At these the other threads stand where they were.
CUT_OFF = {"exit_at_once", "exit_at_once_in_a_thread", "sigkill", "sigterm", "abort", "killed_child"}


def stands_in_a_fight(laws):
    """Three fight: one has it, and one may just be between its RELEASE and its next ENTRY."""
    waiting, held = (int(re.search(rf"([\d,]+) {what}", laws).group(1).replace(",", ""))
                     for what in ("still waiting", "still held"))
    return waiting >= 1 and held >= 1


class EndOfLife(harness.TestCase):
    def laws(self, path, name):
        """What verify says of its trace."""
        program, status = ENDINGS[name]
        self.record(path, "-W", "ignore", "-c", FIGHT + program, self.folder / "mark", expect=status, timeout=30)
        laws = self.gilscope("verify", self.trace).out
        self.assertIn("complete and lawful", laws)
        return laws

    def check(self, path, name):
        # Who is killed from outside may just have handed the GIL over, or have been on the way to wait for it.
        for _ in range(3 if name == "killed_child" else 1):
            laws = self.laws(path, name)
            if name not in CUT_OFF or stands_in_a_fight(laws):
                break
        else:
            self.fail(laws)
        report = self.report()
        self.assertEqual(len(report["gils"]), 2 if name == "killed_child" else 1)
        self.gilscope("report", self.trace)
        self.gilscope("timeline", self.trace)


def add(name, path, ending):
    def test(self):
        self.check(path, ending)
    setattr(EndOfLife, f"test_{ending}_{name}".replace(".", "_"), test)


_chosen = harness.chosen(harness.interpreters())
for _name, _path in _chosen:
    for _ending in ENDINGS:
        if harness.ALL or (_name, _path) == _chosen[-1] or _ending in ("daemon_threads", "sigkill"):
            add(_name, _path, _ending)

if __name__ == "__main__":
    harness.main()
