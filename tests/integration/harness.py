# SPDX-License-Identifier: MIT
"""What the integration tests share: running gilscope from the build, reading its JSON, printing TAP.

A test is a unittest.TestCase; a file ends with `harness.main()`. The build
folder comes from GILSCOPE_BUILD (meson sets it). A test that cannot run calls
self.skipTest(reason).
"""
import collections
import contextlib
import functools
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GILSCOPE_BUILD", SOURCE / "build")).resolve()
GILSCOPE = str(BUILD / "cli" / "gilscope")
GILRUN = str(BUILD / "runtime" / "lab" / "gilrun")
PLAY = str(BUILD / "tests" / "play" / "play")
PROVIDER = str(BUILD / "tracepoints" / "libgilscope-provider.so")
PROBE = str(BUILD / "runtime" / "cpython" / "libgilscope-probe.so")
PYTHON = "/usr/bin/python3"
NOBODY = 65534
ROOT_DAEMON = "/var/run/lttng/lttng-sessiond.pid"

Result = collections.namedtuple("Result", "status out err")


def as_user(user):
    """The words before a command that root runs as another user."""
    return "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"


def run(*words, cwd=None, env=None, stdin=None, timeout=120, user=None):
    """Runs a program to its end; never through a shell."""
    full = dict(os.environ, **(env or {}))
    command = [str(word) for word in words]
    if user is not None:
        command = [*as_user(user), *command]
    done = subprocess.run(command, cwd=cwd, env=full, input=stdin, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    return Result(done.returncode, done.stdout, done.stderr)


@functools.cache
def why_no_lttng():
    """"" when recording works on this machine, else the reason."""
    if not shutil.which("lttng-sessiond"):
        return "lttng-sessiond is not installed"
    return ""


# Where the daemon, its buffers, and what root's recorders agree on are.
_OWN_MOUNTS = ("unshare", "--mount", "sh", "-ec", 'mkdir -p /run/lttng; mkdir -p -m 700 /run/gilscope; '
               'mount -t tmpfs none /run/lttng; mount -t tmpfs none /dev/shm; mount -t tmpfs -o mode=700 none /run/gilscope; '
               'exec "$@"', "sh")


@functools.cache
def can_have_own_daemon():
    """Root, in mounts of its own. (What an ordinary user records of all that runs is in the home of all tests.)"""
    return not os.geteuid() and bool(shutil.which("unshare")) and not run(*_OWN_MOUNTS, "true").status


def have_own_daemon():
    """Root's recordings share a session daemon, with whatever else is recorded or killed on the machine. Executes the
    program again where it has one of its own, if that can be."""
    if not os.environ.get("GILSCOPE_OWN_DAEMON") and can_have_own_daemon():
        os.environ["GILSCOPE_OWN_DAEMON"] = "1"
        os.execvp(_OWN_MOUNTS[0], [*_OWN_MOUNTS, sys.executable, *sys.argv])


@contextlib.contextmanager
def daemon_kept():
    """One for all recordings: else each starts and ends its own. SIGTERM ends it, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if os.geteuid() or why_no_lttng() or read_pid(ROOT_DAEMON):
        yield
        return
    run("lttng-sessiond", "--daemonize", "--no-kernel")
    try:
        yield
    finally:
        end_process(read_pid(ROOT_DAEMON))


def python_version(path):
    """(3, 11, 2), as the interpreter itself says it."""
    out = run(path, "-c", "import sys; print('%d %d %d' % sys.version_info[:3])").out
    return tuple(map(int, out.split()))


def interpreters(at_least=(3, 7)):
    """Real CPythons: Debian's, pyenv's, and others that GILSCOPE_PYTHONS lists (as PATH does). [(name, path)]"""
    found = []
    if os.access(PYTHON, os.X_OK):
        found.append(("debian", PYTHON))
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    for path in glob.glob(f"{root}/versions/*/bin/python"):
        name = path.split("/")[-3]
        try:
            version = tuple(int(part) for part in name.split(".")[:2])
        except ValueError:
            continue
        if version >= at_least:
            found.append((name, path))
    for path in filter(None, os.environ.get("GILSCOPE_PYTHONS", "").split(":")):
        version = python_version(path)
        if version >= at_least:
            found.append((".".join(map(str, version)), path))
    return sorted(found, key=lambda item: [int(p) if p.isdigit() else -1 for p in item[0].split(".")])


def battle_ticks(count, threads=2):
    """Of `gilrun battle`: 3 for an iteration of count() and 4 for its call, 3 around it, and 5 of main's."""
    return threads * (3 * count + 4 + 3) + 5


def have_to_ourselves(cpus):
    """Does a busy loop on each of the CPUs, at once, get nearly all of it?"""
    loop = ("import os, sys, time\n"
            "os.sched_setaffinity(0, [int(sys.argv[1])])\n"
            "begin, used = time.monotonic(), time.process_time()\n"
            "while time.monotonic() < begin + 0.5: pass\n"
            "sys.exit(time.process_time() - used < 0.45)\n")
    loops = [subprocess.Popen([sys.executable, "-c", loop, str(cpu)]) for cpu in cpus]
    return not any([loop.wait() for loop in loops])


# Everything on every interpreter; else what covers most of it in little time.
ALL = os.environ.get("GILSCOPE_ALL") == "1"
MANY = 10 if ALL else 1  # how often what is left to chance is tried


def chosen(found):
    """Of interpreters: all with GILSCOPE_ALL=1, else pyenv's oldest and newest, or Debian's alone."""
    if ALL:
        return found
    versions = [item for item in found if item[0] != "debian"]
    return [versions[0], versions[-1]] if len(versions) > 1 else found[-1:]


# A test of the build with the sanitizers skips what is slow and tells them nothing new.
SANITIZED = os.environ.get("GILSCOPE_SANITIZED") == "1"


def plain_build_only(reason):
    return unittest.skipIf(SANITIZED, f"{reason}: tested without a sanitizer")


SUMS_OF_THREADS = ["acquisitions", "acquisitions_contended", "busy", "retries", "retries_timed_out", "failed_attempts",
                   "failed_same_cpu", "failed_other_cpu", "releases", "releases_requested", "checks", "ticks", "barging",
                   "overruns", "overrun_ns"]
SUMS_OF_BUCKETS = ["acquisitions", "acquisitions_contended", "busy", "retries", "failed_attempts", "releases",
                   "releases_requested", "checks", "switches", "held_ns", "wait_ns", "waiting_ns", "wanted_ns", "dead_ns"]


def total(rows, name):
    """None where one of them is not known."""
    values = [row[name] for row in rows]
    return None if None in values else sum(values)


def assert_conserved(report):
    """The laws of conservation, which hold in every report: whatever was lost, cut, unlawful or left out."""
    test = unittest.TestCase()
    quality, kinds = report["quality"], report["trace"]["events_by_kind"]
    test.assertEqual(kinds["entry"] + quality["attempts_found"],
                     kinds["acquire"] + quality["attempts_left"] + quality["pokes"] + quality["attempts_cut"] +
                     quality["still_waiting"], "attempts")
    test.assertEqual(kinds["acquire"] + quality["holds_found"],
                     kinds["release"] + quality["holds_cut"] + quality["still_holding"], "holds")
    test.assertEqual(sum(kinds.values()), report["trace"]["events"], "events")
    rows = {table: {gil["gil"]: [] for gil in report["gils"]} for table in ("threads", "pairs", "buckets")}
    for table, of_gil in rows.items():
        for row in report[table]:
            of_gil[row["gil"]].append(row)
    for gil in report["gils"]:
        index = gil["gil"]
        waited, blamed = collections.Counter(), collections.Counter()
        for pair in rows["pairs"][index]:
            waited[pair["waiter"]] += pair["wait_ns"]
            blamed[pair["holder"]] += pair["wait_ns"]
        folded = any(pair["holder_name"] == "(others)" for pair in rows["pairs"][index])
        for thread in rows["threads"][index]:
            row = thread["thread"]
            assert_thread_conserved(test, quality, thread, waited[row])
            if not thread["selected"]:
                continue  # it has no numbers, but may be blamed
            (test.assertLessEqual if folded else test.assertEqual)(
                blamed[row], thread["blocked_others_ns"], f"{thread['name']}: what it is blamed for")
        assert_gil_conserved(test, gil, *(rows[table][index] for table in ("threads", "pairs", "buckets")))


def assert_thread_conserved(test, quality, thread, waited_ns):
    """waited_ns: what its pairs as waiter sum to."""
    states, name = thread["state_ns"], thread["name"]
    test.assertEqual(sum(states.values()), thread["life_ns"], f"{name}: its states sum to its life")
    test.assertLessEqual(thread["hold_ns"]["total"], states["holding"], name)
    test.assertLessEqual(thread["wait_ns"]["total"], states["entering"] + states["waiting"], name)
    # What was cut, left, goes on or lay in a hole has its holders, too, but no place in the distribution.
    in_holes = thread["acquisitions_contended"] - thread["wait_contended_ns"]["count"]
    if in_holes or any(quality[how] for how in ("attempts_found", "attempts_left", "attempts_cut", "still_waiting")):
        test.assertGreaterEqual(waited_ns, thread["wait_contended_ns"]["total"], f"{name}: waits split by holder")
        test.assertLessEqual(waited_ns, states["entering"] + states["waiting"], name)
    else:
        test.assertEqual(waited_ns, thread["wait_contended_ns"]["total"], f"{name}: waits split by holder")


def assert_gil_conserved(test, gil, threads, pairs, buckets):
    name = f"GIL {gil['gil']}"
    for column in SUMS_OF_THREADS:
        test.assertEqual(total(threads, column) if threads else gil[column], gil[column], f"{name}: {column}")
    test.assertEqual(sum(t["state_ns"]["holding"] for t in threads), gil["held_ns"], name)
    test.assertEqual(sum(t["state_ns"]["waiting"] for t in threads), gil["waiting_ns"], name)
    test.assertEqual(sum(t["state_ns"]["entering"] + t["state_ns"]["waiting"] for t in threads), gil["wait_ns"], name)
    test.assertLessEqual(gil["held_ns"], gil["wall_ns"], f"{name} is held by one at a time")
    test.assertLessEqual(gil["held_ns"], gil["active_ns"], name)
    test.assertLessEqual(gil["wanted_ns"], gil["waiting_ns"], name)
    test.assertLessEqual(gil["wanted_ns"], gil["active_ns"], name)
    test.assertLessEqual(gil["active_ns"], gil["wall_ns"], name)
    test.assertLessEqual(gil["dead_ns"] + gil["held_ns"], gil["wall_ns"], name)
    test.assertEqual((total(pairs, "handovers"), total(pairs, "handover_ns"), total(pairs, "failed_attempts")),
                     (gil["switches"], gil["dead_ns"], gil["failed_attempts"]), f"{name}: its pairs")
    for column in SUMS_OF_BUCKETS if buckets else ():
        test.assertEqual(total(buckets, column), gil[column], f"{name}: {column} of its buckets")
    test.assertEqual(max((b["waiters_max"] for b in buckets), default=gil["waiters_max"]), gil["waiters_max"], name)


def is_in_time(quality):
    """LTTng registered each process before it went on."""
    return not quality["absent_processes"] and not quality["late_processes"]


def is_whole(quality):
    """So nothing was recorded from its middle on."""
    return is_in_time(quality) and not quality["attempts_found"] and not quality["holds_found"]


class TestCase(unittest.TestCase):
    """A test with a folder of its own, removed at the end."""
    needs_lttng = True

    def setUp(self):
        if self.needs_lttng and why_no_lttng():
            self.skipTest(why_no_lttng())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gilscope-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.trace = str(self.folder / "gil.trace")

    @classmethod
    def maker(cls):
        """For setUpClass: a test whose folder stays until all of this class are done."""
        maker = TestCase()
        maker.setUp()
        cls.addClassCleanup(maker.doCleanups)
        return maker

    def as_ordinary_user(self):
        """The words before a command that make it run as one who is not root; the folder is open to all."""
        self.folder.chmod(0o777)
        if os.geteuid():
            return ()
        if not shutil.which("setpriv"):
            self.skipTest("there is no setpriv, with which root becomes another user")
        if run("test", "-x", GILSCOPE, user=NOBODY).status:
            self.skipTest("the build folder cannot be read by another user")
        return as_user(NOBODY)

    def gilscope(self, *words, expect=0, **options):
        result = run(GILSCOPE, *words, cwd=options.pop("cwd", self.folder), **options)
        if expect is not None:
            self.assertEqual(result.status, expect, f"gilscope {words}\n{result.out}{result.err}")
        return result

    def record(self, *command, expect=0, options=(), late=False, **more):
        """Again where a loaded machine's LTTng did not serve the program in time. @late: not so, for that is the
        matter, or the program cannot run twice."""
        for attempt in range(5):
            if attempt:
                print(f"# {self.id()}: LTTng did not serve the program in time, again", flush=True)
                shutil.rmtree(self.trace, ignore_errors=True)  # and what was before it stays the .old one
            result = self.gilscope("record", "-o", self.trace, *options, "--", *command, expect=expect, **more)
            if late or "did not serve" not in result.err:
                break
        return result

    def report(self, trace=None, options=()):
        """The JSON export."""
        result = self.gilscope("export", trace or self.trace, "--to", "json", "-o", "-", *options)
        report = json.loads(result.out)
        assert_conserved(report)
        return report

    def record_whole(self, *command, options=(), enough=is_whole, **more):
        """Records until LTTng registered the program in time, else it is recorded from its middle on. The report; the
        recorder's own words are in self.said. @enough: is_in_time for what begins in the middle by itself."""
        for _ in range(5):
            self.said = self.record(*command, options=options, late=True, **more)
            report = self.report()
            if enough(report["quality"]):
                return report
        self.fail("five runs were recorded from their middle on, or not at all")

    def assert_lawful(self, trace=None):
        self.gilscope("verify", trace or self.trace)

    def assert_one_sentence(self, text, *parts):
        """What a wrong use prints: few lines, no addresses, and the given parts."""
        self.assertLessEqual(len(text.strip().splitlines()), 4, text)
        self.assertNotRegex(text, r"0x[0-9a-f]{6}|comp-addr|Traceback")
        for part in parts:
            self.assertIn(part, text)


class lttng_session:
    """A session made with the `lttng` program, as a user would; a daemon that it started is ended.

    Per-process buffers: with per-user ones LTTng 2.13 may hang after the kill of a program.
    """

    def __init__(self, test, name, output, events, channel_options=("--buffers-pid",)):
        self.name = f"{name}-{os.getpid()}"
        home = tempfile.mkdtemp(prefix="gs-", dir="/tmp")
        test.addCleanup(shutil.rmtree, home, ignore_errors=True)
        self.environment = {"LTTNG_HOME": home}
        pid_file = f"{home}/.lttng/lttng-sessiond.pid" if os.geteuid() else ROOT_DAEMON
        was = read_pid(pid_file)
        self.do("create", self.name, f"--output={output}")
        if not was:
            test.addCleanup(end_process, read_pid(pid_file))
        self.do("enable-channel", "--session", self.name, "--userspace", *channel_options, "channel0")
        for event in events:
            self.do("enable-event", "--session", self.name, "--userspace", "--channel=channel0", event)

    def do(self, *words):
        done = run("lttng", *words, env=self.environment)
        if done.status:
            raise RuntimeError(f"lttng {words}: {done.out}{done.err}")

    def __enter__(self):
        self.do("start", self.name)
        return self

    def __exit__(self, *error):
        self.do("stop", self.name)
        self.do("destroy", self.name)


def is_alive(pid):
    """Running: neither gone nor a zombie that nobody has waited for."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def read_pid(path):
    """The pid in a session daemon's file if that daemon lives, else 0."""
    try:
        pid = int(pathlib.Path(path).read_text())
        ours = "lttng-sessiond" in pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (OSError, ValueError):
        return 0
    return pid if ours and is_alive(pid) else 0


def end_process(pid):
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)
    for _ in range(200):
        if not is_alive(pid):
            return
        time.sleep(0.05)


class _Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.n = 0

    def line(self, ok, test, more=""):
        self.n += 1
        name = test.id().split(".", 1)[-1].replace("#", "")
        print(f"{'ok' if ok else 'not ok'} {self.n} - {name}{more}", flush=True)

    def problem(self, test, error):
        text = self._exc_info_to_string(error, test)
        print("\n".join("# " + line for line in text.splitlines()), flush=True)
        self.line(False, test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line(True, test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.problem(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.problem(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line(True, test, f" # SKIP {reason}")

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.problem(subtest, error)


def main():
    """Runs the TestCases of the calling file (or those named on its command line); TAP on stdout."""
    have_own_daemon()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # unittest would take a SystemExit for a test's error
    loader = unittest.defaultTestLoader
    module = sys.modules["__main__"]
    names = sys.argv[1:]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = _Tap()
    try:
        suite.run(result)
    finally:
        if os.environ.get("GILSCOPE_OWN_DAEMON"):  # else nobody would find it again
            end_process(read_pid(ROOT_DAEMON))
    print(f"1..{result.n}")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":  # tests/integration/meson.build asks
    sys.exit(not can_have_own_daemon())
