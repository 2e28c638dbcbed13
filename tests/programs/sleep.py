# SPDX-License-Identifier: MIT
"""sleep.py THREADS TIMES: each thread sleeps for a millisecond, again and again."""
import sys
import threading
import time


def doze(times, slept):
    for _ in range(times):
        time.sleep(0.001)
        slept.append(1)


def main(threads, times):
    slept = []
    workers = [threading.Thread(target=doze, args=(times, slept)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("slept %d times" % len(slept))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
