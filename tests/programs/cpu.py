# SPDX-License-Identifier: MIT
"""cpu.py THREADS COUNT: each thread counts COUNT down to nothing."""
import sys
import threading


def count(n, left):
    while n > 0:
        n -= 1
    left.append(n)


def main(threads, n):
    left = []
    workers = [threading.Thread(target=count, args=(n, left)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("%d threads counted down from %d to %s" % (len(left), n, sorted(set(left))))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
