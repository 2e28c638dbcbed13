#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Real, unmodified interpreters with a program of two threads."""
import harness

COUNT = harness.SOURCE / "examples" / "count.py"


class Python(harness.TestCase):
    def check(self, path):
        # One CPU is enough: time slices are the interpreter's, not the scheduler's.
        program = ("import threading, time\n"
                   "def burn():\n"
                   "    end = time.monotonic() + 0.6\n"
                   "    while time.monotonic() < end:\n"
                   "        for _ in range(1000): pass\n"
                   "ts = [threading.Thread(target=burn) for _ in range(2)]\n"
                   "[t.start() for t in ts]; [t.join() for t in ts]\n"
                   "print('done')\n")
        result = self.record(path, "-c", program)
        self.assertEqual(result.out, "done\n")
        self.assert_lawful()
        report = self.report()
        self.assertEqual(len(report["gils"]), 1)
        self.assertEqual(report["quality"]["violations"], 0)
        self.assertEqual(report["quality"]["lost_events"], 0)
        main = [t for t in report["threads"] if t["is_main"]]
        workers = [t for t in report["threads"] if not t["is_main"]]
        self.assertEqual((len(main), len(workers)), (1, 2))
        for t in report["threads"]:
            self.assertEqual(t["failed_attempts"], t["busy"] + t["retries"])
            self.assertEqual(t["ticks"], 0)
        for t in workers:
            self.assertGreater(t["busy"], 0)
            # The switch interval is 5 ms; half the holds are cut short by nobody.
            self.assertGreater(t["hold_ns"]["p90"], 4_000_000)
            self.assertLess(t["hold_ns"]["p50"], 40_000_000)
            self.assertGreater(t["releases_requested"], 10)

    def test_count_example(self):
        result = self.record(harness.PYTHON, COUNT, "300000")
        self.assertEqual(result.status, 0)
        self.assert_lawful()


class Examples(harness.TestCase):
    """The seed's two programs, on Python 2.7 and 3."""
    needs_lttng = False

    def test_tasks(self):
        for name, path in harness.interpreters(at_least=(2, 7)):
            with self.subTest(name):
                out = harness.run(path, harness.SOURCE / "examples" / "tasks.py").out
                self.assertIn("Main thread name: MainThread\n", out)
                pid = out.splitlines()[0].rsplit(" ", 1)[1]
                # Two threads print at once: their lines may run into each other.
                for task in ("1", "2"):
                    self.assertIn(f"Task {task} assigned to thread: t{task}", out)
                    self.assertIn(f"ID of process running task {task}: {pid}", out)

    def test_count(self):
        for name, path in harness.interpreters(at_least=(2, 7)):
            with self.subTest(name):
                out = harness.run(path, COUNT, "10000").out
                self.assertRegex(out, r"(?s)Sequential *: .*Threaded *: ")


def add(name, path):
    def test(self):
        self.check(path)
    setattr(Python, "test_" + name.replace(".", "_"), test)


for _name, _path in harness.interpreters():
    add(_name, _path)

if __name__ == "__main__":
    harness.main()
