# SPDX-License-Identifier: MIT
"""many_threads.py THREADS: short-lived threads, up to 20 at a time."""
import sys
import threading

AT_ONCE = 20


def work(number, squares):
    squares.append(sum(2 * i + 1 for i in range(number)))


def main(threads):
    squares = []
    for first in range(0, threads, AT_ONCE):
        workers = [threading.Thread(target=work, args=(n, squares))
                   for n in range(first, min(first + AT_ONCE, threads))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print("%d threads, the squares sum to %d" % (len(squares), sum(squares)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
