#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A recorded program must not notice: same output, same status, whatever it does to itself."""
import glob
import os
import pathlib
import shutil
import signal
import subprocess
import time

import harness

# Threads, a fork child that has threads, a program, some output, and a status of its own.
WORK = """
import os, subprocess, sys, threading, time
def work():
    for _ in range(50): time.sleep(0.0005)
ts = [threading.Thread(target=work) for _ in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    t = threading.Thread(target=work); t.start(); t.join()
    print("child"); sys.stdout.flush(); os._exit(5)
print(os.waitpid(pid, 0)[1] >> 8)
print(subprocess.run(["echo", "program"], stdout=-1).stdout)
print(os.open(os.devnull, os.O_RDONLY))
sys.exit(3)
"""


class Host(harness.TestCase):
    def same_as_bare(self, program):
        """Runs it bare, with the probe but no recording, and recorded."""
        bare = harness.run(harness.PYTHON, "-c", program)
        probed = harness.run(harness.PYTHON, "-c", program, env={"LD_PRELOAD": harness.PROBE})
        self.assertEqual(probed, bare)
        recorded = self.record(harness.PYTHON, "-c", program, expect=bare.status)
        self.assertEqual(recorded.out, bare.out)
        return bare

    def test_closes_all_of_its_descriptors(self):
        # LTTng would write into the files that are opened in place of its own.
        self.same_as_bare("import os, threading, tempfile, time\n"
                          "os.closerange(3, 256)\n"
                          "fds = [os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR) for _ in range(12)]\n"
                          "t = threading.Thread(target=time.sleep, args=(0.2,)); t.start(); t.join()\n"
                          "print([os.fstat(fd).st_size for fd in fds])\n")
        self.assert_lawful()
        self.assertEqual(len(self.report()["threads"]), 2)

    def test_closes_them_one_by_one(self):
        self.same_as_bare("import os\n"
                          "for fd in range(3, 64):\n"
                          "    try: os.close(fd)\n"
                          "    except OSError: pass\n"
                          "print('done')\n")

    def test_closes_a_free_number_while_lttng_opens_its_own_there(self):
        """Programs close a descriptor twice. LTTng aborts where its own is closed; it comes with a recording, at any time."""
        program = ("import os, threading, time\n"
                   "def work():\n"
                   "    while time.monotonic() < end: time.sleep(0.001)\n"
                   "end = time.monotonic() + 3\n"
                   "t = threading.Thread(target=work); t.start()\n"
                   "print('up', flush=True)\n"
                   "while time.monotonic() < end:\n"
                   "    for fd in range(3, 64):\n"
                   "        try: os.close(fd)\n"
                   "        except OSError: pass\n"
                   "t.join()\n")
        with subprocess.Popen([harness.PYTHON, "-c", program], stdout=-1, text=True,
                              env=dict(os.environ, LD_PRELOAD=harness.PROBE)) as process:
            self.assertEqual(process.stdout.readline(), "up\n")
            self.gilscope("record", "-o", self.trace, "--duration", "0.6")
            self.assertEqual(process.wait(timeout=20), 0)
        self.assert_lawful()
        self.assertEqual(len(self.report()["threads"]), 2)

    def test_starts_with_standard_descriptors_closed(self):
        program = ("import os, sys\n"
                   "os.write(9, repr([os.path.exists(f'/proc/self/fd/{fd}') for fd in range(3)]).encode())")
        report = self.folder / "descriptors"
        line = 'exec "$0" record -o "$1" -- "$2" -c "$3" 9>"$4" <&- >&- 2>&-'
        result = harness.run("sh", "-c", line, harness.GILSCOPE, self.trace, harness.PYTHON, program, report)
        self.assertEqual(result.status, 0)
        self.assertEqual(report.read_text(), "[False, False, False]")
        self.assert_lawful()

    def test_a_range_that_is_none(self):
        bare = self.same_as_bare("import ctypes\n"
                                 "libc = ctypes.CDLL(None, use_errno=True)\n"
                                 "print(libc.close_range(5, 3, 0), ctypes.get_errno())\n")
        self.assertEqual(bare.out, "-1 22\n")

    def test_ends_without_a_descriptor_to_spare(self):
        bare = self.same_as_bare("import os, resource, sys\n"
                                 "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
                                 "try:\n"
                                 "    while True: os.open('/dev/null', os.O_RDONLY)\n"
                                 "except OSError as e: print(e.errno)\n"
                                 "sys.exit(4)\n")
        self.assertEqual((bare.status, bare.out), (4, "24\n"))

    def test_close_keeps_errno_without_proc(self):
        """LTTng's descriptors are looked up in /proc; where it is missing, nobody may notice."""
        program = ("import ctypes, os\n"
                   "libc = ctypes.CDLL(None, use_errno=True)\n"
                   "fd = os.open('/dev/null', 0)\n"
                   "ctypes.set_errno(7)\n"
                   "print(libc.close(fd), ctypes.get_errno())\n")
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")
        if harness.run(*hidden, "true").status:
            self.skipTest("cannot hide /proc here")
        result = harness.run(*hidden, "env", f"LD_PRELOAD={harness.PROBE}", harness.PYTHON, "-c", program)
        self.assertEqual(result.out, "0 7\n", result.err)


    def test_descriptors_have_the_numbers_that_they_would_have(self):
        bare = self.same_as_bare("import os\n"
                                 "fds = [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]\n"
                                 "print(fds, [os.dup2(fds[0], n) for n in range(3, 200, 7)], flush=True)\n"
                                 "if os.fork() == 0:\n"
                                 "    print(os.open(os.devnull, os.O_RDONLY), flush=True)\n"
                                 "    os._exit(0)\n"
                                 "os.wait()\n")
        self.assertIn("[3, 4, 5, 6, 7]", bare.out)
        self.assert_lawful()

    def test_dup2_onto_a_descriptor_of_lttng_is_refused(self):
        """LTTng would go on to write into it. The number is a high one: no program chooses it."""
        program = ("import errno, os\n"
                   "own = os.open(os.devnull, os.O_WRONLY)\n"
                   "seen = [int(n) for n in os.listdir('/proc/self/fd') if int(n) > own and os.path.exists('/proc/self/fd/' + n)]\n"
                   "told = set()\n"
                   "for fd in seen:\n"
                   "    try: os.dup2(own, fd)\n"
                   "    except OSError as e: told.add((fd > 200, errno.errorcode[e.errno]))\n"
                   "print(told)\n")
        self.assertEqual(self.record(harness.PYTHON, "-c", program).out, "{(True, 'EBUSY')}\n")
        self.assert_lawful()


