#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever is wrong: one clear sentence, the right status, nothing lost, no daemon of ours left behind."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import harness


def daemon_of_root():
    """Only root shares a daemon; anybody else's is gone with its folder."""
    return harness.read_pid("/var/run/lttng/lttng-sessiond.pid")


def sessions_of_root():
    """What `lttng list` prints; it would start no daemon."""
    return "" if os.geteuid() or not daemon_of_root() else harness.run("lttng", "list").out


class Recording(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.before = daemon_of_root()

    def tearDown(self):
        self.assertEqual(daemon_of_root(), self.before, "a daemon was left behind")
        # Another user's may go just now, which find does not mind.
        homes = harness.run("find", "/tmp", "-maxdepth", "2", "-path", "/tmp/gilscope-*/.lttng", "-uid", os.geteuid())
        self.assertEqual(homes.out, "")

    def test_no_such_command(self):
        result = self.record("/no/such/program", expect=127)
        self.assert_one_sentence(result.err, "/no/such/program", "no such program")
        result = self.record("no-such-program", expect=127)
        self.assert_one_sentence(result.err, "no-such-program", "PATH")
        self.assertFalse(os.path.exists(self.trace))

    def test_not_executable(self):
        result = self.record(harness.SOURCE / "README.md", expect=126)
        self.assert_one_sentence(result.err, "README.md", "executable")

    def test_bad_format_of_executable(self):
        path = self.folder / "broken"
        path.write_bytes(b"\x7fELF nonsense")
        path.chmod(0o755)
        result = self.record(path, expect=126)
        self.assert_one_sentence(result.err, "broken")

    def test_without_lttng_says_what_to_type(self):
        if self.before:
            self.skipTest("root's session daemon runs already, so none has to be started")
        empty = {"PATH": str(self.folder)}
        result = self.record("/bin/true", expect=125, env=empty)
        self.assert_one_sentence(result.err, "lttng-sessiond is not installed", "apt install lttng-tools")
        result = self.gilscope("doctor", expect=1, env=empty)
        self.assertRegex(result.out, "FAIL .*apt install lttng-tools")

    def test_doctor_on_a_machine_that_works(self):
        result = self.gilscope("doctor")
        self.assertNotIn("FAIL", result.out)
        self.assertIn("Recording works here.", result.out)

    def test_unknown_option(self):
        self.assert_one_sentence(self.gilscope("record", "--nonsense", "true", expect=2).err,
                                 "--nonsense", "--help")

    def test_status_and_output_of_the_command_pass_through(self):
        result = self.record("sh", "-c", "echo out; echo err >&2; exit 42", expect=42)
        self.assertEqual(result.out, "out\n")
        self.assertIn("err\n", result.err)

    def test_command_dies_by_a_signal(self):
        program = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
        self.record(harness.PYTHON, "-c", program, expect=128 + signal.SIGTERM)
        self.assert_lawful()
        self.assertGreater(self.report()["trace"]["events"], 0)

    def test_kill_9_keeps_what_was_written(self):
        program = ("import os, signal, time\n"
                   "for _ in range(2000): time.sleep(0)\n"
                   "os.kill(os.getpid(), signal.SIGKILL)")
        self.record(harness.PYTHON, "-c", program, expect=128 + signal.SIGKILL)
        self.assertEqual(self.gilscope("report", self.trace).status, 0)

    def interrupt(self, to_group):
        program = "import time\nprint('up', flush=True)\nwhile True: time.sleep(0.001)"
        process = subprocess.Popen([harness.GILSCOPE, "record", "-o", self.trace, harness.PYTHON, "-c", program],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True)
        process.stdout.readline()
        time.sleep(0.3)
        (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGINT, error)
        self.assertIn("recorded 1 process", error)
        self.assert_lawful()
        self.assertGreater(self.report()["trace"]["events"], 100)

    def test_ctrl_c_keeps_and_closes_the_trace(self):
        self.interrupt(to_group=True)

    def test_sigint_to_the_recorder_alone_ends_the_program(self):
        self.interrupt(to_group=False)

    def test_a_signal_while_it_starts(self):
        # Whenever it comes: nothing is left open, and the program does not start after it.
        for ms in (0, 10, 20, 40, 80, 120, 160):
            process = subprocess.Popen([harness.GILSCOPE, "record", "-o", self.trace, "sleep", "60"],
                                       stderr=subprocess.PIPE, text=True, start_new_session=True)
            time.sleep(ms / 1000)
            os.killpg(process.pid, signal.SIGTERM)
            _, error = process.communicate(timeout=60)
            self.assertIn(process.returncode, (-signal.SIGTERM, 128 + signal.SIGTERM), f"{ms} ms: {error}")
            self.assertEqual(daemon_of_root(), self.before, f"{ms} ms: a daemon was left behind")
            self.assertNotIn(f"gilscope-{process.pid}-", sessions_of_root(), f"{ms} ms")

    def test_kill_9_of_the_recorder_is_cleaned_up_by_the_next(self):
        recorder = subprocess.Popen([harness.GILSCOPE, "record", "-o", self.trace, "sh", "-c", "echo $$; exec sleep 60"],
                                    stdout=subprocess.PIPE, text=True)
        program = int(recorder.stdout.readline())
        recorder.kill()
        recorder.wait()
        recorder.stdout.close()
        os.kill(program, signal.SIGKILL)
        self.record("true")
        self.assertNotIn(f"gilscope-{recorder.pid}-", sessions_of_root())

    def test_unwritable_output(self):
        result = self.gilscope("record", "-o", "/proc/x.trace", "true", expect=125)
        self.assert_one_sentence(result.err, "/proc", "-o")
        result = self.gilscope("record", "-o", self.folder / "no" / "such" / "x.trace", "true", expect=125)
        self.assert_one_sentence(result.err, "no/such")

    def test_output_that_is_no_trace_is_left_alone(self):
        keep = pathlib.Path(self.trace)
        keep.mkdir()
        (keep / "thesis.txt").write_text("years of work")
        result = self.record("true", expect=125)
        self.assert_one_sentence(result.err, "not a trace", "-o")
        self.assertEqual((keep / "thesis.txt").read_text(), "years of work")

    def test_existing_trace_becomes_old(self):
        for count in ("1000", "2000", "3000"):
            self.record(harness.GILRUN, "battle", "--count", count)
        old = self.report(self.trace + ".old")
        self.assertEqual(sum(t["ticks"] for t in old["threads"]), harness.battle_ticks(2000))
        self.assertFalse(os.path.exists(self.trace + ".old.old"))

    def test_program_without_python_says_so(self):
        result = self.record("true")
        self.assertIn("nothing was recorded", result.err)

    def test_little_disk_space(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if harness.run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk).status:
            self.skipTest("cannot mount a tmpfs here")
        try:
            self.trace = str(disk / "gil.trace")
            result = self.record(harness.GILRUN, "battle", "--count", "20000000",
                                 options=("--buffer-size", "1M"))
            self.assertIn("disk is nearly full", result.err)
            verified = self.gilscope("verify", self.trace, expect=None)
            self.assertIn(verified.status, (0, 3), verified.out + verified.err)
            self.assertGreater(self.report()["trace"]["events"], 1000)
            # Too little from the start: refused, with the cure.
            self.trace = str(disk / "two.trace")
            result = self.record("true", expect=125)
            self.assert_one_sentence(result.err, "free", "-o")
        finally:
            harness.run("umount", disk)


class Reading(harness.TestCase):
    """One recording, damaged in many ways."""

    @classmethod
    def setUpClass(cls):
        """A whole one, of several packets."""
        maker = cls.maker()
        cls.whole = maker.record_whole(harness.GILRUN, "battle", "--count", "150000", options=("--buffer-size", "512K"),
                                      enough=lambda quality: harness.is_whole(quality) and not quality["incomplete"])
        cls.recorded = maker.trace

    def setUp(self):
        super().setUp()
        # babeltrace2 2.0.4 leaks the message that it is at when a stream turns out to be damaged.
        self.environment = {"ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")}
        shutil.copytree(self.recorded, self.trace)

    def gilscope(self, *words, **options):
        return super().gilscope(*words, env=self.environment, **options)

    def streams(self):
        """The files of the hot channel, largest first."""
        paths = [p for p in pathlib.Path(self.trace).rglob("gil_[0-9]*")]
        return sorted(paths, key=lambda p: -p.stat().st_size)

    def refused(self, path, *parts, status=1):
        for command in ("report", "battle", "timeline", "verify"):
            result = self.gilscope(command, path, expect=status)
            self.assert_one_sentence(result.err, *parts)
            self.assertEqual(result.out, "")

    def test_no_such_trace(self):
        self.refused(self.folder / "nothing", "nothing")
        result = self.gilscope("report", cwd="/", expect=1)
        self.assert_one_sentence(result.err, "gil.trace", "record")

    def test_a_file_that_is_no_trace(self):
        self.refused(harness.SOURCE / "README.md", "README.md", "trace")

    def test_empty_directory(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.refused(empty, "empty")

    def test_metadata_cut_off(self):
        path = next(pathlib.Path(self.trace).rglob("metadata"))
        path.write_bytes(path.read_bytes()[:4096 + 100])
        self.refused(self.trace, "metadata")

    def test_truncated_stream_keeps_the_whole_packets(self):
        path = self.streams()[0]
        size = path.stat().st_size
        os.truncate(path, 0)
        others = self.report()["trace"]["events"]
        shutil.copy(pathlib.Path(self.recorded) / path.relative_to(self.trace), path)
        os.truncate(path, size - size // 3)
        result = self.gilscope("report", self.trace, expect=0)
        self.assertIn(path.name, result.err)
        report = self.report()
        self.assertGreater(report["trace"]["events"], others + 1000)
        self.assertLess(report["trace"]["events"], self.whole["trace"]["events"])
        self.assertTrue(report["quality"]["incomplete"])
        self.gilscope("report", "--strict", self.trace, expect=3)
        self.gilscope("verify", self.trace, expect=3)
        # The trace itself was not touched.
        self.assertEqual(path.stat().st_size, size - size // 3)

    def test_stream_missing(self):
        self.streams()[0].unlink()
        result = self.gilscope("verify", self.trace, expect=None)
        self.assertIn(result.status, (0, 3), result.err)

    def test_garbage_in_a_stream(self):
        path = self.streams()[0]
        data = bytearray(path.read_bytes())
        data[100:3000] = os.urandom(2900)
        path.write_bytes(data)
        result = self.gilscope("report", self.trace, expect=None)
        self.assertIn(result.status, (0, 1))
        self.assert_one_sentence(result.err)

    def test_unknown_thread(self):
        result = self.gilscope("report", "--thread", "t77", self.trace, expect=1)
        self.assert_one_sentence(result.err, "t77", "t1")

    def test_filters_that_cannot_be_understood(self):
        for option, value in (("--time", "soon"), ("--time", "60%,40%"), ("--gil", "x")):
            self.assert_one_sentence(
                self.gilscope("report", self.folder, option, value, expect=2).err, value)

    def test_unwritable_export(self):
        result = self.gilscope("export", "--to", "json", "-o", "/no/such/folder/x.json", self.trace, expect=1)
        self.assert_one_sentence(result.err, "/no/such/folder")

    def test_unknown_format(self):
        result = self.gilscope("export", "--to", "docx", self.trace, expect=2)
        self.assert_one_sentence(result.err, "docx", "json", "csv")

    def test_unknown_command(self):
        self.assert_one_sentence(self.gilscope("reprot", expect=2).err, "reprot")

    def test_full_output_device(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        for before in ([], ["stdbuf", "-o0"]):  # without a buffer nothing is left that fails at the end
            with open("/dev/full", "w") as full:
                done = subprocess.run([*before, harness.GILSCOPE, "report", self.trace], stdout=full,
                                      stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assert_one_sentence(done.stderr, "space")

    def test_closed_pipe_is_quiet(self):
        process = subprocess.Popen([harness.GILSCOPE, "battle", self.trace], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read()
        process.stderr.close()
        process.wait(timeout=60)
        self.assertEqual(error, "")

    def test_trace_of_other_events(self):
        lttng = harness.lttng_session(self, "other", self.folder / "other", ["lttng_ust_statedump:*"])
        with lttng:
            harness.run(harness.GILRUN, "battle", "--count", "1000", env=lttng.environment)
        self.refused(self.folder / "other", "gil")


if __name__ == "__main__":
    harness.main()
