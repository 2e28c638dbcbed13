# SPDX-License-Identifier: MIT
"""Python programs to be slowed down: `workload.py count N` and `workload.py pingpong N`.

Prints the wall time and the CPU time of the work itself, in nanoseconds.
"""
import socket
import sys
import threading
import time


def count(n):
    while n > 0:
        n -= 1


def ping(end, n):
    for _ in range(n):
        end.send(b"x")
        end.recv(1)


def pong(end, n):
    for _ in range(n):
        end.recv(1)
        end.send(b"x")


def work(kind, n):
    """The functions that the two threads call."""
    if kind == "count":
        return [(count, (n,))] * 2
    left, right = socket.socketpair()
    return [(ping, (left, n)), (pong, (right, n))]


def main(kind, n):
    threads = [threading.Thread(target=f, args=args) for f, args in work(kind, int(n))]
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.perf_counter_ns() - wall, time.process_time_ns() - cpu)


if __name__ == "__main__":
    main(*sys.argv[1:])
