#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What docs/security.md states: where is written to, and what a trace or another user can make gilscope do."""
import csv
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

import harness
from test_strange_traces import CRASH, MS, RAW, create, fight, stream, thread

sys.path.insert(0, str(harness.SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

STRANGER = 65533
EXPORTS = ["json", "jsonl", "csv", "svg", "perfetto", "html", "sqlite"]


class Security(harness.TestCase):
    needs_lttng = False

    def write(self, *streams, below="", **more):
        shutil.rmtree(self.trace, ignore_errors=True)
        ctf.write(os.path.join(self.trace, below), streams or [stream(create(), thread(100), thread(101), *fight())], **more)
        # babeltrace2 2.0.4 leaks in its own error paths.
        self.environment = {"ASAN_OPTIONS": "detect_leaks=0"}

    def exports(self, place):
        """The command of each output that is a file, and the file."""
        yield ["view", "-o", place, self.trace], place
        for to in EXPORTS:
            yield ["export", "--to", to, "-o", place, self.trace], place / "summary.csv" if to == "csv" else place

    def remove(self, path):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


class Permissions(Security):
    def masked(self, mask, *words):
        done = subprocess.run([harness.GILSCOPE, *map(str, words)], capture_output=True, text=True, umask=mask)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_outputs_have_those_of_the_umask(self):
        self.write()
        for mask in (0o022, 0o077, 0o002):
            for words, file in self.exports(self.folder / "out"):
                with self.subTest(words=words[:3], mask=oct(mask)):
                    self.masked(mask, *words)
                    self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o666 & ~mask)
                    if file.name == "summary.csv":
                        self.assertEqual(stat.S_IMODE(file.parent.stat().st_mode), 0o777 & ~mask)
                    self.remove(self.folder / "out")

    def test_trace_has_those_of_the_umask(self):
        if harness.why_no_lttng():
            self.skipTest(harness.why_no_lttng())
        for mask in (0o022, 0o077):
            self.masked(mask, "record", "-o", self.trace, harness.GILRUN, "battle", "--count", "1000")
            self.assertEqual(stat.S_IMODE(os.stat(self.trace).st_mode), 0o777 & ~mask)
            self.assertEqual(stat.S_IMODE(os.stat(self.trace + "/gilscope.json").st_mode), 0o666 & ~mask)
            for path in pathlib.Path(self.trace).rglob("*"):
                self.assertFalse(path.stat().st_mode & stat.S_IWOTH, path)

    @harness.plain_build_only("what the recorder's daemon has")
    def test_private_daemon_is_private(self):
        if harness.why_no_lttng():
            self.skipTest(harness.why_no_lttng())
        user = self.as_ordinary_user()
        line = 'stat -c "%a %u" $LTTNG_HOME; echo $LTTNG_HOME'
        done = subprocess.run([*user, harness.GILSCOPE, "record", "-o", self.trace, "sh", "-c", line],
                              capture_output=True, text=True, umask=0)
        mode, owner, home = done.stdout.split()
        self.assertEqual((mode, int(owner)), ("700", harness.NOBODY if user else os.geteuid()), done.stderr)
        self.assertFalse(os.path.exists(home))


class Links(Security):
    """In a folder where everybody may write, as /tmp is."""

    def setUp(self):
        super().setUp()
        if os.geteuid():
            self.skipTest("only root can make the files of another user")
        self.write()
        self.shared = self.folder / "shared"
        self.shared.mkdir()
        self.shared.chmod(0o1777)
        self.victim = self.folder / "victim"
        self.victim.write_text("years of work")

    def link(self, name, target, owner=STRANGER):
        path = self.shared / name
        path.symlink_to(target)
        os.chown(path, owner, owner, follow_symlinks=False)
        return path

    def outputs(self, place):
        yield from (words for words, _ in self.exports(place))
        yield ["record", "-o", place, "true"]

    def assert_refused(self, place, shown):
        for words in self.outputs(place):
            with self.subTest(words[:3]):
                result = self.gilscope(*words, expect=125 if words[0] == "record" else 1)
                self.assert_one_sentence(result.err, str(shown), "another user")
                self.assertEqual(self.victim.read_text(), "years of work")

    def test_link_of_a_stranger(self):
        link = self.link("out", self.victim)
        self.assert_refused(link, link)
        self.assertTrue(link.is_symlink())
        self.assert_refused(self.link("dangling", self.folder / "nothing"), self.shared / "dangling")
        self.assertFalse((self.folder / "nothing").exists())

    def test_folder_by_the_link_of_a_stranger(self):
        (self.folder / "home").mkdir()
        link = self.link("there", self.folder / "home")
        self.assert_refused(link / "out", link)
        self.assertEqual(list((self.folder / "home").iterdir()), [])

    def test_pipe_of_a_stranger(self):
        pipe = self.shared / "pipe"
        os.mkfifo(pipe)
        os.chown(pipe, STRANGER, STRANGER)
        for words, _ in self.exports(pipe):
            if words[2] not in ("csv", "sqlite"):  # which want a folder, or a file
                self.assert_one_sentence(self.gilscope(*words, expect=1).err, str(pipe), "another user")

    def test_own_link_is_followed(self):
        link = self.link("out", self.victim, owner=0)
        self.gilscope("export", "--to", "json", "-o", link, self.trace)
        self.assertTrue(link.is_symlink())
        json.loads(self.victim.read_text())

    def test_link_in_the_folder_of_a_stranger(self):
        folder = self.shared / "tables"
        folder.mkdir()
        for name in ("intervals.csv", "waits.csv"):
            (folder / name).symlink_to(self.victim)
            os.chown(folder / name, STRANGER, STRANGER, follow_symlinks=False)
        os.chown(folder, STRANGER, STRANGER)
        self.gilscope("export", "--to", "csv", "-o", folder, self.trace, expect=1)
        self.assertEqual(self.victim.read_text(), "years of work")

    def test_old_trace_with_a_link_out_of_it(self):
        """It is removed: the link goes, not what it points to."""
        place = self.shared / "gil.trace"
        old = self.shared / "gil.trace.old"
        shutil.copytree(self.trace, place)
        shutil.copytree(self.trace, old / "ust")
        (self.folder / "home").mkdir()
        (self.folder / "home" / "thesis").write_text("years of work")
        (old / "ust" / "away").symlink_to(self.folder / "home")
        for path in (self.shared, *self.shared.rglob("*"), self.folder / "home" / "thesis"):
            os.chown(path, harness.NOBODY, harness.NOBODY, follow_symlinks=False)
        # It makes room, and then finds that it cannot record.
        user = self.as_ordinary_user()
        result = harness.run(*user, "env", "PATH=/nowhere", harness.GILSCOPE, "record", "-o", place, "/bin/true")
        self.assertEqual(result.status, 125, result.err)
        self.assertTrue((old / "metadata").exists())
        self.assertFalse((old / "ust").exists())
        self.assertEqual((self.folder / "home" / "thesis").read_text(), "years of work")


class Traces(Security):
    """Made by somebody else."""

    def refused(self, *parts):
        for words in (["report"], ["verify"], ["export", "--to", "json", "-o", self.folder / "x"]):
            result = self.gilscope(*words, self.trace, expect=1, env=self.environment)
            self.assert_one_sentence(result.err, *parts)
            self.assertNotRegex(result.err, CRASH)
            self.assertEqual(result.out, "")

    def test_link_within(self):
        secret = self.folder / "secret"
        secret.write_text("a password")
        for name in ("gil_9", "index/gil_0.idx", "anything", ".hidden"):
            with self.subTest(name):
                self.write()
                path = pathlib.Path(self.trace, name)
                path.parent.mkdir(exist_ok=True)
                path.symlink_to(secret)
                self.refused(name, "symbolic link")
        self.write()
        os.rename(self.trace + "/metadata", self.folder / "elsewhere")
        os.symlink(self.folder / "elsewhere", self.trace + "/metadata")
        self.refused("metadata", "symbolic link")

    def test_folder_by_a_link(self):
        """Is none of the trace."""
        self.write()
        other = self.folder / "other"
        ctf.write(other, [stream(create(9, pid=99), *fight(gil=9))])
        shutil.copytree(self.trace, self.folder / "all" / "one")
        (self.folder / "all" / "two").symlink_to(other)
        self.trace = str(self.folder / "all")
        self.assertEqual([gil["pid"] for gil in self.report()["gils"]], [77])

    def test_pipes_are_not_waited_for(self):
        for name in ("gil_9", "metadata", "gilscope.json", "index"):
            with self.subTest(name):
                self.write()
                path = pathlib.Path(self.trace, name)
                path.unlink(missing_ok=True)
                os.mkfifo(path)
                result = self.gilscope("report", self.trace, expect=None, timeout=20, env=self.environment)
                self.assertEqual(result.status, int(name in ("metadata", "gilscope.json")), result.err)
                self.assert_one_sentence(result.err)

    def test_note_by_a_link(self):
        self.write()
        os.symlink("/etc/passwd", self.trace + "/gilscope.json")
        result = self.gilscope("report", self.trace, expect=1)
        self.assert_one_sentence(result.err, "gilscope.json", "damaged")
        self.assertNotIn("root:", result.err)

    def test_names_in_the_note_lead_nowhere(self):
        self.write(below="ust")
        note = {"schema": "gilscope-recording-1", "recording": "../../../etc", "lost_events": 0, "lost_packets": 0,
                "loss_known": True, "command": ["/bin/sh", "-c", "touch run"], "snapshots": 0, "path": "/etc/passwd"}
        pathlib.Path(self.trace, "gilscope.json").write_text(json.dumps(note))
        before = sorted(self.folder.rglob("*"))
        self.gilscope("report", "--all", self.trace)
        for snapshots in (-1, 7, 2 ** 31 - 1):
            pathlib.Path(self.trace, "gilscope.json").write_text(json.dumps({**note, "snapshots": snapshots}))
            result = self.gilscope("report", self.trace, expect=1)
            self.assert_one_sentence(result.err, self.trace)
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_file_names_that_a_terminal_would_obey(self):
        hostile = "gil_\x1b]0;title\x07\x1b[31m\u202e\u009b31m\r%s%n"
        content = stream(create(), *fight()) + stream(*fight(20 * MS), sequence=1)
        self.write(content[:-90])
        os.rename(self.trace + "/gil_0", f"{self.trace}/{hostile}")
        for words in (["report"], ["battle"], ["timeline"], ["verify"]):
            result = self.gilscope(*words, self.trace, expect=None, env=self.environment)
            self.assertIn("cut off", result.out + result.err)
            for text in (result.out, result.err):
                self.assertNotRegex(text, RAW)
        self.write()
        os.rename(self.trace, self.folder / hostile)
        result = self.gilscope("report", self.folder / hostile / "nothing", expect=1)
        self.assertNotRegex(result.err, RAW)

    def test_host_that_a_terminal_would_obey(self):
        self.write(host="a\x1b[31mb\u202e")
        for words in (["report"], ["verify"], ["timeline"]):
            result = self.gilscope(*words, self.trace, expect=None, env=self.environment)
            for text in (result.out, result.err):
                self.assertNotRegex(text, RAW)

    def test_names_lead_to_no_file(self):
        """Only what was asked for is written, whatever threads are called."""
        names = ["../../escape", "/tmp/gilscope-escape", "|touch run", "$(touch run)", "`touch run`", "a\0b", "%n%n%s",
                 "'; ATTACH 'run' AS x; --", "x\n{\"type\":\"end\"}\n", "=cmd|'/c calc'!A0"]
        rows = [thread(100 + i, name.split("\0")[0]) for i, name in enumerate(names)]
        self.write(stream(create(design="../run", version="%n"), *rows, *fight()))
        before = set(self.folder.rglob("*"))
        for words, file in self.exports(self.folder / "out"):
            self.gilscope(*words, env=self.environment)
            place = file.parent if file.name == "summary.csv" else file
            self.assertEqual({p for p in self.folder.rglob("*") if place not in (p, *p.parents)}, before, words)
            if file.name == "summary.csv":
                with open(place / "threads.csv", newline="") as lines:
                    self.assertEqual(len(list(csv.reader(lines, strict=True))), 1 + len(names))
            elif words[2] == "jsonl":
                lines = [json.loads(line) for line in file.read_text().splitlines()]
                self.assertEqual([line["type"] for line in lines].count("end"), 1)
            self.remove(place)


class Secure(Security):
    @harness.plain_build_only("the probe")
    def test_probe_ignores_its_environment(self):
        """Where a system's administrator preloads it everywhere, also into what starts with AT_SECURE, as a setuid program
        does. There it does not obey GILSCOPE_LATE, which has it write that nobody records."""
        self.as_ordinary_user()
        if os.geteuid():
            self.skipTest("only root can run a program with two user ids")
        etc = self.folder / "etc"
        etc.mkdir()
        shutil.copy("/etc/ld.so.cache", etc)
        (etc / "ld.so.preload").write_text(harness.PROBE + "\n")
        hidden = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc)
        if harness.run(*hidden, "true").status:
            self.skipTest("cannot mount a folder over /etc here")
        late = self.folder / "late"
        program = "import threading; t = threading.Thread(target=print); t.start(); t.join()"
        for real, secure in ((harness.NOBODY, False), (STRANGER, True)):
            late.write_text("")
            late.chmod(0o666)
            user = ("setpriv", f"--ruid={real}", f"--euid={harness.NOBODY}", f"--regid={harness.NOBODY}", "--clear-groups")
            result = harness.run(*hidden, *user, harness.PYTHON, "-c", program,
                                 env={"GILSCOPE_LATE": str(late), "LTTNG_HOME": str(self.folder)})
            self.assertEqual(result.status, 0, result.err)
            wrote = re.fullmatch(r"\d+\n", late.read_text())
            (self.assertFalse if secure else self.assertTrue)(wrote, late.read_text())


if __name__ == "__main__":
    harness.main()
