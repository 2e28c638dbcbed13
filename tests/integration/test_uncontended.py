#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An uncontended acquire and release: three events, no system call, no waiting for a lock of ours."""
import itertools
import re
import shutil
import sys

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "probe"))
import check_calls  # noqa: E402

PROGRAM = harness.SOURCE / "tests" / "programs" / "uncontended.py"
TIMES = 20_000
EVENTS = ("entries", "acquisitions", "releases")
CALLS = harness.BUILD / "tests" / "probe" / "calls.so"
CALLS_OF_A_PAIR = 8  # of CPython 3: three for a drop, five for a take


def between_the_marks(text):
    """The names of the system calls that the thread which writes `<` and `>` makes between these."""
    begin = re.search(r'^(\d+) +write\(2, "<", 1', text, re.M)
    end = re.search(r'^(\d+) +write\(2, ">", 1', text, re.M)
    own = re.compile(rf"^{begin.group(1)} +(\w+)\(", re.M)
    return [match.group(1) for match in own.finditer(text, begin.end(), end.start())]


class Uncontended(harness.TestCase):
    def assert_no_system_call(self, path):
        log = self.folder / "strace"
        command = ["strace", "-f", "-o", log, path, PROGRAM, TIMES]
        bare = harness.run(*command)
        if bare.status and "ptrace" in bare.err:
            self.skipTest(f"strace may not trace here: {bare.err.splitlines()[-1]}")
        self.assertEqual(bare.out, f"dropped and taken {TIMES} times\n", bare.err)
        self.assertEqual(between_the_marks(log.read_text()), [])
        report = self.record_whole(*command)
        self.assertEqual(self.said.out, bare.out)
        recorded = between_the_marks(log.read_text())
        main = next(t for t in report["threads"] if t["is_main"])
        for name in EVENTS:
            self.assertGreater(main[name], TIMES)
        self.assert_lawful()
        self.assertNotIn("futex", recorded)
        # What remains is LTTng's: it tells its consumer that a sub-buffer, thousands of events, is full.
        self.assertLess(len(recorded), TIMES / 1000, recorded)

    def assert_no_lock(self, path):
        """The main thread's calls on the GIL follow one another, with next to none on another mutex, condition or
        semaphore between them: about once a second the facts are said again, and that may look at a lock.
        CPython 2's GIL is the probe's own: there is no call at all."""
        log = self.folder / "calls"
        self.record("/bin/sh", "-c", 'LD_PRELOAD="$LD_PRELOAD:$0" exec "$@"', CALLS, path, PROGRAM, TIMES,
                    env={"GILSCOPE_CALLS": str(log)})
        main = [where for pid, tid, where, _ in check_calls.read(log) if tid == pid]
        self.assertTrue(main)
        if harness.python_version(path) < (3,):
            self.assertLess(len(main), TIMES / 10)
            return
        (gil,) = check_calls.replay(log)
        # How many calls on others were made before each of its calls; of all stretches of that length the purest.
        others = [0, *itertools.accumulate(where not in gil.parts for where in main)]
        length = CALLS_OF_A_PAIR * TIMES
        self.assertGreater(len(main), length)
        self.assertLess(min(end - begin for begin, end in zip(others, others[length:])), TIMES / 1000)

    def test_counts_what_strace_prints(self):
        text = ('7 write(2, "<", 1)  = 1\n8 getpid() = 8\n7 futex(0x1, FUTEX_WAKE_PRIVATE, 1 <unfinished ...>\n'
                '7 <... futex resumed>) = 0\n7  write(2, ">", 1) = 1\n7 close(3) = 0\n')
        self.assertEqual(between_the_marks(text), ["futex"])


def add(name, path):
    def test(self):
        self.assert_no_lock(path)
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        self.assert_no_system_call(path)
    setattr(Uncontended, "test_" + name.replace(".", "_"), test)


_present = harness.interpreters(at_least=(2, 7))
for _name, _path in {_present[0], _present[1 % len(_present)], _present[-1]}:
    add(_name, _path)

if __name__ == "__main__":
    harness.main()
