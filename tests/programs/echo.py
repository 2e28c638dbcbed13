# SPDX-License-Identifier: MIT
"""echo.py TIMES: a thread sends a byte to another process, which answers after a millisecond, while a second thread computes."""
import os
import sys
import threading
import time


def answer(requests, answers):
    """In the child; until nobody asks any more."""
    byte = os.read(requests, 1)
    while byte:
        time.sleep(0.001)
        os.write(answers, byte)
        byte = os.read(requests, 1)


def echo(times, requests, answers, seen):
    for i in range(times):
        os.write(requests, bytearray([i % 251]))
        seen.extend(bytearray(os.read(answers, 1)))


def compute(over):
    n = 0
    while not over:
        n += 1


def main(times):
    requests, answers, seen, over = os.pipe(), os.pipe(), [], []
    child = os.fork()
    if not child:
        os.close(requests[1])
        answer(requests[0], answers[1])
        os._exit(0)
    computing = threading.Thread(target=compute, args=(over,), name="compute")
    echoing = threading.Thread(target=echo, args=(times, requests[1], answers[0], seen), name="echo")
    computing.start()
    echoing.start()
    echoing.join()
    over.append(True)
    computing.join()
    os.close(requests[1])
    os.waitpid(child, 0)
    print("%d bytes came back, all right: %s" % (len(seen), seen == [i % 251 for i in range(times)]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