class Limits(harness.TestCase):
    def limited(self, *options):
        words = ("prlimit", *options, harness.PYTHON, "-c", WORK)
        bare = harness.run(*words)
        recorded = self.record(*words, expect=bare.status)
        self.assertEqual(recorded.out, bare.out)
        return bare, recorded

    def test_open_files(self):
        """Below what LTTng needs it is not loaded; above, both fit."""
        for limit in (9, 12, 16, 20, 24, 32, 48, 64, 128) if harness.ALL else (9, 20, 32, 64):
            with self.subTest(limit):
                bare, recorded = self.limited(f"--nofile={limit}:{limit}")
                if limit >= 20:
                    self.assertEqual(bare.status, 3)
                self.assertNotIn("Error", recorded.err)
                if limit <= 24:
                    self.assertIn("nothing was recorded", recorded.err)
        self.assert_lawful()

    def test_address_space(self):
        # LTTng's error path closes a descriptor of the program where its buffers do not fit.
        for mib in (80, 180, 300, 600, 4000) if harness.ALL else (180, 4000):
            with self.subTest(mib):
                bare, recorded = self.limited(f"--as={mib << 20}")
                self.assertEqual(bare.status, 3)
                self.assertNotIn("Error", recorded.err)
        self.assert_lawful()

    def test_the_recorder_says_which_limit_is_too_low(self):
        result = self.gilscope("record", "-o", self.trace, "--", harness.PYTHON, "-c", "print(1)")
        self.assertNotIn("too low", result.err)
        result = harness.run("prlimit", "--nofile=24:24", harness.GILSCOPE, "record", "-o", self.trace, "--",
                             harness.PYTHON, "-c", "print(1)")
        self.assertIn("ulimit -n", result.err)

    def test_small_stacks(self):
        """32 KiB is the least that CPython allows; the events fit in it."""
        bare, recorded = self.limited_stack("import threading, time\n"
                                            "threading.stack_size(32768)\n"
                                            "ts = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(5)]\n"
                                            "[t.start() for t in ts]; [t.join() for t in ts]\n"
                                            "print('done')\n")
        self.assertEqual(bare.out, "done\n")
        self.assertEqual(len(self.report()["threads"]), 6)

    def limited_stack(self, program):
        bare = harness.run(harness.PYTHON, "-c", program)
        recorded = self.record(harness.PYTHON, "-c", program, expect=bare.status)
        self.assertEqual(recorded.out, bare.out)
        self.assert_lawful()
        return bare, recorded


