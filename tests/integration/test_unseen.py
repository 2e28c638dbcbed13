#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What cannot be recorded is said in one sentence, and runs as without us."""
import os
import shutil
import stat

import harness

TWO_THREADS = ("import threading, time\n"
               "t = threading.Thread(target=time.sleep, args=(0.05,)); t.start(); t.join()\n")


class Unseen(harness.TestCase):
    def said(self, *command, expect=0, **more):
        """Runs it; the one sentence that is not the program's own."""
        result = self.record(*command, expect=expect, **more)
        lines = [line for line in result.err.splitlines() if line.startswith("gilscope:")]
        self.assertEqual(len(lines), 1, result.err)
        return lines[0]

    def unseen(self, *command, parts, expect=0, **more):
        sentence = self.said(*command, expect=expect, **more)
        self.assertTrue(sentence.startswith("gilscope: nothing was recorded: "), sentence)
        for part in parts:
            self.assertIn(part, sentence)

    def compiled(self, *command, source="int main(void) { return 7; }\n"):
        """A program of ours; skips where it cannot be made."""
        code, path = self.folder / "seven.c", self.folder / "seven"
        code.write_text(source)
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        made = harness.run(*command, "-o", path, code)
        if made.status:
            self.skipTest(f"{' '.join(command)} does not work here: {made.err.splitlines()[0]}")
        return path

    def own_python(self):
        """A copy of Debian's interpreter, in a place where another user may run it."""
        if os.geteuid():
            self.skipTest("only root can give a program the rights of another user")
        path = self.folder / "python-of-another"
        shutil.copy(os.path.realpath(harness.PYTHON), path)
        path.chmod(0o755)
        self.as_ordinary_user()
        if os.statvfs(path).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder does not allow it")
        return path

    def test_no_python(self):
        self.unseen("sh", "-c", "exit 7", parts=["'/", "/sh'", "is a Python"], expect=7)

    def test_linked_statically(self):
        path = self.compiled("gcc", "-static")
        self.unseen(path, parts=[str(path), "statically"], expect=7)

    def test_of_another_word_size(self):
        source = 'void _start(void) { __asm__ volatile("int $0x80" : : "a"(1), "b"(7)); }\n'
        path = self.compiled("gcc", "-m32", "-nostdlib", "-static", source=source)
        if harness.run("sh", "-c", '"$0"', path).status != 7:
            self.skipTest("this system runs no 32-bit programs")
        self.unseen(path, parts=[str(path), "processor or word size"], expect=7)

    def test_python_that_makes_its_gil_with_the_first_thread(self):
        old = [path for name, path in harness.interpreters(at_least=(2, 7))
               if harness.python_version(path) < (3, 7)]
        if not old:
            self.skipTest("no CPython before 3.7 is installed")
        self.unseen(old[0], "-c", "raise SystemExit(7)", parts=["first thread"], expect=7)

    def test_musl(self):
        path = self.compiled("musl-gcc")
        self.unseen(path, parts=[str(path), "musl"], expect=7)
        # Nor does the probe keep it from starting where a recorded program runs it.
        self.record("sh", "-c", '"$0"; exit $?', path, expect=7)

    def test_script_of_an_interpreter_that_cannot_be_seen(self):
        self.compiled("gcc", "-static")
        for line in (f"#!{self.folder}/seven", "#! /usr/bin/env -S seven -x"):
            script = self.folder / "script"
            script.write_text(line + "\n")
            script.chmod(0o755)
            path = f"{self.folder}:{os.environ['PATH']}"
            self.unseen(script, parts=["/seven'", "statically"], expect=7, env={"PATH": path})

    def test_setuid(self):
        path = self.own_python()
        path.chmod(0o755 | stat.S_ISUID)
        self.unseen(path, "-c", TWO_THREADS, parts=[str(path), "setuid"], user=harness.NOBODY)

    def test_file_capabilities(self):
        path = self.own_python()
        if not shutil.which("setcap") or harness.run("setcap", "cap_net_raw+ep", path).status:
            self.skipTest("file capabilities cannot be set here")
        self.unseen(path, "-c", TWO_THREADS, parts=[str(path), "capabilities"], user=harness.NOBODY)

    def test_pypy(self):
        pypy = shutil.which("pypy3")
        if not pypy:
            self.skipTest("pypy3 is not installed")
        # Without a second thread it creates no GIL; behind a shell only that tells of it.
        self.unseen(pypy, "-c", "", parts=["PyPy", "without a call"])
        self.unseen("sh", "-c", '"$0" -c "$1"; exit 7', pypy, TWO_THREADS, parts=["PyPy", "without a call"],
                    expect=7)
        report = self.gilscope("report", self.trace).out
        self.assertIn("Nobody was seen to take this GIL", report)
        self.assertNotIn("not your problem", report)

    def test_gil_that_nobody_takes(self):
        """As in a free-threaded build."""
        self.unseen(harness.PLAY, harness.PROVIDER, stdin="", parts=["created a GIL but never took it"])

    def test_python_with_one_thread_is_well(self):
        self.assertIn("recorded 1 process ", self.said(harness.PYTHON, "-c", "pass", late=True))
        self.assert_lawful()

    def test_daemon_that_does_not_serve(self):
        """It is there when the recording begins, and hangs when the program does."""
        if os.geteuid():
            self.skipTest("only root can ask for root's daemon")
        if harness.read_pid("/var/run/lttng/lttng-sessiond.pid"):
            self.skipTest("root's session daemon is somebody's already")
        pid_file = "/var/run/lttng/lttng-sessiond.pid"
        line = ('d=$(cat "$0"); kill -STOP $d; "$1" -c "$2"; s=$?; kill -CONT $d; exit $s')
        sentence = self.said("sh", "-c", line, pid_file, harness.PYTHON, "raise SystemExit(7)", expect=7, late=True)
        self.assertIn("nothing was recorded: LTTng's session daemon did not serve", sentence)


if __name__ == "__main__":
    harness.main()
