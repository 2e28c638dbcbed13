# SPDX-License-Identifier: MIT
"""gilrun on the command line, without LTTng: what it counts and what it refuses.

Usage: test_gilrun.py GILRUN. Prints TAP.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
import harness  # noqa: E402

GILRUN = sys.argv[1]
CPUS = sorted(os.sched_getaffinity(0))
BATTLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../runtime/lab/scenarios/battle.gil")
TESTS = []
DESIGNS = [line.split()[0] for line in subprocess.run([GILRUN, "--list"], stdout=subprocess.PIPE,
                                                      text=True).stdout.splitlines()]
SCENARIOS = ("sequential", "battle", "four", "io-and-cpu", "ping-pong", "convoy", "signal-storm", "signals",
             "many", "mixed", "tasks", "long-hold", "priority-inversion", "starvation", "healthy")


class Skip(Exception):
    pass


def test(function):
    TESTS.append(function)
    return function


def run(*args, **more):
    return subprocess.run([GILRUN, *args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, **more)


# Ticks of a thread's own function around count(): its begin, LOAD_GLOBAL, CALL_FUNCTION.
AROUND = 3
# And of battle's main(): its begin, and the same two for start() and join().
MAIN = 5


def ticks_of(count):
    return 3 * count + 4 + AROUND


def truth_of(scenario, *args):
    """Runs it without LTTng and returns its truth."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "truth.json")
        done = run(scenario, "--no-trace", "--truth", path, *args)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", done.stderr
        assert os.listdir(folder) == ["truth.json"], os.listdir(folder)
        with open(path) as file:
            return json.load(file)


def battle(*args):
    """The truth of a battle on a GIL with ticks, after checking what always holds."""
    truth = truth_of("battle", *args)
    check_identities(truth)
    return truth


def total(truth, name):
    return sum(thread[name] for thread in truth["threads"])


def check_identities(truth):
    assert truth["schema"] == "gilrun-truth-1"
    assert int(truth["gil_id"]) > 0 and truth["pid"] > 0 and truth["wall_ns"] > 0
    events, threads = truth["events"], truth["threads"]
    assert events["entry"] == events["acquire"] == total(truth, "acquisitions")
    assert events["release"] == total(truth, "releases") == events["acquire"]
    assert events["busy"] == total(truth, "busy")
    assert events["retry"] == total(truth, "retries")
    assert events["leave"] == len(threads) - 1
    assert truth["checks"] == total(truth, "checks")
    # Every decrement of the one ticker is somebody's tick; it began at 0.
    assert truth["ticked"] and truth["interval_unit"] == "ticks"
    interval = truth["interval"]
    assert total(truth, "ticks") == truth["checks"] * (interval + 1) - truth["ticker"]
    for thread in threads:
        assert thread["acquisitions"] == thread["releases"]
        # In `cond` an acquisition is contended when it was BUSY once, and waits are untimed.
        assert thread["acquisitions_contended"] == thread["busy"] <= thread["acquisitions"]
        assert thread["retries_timed_out"] == thread["releases_requested"] == 0
    main, workers = threads[0], threads[1:]
    assert main["name"] == "MainThread" and main["is_main"] and main["tid"] == truth["pid"]
    assert main["ticks"] == MAIN
    assert main["acquisitions"] == 1 + len(workers) + main["checks"]
    assert [worker["name"] for worker in workers] == [f"t{i + 1}" for i in range(len(workers))]
    assert len({thread["tid"] for thread in threads}) == len(threads)
    for worker in workers:
        assert not worker["is_main"]
        assert worker["acquisitions"] == 1 + worker["checks"]


@test
def three_ticks_per_iteration_in_each_thread():
    for count in (0, 1, 1000, 70000):
        for worker in battle("--count", str(count))["threads"][1:]:
            assert worker["ticks"] == ticks_of(count), (count, worker)


@test
def defaults_are_two_threads_and_an_interval_of_100():
    truth = battle()
    assert len(truth["threads"]) == 3 and truth["interval"] == 100
    assert truth["design"] == "cond" and truth["scenario"] == "battle"
    ticks = 2 * ticks_of(1000000) + MAIN
    assert total(truth, "ticks") == ticks
    # The first tick is a check, then every 101st.
    assert truth["checks"] == 1 + (ticks - 1) // 101


@test
def interval_of_one_checks_every_second_tick():
    truth = battle("--check-interval", "1", "--count", "5000", "--threads", "3")
    ticks = 3 * ticks_of(5000) + MAIN
    assert total(truth, "ticks") == ticks and truth["checks"] == 1 + (ticks - 1) // 2


@test
def interval_longer_than_the_run_checks_once():
    truth = battle("--check-interval", "2147483647", "--count", "1000")
    assert truth["checks"] == 1


@test
def one_cpu():
    battle("--cpus", str(CPUS[0]), "--count", "200000")


def badness(cpus):
    truth = battle("--cpus", ",".join(map(str, cpus)), "--count", "2000000")
    return (total(truth, "busy") + total(truth, "retries")) / truth["checks"]


@test
def two_cpus_fight_and_one_does_not():
    if len(CPUS) < 2:
        raise Skip("one CPU only")
    tries = []
    for _ in range(10):
        tries.append((badness(CPUS[:1]), badness(CPUS[:2])))
        if tries[-1][1] > 10 * tries[-1][0]:
            return
    # It takes two threads that run at once: others may keep us from that.
    if not harness.have_to_ourselves(CPUS[:2]):
        raise Skip("other programs keep the CPUs busy")
    raise AssertionError(tries)


@test
def many_threads():
    truth = battle("--threads", "300", "--count", "300")
    assert total(truth, "ticks") == 300 * ticks_of(300) + MAIN


