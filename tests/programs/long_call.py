# SPDX-License-Identifier: MIT
"""long_call.py TIMES SECONDS: a thread calls a C function that keeps the GIL, for so many seconds each time; another thread
sleeps for a millisecond, again and again."""
import sys
import threading
import time

if sys.version_info[0] < 3:
    range = xrange

PROBE = 100000


def numbers_for(seconds):
    """How many numbers sum() adds up in so long."""
    least = 1.0
    for _ in range(5):
        begin = time.time()
        sum(range(PROBE))
        least = min(least, time.time() - begin)
    return int(PROBE * seconds / least)


def add_up(times, numbers, over):
    for _ in range(times):
        sum(range(numbers))
    over.append(True)


def doze(over):
    while not over:
        time.sleep(0.001)


def main(times, seconds):
    over = []
    numbers = numbers_for(seconds)
    workers = [threading.Thread(target=doze, args=(over,), name="doze"),
               threading.Thread(target=add_up, args=(times, numbers, over), name="add_up")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("added up %d times" % times)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
