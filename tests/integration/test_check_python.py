#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The check that a contributor runs on a new Python: does it pass where it should, and fail where it should?"""
import struct
import sys

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "probe"))
import check_calls  # noqa: E402

CHECK = harness.SOURCE / "tests" / "probe" / "check_python.py"


class CheckPython(harness.TestCase):
    def test_newest(self):
        name, path = harness.interpreters()[-1]
        result = harness.run(harness.PYTHON, CHECK, "--program", "locks.py", "--program", "processes.py", path)
        self.assertEqual(result.status, 0, result.out + result.err)
        self.assertRegex(result.out, r"TAKE [\d,]+, DROP [\d,]+.*, unmatched 0\n")
        self.assertIn("recorded exactly\n", result.out)

    def test_a_python_that_is_none(self):
        result = harness.run(harness.PYTHON, CHECK, "--program", "nothing.py", harness.PYTHON)
        self.assertEqual(result.status, 2)


class Replay(harness.TestCase):
    """Written by hand: threads 1 and 2, the parts m, sm, c, sc at 10 to 13."""
    needs_lttng = False
    SWITCH = [(1, "L", 11), (1, "W", 13), (1, "w", 13), (1, "U", 11)]
    CREATED = [(1, "I", 10), (1, "I", 11), (1, "C", 12), (1, "C", 13)]

    @staticmethod
    def take(tid, waits=""):
        return ([(tid, "L", 10)] + [(tid, wait, 12) for wait in waits]
                + [(tid, "L", 11), (tid, "S", 13), (tid, "U", 11), (tid, "U", 10)])

    @staticmethod
    def drop(tid):
        return [(tid, "L", 10), (tid, "S", 12), (tid, "U", 10)]

    def replay(self, *calls):
        path = self.folder / "calls"
        lines = [struct.pack("<IIQQ", 1, tid, where, ord(what)) for tid, what, where in sum(calls, self.CREATED)]
        path.write_bytes(struct.pack("<Q", len(lines)) + b"".join(lines))
        return check_calls.summary(check_calls.replay(path))

    def test_lawful(self):
        begun, ended = [(2, "L", 10), (2, "T", 12), (2, "o", 12)], self.take(2)[1:]
        text, wrong = self.replay(self.take(1), begun, self.drop(1), self.SWITCH, ended, self.drop(2))
        self.assertEqual(wrong, [])
        self.assertIn("CREATE 1, TAKE 2, DROP 2, SWITCH 1, unmatched 0", text)

    def test_a_switch_that_nobody_asked_for(self):
        _, wrong = self.replay(self.take(1), self.drop(1), self.SWITCH)
        self.assertEqual(wrong, ["1 waits for a thread to take over that never asked"])

    def test_two_holders(self):
        _, wrong = self.replay(self.take(1), self.take(2))
        self.assertEqual(wrong, ["2 acquires while 1 holds"])

    def test_a_call_that_is_in_no_step(self):
        for call in (1, "w", 12), (1, "L", 12), (1, "S", 13), (1, "t", 12):
            with self.subTest(call):
                _, wrong = self.replay(self.take(1), [call], self.drop(1))
                self.assertTrue(wrong)

    def test_what_is_never_taken_is_no_gil(self):
        """OpenSSL's RCU locks begin with the same four calls."""
        text, wrong = self.replay([(1, "L", 10), (1, "U", 10)])
        self.assertEqual((text, wrong), ("0 calls: CREATE 0, unmatched 0", []))


if __name__ == "__main__":
    harness.main()
