# SPDX-License-Identifier: MIT
"""signals.py COUNT: a thread counts down, part of it under a storm of signals.

Meanwhile the main thread, which alone may run the handler, waits for a lock.
In Python 2 nothing interrupts that wait: until it ends each tick of the other
thread is a check. So the storm begins once the main thread sleeps and was given
a signal, and ends when it has run the handler, however long these take.
"""
import fcntl
import os
import signal
import sys
import threading
import time

STORM_SHARE = 20  # the storm lasts for one part in so many of the count
SIGNALS = 50


def count(n):
    while n > 0:
        n -= 1


def main_sleeps():
    """Does it, while the GIL is free?"""
    time.sleep(0.01)
    with open("/proc/self/task/%d/stat" % os.getpid()) as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def storm(n, noticed):
    os.kill(os.getpid(), signal.SIGUSR1)
    os.read(noticed, 1)
    for _ in range(SIGNALS):
        os.kill(os.getpid(), signal.SIGUSR1)
        count(n // SIGNALS)


def work(n, noticed, waits, storm_over, calm):
    part = n // STORM_SHARE // SIGNALS * SIGNALS
    count((n - part) // 2)
    waits.wait()
    while not main_sleeps():
        pass
    storm(part, noticed)
    storm_over.set()
    calm.wait()
    count(n - part - (n - part) // 2)


def main(n):
    handled = []
    noticed, by_signal = os.pipe()
    fcntl.fcntl(by_signal, fcntl.F_SETFL, os.O_NONBLOCK)
    signal.set_wakeup_fd(by_signal)
    signal.signal(signal.SIGUSR1, lambda number, frame: handled.append(number))
    waits, storm_over, calm = threading.Event(), threading.Event(), threading.Event()
    worker = threading.Thread(target=work, args=(n, noticed, waits, storm_over, calm))
    worker.start()
    waits.set()
    storm_over.wait()
    calm.set()
    worker.join()
    print("counted down from %d; signals handled: %s, all USR1: %s"
          % (n, len(handled) > 0, set(handled) == set([signal.SIGUSR1])))


if __name__ == "__main__":
    main(int(sys.argv[1]))
