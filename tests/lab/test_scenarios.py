# SPDX-License-Identifier: MIT
"""The Python of scenarios: it compiles and runs on CPython: with GILSCOPE_ALL=1 on each that is here, else on
the oldest two and the newest.

Usage: test_scenarios.py GILRUN. Prints TAP.
"""
import ast
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback

GILRUN = sys.argv[1]
VERSIONS = os.path.join(os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv")), "versions")
FOUND = sorted(glob.glob(os.path.join(VERSIONS, "*", "bin", "python")),
               key=lambda path: [int(part) for part in re.findall(r"\d+", path.split("/")[-3])]) or [sys.executable]
PYTHONS = FOUND if os.environ.get("GILSCOPE_ALL") == "1" else sorted({*FOUND[:2], FOUND[-1]})
# Small, as each runs on each Python.
SETTINGS = {
    "battle": ["count=20000", "threads=3"],
    "convoy": ["operations=20"],
    "four": ["count=10000"],
    "healthy": ["operations=3"],
    "io-and-cpu": ["operations=5"],
    "long-hold": ["operations=1", "call=5ms"],
    "many": ["threads=40", "pause=1ms"],
    "mixed": ["count=10000", "rounds=3"],
    "ping-pong": ["rounds=20", "cpu=1"],
    "priority-inversion": ["updates=3", "piece=2ms"],
    "sequential": ["count=10000"],
    "signal-storm": ["signals=2", "count=50000"],
    "signals": ["signals=3", "count=300000"],
    "starvation": ["count=200"],
    "tasks": [],
}
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def gilrun(*args):
    done = subprocess.run([GILRUN, *args], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def printed(scenario, *settings):
    return gilrun("--python", scenario, *(word for setting in settings for word in ("--set", setting)))


def of_text(text, name="own.gil"):
    """The Python of a scenario that is written here."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return printed(path)


def run(python, program, *args, status=0):
    with tempfile.TemporaryDirectory() as folder:
        path, truth = os.path.join(folder, "program.py"), os.path.join(folder, "truth.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(program)
        done = subprocess.run([python, path, "--truth", truth, *args], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == status, (python, done)
        if status:
            return done.stderr.decode(), None
        assert done.stderr == b"", (python, done.stderr)
        with open(truth) as file:
            return done.stdout.decode(), json.load(file)


@test
def each_shipped_scenario_runs_on_each_python():
    names = [line.split()[0] for line in gilrun("--scenarios").splitlines()]
    assert names == sorted(SETTINGS), names
    for name in names:
        program = printed(name, *SETTINGS[name])
        for python in PYTHONS:
            out, truth = run(python, program, "--check-interval", "50",
                             "--switch-interval", "0.001")
            assert truth["schema"] == "gilscope-python-1" and truth["wall_ns"] > 0, truth
            assert bool(truth["signals"]) == ("kill(\"" in program), (python, name, truth)
            for one in truth["signals"]:
                assert one["signal"] == "SIGUSR1" and one["latency_ns"] > 0, truth
            assert bool(out) == (name == "tasks"), out


@test
def descriptions_are_sentences():
    for line in gilrun("--scenarios").splitlines():
        name, description = line.split(None, 1)
        assert re.match(r"[A-Z0-9].*[.?]$", description) and len(line) <= 110, line


@test
def tasks_prints_the_lines_of_the_talk():
    for python in PYTHONS:
        out, _ = run(python, printed("tasks"))
        pid = re.search(r"\d+$", out.splitlines()[0]).group()
        lines = out.splitlines()
        assert lines[:2] == [f"ID of process running main program: {pid}",
                             "Main thread name: MainThread"], (python, out)
        # Two threads: either may be first, and each line is whole.
        assert sorted(lines[2:]) == [
            f"ID of process running task 1: {pid}", f"ID of process running task 2: {pid}",
            "Task 1 assigned to thread: t1", "Task 2 assigned to thread: t2"], (python, out)


EACH_STATEMENT = '''
let n 3
channel ping pipe
channel pong socket
on SIGUSR1
end
thread t n stack 64K
    repeat n
        repeat 2
            send ping
        end
        repeat 0
        end
    end
end
thread c daemon
    repeat forever
        count 5
    end
end
thread d detached
    recv pong 2
end
main
    checkinterval 100
    switchinterval 5ms
    start t
    start c
    start d
    recv ping 18
    send pong 2
    sleep 5ms
    sleep 0ms
    sleep 1s
    sleep 50us
    hold 2ms
    read "/dev/null"
    kill SIGUSR1
    print "done"
    join t
end
'''

EACH_BODY = '''
def main():
    checkinterval(100)
    switchinterval(0.005)
    start("t")
    start("c")
    start("d")
    recv("ping", 18)
    send("pong", 2)
    sleep(0.005)
    sleep(0.0)
    sleep(1.0)
    sleep(0.00005)
    hold(0.002)
    read("/dev/null")
    kill("SIGUSR1")
    say("done")
    join("t")


def on_SIGUSR1():
    pass


def thread_t():
    for _ in range(3):
        for _ in range(2):
            send("ping", 1)
        for _ in range(0):
            pass


def thread_c():
    while 1:
        count(5)


def thread_d():
    recv("pong", 2)


on("SIGUSR1", on_SIGUSR1)
thread("t", thread_t, numbered("t", 3), False, 65536)
thread("c", thread_c, ["c"], True, 0)
thread("d", thread_d, ["d"], False, 0)
'''


@test
def each_statement_in_its_place():
    program = of_text(EACH_STATEMENT)
    assert EACH_BODY in program, program
    assert "\ndef count(n):\n    while n > 0:\n        n -= 1\n\n" in program
    for python in PYTHONS:
        out, truth = run(python, program)
        assert out == "done\n" and len(truth["signals"]) == 1, (python, out, truth)
        assert truth["wall_ns"] > 1000000000, (python, truth)


@test
def count_is_the_labs_bytecode_on_2_7():
    bytes_of_count = "781a007c00006401006b0400721c007c0000640200387d00007103005764000053"
    old = [python for python in PYTHONS if "/2.7" in python]
    for python in old:
        program = of_text("main\nend\n") + (
            "import binascii\nprint(binascii.hexlify(count.__code__.co_code).decode())\n")
        assert run(python, program)[0] == bytes_of_count + "\n"


@test
def hostile_text_stays_text():
    hostile = '\\" + evil() + \\" {name} {0} %s \'\'\' \\\\ é € 😀 \u2028 # x'
    text = f'# coding: latin-1 """ é\nmain\nprint "{hostile}"\nread "/dev/null"\nend\n'
    said = hostile.replace('\\"', '"').replace("\\\\", "\\").replace("{name}", "MainThread")
    for name in ("own.gil", "a\nimport evil\n.gil", "a\rb.gil", '"""é.gil'):
        program = of_text(text, name)
        ast.parse(program)
        assert program.splitlines()[1] == "# -*- coding: utf-8 -*-"
        for python in PYTHONS:
            assert run(python, program)[0] == said + "\n", (python, name)


@test
def names_do_not_meet_those_of_the_program():
    for name in ("count", "start", "thread", "os", "print", "None", "sleep", "def", "run"):
        program = of_text(f"let {name} 1\nchannel {name} pipe\nthread {name}\nrecv {name}\nend\n"
                          f"main\nstart {name}\nsend {name}\njoin {name}\ncount {name}\nend\n")
        for python in PYTHONS:
            assert run(python, program)[0] == ""


@test
def wrong_options_of_the_program():
    program = of_text("main\nend\n")
    for args in (["--nosuch", "1"], ["--check-interval"], ["--switch-interval", "x"]):
        assert "usage: " in run(PYTHONS[0], program, *args, status=1)[0]


def main():
    print(f"1..{len(TESTS)}")
    failed = False
    for number, function in enumerate(TESTS, 1):
        name = function.__name__.replace("_", " ")
        try:
            function()
        except Exception:
            failed = True
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {number} - {name}")
        else:
            print(f"ok {number} - {name}")
        sys.stdout.flush()
    return failed


sys.exit(main())