class Surroundings(harness.TestCase):
    """What is missing, or in the way, around the program."""

    def as_bare(self, *before, env=None, preload=harness.PROBE, **options):
        bare = harness.run(harness.PYTHON, "-c", WORK)
        began = time.monotonic()
        probed = harness.run(*before, "env", f"LD_PRELOAD={preload}", harness.PYTHON, "-c", WORK, env=env, **options)
        self.assertEqual(probed, bare)
        return time.monotonic() - began

    def test_the_provider_is_missing(self):
        alone = self.folder / "libgilscope-probe.so"
        shutil.copy(harness.PROBE, alone)
        self.as_bare(preload=alone)

    def test_lttng_is_missing(self):
        library = os.path.realpath(glob.glob("/usr/lib/*/liblttng-ust.so.1")[0])
        hidden = ("unshare", "-m", "sh", "-c", f'mount --bind /dev/null {library} && exec "$@"', "sh")
        if harness.run(*hidden, "true").status:
            self.skipTest("cannot hide a library here")
        self.as_bare(*hidden)

    def start_daemon(self):
        """A daemon of its own in LTTNG_HOME, of an ordinary user; its pid."""
        options = {"user": harness.NOBODY} if self.as_ordinary_user() else {}
        home = self.folder / "h"
        home.mkdir()
        os.chown(home, options.get("user", -1), -1)
        self.home = {"LTTNG_HOME": str(home)}
        started = harness.run("lttng-sessiond", "--no-kernel", "--daemonize", env=self.home, **options)
        self.assertEqual(started.status, 0, started.err)
        pid = harness.read_pid(home / ".lttng" / "lttng-sessiond.pid")
        self.addCleanup(harness.end_process, pid)
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        return pid, options

    def test_the_daemon_is_stopped(self):
        """It costs a second where LTTng registers: in the program and in its fork child."""
        pid, options = self.start_daemon()
        os.kill(pid, signal.SIGSTOP)
        self.assertLess(self.as_bare(env=self.home, **options), 6)

    def record_and(self, kill):
        """Records a program for a while and kills something meanwhile: (status, output, messages)."""
        program = ("import threading, time\n"
                   "def work():\n"
                   "    for _ in range(2000): time.sleep(0.0005)\n"
                   "ts = [threading.Thread(target=work) for _ in range(2)]\n"
                   "[t.start() for t in ts]; open('started', 'w').close(); [t.join() for t in ts]\n"
                   "print('done')\n"
                   "raise SystemExit(3)\n")
        words = [*self.as_ordinary_user(), harness.GILSCOPE, "record", "-o", self.trace, "--",
                 harness.PYTHON, "-c", program]
        recorder = subprocess.Popen(words, cwd=self.folder, stdout=-1, stderr=-1, text=True,
                                    env=dict(os.environ, XDG_RUNTIME_DIR=""))
        self.addCleanup(recorder.kill)
        for _ in range(200):
            if (self.folder / "started").exists():
                break
            time.sleep(0.02)
        kill(recorder.pid)
        out, err = recorder.communicate(timeout=60)
        return recorder.returncode, out, err

    @staticmethod
    def find(name, parent):
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            if f"({name})" in stat and int(stat.rsplit(")", 1)[1].split()[1]) == parent:
                return int(folder.name)
        raise AssertionError(f"no {name}")

    def test_the_daemon_is_killed_while_it_records(self):
        status, out, err = self.record_and(
            lambda recorder: os.kill(self.find("lttng-sessiond", recorder), signal.SIGKILL))
        self.assertEqual(out, "done\n", err)
        self.assertIn(status, (3, 125), err)

    def test_the_consumer_is_killed_while_it_records(self):
        def kill(recorder):
            daemon = self.find("lttng-sessiond", recorder)
            os.kill(self.find("lttng-runas", daemon) and self.find("lttng-consumerd", daemon), signal.SIGKILL)
        status, out, err = self.record_and(kill)
        self.assertEqual(out, "done\n", err)
        self.assertIn(status, (3, 125), err)

    def test_the_disk_is_full(self):
        place = self.folder / "small"
        place.mkdir()
        # With a daemon of its own, that sees this disk.
        line = 'mount -t tmpfs none /run && mount -t tmpfs -o size=20m none "$0" && exec "$@"'
        if harness.run("unshare", "-m", "sh", "-c", line, place, "true").status:
            self.skipTest("cannot mount here")
        program = ("import os, threading\n"
                   "r, w = os.pipe()\n"
                   "for _ in range(150000): os.write(w, b'x'); os.read(r, 1)\n"
                   "print('done')\n"
                   "raise SystemExit(3)\n")
        result = harness.run("unshare", "-m", "sh", "-c", line, place, harness.GILSCOPE, "record", "--buffer-size",
                             "256K", "-o", place / "t", "--", harness.PYTHON, "-c", program)
        self.assertEqual((result.status, result.out), (3, "done\n"), result.err)
        self.assertIn("disk is nearly full", result.err)

    def test_other_preloaded_libraries(self):
        libraries = [path for name in ("libjemalloc.so.2", "faketime/libfaketimeMT.so.1")
                     for path in glob.glob(f"/usr/lib/*/{name}")]
        if not libraries:
            self.skipTest("neither jemalloc nor libfaketime is installed")
        for library in libraries:
            bare = harness.run("env", harness.PYTHON, "-c", WORK, env={"LD_PRELOAD": library})
            for preload in (f"{harness.PROBE}:{library}", f"{library}:{harness.PROBE}"):
                with self.subTest(preload):
                    recorded = self.record(harness.PYTHON, "-c", WORK, expect=bare.status, env={"LD_PRELOAD": preload})
                    self.assertEqual(recorded.out, bare.out)
                    if "faketime" in preload and not preload.startswith(harness.PROBE):
                        continue  # it wraps the calls by which a GIL is known: they come from it, not from Python
                    self.assert_lawful()
                    self.assertEqual(len(self.report()["threads"]), 4 + 2)

    def test_chroot(self):
        if os.geteuid():
            self.skipTest("needs root")
        program = WORK.replace("import os,", "import os, pathlib,", 1).replace(
            "def work", "os.makedirs(sys.argv[1] + '/dev'); pathlib.Path(sys.argv[1], 'dev/null').touch()\n"
                        "os.chroot(sys.argv[1]); os.chdir('/')\ndef work", 1).replace(
            "print(subprocess", "0 and print(subprocess")
        bare = harness.run(harness.PYTHON, "-c", program, self.folder / "bare")
        self.assertEqual(bare.status, 3, bare.err)
        recorded = self.record(harness.PYTHON, "-c", program, self.folder / "recorded", expect=3, late=True)
        self.assertEqual(recorded.out, bare.out)
        self.assert_lawful()
        # The fork child finds no daemon in there: it runs unrecorded.
        self.assertEqual(len(self.report()["gils"]), 1)

    def test_seccomp(self):
        """The events need no system call of their own. LTTng ends its threads with tgkill (234), membarrier (324)."""
        program = ("import ctypes, os, struct, sys\n"
                   "allowed = [0, 1, 3, 9, 11, 12, 13, 14, 15, 39, 60, 186, 202, 231, 234, 324]\n"
                   "code = struct.pack('HBBI', 0x20, 0, 0, 0)                 # load the number\n"
                   "for i, nr in enumerate(allowed): code += struct.pack('HBBI', 0x15, len(allowed) - i, 0, nr)\n"
                   "code += struct.pack('HBBI', 6, 0, 0, 0x50000 | 1)         # else EPERM\n"
                   "code += struct.pack('HBBI', 6, 0, 0, 0x7fff0000)          # allow\n"
                   "class Program(ctypes.Structure): _fields_ = [('n', ctypes.c_ushort), ('code', ctypes.c_char_p)]\n"
                   "libc = ctypes.CDLL(None)\n"
                   "r, w = os.pipe()\n"
                   "libc.prctl(38, 1, 0, 0, 0)\n"
                   "print(libc.prctl(22, 2, ctypes.byref(Program(len(code) // 8, code)), 0, 0))\n"
                   "for _ in range(20000): os.write(w, b'x'); os.read(r, 1)\n"
                   "try: os.open('/dev/null', 0)\n"
                   "except PermissionError: print('shut', flush=True)\n"
                   "sys.exit(3)\n")
        if os.uname().machine != "x86_64":
            self.skipTest("the system call numbers here are those of x86-64")
        bare = harness.run(harness.PYTHON, "-c", program)
        self.assertEqual((bare.status, bare.out), (3, "0\nshut\n"), bare.err)
        recorded = self.record(harness.PYTHON, "-c", program, expect=3, timeout=30)
        self.assertEqual(recorded.out, bare.out)
        self.assert_lawful()
        self.assertGreater(self.report()["threads"][0]["acquisitions"], 40000)



