# SPDX-License-Identifier: MIT
"""A threaded web server and its load: gunicorn and wrk, for the endurance test and the benchmark."""
import collections
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

APP = """
def application(environ, start_response):
    sum(range(5000))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\\n"]
"""
THREADS = CONNECTIONS = 4
GUNICORN = "/usr/bin/gunicorn"

Load = collections.namedtuple("Load", "requests requests_per_s errors")


def why_not():
    """"" when both are here, else the reason."""
    missing = [name for name in ("wrk", "gunicorn") if not shutil.which(name, path="/usr/bin")]
    return f"{' and '.join(missing)} not installed" if missing else ""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    """pids of its child processes, of all its threads."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
            found.extend(map(int, f.read().split()))
    return found


class Server:
    """gunicorn with one worker, behind the words of a recorder. `with` it, it runs and answers."""

    def __init__(self, folder, recorder=()):
        (folder / "app.py").write_text(APP)
        self.folder, self.port, self.pid_file = folder, free_port(), folder / "pid"
        self.pid_file.unlink(missing_ok=True)
        self.command = [*map(str, recorder), GUNICORN, "--pid", "pid", "--workers", "1", "--threads", str(THREADS),
                        "--log-level", "warning", "--bind", f"127.0.0.1:{self.port}", "app:application"]

    def __enter__(self):
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=self.log, stderr=self.log)
        try:
            self.wait_for_answer()
            self.master = int(self.pid_file.read_text())
            self.worker, = children(self.master)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def wait_for_answer(self):
        url = f"http://127.0.0.1:{self.port}/"
        for _ in range(400):
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    answer.read()
                    return
            except OSError:
                time.sleep(0.05)
        self.log.seek(0)
        raise RuntimeError(f"gunicorn does not answer: {self.log.read()}")

    def __exit__(self, *error):
        """Its end: the recorder's, too, if there is one. Its status is in `status`."""
        try:
            os.kill(int(self.pid_file.read_text()), signal.SIGTERM)
        except (OSError, ValueError):
            self.process.terminate()
        try:
            self.status = self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.log.close()

    def start_load(self, seconds):
        return subprocess.Popen(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{self.port}/"],
                                stdout=subprocess.PIPE, text=True)

    def load(self, seconds):
        """wrk's account of a load."""
        return account(self.start_load(seconds))


def account(wrk):
    told = wrk.communicate()[0]
    errors = [line.strip() for line in told.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    return Load(int(re.search(r"(\d+) requests in", told).group(1)),
                float(re.search(r"Requests/sec:\s+([\d.]+)", told).group(1)), "; ".join(errors))
