# SPDX-License-Identifier: MIT
"""Python programs to be slowed down: `workload.py count N`, `workload.py pingpong N` and `workload.py close N`.

Prints the wall time and the CPU time of the work itself, in nanoseconds. For
any Python from 2.7 on.
"""
import os
import socket
import sys
import threading
import time
from itertools import repeat


def count(n):
    while n > 0:
        n -= 1


def ping(end, n):
    for _ in repeat(None, n):
        end.send(b"x")
        end.recv(1)


def pong(end, n):
    for _ in repeat(None, n):
        end.recv(1)
        end.send(b"x")


def close(n):
    for _ in repeat(None, n):
        os.close(os.dup(0))


def work(kind, n):
    """The functions that the threads call, one each."""
    if kind == "close":
        return [(close, (n,))]
    if kind == "count":
        return [(count, (n,))] * 2
    left, right = socket.socketpair()
    return [(ping, (left, n)), (pong, (right, n))]


def main(kind, n):
    threads = [threading.Thread(target=f, args=args) for f, args in work(kind, int(n))]
    wall_clock = getattr(time, "perf_counter", time.time)
    cpu_clock = getattr(time, "process_time", None) or time.clock
    wall, cpu = wall_clock(), cpu_clock()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("%d %d" % (1e9 * (wall_clock() - wall), 1e9 * (cpu_clock() - cpu)))


if __name__ == "__main__":
    main(*sys.argv[1:])
