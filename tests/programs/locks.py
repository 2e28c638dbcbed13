# SPDX-License-Identifier: MIT
"""locks.py ITEMS: producers and consumers at a bounded queue, a lock, a condition, a semaphore, an event."""
import sys
import threading
try:
    import queue
except ImportError:  # Python 2
    import Queue as queue

PAIRS = 3


class Shared(object):
    def __init__(self):
        self.queue = queue.Queue(maxsize=8)
        self.lock = threading.Lock()
        self.condition = threading.Condition()
        self.slots = threading.Semaphore(2)
        self.begin = threading.Event()
        self.total = 0
        self.ended = 0


def produce(shared, items):
    shared.begin.wait()
    for i in range(items):
        shared.queue.put(i)
    shared.queue.put(None)


def consume(shared):
    shared.begin.wait()
    item = shared.queue.get()
    while item is not None:
        with shared.slots:
            with shared.lock:
                shared.total += item
        item = shared.queue.get()
    with shared.condition:
        shared.ended += 1
        shared.condition.notify()


def main(items):
    shared = Shared()
    workers = [threading.Thread(target=produce, args=(shared, items)) for _ in range(PAIRS)]
    workers += [threading.Thread(target=consume, args=(shared,)) for _ in range(PAIRS)]
    for worker in workers:
        worker.start()
    shared.begin.set()
    with shared.condition:
        while shared.ended < PAIRS:
            shared.condition.wait()
    for worker in workers:
        worker.join()
    print("%d consumers, their items sum to %d" % (shared.ended, shared.total))


if __name__ == "__main__":
    main(int(sys.argv[1]))
