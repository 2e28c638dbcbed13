# SPDX-License-Identifier: MIT
"""Runs in the interpreter under test, 2.7 and later: regrtest of one module, and each result as a line of JSON.

    PYTHON worker.py RESULTS MODULE [CASE]... [-CASE]...

-CASE: this one is left out. RESULTS is opened for each line: a test may close, or count, what descriptors it likes.
"""
import json
import os
import sys
import unittest

PROBE = "libgilscope-probe"
RESULTS = None
PID = None


def write(result, test, text=""):
    # A fork child that runs on into the test runner has nothing to report.
    if os.getpid() != PID:
        return
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    write_line(result, " ".join(getattr(test, "test_case", test).id().split()), text)


def write_line(*cells):
    line = json.dumps(cells) + "\n"
    results = os.open(RESULTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(results, line.encode("ascii"))
    finally:
        os.close(results)


def say_whether_the_probe_is_there():
    with open("/proc/self/maps") as maps:
        write_line("probe", "there" if PROBE in maps.read() else "not there", "")


def listen(method, result):
    """Let a method of TestResult, which those of all runners call, write the result too."""
    plain = getattr(unittest.TestResult, method)

    def listening(self, test, *more):
        text = ""
        if method in ("addError", "addFailure"):
            text = self._exc_info_to_string(more[0], test)
        elif method == "addSkip":
            text = str(more[0])
        write(result, test, text)
        return plain(self, test, *more)

    setattr(unittest.TestResult, method, listening)


def listen_to_subtests():
    plain = unittest.TestResult.addSubTest

    def listening(self, test, subtest, error):
        if error is not None:
            failed = issubclass(error[0], test.failureException)
            write("failed" if failed else "error", test, self._exc_info_to_string(error, test))
        return plain(self, test, subtest, error)

    unittest.TestResult.addSubTest = listening


def leave_out(cases):
    plain = unittest.TestCase.__call__

    def calling(self, *more, **named):
        if self.id() in cases:
            write("left out", self)
            return None
        return plain(self, *more, **named)

    unittest.TestCase.__call__ = calling


def main():
    global RESULTS, PID
    RESULTS, module = sys.argv[1:3]
    cases = [word for word in sys.argv[3:] if not word.startswith("-")]
    PID = os.getpid()
    say_whether_the_probe_is_there()
    leave_out([word[1:] for word in sys.argv[3:] if word.startswith("-")])
    listen("startTest", "begun")
    listen("addSuccess", "ok")
    listen("addFailure", "failed")
    listen("addError", "error")
    listen("addSkip", "skipped")
    listen("addExpectedFailure", "expected failure")
    listen("addUnexpectedSuccess", "unexpected success")
    if hasattr(unittest.TestResult, "addSubTest"):
        listen_to_subtests()
    # As with `python -m test`: this folder has no part in it.
    del sys.path[0]
    from test import regrtest
    sys.argv = [regrtest.__file__, "--fail-env-changed"]
    for case in cases:
        sys.argv += ["-m", case]
    sys.argv.append("test." + module if sys.version_info[0] > 2 else module)
    regrtest.main_in_temp_cwd()


if __name__ == "__main__":
    main()