class LastThread(harness.TestCase):
    """A fork child of a thread ends with its last thread of its own: LTTng's two would keep it alive."""
    PROGRAM = ("import os, sys, threading, time\n"
               "def later(): time.sleep(0.1)\n"
               "def fork(more):\n"
               "    pid = os.fork()\n"
               "    if pid == 0:\n"
               "        if more: threading.Thread(target=later).start()\n"
               "    else:\n"
               "        out.append(os.waitpid(pid, 0)[1])\n"
               "out = []\n"
               "for more in (False, True):\n"
               "    t = threading.Thread(target=fork, args=(more,)); t.start(); t.join()\n"
               "print(out)\n")

    def test_ends_the_child(self):
        for name, path in harness.chosen(harness.interpreters(at_least=(2, 7))):
            words = [path, "-W", "ignore", "-c", self.PROGRAM]
            with self.subTest(name):
                self.assertEqual(harness.run(*words, timeout=30).out, "[0, 0]\n")
                probed = harness.run(*words, timeout=30, env={"LD_PRELOAD": harness.PROBE})
                self.assertEqual(probed.out, "[0, 0]\n")
                self.assertEqual(self.record(*words, timeout=30).out, "[0, 0]\n")
                self.assert_lawful()


if __name__ == "__main__":
    harness.main()