@test
def too_many_threads_for_the_system():
    if os.geteuid() != 0 or not os.path.exists("/usr/bin/setpriv"):
        raise Skip("needs root and setpriv, for a limit of its own")
    # An uid that nobody else uses, so that its limit of processes is ours alone.
    limited = ["setpriv", "--reuid=54321", "--clear-groups", "prlimit", "--nproc=20",
               GILRUN, "battle", "--no-trace", "--threads", "64", "--count", "9000000000"]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=60)
    # As elsewhere: a checkout in a folder of mode 0700 is closed to others.
    reads = ["setpriv", "--reuid=54321", "--clear-groups", "test", "-r", os.path.abspath(BATTLE)]
    if done.returncode in (126, 127) or subprocess.run(reads).returncode:
        raise Skip(f"the program cannot be run by another user: {done.stderr.strip()}")
    assert done.returncode == 1, done
    assert "of 64 threads could be started" in done.stderr, done.stderr
    assert "Resource temporarily unavailable" in done.stderr, done.stderr
    assert done.stdout == ""


@test
def summary_has_time_threads_acquisitions_and_failures():
    done = run("battle", "--no-trace", "--count", "1000")
    assert done.returncode == 0
    for word in ("2 threads", "cond", "ticks", "acquisitions", "failed attempts"):
        assert word in done.stdout, done.stdout


@test
def without_the_provider_it_runs_and_says_so():
    with tempfile.TemporaryDirectory() as folder:
        alone = shutil.copy(GILRUN, folder)
        shutil.copy(BATTLE, folder)
        done = subprocess.run([alone, os.path.join(folder, "battle.gil"), "--count", "10"], capture_output=True, text=True,
                              timeout=60)
    assert done.returncode == 0 and "2 threads" in done.stdout
    assert done.stderr == "gilrun: the LTTng provider was not found: nothing can be recorded\n"


@test
def list_names_each_design_in_one_line():
    done = run("--list")
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["cond", "sem", "interval", "priority", "fair", "none"]
    assert all(20 < len(line) < 100 for line in lines)
    for name in DESIGNS:
        assert run("battle", "--no-trace", "--gil", name, "--count", "10").returncode == 0, name


@test
def scenarios_are_listed_with_a_line_each():
    done = run("--scenarios")
    assert done.returncode == 0 and done.stderr == ""
    assert [line.split()[0] for line in done.stdout.splitlines()] == sorted(SCENARIOS)
    assert all(20 < len(line) <= 110 for line in done.stdout.splitlines())


@test
def help_and_version():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for option in ("--threads", "--count", "--set", "--check-interval", "--switch-interval", "--cpus", "--gil",
                   "--list", "--scenarios", "--python", "--dis", "--truth", "--no-trace", "--version", "battle"):
        assert option in done.stdout, option
    done = run("--version")
    assert done.returncode == 0 and done.stdout.startswith("gilrun ")


@test
def usage_errors_are_one_sentence_and_exit_2():
    for args, word in (
            ([], "scenario"),
            (["nosuch"], "'nosuch'"),
            (["battle", "more"], "'more'"),
            (["battle", "--nosuch"], "'--nosuch'"),
            (["battle", "--threads"], "--threads"),
            (["battle", "--threads", "10000"], "4096"),
            (["battle", "--threads", "two"], "'two'"),
            (["battle", "--threads", " 2"], "' 2'"),
            (["battle", "--threads", ""], "''"),
            (["battle", "--count", "-1"], "-1"),
            (["battle", "--count", "9223372036854775808"], "count"),
            (["battle", "--set", "nosuch=1"], "nosuch"),
            (["battle", "--set", "count"], "NAME=VALUE"),
            (["battle", "--set", "=1"], "NAME=VALUE"),
            (["battle", "--switch-interval", "5"], "'5'"),
            (["battle", "--switch-interval", "0us"], "'0us'"),
            (["/nonexistent.gil"], "/nonexistent.gil"),
            (["/"], "'/'"),
            (["battle", "--check-interval", "0"], "--check-interval"),
            (["battle", "--check-interval", "2147483648"], "--check-interval"),
            (["battle", "--cpus", "0-"], "'0-'"),
            (["battle", "--cpus", "100000"], "100000"),
            (["battle", "--gil", "nosuch"], "'nosuch'")):
        done = run(*args)
        assert done.returncode == 2, (args, done)
        assert done.stdout == "", (args, done)
        assert done.stderr.startswith("gilrun: ") and done.stderr.count("\n") == 1, done.stderr
        assert word in done.stderr, (args, done.stderr)


@test
def truth_that_cannot_be_written_exits_1():
    done = run("battle", "--no-trace", "--count", "10", "--truth", "/nonexistent/truth.json")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == ("gilrun: cannot write '/nonexistent/truth.json': "
                           "No such file or directory\n")


@test
def truth_replaces_files_only():
    with tempfile.TemporaryDirectory() as folder:
        real, link = os.path.join(folder, "real"), os.path.join(folder, "link")
        open(real, "w").close()
        os.symlink(real, link)
        assert run("battle", "--no-trace", "--count", "10", "--truth", link).returncode == 0
        assert os.path.islink(link) and sorted(os.listdir(folder)) == ["link", "real"]
        with open(real) as file:
            check_identities(json.load(file))


def main():
    print(f"1..{len(TESTS)}")
    for number, function in enumerate(TESTS, 1):
        name = function.__name__.replace("_", " ")
        try:
            function()
            print(f"ok {number} - {name}")
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}")
        except Exception as error:  # any failure is this test's, the others still run
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} - {name}: {type(error).__name__}")
        sys.stdout.flush()


main()
