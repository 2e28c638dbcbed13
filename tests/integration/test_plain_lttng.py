#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plain LTTng is a first-class way in: the README's commands, verbatim, and what users may add to them."""
import json
import os
import re
import subprocess
import time

import harness

COUNTERS = ("acquisitions", "acquisitions_contended", "busy", "retries", "releases", "checks", "ticks")


def readme_commands():
    """The block of the README that follows the marker."""
    text = (harness.SOURCE / "README.md").read_text()
    return re.search(r"<!-- tested: plain-lttng -->\s*```sh\n(.*?)```", text, re.S).group(1)


class PlainLttng(harness.TestCase):
    def setUp(self):
        super().setUp()
        # A home of its own: `lttng` keeps the name of the current session there.
        home = self.folder / "home"
        home.mkdir()
        self.environment = {"LTTNG_HOME": str(home)}
        self.pid_file = home / ".lttng" / "lttng-sessiond.pid"
        if not os.geteuid():
            self.pid_file = "/var/run/lttng/lttng-sessiond.pid"
        if not harness.read_pid(self.pid_file):
            self.addCleanup(lambda: harness.end_process(harness.read_pid(self.pid_file)))

    def shell(self, commands):
        # Should it fail half way, the session goes before the daemon does.
        self.addCleanup(harness.run, "lttng", "destroy", "battle", env=self.environment)
        path = f"{harness.BUILD}/cli:{harness.BUILD}/runtime/lab:{os.environ['PATH']}"
        result = harness.run("sh", "-e", "-c", commands, cwd=self.folder,
                             env={"PATH": path, **self.environment})
        self.assertEqual(result.status, 0, result.out + result.err)
        return result

    def check(self, per_user=False, contexts=()):
        commands = readme_commands()
        self.assertIn("--buffers-pid", commands)
        self.assertIn("lttng start", commands)
        if per_user:
            commands = commands.replace("--buffers-pid", "--buffers-uid")
        for context in contexts:
            commands = commands.replace("lttng start", f"lttng add-context --userspace --type={context}\nlttng start")
        self.assertIn("gilrun battle", commands)
        commands = commands.replace("gilrun battle", "gilrun battle --count 200000 --truth truth.json")
        result = self.shell(commands)
        self.assertIn("t1", result.out)
        self.trace = next(str(self.folder / name) for name in os.listdir(self.folder)
                          if name.endswith(".trace"))
        self.assert_lawful()
        truth = json.loads((self.folder / "truth.json").read_text())
        report = self.report()
        self.assertEqual([g["pid"] for g in report["gils"]], [truth["pid"]])
        seen = {t["tid"]: t for t in report["threads"]}
        for thread in truth["threads"]:
            for counter in COUNTERS:
                self.assertEqual(seen[thread["tid"]][counter], thread[counter], counter)

    def test_readme_verbatim(self):
        self.check()

    def test_per_user_buffers(self):
        self.check(per_user=True)

    def test_contexts_per_process(self):
        self.check(contexts=("vpid", "vtid", "procname"))

    def test_contexts_per_user(self):
        self.check(per_user=True, contexts=("vpid", "vtid", "procname"))

    def running_battle(self, count):
        process = subprocess.Popen([harness.GILRUN, "battle", "--count", str(count)],
                                   env=dict(os.environ, **self.environment),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_list_shows_the_events_of_a_running_program(self):
        # Per process: a writer that is killed can hang the end of a session with per-user buffers.
        with harness.lttng_session(self, "list", self.folder / "list", ["gil:*"], ("--buffers-pid",)) as session:
            program = self.running_battle(100_000_000)
            for _ in range(100):
                listed = harness.run("lttng", "list", "--userspace", env=session.environment).out
                if f"PID: {program.pid} " in listed and "gil:" in listed:  # it registers first, then its events
                    break
                time.sleep(0.05)
            program.kill()
        for event in "create destroy thread interval entry busy retry acquire release leave".split():
            self.assertIn(f"gil:{event} ", listed)

    def test_switched_on_in_the_middle(self):
        """Late, and a second session later still: both know the threads and the GIL."""
        traces = [self.folder / "late", self.folder / "later"]
        sessions = [harness.lttng_session(self, path.name, path, ["gil:*"],
                                          ("--buffers-pid", "--subbuf-size=4M", "--num-subbuf=8"))
                    for path in traces]
        self.environment = sessions[0].environment
        program = self.running_battle(1_000_000_000)
        time.sleep(0.5)
        with sessions[0]:
            time.sleep(0.5)
            with sessions[1]:
                time.sleep(1)
        program.kill()
        for path in traces:
            # Only this program: others on the machine may speak to the same daemon.
            report = self.report(str(path), options=("--gil", f"pid:{program.pid}"))
            self.assertEqual([(g["pid"], g["design"], g["interval"]) for g in report["gils"]],
                             [(program.pid, "cond", 100)])
            self.assertEqual({t["name"] for t in report["threads"]} - {"MainThread"}, {"t1", "t2"})
            self.assertGreater(report["trace"]["events"], 1000)
            self.assertEqual(report["quality"]["violations"], 0)


if __name__ == "__main__":
    harness.main()
