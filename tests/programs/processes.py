# SPDX-License-Identifier: MIT
"""processes.py: subprocess and multiprocessing, from a program of two threads."""
import multiprocessing
import subprocess
import sys
import threading

CHILD = "import threading; t = threading.Thread(target=print, args=('a child',)) ; t.start(); t.join()"
START = "from __future__ import print_function; "


def square(numbers, results):
    """In a child: by two threads of its own."""
    squares = []
    threads = [threading.Thread(target=lambda n=n: squares.append(n * n)) for n in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.send(sorted(squares))
    results.close()


def by_children(numbers):
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=square, args=(numbers, there))
    child.start()
    squares = here.recv()
    child.join()
    return squares, child.exitcode


def main():
    out = []
    runner = threading.Thread(target=lambda: out.append(
        subprocess.check_output([sys.executable, "-c", START + CHILD]).decode().strip()))
    runner.start()
    runner.join()
    status = subprocess.call(["/bin/sh", "-c", "exit 7"])
    print("subprocess: %s, status %d" % (out, status))
    print("multiprocessing: %s, status %d" % by_children([1, 2]))
    print("multiprocessing: %s, status %d" % by_children([3, 4]))


if __name__ == "__main__":
    main()
