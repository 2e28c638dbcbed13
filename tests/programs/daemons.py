# SPDX-License-Identifier: MIT
"""daemons.py THREADS: the program ends while its threads compute; they go on, or fail to."""
import sys
import threading
import time


def compute(begun):
    begun.append(True)
    n = 0
    while True:
        n += 1


def main(threads):
    begun = []
    for _ in range(threads):
        thread = threading.Thread(target=compute, args=(begun,))
        thread.daemon = True
        thread.start()
    while len(begun) < threads:
        time.sleep(0.01)
    print("%d threads go on" % len(begun))


if __name__ == "__main__":
    main(int(sys.argv[1]))
