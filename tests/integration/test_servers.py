#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Real servers under load: the workers are recorded, through a graceful restart and a change of user."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import harness

APP = """
def application(environ, start_response):
    sum(range(5000))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\\n"]
"""
CONNECTIONS = 4


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    """pids of the processes whose parent is `pid`."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                if int(f.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(name))
        except OSError:
            pass
    return found


def uid_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"^Uid:\s+(\d+)", f.read(), re.M).group(1))


class Dropped(Exception):
    """uWSGI lost a request in its restart."""


class Servers(harness.TestCase):
    def setUp(self):
        super().setUp()
        for program in ("wrk", "gunicorn" if "gunicorn" in self.id() else "uwsgi"):
            if not shutil.which(program, path="/usr/bin"):
                self.skipTest(f"{program} is not installed")
        self.folder.chmod(0o755)
        (self.folder / "app.py").write_text(APP)
        self.port = free_port()

    def start(self, *command):
        """Records the server; returns its master's pid when it answers."""
        log = open(self.folder / "log", "w+", encoding="utf-8")
        self.addCleanup(log.close)
        self.recorder = subprocess.Popen([harness.GILSCOPE, "record", "-o", self.trace, "--", *command],
                                         cwd=self.folder, stdout=log, stderr=log)
        self.addCleanup(self.end)
        for _ in range(200):
            try:
                self.ask()
                self.master = int((self.folder / "pid").read_text())
                return
            except OSError:
                time.sleep(0.05)
        log.seek(0)
        self.fail(log.read())

    def ask(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            self.assertEqual(answer.read(), b"ok\n")

    def end(self):
        if self.recorder.poll() is not None:
            return
        for server in children(self.recorder.pid):
            for pid in [server, *children(server)]:
                os.kill(pid, signal.SIGKILL)
        self.recorder.wait(timeout=30)

    def load_and_restart(self, keeps_alive, seconds=2):
        """wrk's account of a load with a graceful restart in the middle of it."""
        wrk = subprocess.Popen(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{self.port}/"],
                               stdout=subprocess.PIPE, text=True)
        time.sleep(seconds / 3)
        before = set(children(self.master))
        os.kill(self.master, signal.SIGHUP)
        told = wrk.communicate()[0]
        requests = int(re.search(r"(\d+) requests", told).group(1))
        self.assertNotIn("Non-2xx", told)
        errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
        if errors:
            connect, read, write, timeout = map(int, errors.groups())
            # Each worker that leaves closes the connections that it kept alive, one perhaps that another just closed
            # before. uWSGI keeps none: wrk counts the end of each, and there are more of those than answers if one failed.
            self.assertEqual((connect, write, timeout), (0, 0, 0), told)
            if not keeps_alive and read > requests:
                raise Dropped(told)
            self.assertLessEqual(read, CONNECTIONS * len(before) if keeps_alive else requests, told)
        for _ in range(200):
            after = set(children(self.master))
            if not before & after and len(after) == len(before):
                break
            time.sleep(0.05)
        time.sleep(1)  # a signal that reaches a worker of uWSGI before it is ready is forgotten
        try:
            for _ in range(20):
                self.ask()
        except TimeoutError as error:
            raise error if keeps_alive else Dropped("no answer after the restart")
        return requests + 20, before

    def check(self, *command, stop, uid=None, keeps_alive=True):
        self.start(*command)
        requests, before = self.load_and_restart(keeps_alive)
        after = set(children(self.master))
        if uid is not None:
            self.assertEqual({uid_of(pid) for pid in after}, {uid})
        os.kill(self.master, stop)
        self.assertEqual(self.recorder.wait(timeout=30), 0)
        self.assert_lawful()
        report = self.report()
        self.assertLessEqual(before | after | {self.master}, {g["pid"] for g in report["gils"]})
        workers = [t for t in report["threads"] if t["pid"] != self.master]
        self.assertGreaterEqual(sum(t["acquisitions"] for t in workers), requests)
        for pids in (before, after):
            self.assertTrue(any(not t["is_main"] and t["acquisitions"] > 0 for t in workers if t["pid"] in pids))

    def gunicorn(self, *more, **options):
        self.check("/usr/bin/gunicorn", "--pid", "pid", "--workers", "2", "--threads", "4", "--log-level", "warning",
                   "--bind", f"127.0.0.1:{self.port}", *more, "app:application", stop=signal.SIGTERM, **options)

    def test_gunicorn(self):
        if os.geteuid() == 0 and not harness.ALL:
            self.skipTest("with GILSCOPE_ALL=1 only: the test below is the same and more")
        self.gunicorn()

    def test_gunicorn_whose_workers_change_their_user(self):
        if os.geteuid():
            self.skipTest("needs root")
        self.gunicorn("--user", "nobody", "--worker-tmp-dir", "/tmp", uid=harness.NOBODY)

    def test_uwsgi_that_changes_its_user(self):
        """uWSGI alone, with threads, loses a request in 7 of 40 such restarts: one of four trials must lose none."""
        self.as_ordinary_user()  # its restart executes it again, as that user
        for last in (False, False, False, True):
            try:
                return self.uwsgi()
            except Dropped:
                self.end()
                if last:
                    raise
                self.port = free_port()

    def uwsgi(self):
        self.check("/usr/bin/uwsgi", "--plugin", "python3", "--http-socket", f"127.0.0.1:{self.port}", "--wsgi-file",
                   "app.py", "--master", "--processes", "2", "--threads", "2",
                   "--pidfile", "pid", "--disable-logging", *([] if os.geteuid() else ["--uid", "nobody"]),
                   stop=signal.SIGINT, keeps_alive=False, uid=None if os.geteuid() else harness.NOBODY)


if __name__ == "__main__":
    harness.main()
