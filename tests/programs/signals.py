# SPDX-License-Identifier: MIT
"""signals.py COUNT: a thread counts down, part of it under a storm of signals.

Meanwhile the main thread, which alone may run the handler, waits for a lock.
In Python 2 nothing interrupts that wait: until it ends each tick of the other
thread is a check.
"""
import os
import signal
import sys
import threading

STORM_SHARE = 20  # the storm lasts for one part in so many of the count
SIGNALS = 50


def count(n):
    while n > 0:
        n -= 1


def storm(n):
    for _ in range(SIGNALS):
        os.kill(os.getpid(), signal.SIGUSR1)
        count(n // SIGNALS)


def work(n, storm_over):
    part = n // STORM_SHARE // SIGNALS * SIGNALS
    count((n - part) // 2)
    storm(part)
    storm_over.set()
    count(n - part - (n - part) // 2)


def main(n):
    handled = []
    signal.signal(signal.SIGUSR1, lambda number, frame: handled.append(number))
    storm_over = threading.Event()
    worker = threading.Thread(target=work, args=(n, storm_over))
    worker.start()
    storm_over.wait()
    worker.join()
    print("counted down from %d; signals handled: %s, all USR1: %s"
          % (n, len(handled) > 0, set(handled) == set([signal.SIGUSR1])))


if __name__ == "__main__":
    main(int(sys.argv[1]))
