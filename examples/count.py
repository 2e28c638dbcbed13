# SPDX-License-Identifier: MIT
"""The experiment of "Inside the Python GIL" (David Beazley, 2009).

Counts down twice in a row, then in two threads at once, and says how long
each took. Python 2.7 and 3.

    count.py [threads] [N]

`threads` leaves the first half out: only the battle. N iterations each
(default: 20 million).
"""
from __future__ import print_function

import sys
import time
from threading import Thread


def count(n):
    while n > 0:
        n -= 1


def sequential(n):
    count(n)
    count(n)


def threaded(n):
    t1 = Thread(target=count, args=(n,), name="t1")
    t2 = Thread(target=count, args=(n,), name="t2")
    t1.start()
    t2.start()
    t1.join()
    t2.join()


def seconds(function, n):
    begin = time.time()
    function(n)
    return time.time() - begin


def main(args):
    only_threads = args[:1] == ["threads"]
    numbers = args[1:] if only_threads else args
    try:
        n = int(numbers[0]) if numbers else 20000000
    except ValueError:
        sys.exit(__doc__)
    if len(numbers) > 1 or n < 0:
        sys.exit(__doc__)
    if only_threads:
        print("Threaded   : %.2fs" % seconds(threaded, n))
        return
    one = seconds(sequential, n)
    print("Sequential : %.2fs" % one)
    two = seconds(threaded, n)
    ratio = two / one if one else 1.0
    print("Threaded   : %.2fs (%.2fx)" % (two, ratio))


if __name__ == "__main__":
    main(sys.argv[1:])
